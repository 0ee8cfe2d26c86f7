package bulk

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"twindeck/hub"
	"twindeck/hub/patch"
)

var tagSite = Operation{Kind: SetTag, Path: patch.Path{"site"}, Value: patch.String("ank")}

// reportOf runs an operation to its end.
func reportOf(t testing.TB, f *fakeHub, op Operation, ids []hub.ID, plans []Plan) *Report {
	t.Helper()
	r := NewReport(op, ids)
	items, _ := finish(t, Run(t.Context(), f, op, ids, plans, nil))
	r.Add(items...)
	return r
}

func TestEachOperationDoesWhatItSays(t *testing.T) {
	device, module, system := hub.ID{Device: "d"}, hub.ID{Device: "d", Module: "m"}, hub.ID{Device: "d", Module: "$edgeAgent"}
	for name, tc := range map[string]struct {
		op      Operation
		summary string
		check   func(*fakeHub) bool
	}{
		"disable": {Operation{Kind: Disable, Reason: "recall"}, "1 done, 2 skipped", func(f *fakeHub) bool {
			return f.twins[device].Status == hub.Disabled && f.twins[device].StatusReason == "recall"
		}},
		"enable": {Operation{Kind: Enable}, "3 skipped", func(f *fakeHub) bool { return f.applied[device] == 0 }},
		"delete": {Operation{Kind: Delete}, "1 done, 2 skipped", func(f *fakeHub) bool { return f.twins[device].Device == "" && f.writes[module] == 0 }},
		"set a tag": {tagSite, "2 done, 1 skipped", func(f *fakeHub) bool {
			return f.twins[module].Tags.JSON() == `{"site":"ank"}` && f.twins[system].Tags.JSON() == `{"site":"ist"}`
		}},
		"remove a tag": {Operation{Kind: RemoveTag, Path: patch.Path{"site"}}, "2 done, 1 skipped", func(f *fakeHub) bool {
			return f.twins[device].Tags.JSON() == `{}`
		}},
		"remove what is not there": {Operation{Kind: RemoveTag, Path: patch.Path{"building", "floor"}}, "3 skipped", func(f *fakeHub) bool {
			return f.twins[device].Tags.JSON() == `{"site":"ist"}`
		}},
		"desired": {Operation{Kind: PatchDesired, Value: parse(`{"interval":null,"mode":"eco"}`)}, "2 done, 1 skipped", func(f *fakeHub) bool {
			return f.twins[device].Desired.Value.JSON() == `{"mode":"eco"}`
		}},
		"desired that is so": {Operation{Kind: PatchDesired, Value: parse(`{"interval":6.0e1}`)}, "3 skipped", func(f *fakeHub) bool { return f.writes[device] == 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tc.op.Check(); err != nil {
				t.Fatal(err)
			}
			f := newFake(device, module, system)
			r := reportOf(t, f, tc.op, []hub.ID{device, module, system}, nil)
			if r.Summary() != tc.summary || !tc.check(f) {
				t.Errorf("%s; the device is %+v, the module %+v", r.Summary(), f.twins[device], f.twins[module])
			}
			for id, etags := range f.etagsOf {
				if slices.Contains(etags, hub.AnyETag) || slices.Contains(etags, "") {
					t.Errorf("%v was written under %q", id, etags)
				}
			}
		})
	}
}

func TestAnOperationThatNoHubTakesIsRefused(t *testing.T) {
	for _, op := range []Operation{
		{},
		{Kind: "paint"},
		{Kind: Disable, Reason: strings.Repeat("x", 129)},
		{Kind: SetTag, Value: patch.Int(1)},
		{Kind: SetTag, Path: patch.Path{"a.b"}, Value: patch.Int(1)},
		{Kind: SetTag, Path: patch.Path{"a"}, Value: patch.String(strings.Repeat("x", 5000))},
		{Kind: RemoveTag},
		{Kind: PatchDesired, Value: patch.Object()},
		{Kind: PatchDesired, Value: patch.Int(1)},
		{Kind: PatchDesired},
	} {
		if op.Check() == nil {
			t.Errorf("%+v", op)
		}
	}
}

