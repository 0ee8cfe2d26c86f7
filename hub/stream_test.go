package hub

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnEventAfterAPauseIsDeliveredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream()
		time.Sleep(time.Second)
		began := time.Now()
		s.add(Event{Kind: EventPatch})
		b, err := s.next(t.Context())
		if err != nil || len(b.Events) != 1 || time.Since(began) != 0 {
			t.Errorf("%d events after %v, %v", len(b.Events), time.Since(began), err)
		}
	})
}

func TestABurstIsDeliveredInFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream()
		go func() {
			for range 1000 {
				s.add(Event{Kind: EventPatch})
				time.Sleep(100 * time.Microsecond)
			}
			s.close()
		}()
		batches, events, last := 0, 0, uint64(0)
		for {
			b, err := s.next(t.Context())
			if errors.Is(err, ErrClosed) {
				break
			}
			batches++
			for _, e := range b.Events {
				events++
				if e.Seq != last+1 {
					t.Fatalf("event %d follows %d", e.Seq, last)
				}
				last = e.Seq
			}
		}
		if events != 1000 || batches < 5 || batches > 9 { // 100 ms in frames of 16
			t.Errorf("%d events in %d batches", events, batches)
		}
	})
}

func TestASlowReaderLosesTheOldestAndIsTold(t *testing.T) {
	s := newStream()
	for range maxStreamEvents + 10 {
		s.add(Event{Kind: EventPatch})
	}
	b, err := s.next(t.Context())
	if err != nil || b.Dropped != 10 || len(b.Events) != maxStreamEvents || b.Events[0].Seq != 11 {
		t.Errorf("%d dropped, %d left, the first is %d, %v", b.Dropped, len(b.Events), b.Events[0].Seq, err)
	}
	big := []byte(strings.Repeat("x", 1<<20))
	for range 10 {
		s.add(Event{Raw: big})
	}
	b, err = s.next(t.Context())
	if err != nil || len(b.Events) != 3 || b.Dropped != 7 {
		t.Errorf("of ten large events %d are left and %d dropped, %v", len(b.Events), b.Dropped, err)
	}
	huge := []byte(strings.Repeat("x", maxStreamBytes))
	s.add(Event{Raw: huge})
	if b, err = s.next(t.Context()); err != nil || len(b.Events) != 1 {
		t.Errorf("one event beyond the bound: %d, %v", len(b.Events), err)
	}
}

func TestNextEndsWithItsContextAndWithTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after its context: %v", err)
		}
		ended := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := s.next(t.Context())
				ended <- err
			}()
		}
		synctest.Wait()
		s.close()
		for range 2 {
			if err := <-ended; !errors.Is(err, ErrClosed) {
				t.Errorf("after close: %v", err)
			}
		}
	})
}

// BenchmarkStream shows what an event costs on its way to a reader that keeps up.
func BenchmarkStream(b *testing.B) {
	s := newStream()
	e := Event{Kind: EventPatch, Raw: []byte(`{"telemetryInterval":122,"$version":2}`)}
	for i := range b.N {
		s.add(e)
		if i%1000 == 0 {
			s.mu.Lock()
			s.events, s.bytes = nil, 0
			s.mu.Unlock()
		}
	}
}
