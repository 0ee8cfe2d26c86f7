package ui

import (
	"context"
	"sync"
)

// ending closes what is under way when the dashboard is closed, from whatever goroutine.
type ending struct {
	mu    sync.Mutex
	close func()
	over  bool
}

// set says how to close what is under way now.
func (e *ending) set(do func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.close = do
}

// begin lets start begin something and say how to close it. What has begun is closed at the end,
// however soon that comes; at the end nothing begins any more.
func (e *ending) begin(start func() (stop func(), err error)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return context.Canceled
	}
	stop, err := start()
	if err == nil {
		e.close = stop
	}
	return err
}

// end closes what is under way.
func (e *ending) end() {
	e.mu.Lock()
	e.over = true
	do := e.close
	e.mu.Unlock()
	if do != nil {
		do()
	}
}
