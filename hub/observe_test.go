package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"twindeck/hub/patch"
)

// observed is a twin that a test changes, and what was told of it.
type observed struct {
	mu     sync.Mutex
	twin   Twin
	err    error
	slow   time.Duration
	reads  []time.Time
	manner behaviour
	told   []Event
}

func (o *observed) read(ctx context.Context) (Twin, error) {
	o.mu.Lock()
	o.reads = append(o.reads, time.Now())
	o.manner = manners(ctx)
	twin, err, slow := o.twin, o.err, o.slow
	o.mu.Unlock()
	if !sleep(ctx, slow) {
		return Twin{}, ctx.Err()
	}
	twin.ReadAt = time.Now()
	return twin, err
}

func (o *observed) emit(e Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, e)
}

// set changes what the next read finds.
func (o *observed) set(change func(*observed)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(o)
}

func (o *observed) kinds() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var kinds []string
	for _, e := range o.told {
		kinds = append(kinds, fmt.Sprintf("%v v%d/%d", e.Kind, e.Version, e.ReportedVersion))
		if e.Kind == EventObserved && (e.Twin == nil || e.Twin.Desired.Version != e.Version) {
			kinds = append(kinds, "without its twin")
		}
	}
	return strings.Join(kinds, ", ")
}

func sectionFrom(t *testing.T, text string, version int64, at string) Section {
	t.Helper()
	v, err := patch.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Section{Value: v, Version: version, Metadata: patch.Object(patch.Member{Key: "$lastUpdated", Value: patch.String(at)})}
}

// observing runs a test with a twin that is read every ten seconds.
func observing(t *testing.T, test func(o *observed, all *observers)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := &observed{twin: Twin{
			Desired:  sectionFrom(t, `{"mode":"eco"}`, 4, "2026-03-01T12:00:00Z"),
			Reported: sectionFrom(t, `{}`, 9, "2026-03-01T11:00:00Z"),
		}}
		all := &observers{}
		if err := all.start(ID{Device: "d"}, 10*time.Second, o.read, o.emit); err != nil {
			t.Fatal(err)
		}
		test(o, all)
		all.close()
		if err := all.start(ID{Device: "d"}, time.Second, o.read, o.emit); !errors.Is(err, ErrClosed) {
			t.Errorf("it begins after the end: %v", err)
		}
	})
}

func TestAnObservationTellsWhatChangedBetweenTwoReads(t *testing.T) {
	observing(t, func(o *observed, all *observers) {
		pass(35 * time.Second)
		if got := o.kinds(); got != "observed v4/9" || len(o.reads) != 4 {
			t.Fatalf("%d reads told %s", len(o.reads), got)
		}
		if !o.manner.background || !o.manner.routine || !o.manner.atOnce {
			t.Errorf("it is not polite: %+v", o.manner)
		}
		o.set(func(o *observed) { o.twin.Desired = sectionFrom(t, `{"mode":"off"}`, 6, "2026-03-01T12:30:00Z") })
		pass(11 * time.Second)
		o.set(func(o *observed) {
			o.twin.Reported = sectionFrom(t, `{"mode":{"value":"off","ac":200,"av":6}}`, 10, "2026-03-01T12:30:01.25Z")
		})
		pass(11 * time.Second)
		if got := o.kinds(); got != "observed v4/9, observed v6/9, observed v6/10" {
			t.Fatalf("told %s", got)
		}
		o.set(func(o *observed) { o.twin.Reported.Version = 11 }) // the same again
		pass(11 * time.Second)
		if len(o.told) != 3 {
			t.Fatalf("told %s", o.kinds())
		}
		desired, reported := o.told[1], o.told[2]
		if c := desired.Changes; len(c) != 1 || c[0].Path.String() != "mode" || c[0].Old.Text() != "eco" || c[0].New.Text() != "off" || desired.Reported != nil {
			t.Errorf("%+v", desired)
		}
		if len(reported.Reported) != 3 && len(reported.Reported) != 1 || reported.Changes != nil || reported.Settled != 1250*time.Millisecond {
			t.Errorf("%+v", reported)
		}
		state := all.all()[0]
		if age := time.Since(state.Read); age > 11*time.Second || state.Next.Before(time.Now()) || state.Err != nil {
			t.Errorf("%+v", state)
		}
	})
}