// What a preview has shown is written under the etag it was shown with: who changed a row meanwhile wins.
func TestARowThatChangedSinceThePreviewIsAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ids := some(5)
		f := newFake(ids...)
		plans, _ := finish(t, Preview(t.Context(), f, tagSite, ids))
		if len(plans) != 5 || f.writes[ids[0]] != 0 {
			t.Fatalf("%d plans", len(plans))
		}
		f.fault = func(_ string, id hub.ID) fault { return fault{meddle: id == ids[2]} }
		r := reportOf(t, f, tagSite, ids, plans)
		if got := r.Of(2); got.Outcome != Conflict || got.Code != "412 PreconditionFailed" || got.Note == "" {
			t.Errorf("%+v", got)
		}
		if r.Count(Done) != 4 || f.applied[ids[2]] != 0 || f.reads != 5 {
			t.Errorf("%s after %d reads", r.Summary(), f.reads)
		}
	})
}

func TestThePreviewTellsWhatWouldHappen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ids := some(Sample + 50)
		f := newFake(append(ids, hub.ID{Device: "device-001", Module: "a"}, hub.ID{Device: "device-001", Module: "b"})...)
		f.fault = func(call string, id hub.ID) fault {
			return fault{delete: id == ids[3], delay: 10 * time.Millisecond, status: map[bool]int{true: 400}[id == ids[4] && call == "read"]}
		}
		plans, _ := finish(t, Preview(t.Context(), f, Operation{Kind: Delete}, ids))
		slices.SortFunc(plans, func(a, b Plan) int { return a.Row - b.Row })
		slices.Sort(plans[1].Modules)
		if len(plans) != Sample || f.reads > Sample || len(f.queries) != 1 || !slices.Equal(plans[1].Modules, []string{"a", "b"}) || plans[2].Modules != nil {
			t.Errorf("%d plans, %d reads, queries %q, modules %q", len(plans), f.reads, f.queries, plans[1].Modules)
		}
		if plans[3].Skip != alreadyGone || plans[4].Err == nil || plans[0].ETag == "" || plans[0].Skip != "" {
			t.Errorf("%+v %+v %+v", plans[3], plans[4], plans[0])
		}
		if f.most > workers {
			t.Errorf("%d calls at once", f.most)
		}
		change := Operation{Kind: PatchDesired, Value: parse(`{"interval":120,"mode":"eco"}`)}
		f.fault = nil
		plans, _ = finish(t, Preview(t.Context(), f, change, ids[:1]))
		if c := plans[0].Changes; len(c) != 2 || c[0].Old.JSON() != "60" || c[0].New.JSON() != "120" || c[1].Path.String() != "mode" {
			t.Errorf("%+v", c)
		}
		big := Operation{Kind: PatchDesired, Value: parse(`{"a":"` + strings.Repeat("x", 4000) + `"}`)}
		tw := f.twins[ids[0]]
		for i := range 8 {
			tw.Desired.Value = tw.Desired.Value.With(patch.Path{fmt.Sprint("k", i)}, patch.String(strings.Repeat("y", 4090)))
		}
		f.twins[ids[0]] = tw
		plans, _ = finish(t, Preview(t.Context(), f, big, ids[:1]))
		if plans[0].Err == nil || !strings.Contains(plans[0].Err.Error(), "IoT Hub allows 32768") {
			t.Errorf("a section that grows too large: %v", plans[0].Err)
		}
	})
}

func TestAThrottledRunWaitsAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ids := some(40)
		f := newFake(ids...)
		f.fault = every(3, "write", fault{status: 429})
		began := time.Now()
		s := Run(t.Context(), f, tagSite, ids, nil, nil)
		r, throttled := NewReport(tagSite, ids), false
		for over := false; !over; {
			b, err := s.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			r.Add(b.Items...)
			throttled = throttled || time.Until(b.Throttled) > 0
			over = b.Over
		}
		if r.Count(Done) != 40 || !throttled || time.Since(began) < 3*time.Second {
			t.Errorf("%s after %v, throttled: %v", r.Summary(), time.Since(began), throttled)
		}
	})
}

