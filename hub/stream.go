package hub

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrClosed is what Next returns when a monitor was closed and everything was delivered.
var ErrClosed = errors.New("the monitor is closed")

// Batch is what happened since the last one, in order. It has events, or Dropped is not zero.
type Batch struct {
	Events  []Event
	Dropped uint64 // events let go since the last batch because the reader was too slow
}

const (
	// frame is the least time between two batches while events keep coming.
	frame = 16 * time.Millisecond
	// The most a stream holds for a slow reader.
	maxStreamEvents = 1 << 13
	maxStreamBytes  = 16 << 20
	// eventCost is what an event weighs beside its payload.
	eventCost = 256
)

// stream is a bounded queue of events between many writers that never wait and a reader
// that takes whatever there is. When it is full the oldest events go, so that the state
// of every client at its end is right.
type stream struct {
	ready chan struct{} // has a value when there may be something to take

	mu      sync.Mutex
	seq     uint64
	events  []Event
	bytes   int
	dropped uint64
	closed  bool
	taken   time.Time // when the last batch left
}

func newStream() *stream { return &stream{ready: make(chan struct{}, 1)} }

// add numbers an event and queues it. It never blocks.
func (s *stream) add(e Event) {
	s.mu.Lock()
	s.seq++
	e.Seq = s.seq
	s.events = append(s.events, e)
	s.bytes += weight(e)
	for len(s.events) > maxStreamEvents || s.bytes > maxStreamBytes && len(s.events) > 1 {
		s.bytes -= weight(s.events[0])
		s.events[0] = Event{} // the slice's array outlives it; what it refers to must not
		s.events = s.events[1:]
		s.dropped++
	}
	s.mu.Unlock()
	s.wake()
}

// weight is roughly the memory an event holds: its payload as text and as values.
func weight(e Event) int { return eventCost + 4*len(e.Raw) }

func (s *stream) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

func (s *stream) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.wake()
}

// next waits for a first event, then until a frame has passed since the last batch, and
// takes everything.
func (s *stream) next(ctx context.Context) (Batch, error) {
	for {
		s.mu.Lock()
		waiting, closed, rest := len(s.events) > 0, s.closed, frame-time.Since(s.taken)
		if waiting && (closed || rest <= 0) {
			b := Batch{Events: s.events, Dropped: s.dropped}
			s.events, s.bytes, s.dropped, s.taken = nil, 0, 0, time.Now()
			s.mu.Unlock()
			return b, nil
		}
		s.mu.Unlock()
		switch {
		case waiting:
			if !sleep(ctx, rest) {
				return Batch{}, context.Cause(ctx)
			}
		case closed:
			s.wake() // for whoever else waits
			return Batch{}, ErrClosed
		default:
			select {
			case <-s.ready:
			case <-ctx.Done():
				return Batch{}, context.Cause(ctx)
			}
		}
	}
}
