package bulk

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"twindeck/hub"
)

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
