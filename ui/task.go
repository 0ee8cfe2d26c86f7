package ui

import (
	"context"
	"time"
)

// callTimeout bounds every call of the backend, so that a hub that never answers does not
// leave the screen waiting for ever.
const callTimeout = 30 * time.Second

// task is a kind of work of which at most one piece is in flight: starting another cancels
// the one before, and its result is recognised as stale by its generation.
type task struct {
	gen    uint64
	busy   bool
	cancel context.CancelFunc
}

// start begins a new piece of work under parent.
func (t *task) start(parent context.Context) (context.Context, uint64) {
	t.stop()
	ctx, cancel := context.WithTimeout(parent, callTimeout)
	t.cancel = cancel
	t.busy = true
	return ctx, t.gen
}

// begin is start for work that bounds each of its calls by itself, and may wait before them.
func (t *task) begin(parent context.Context) (context.Context, uint64) {
	t.stop()
	ctx, cancel := context.WithCancel(parent)
	t.cancel = cancel
	t.busy = true
	return ctx, t.gen
}

// stop cancels what is in flight and makes its result stale.
func (t *task) stop() {
	t.gen++
	t.busy = false
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
}

// done takes the result of a generation and reports whether it is the current one.
func (t *task) done(gen uint64) bool {
	if gen != t.gen {
		return false
	}
	t.busy = false
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
	return true
}
