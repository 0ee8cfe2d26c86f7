package ui

import (
	"errors"
	"slices"
	"sync"
)

// lease is a hub that was opened and has to be closed.
type lease struct {
	hub  Hub
	keep *keeper // of what the user chose on it; nil until it is shown
	end  func()  // ends what its dashboard has under way, and blocks; nil until it is shown
	once sync.Once
	err  error
}

// leases are the hubs that are open, and the openings under way that may add to them. Its methods
// are safe for concurrent use.
type leases struct {
	mu      sync.Mutex // guards over, open and the keepers in it
	over    bool
	open    []*lease
	pending sync.WaitGroup
}

// begin says that a hub is being opened, until pending.Done. It reports false when the program is
// over and none may be.
func (ls *leases) begin() bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if !ls.over {
		ls.pending.Add(1)
	}
	return !ls.over
}

// add takes a hub in.
func (ls *leases) add(h Hub) *lease {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := &lease{hub: h}
	ls.open = append(ls.open, l)
	return l
}

// keep says who has what the user chose on a hub, and what ends the work on it.
func (ls *leases) keep(l *lease, k *keeper, end func()) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l.keep, l.end = k, end
}

// close ends the work on a hub, writes what the user chose on it and closes it; it blocks until that is done, whoever
// does it.
func (ls *leases) close(l *lease) error {
	l.once.Do(func() {
		ls.mu.Lock()
		keep, end := l.keep, l.end
		ls.mu.Unlock()
		var kept, closed error
		if end != nil {
			end()
		}
		if keep != nil {
			kept = keep.flush()
		}
		if l.hub.Close != nil {
			closed = l.hub.Close()
		}
		l.err = errors.Join(kept, closed)
		ls.mu.Lock()
		defer ls.mu.Unlock()
		ls.open = slices.DeleteFunc(ls.open, func(o *lease) bool { return o == l })
	})
	return l.err
}

// closeAll lets no other hub be opened and closes those that are.
func (ls *leases) closeAll() error {
	ls.mu.Lock()
	ls.over = true
	ls.mu.Unlock()
	ls.pending.Wait()
	ls.mu.Lock()
	open := slices.Clone(ls.open)
	ls.mu.Unlock()
	errs := make([]error, len(open))
	for i, l := range open {
		errs[i] = ls.close(l)
	}
	return errors.Join(errs...)
}