func TestALostAnswerIsLookedInto(t *testing.T) {
	for name, tc := range map[string]struct {
		how     fault
		op      Operation
		outcome Outcome
		applied int
	}{
		"carried out":                {fault{lose: true, after: true}, tagSite, Done, 1},
		"not carried out, again":     {fault{lose: true}, tagSite, Done, 1},
		"deleted":                    {fault{lose: true, after: true}, Operation{Kind: Delete}, Done, 1},
		"an error behind it":         {fault{status: 503, after: true}, Operation{Kind: Disable}, Done, 1},
		"changed by others as well":  {fault{lose: true, meddle: true}, tagSite, Unknown, 0},
		"deleted by others as well":  {fault{lose: true, delete: true}, tagSite, Unknown, 0},
		"deleted by others as meant": {fault{lose: true, delete: true}, Operation{Kind: Delete}, Done, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ids := some(1)
				f := newFake(ids...)
				first := true
				f.fault = func(call string, _ hub.ID) fault {
					if call != "write" || !first {
						return fault{}
					}
					first = false
					return tc.how
				}
				r := reportOf(t, f, tc.op, ids, nil)
				if got := r.Of(0); got.Outcome != tc.outcome || f.applied[ids[0]] != tc.applied {
					t.Errorf("%+v, carried out %d times", got, f.applied[ids[0]])
				}
			})
		})
	}
}

// What got no answer may be carried out when nobody counts on it any more.
func TestAWriteThatMayStillArriveIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ids := some(1)
		f := newFake(ids...)
		writes := 0
		f.fault = func(call string, _ hub.ID) fault {
			if call != "write" {
				return fault{}
			}
			if writes++; writes == 1 {
				return fault{lose: true, late: time.Hour}
			}
			return fault{status: 503}
		}
		if got := reportOf(t, f, tagSite, ids, nil).Of(0); got.Outcome != Unknown || writes != tries {
			t.Errorf("%+v after %d writes", got, writes)
		}
		time.Sleep(2 * time.Hour)
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.applied[ids[0]] != 1 {
			t.Error("it never arrived")
		}
	})
}

func TestARunPausesWhenRowAfterRowFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ids := some(300)
		f := newFake(ids...)
		f.fault = func(call string, _ hub.ID) fault { return fault{status: 401, explain: "IotHubUnauthorizedAccess"} }
		s := Run(t.Context(), f, tagSite, ids, nil, nil)
		r := NewReport(tagSite, ids)
		for {
			b, err := s.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			r.Add(b.Items...)
			if b.Paused {
				if !strings.Contains(b.Why, "row after row fails") {
					t.Errorf("paused because %q", b.Why)
				}
				break
			}
		}
		synctest.Wait()
		if n := r.Count(Failed); n < inARow || n > inARow+2*workers {
			t.Errorf("%s", r.Summary())
		}
		f.mu.Lock()
		f.fault = nil
		f.mu.Unlock()
		s.Resume()
		items, _ := finish(t, s)
		r.Add(items...)
		if r.Count(NotReached) != 0 || r.Count(Done) < 300-inARow-2*workers {
			t.Errorf("after the pause: %s", r.Summary())
		}
	})
}

func TestPauseHoldsEveryCallBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ids := some(100)
		f := newFake(ids...)
		f.fault = func(string, hub.ID) fault { return fault{delay: 100 * time.Millisecond} }
		s := Run(t.Context(), f, tagSite, ids, nil, nil)
		time.Sleep(time.Second)
		s.Pause()
		time.Sleep(time.Second)
		synctest.Wait()
		f.mu.Lock()
		before := f.reads + len(f.writes)
		f.mu.Unlock()
		time.Sleep(time.Hour)
		f.mu.Lock()
		if after := f.reads + len(f.writes); after != before {
			t.Errorf("%d calls while paused", after-before)
		}
		f.mu.Unlock()
		s.Resume()
		r := NewReport(tagSite, ids)
		items, _ := finish(t, s)
		r.Add(items...)
		if r.Summary() != "100 done" {
			t.Error(r.Summary())
		}
	})
}

