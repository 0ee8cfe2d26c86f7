package bulk

import (
	"context"
	"errors"
	"sync"
	"time"
)

// State is how a [Stream] is getting on.
type State struct {
	Working   int       // rows under way
	Paused    bool      // no call leaves until Resume
	Why       string    // why it paused by itself; empty when it was told to
	Stopped   bool      // no further row begins
	Throttled time.Time // the hub asked to wait until then; zero when it did not
	Over      bool      // nothing is under way and nothing will be
	Err       error     // with Over: why what was done could not be recorded to its end
}

// errStopped is why a call did not leave.
var errStopped = errors.New("stopped before it was reached")

// gate is what every call of a stream passes: it holds them back while the stream is paused or the hub throttles.
type gate struct {
	mu      sync.Mutex
	state   State
	changed chan struct{} // closed with every change, and replaced
	news    func()        // tells whoever watches; must not block
}

func newGate(news func()) *gate { return &gate{changed: make(chan struct{}), news: news} }

// set changes the state.
func (g *gate) set(change func(*State)) {
	g.mu.Lock()
	change(&g.state)
	close(g.changed)
	g.changed = make(chan struct{})
	g.mu.Unlock()
	g.news()
}

func (g *gate) get() (State, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state, g.changed
}

// pass blocks until a call may leave. It returns errStopped when none may any more, or why ctx ended.
func (g *gate) pass(ctx context.Context) error {
	for {
		s, changed := g.get()
		wait := time.Until(s.Throttled)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case s.Stopped:
			return errStopped
		case s.Paused:
			wait = time.Hour
		case wait <= 0:
			return nil
		}
		sleep(ctx, wait, changed)
	}
}

// wait lets d pass, less when the stream is stopped meanwhile.
func (g *gate) wait(ctx context.Context, d time.Duration) {
	until := time.Now().Add(d)
	for {
		s, changed := g.get()
		if d = time.Until(until); d <= 0 || s.Stopped || ctx.Err() != nil {
			return
		}
		sleep(ctx, d, changed)
	}
}

// sleep lets d pass, less when something changes.
func sleep(ctx context.Context, d time.Duration, changed <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-changed:
	case <-ctx.Done():
	}
}

// throttle holds every call back for d, or as long as they are held back already.
func (g *gate) throttle(d time.Duration) {
	until := time.Now().Add(d)
	g.set(func(s *State) {
		if until.After(s.Throttled) {
			s.Throttled = until
		}
	})
}
