package hub

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"twindeck/hub/patch"
)

// LeastInterval is the shortest time between two reads of a twin that is observed.
const LeastInterval = time.Second

// longestRetry bounds the pause after reads that failed, unless the interval itself is longer.
const longestRetry = 5 * time.Minute

// MaxObserved is how many twins one [Monitor] observes.
const MaxObserved = 64

// ErrObserved is wrapped by the error for an identity that is observed already.
var ErrObserved = errors.New("observed already")

// Observation is how the observation of a twin goes.
type Observation struct {
	ID    ID
	Every time.Duration // from one read to the next, as long as they succeed
	Read  time.Time     // when the last answer with the twin came; zero: none has
	Next  time.Time     // when it is read next; in the past while it is being read
	Err   error         // why the last read failed; nil: it did not
}

// Observe reads the twin of an identity again and again and tells what has changed between two
// reads, which nobody else notices: no client connects. It returns at once; what is seen comes out
// of [Monitor.Next]: [EventObserved] for the first read and for each that shows other properties or another version of the
// desired ones, [EventLost] when reads begin to fail, [EventObserved] when they succeed again, and [EventRefused]
// when there is no sense in going on, because the identity is gone or the policy may not read it. What
// comes and goes between two reads is not seen.
//
// Reads take their turn as [Background] calls do. One that is throttled, or fails, is followed by
// a pause that doubles each time, five minutes at most, or as long as the hub asks for.
func (m *Monitor) Observe(id ID, every time.Duration) error {
	switch err := checkID(id); {
	case err != nil:
		return err
	case every < LeastInterval:
		return fmt.Errorf("a twin is read every %v at most; choose a longer interval", LeastInterval)
	}
	return m.observers.start(id, every, func(ctx context.Context) (Twin, error) { return m.client.Twin(ctx, id) }, m.stream.add)
}

// Unobserve ends the observation of an identity, which [EventDetached] tells, and returns when it has ended:
// a read under way is called off. An identity that is not observed is no error.
func (m *Monitor) Unobserve(id ID) {
	m.observers.stop(id)
}

// Observations returns how those under way go, in no order. It does no I/O.
func (m *Monitor) Observations() []Observation { return m.observers.all() }

// observers are the observations of a monitor.
type observers struct {
	mu     sync.Mutex
	closed bool
	byID   map[ID]*observer
}

func (o *observers) start(id ID, every time.Duration, read func(context.Context) (Twin, error), emit func(Event)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return ErrClosed
	case o.byID[id] != nil:
		return fmt.Errorf("%s is observed already; stop that first to choose another interval: %w", describe(id), ErrObserved)
	case len(o.byID) >= MaxObserved:
		return fmt.Errorf("%d twins are observed, which is as many as there can be; stop one first", MaxObserved)
	}
	ctx, cancel := context.WithCancel(context.Background())
	v := &observer{
		read: read, emit: emit, cancel: cancel, done: make(chan struct{}), wake: make(chan struct{}, 1),
		state: Observation{ID: id, Every: every, Next: time.Now()},
	}
	if o.byID == nil {
		o.byID = map[ID]*observer{}
	}
	o.byID[id] = v
	go v.run(ctx)
	return nil
}

func (o *observers) stop(id ID) {
	o.mu.Lock()
	v := o.byID[id]
	delete(o.byID, id)
	o.mu.Unlock()
	if v != nil {
		v.end()
	}
}

func (o *observers) all() []Observation {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := make([]Observation, 0, len(o.byID))
	for _, v := range o.byID {
		v.mu.Lock()
		list = append(list, v.state)
		v.mu.Unlock()
	}
	return list
}

// again has the twin of an identity told whole with the next read, which is at once.
func (o *observers) again(id ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if v := o.byID[id]; v != nil {
		select {
		case v.wake <- struct{}{}:
		default:
		}
	}
}

// close ends all of them.
func (o *observers) close() {
	o.mu.Lock()
	o.closed = true
	all := o.byID
	o.byID = nil
	o.mu.Unlock()
	for _, v := range all {
		v.cancel()
	}
	for _, v := range all {
		v.end()
	}
}

