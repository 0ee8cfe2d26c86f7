package bulk

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"twindeck/hub/patch"
)

// Whatever fails and whoever meddles, and whenever the run is stopped, cut off or paused: the report
// is what is true of the hub, no row is written twice, and the journal says the same.
func TestTheReportIsTheTruth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(rt, "rows")
		op := rapid.SampledFrom([]Operation{
			tagSite, {Kind: Disable, Reason: "recall"}, {Kind: Delete}, {Kind: RemoveTag, Path: patch.Path{"site"}}, {Kind: PatchDesired, Value: parse(`{"a":{"b":1}}`)}, {Kind: PatchTags, Value: parse(`{"site":null,"a":{"b":null}}`)},
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