func TestAnObservationWaitsLongerEachTimeAndGoesOn(t *testing.T) {
	observing(t, func(o *observed, all *observers) {
		pass(time.Second)
		o.set(func(o *observed) { o.err = &Error{Op: "read", Status: http.StatusServiceUnavailable} })
		pass(30 * time.Minute)
		var pauses []int
		for i := range len(o.reads) - 1 {
			pauses = append(pauses, int(o.reads[i+1].Sub(o.reads[i]).Round(10*time.Second).Seconds()))
		}
		if len(pauses) < 7 || !slices.Equal(pauses[:5], []int{10, 10, 20, 40, 80}) || slices.Max(pauses) > 320 {
			t.Errorf("pauses of %v s", pauses)
		}
		if state := all.all()[0]; state.Err == nil || time.Since(state.Read) < 29*time.Minute {
			t.Errorf("%+v", state)
		}
		o.set(func(o *observed) { o.err = nil })
		pass(6 * time.Minute)
		if got := o.kinds(); got != "observed v4/9, lost v0/0, observed v4/9" {
			t.Errorf("told %s", got)
		}
		if w := o.told[1].Wait; w < 9*time.Second || w > 11*time.Second {
			t.Errorf("told to wait %v", w)
		}
		o.set(func(o *observed) {
			o.reads = nil
			o.err = &Error{Op: "read", Status: http.StatusTooManyRequests, RetryAfter: 77 * time.Second}
		})
		pass(80 * time.Second)
		if n := len(o.reads); n > 2 {
			t.Errorf("%d reads while the hub asked for patience", n)
		}
	})
}

func TestAnObservationEndsWhereThereIsNothingToSee(t *testing.T) {
	observing(t, func(o *observed, all *observers) {
		pass(time.Second)
		o.set(func(o *observed) { o.err = &Error{Op: "read", Status: http.StatusNotFound, Code: CodeDeviceNotFound} })
		pass(time.Hour)
		if len(o.reads) != 2 {
			t.Errorf("%d reads of what is gone", len(o.reads))
		}
		all.stop(ID{Device: "d"})
		all.stop(ID{Device: "d"})
		if got := o.kinds(); got != "observed v4/9, refused v0/0, detached v0/0" {
			t.Errorf("told %s", got)
		}
	})
}

func TestAnObservationIsToldWholeToARecorderThatMissedSome(t *testing.T) {
	observing(t, func(o *observed, all *observers) {
		pass(time.Second)
		all.again(ID{Device: "d"})
		all.again(ID{Device: "d"})
		all.again(ID{Device: "another"})
		pass(time.Second)
		if got := o.kinds(); got != "observed v4/9, observed v4/9" && got != "observed v4/9, observed v4/9, observed v4/9" {
			t.Errorf("told %s", got)
		}
		if e := o.told[1]; e.Value.JSON() != `{"mode":"eco"}` {
			t.Errorf("told %s", e.Value.JSON())
		}
	})
}

func TestStoppingCallsAReadOff(t *testing.T) {
	observing(t, func(o *observed, all *observers) {
		o.set(func(o *observed) { o.slow = time.Hour })
		pass(15 * time.Second)
		began := time.Now()
		all.stop(ID{Device: "d"})
		if time.Since(began) > 0 {
			t.Errorf("it took %v", time.Since(began))
		}
		if len(all.all()) != 0 {
			t.Error("it is still there")
		}
	})
}

func TestWhatCannotBeObservedIsSaid(t *testing.T) {
	observing(t, func(o *observed, all *observers) {
		if err := all.start(ID{Device: "d"}, time.Minute, o.read, o.emit); !errors.Is(err, ErrObserved) {
			t.Errorf("twice: %v", err)
		}
		for i := range MaxObserved - 1 {
			if err := all.start(ID{Device: fmt.Sprint(i)}, time.Minute, o.read, o.emit); err != nil {
				t.Fatal(err)
			}
		}
		if err := all.start(ID{Device: "too many"}, time.Minute, o.read, o.emit); err == nil || !strings.Contains(err.Error(), "stop one first") {
			t.Errorf("one too many: %v", err)
		}
	})
	m := NewMonitor(nil)
	defer func() { _ = m.Close() }()
	for _, id := range []ID{{}, {Device: "a/b"}} {
		if err := m.Observe(id, time.Minute); err == nil {
			t.Errorf("%v is observed", id)
		}
	}
	if err := m.Observe(ID{Device: "d"}, time.Millisecond); err == nil {
		t.Error("a thousand reads a second")
	}
}

// pass lets time of the bubble pass, and what is due in it happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
