package bulk

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
		"tags": {Operation{Kind: PatchTags, Value: parse(`{"site":null,"floor":{"level":3,"old":null}}`)}, "2 done, 1 skipped", func(f *fakeHub) bool {
			return f.twins[device].Tags.JSON() == `{"floor":{"level":3}}`
		}},
		"what is in no group": {Operation{Kind: PatchDesired, Value: parse(`{"sensor":{"a":null,"b":{"c":null}},"interval":{"x":null}}`)}, "3 skipped", func(f *fakeHub) bool { return f.writes[device] == 0 }},
		"an empty group": {Operation{Kind: PatchDesired, Value: parse(`{"sensor":{"a":null,"b":{}}}`)}, "2 done, 1 skipped", func(f *fakeHub) bool {
			return f.twins[device].Desired.Value.JSON() == `{"interval":60,"sensor":{"b":{}}}`
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
		{Kind: PatchTags},
		{Kind: PatchTags, Value: parse(`{"a b":1}`)},
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