func TestAStoppedRunTellsWhatItDid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ids := some(200)
		f := newFake(ids...)
		f.fault = func(string, hub.ID) fault { return fault{delay: 100 * time.Millisecond} }
		s := Run(t.Context(), f, tagSite, ids, nil, nil)
		time.Sleep(2050 * time.Millisecond)
		s.Stop()
		items, last := finish(t, s)
		r := NewReport(tagSite, ids)
		r.Add(items...)
		if !last.Stopped || last.Working != 0 || r.Count(Done) == 0 || r.Count(NotReached) == 0 || r.Count(Done)+r.Count(NotReached) != 200 {
			t.Errorf("%s, %+v", r.Summary(), last)
		}
		for i, id := range ids {
			if done := r.Of(i).Outcome == Done; done != (f.applied[id] == 1) {
				t.Errorf("%v: %v, carried out %d times", id, r.Of(i), f.applied[id])
			}
		}
		if rest := r.Rest(); len(rest) != r.Count(NotReached) {
			t.Errorf("%d rows are left", len(rest))
		}
	})
}

// Whatever fails and whoever meddles, and whenever the run is stopped, cut off or paused: the report
// is what is true of the hub, no row is written twice, and the journal says the same.
func TestTheReportIsTheTruth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(rt, "rows")
		op := rapid.SampledFrom([]Operation{
			tagSite, {Kind: Disable, Reason: "recall"}, {Kind: Delete}, {Kind: RemoveTag, Path: patch.Path{"site"}}, {Kind: PatchDesired, Value: parse(`{"a":{"b":1}}`)},
		}).Draw(rt, "operation")
		seed := rapid.Uint64().Draw(rt, "seed")
		preview := rapid.Bool().Draw(rt, "preview")
		interrupt := rapid.SampledFrom([]string{"", "stop", "close", "cut", "pause"}).Draw(rt, "interruption")
		after := time.Duration(rapid.IntRange(0, 20_000).Draw(rt, "after ms")) * time.Millisecond
		folder := t.TempDir()
		var problems []string
		synctest.Test(t, func(t *testing.T) {
			problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
			ids := some(n)
			f := newFake(ids...)
			f.fault = random(rand.New(rand.NewPCG(seed, 1)))
			var plans []Plan
			if preview {
				plans, _ = finish(t, Preview(t.Context(), f, op, ids))
			}
			journal, err := NewJournal(folder, "hub", op, ids, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			s := Run(t.Context(), f, op, ids, plans, journal)
			go func() {
				time.Sleep(after)
				switch interrupt {
				case "stop":
					s.Stop()
				case "close":
					s.Close(2 * time.Second)
				case "cut":
					s.Close(0)
				case "pause":
					s.Pause()
				}
			}()
			r := NewReport(op, ids)
			for over := false; !over; {
				b, err := s.Next(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				r.Add(b.Items...)
				if over = b.Over; b.Paused {
					time.Sleep(time.Minute)
					s.Resume()
				}
			}
			time.Sleep(time.Minute) // for whoever interrupts, and for what is carried out late
			f.mu.Lock()
			defer f.mu.Unlock()
			for i, id := range ids {
				got, applied := r.Of(i), f.applied[id]
				if applied > 1 {
					problem("%v was changed %d times", id, applied)
				}
				now, there := f.twins[id]
				switch got.Outcome {
				case Done:
					if so := op.Kind == Delete && !there || applied == 1; !so && op.plan(now).Skip != alreadySo {
						problem("%v is told to be done and is %+v", id, now)
					}
				case Unknown:
					if got.Note == "" {
						problem("%v is unknown and nobody says why", id)
					}
				default:
					if applied != 0 {
						problem("%v was changed and is told to be %v: %s", id, got.Outcome, got.Note)
					}
				}
			}
			told, err := read(journal.Path())
			if err != nil {
				t.Fatal(err)
			}
			for i := range ids {
				if told.Of(i).Outcome != r.Of(i).Outcome {
					problem("the journal says %v of row %d, the report %v", told.Of(i), i, r.Of(i))
				}
			}
			found, err := FindInterrupted(folder, "hub")
			if err != nil {
				t.Fatal(err)
			}
			if rest := r.Count(NotReached) + r.Count(Unknown); found != nil && rest == 0 || found != nil && interrupt != "close" && interrupt != "cut" {
				problem("an interrupted run is found after %q with %s", interrupt, r.Summary())
			}
		})
		if problems != nil {
			rt.Fatal(strings.Join(problems, "\n"))
		}
	})
}