// observer is one observation.
type observer struct {
	read   func(context.Context) (Twin, error)
	emit   func(Event)
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{} // has a value when the twin is to be told whole

	mu    sync.Mutex
	state Observation

	// These belong to the goroutine of run.
	last     *Twin // nil until the first read
	failures int
}

// end stops the goroutine of run and waits for it.
func (v *observer) end() {
	v.cancel()
	<-v.done
}

func (v *observer) run(ctx context.Context) {
	defer close(v.done)
	id := v.state.ID
	defer func() { v.emit(Event{ID: id, At: time.Now(), Kind: EventDetached, Observing: true}) }()
	whole := false
	for {
		twin, err := v.read(AtOnce(Background(Routine(ctx))))
		var pause time.Duration
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			v.saw(twin, whole)
			pause = v.state.Every
			whole = false
		case NotFound(err), Unauthorized(err):
			v.note(time.Time{}, err)
			v.emit(Event{ID: id, At: time.Now(), Kind: EventRefused, Err: err, Observing: true})
			<-ctx.Done()
			return
		default:
			pause = v.failed(err)
		}
		pause = spread(pause)
		v.note(time.Now().Add(pause), err)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-v.wake:
			timer.Stop()
			whole = true
		case <-timer.C:
		}
	}
}

// spread varies a pause by a tenth, so that observations begun together do not read together for ever.
func spread(d time.Duration) time.Duration {
	return d + time.Duration((rand.Float64()-0.5)/10*float64(d))
}

// note tells how it goes.
func (v *observer) note(next time.Time, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.state.Next, v.state.Err = next, err
	if err == nil {
		v.state.Read = time.Now()
	}
}

// saw takes a twin as it was read, and tells what it has that the last one had not; whole also when
// that is nothing.
func (v *observer) saw(twin Twin, whole bool) {
	was := v.last
	v.last = &twin
	back := v.failures > 0
	v.failures = 0
	e := Event{
		ID: v.state.ID, At: twin.ReadAt, Kind: EventObserved, Observing: true,
		Version: twin.Desired.Version, Value: twin.Desired.Value, ReportedVersion: twin.Reported.Version, Twin: &twin,
	}
	if was != nil {
		if was.Desired.Version != twin.Desired.Version {
			e.Changes = patch.Changes(was.Desired.Value, twin.Desired.Value)
		}
		if was.Reported.Version != twin.Reported.Version {
			e.Reported = patch.Changes(was.Reported.Value, twin.Reported.Value)
		}
		same := was.Desired.Version == twin.Desired.Version && len(e.Reported) == 0 // a report of what was known already is none
		if same && !whole && !back {
			return
		}
		if len(e.Reported) > 0 {
			e.Settled = settled(twin)
		}
	}
	v.emit(e)
}

// failed takes a read that failed and returns how long to wait. It is told once: what follows is
// more of the same.
func (v *observer) failed(err error) time.Duration {
	pause := min(v.state.Every<<min(v.failures, 10), max(longestRetry, v.state.Every))
	pause = max(pause, RetryAfter(err))
	if v.failures == 0 {
		v.emit(Event{ID: v.state.ID, At: time.Now(), Kind: EventLost, Err: err, Wait: pause, Observing: true})
	}
	v.failures++
	return pause
}

// settled returns how long after the last change of the desired properties the reported ones
// changed last, by the clock of the hub, which stamps both (Azure docs: iot-hub-devguide-device-twins,
// "Device twin metadata"); 0 when it does not say or they changed before.
func settled(twin Twin) time.Duration {
	desired, reported := updated(twin.Desired), updated(twin.Reported)
	if desired.IsZero() || reported.IsZero() {
		return 0
	}
	return max(reported.Sub(desired), 0)
}

func updated(s Section) time.Time {
	stamp, _ := s.Metadata.Get("$lastUpdated")
	at, err := time.Parse(time.RFC3339Nano, stamp.Text())
	if err != nil {
		return time.Time{}
	}
	return at
}
