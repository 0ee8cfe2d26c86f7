package throttle

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twindeck/hub/embedded/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is time that passes only when somebody waits.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newThrottle(t *testing.T, tier string, patience time.Duration) (*Throttle, *clock) {
	t.Helper()
	c := &clock{now: time.Unix(1e9, 0)}
	throttle, err := New(tier, Options{Now: c.Now, Patience: patience, Wait: func(d time.Duration, _ <-chan struct{}) bool {
		c.pass(d)
		return true
	}})
	if err != nil {
		t.Fatal(err)
	}
	return throttle, c
}

// TestQuotas uses each quota up at once, and again after its time.
func TestQuotas(t *testing.T) {
	for _, q := range []struct {
		class    Class
		f1s1     int
		s2, s3   int
		per      time.Duration
		perPiece int
	}{
		{Registry, 100, 100, 5000, time.Minute, 1},
		{Queries, 20, 20, 1000, time.Minute, 1},
		{TwinReads, 100, 100, 500, time.Second, 1},
		{TwinUpdates, 50, 50, 250, time.Second, 1},
		{DirectMethods, 40, 120, 6144, time.Second, MethodCost(0)},
		{Jobs, 100, 100, 5000, time.Minute, 1},
		{Configurations, 20, 20, 20, time.Minute, 1},
		{CloudToDevice, 100, 100, 5000, time.Minute, 1},
		{Connections, 100, 120, 6000, time.Second, 1},
	} {
		for tier, want := range map[string]int{"F1": q.f1s1, "s1": q.f1s1, "S2": q.s2, "S3": q.s3} {
			throttle, clock := newThrottle(t, tier, -1)
			for round := range 2 {
				n := 0
				for n <= want && throttle.Admit(nil, q.class, q.perPiece) == nil {
					n++
				}
				if n != want {
					t.Errorf("%s %s, round %d: %d at once, want %d", tier, q.class, round, n, want)
				}
				clock.pass(q.per)
			}
		}
	}
}

// TestShaping shows that what comes too fast waits, and is refused when the queue is too long.
func TestShaping(t *testing.T) {
	throttle, clock := newThrottle(t, "F1", 0)
	began := clock.Now()
	for range 23 {
		if err := throttle.Admit(nil, Queries, 1); err != nil {
			t.Fatal(err)
		}
	}
	// Three of them had to wait for three seconds each.
	if took := clock.Now().Sub(began).Round(time.Millisecond); took != 9*time.Second {
		t.Errorf("23 queries took %v, want 9s", took)
	}

	var waits []time.Duration
	throttle, err := New("F1", Options{Now: clock.Now, Wait: func(d time.Duration, _ <-chan struct{}) bool {
		waits = append(waits, d.Round(time.Second)) // but no time passes: all come at once
		return true
	}})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; err == nil && n < 100; n++ {
		err = throttle.Admit(nil, Queries, 1)
	}
	var refusal *registry.Error
	if !errors.As(err, &refusal) || refusal.Status != 429 || refusal.Number != 429003 || refusal.Name != "ThrottlingBacklogTimeout" ||
		!strings.HasSuffix(refusal.Message, "Operation type: Query") {
		t.Errorf("refused with %v", err)
	}
	if n != 24 || len(waits) != 3 || waits[2] != 9*time.Second {
		t.Errorf("%d operations, waits %v", n, waits)
	}
	// A refused operation takes nobody's turn.
	clock.pass(12 * time.Second)
	if err := throttle.Admit(nil, Queries, 1); err != nil || len(waits) != 3 {
		t.Errorf("%v, waits %v", err, waits)
	}
}

func TestGivingUp(t *testing.T) {
	throttle, err := New("S1", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err := throttle.Admit(nil, Configurations, 1); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	close(done)
	if err := throttle.Admit(done, Configurations, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that has gone: %v", err)
	}
}

func TestCosts(t *testing.T) {
	for n, want := range map[int]int{0: 4096, 1: 4096, 4096: 4096, 4097: 8192, 128 << 10: 128 << 10} {
		if got := MethodCost(n); got != want {
			t.Errorf("MethodCost(%d) is %d, want %d", n, got, want)
		}
	}
	throttle, _ := newThrottle(t, "S1", 0)
	if err := throttle.Admit(nil, DirectMethods, 1<<20); err != nil {
		t.Errorf("more than the quota of a second is not impossible: %v", err)
	}
}

func TestTiers(t *testing.T) {
	if throttle, err := New("", Options{}); throttle != nil || err != nil || throttle.Admit(nil, Queries, 1) != nil {
		t.Error("without a tier there are quotas")
	}
	if _, err := New("P1", Options{}); err == nil || err.Error() != `there is no tier "P1": choose one of F1, S1, S2, S3` {
		t.Errorf("%v", err)
	}
}
