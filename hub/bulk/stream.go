package bulk

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	workers = 8 // rows under way at once
	// window is how long news are gathered before they are told, so that a thousand rows a second
	// are twenty messages.
	window = 50 * time.Millisecond
)

// Batch is what happened since the one before.
type Batch[T any] struct {
	Items []T // one for each row that is done with, in the order in which they were
	State
}

// Stream is work on many rows, a few at once. Its methods may be called concurrently; what begins
// one says who ends it.
type Stream[T any] struct {
	gate   *gate
	n      int
	work   func(ctx context.Context, row int) (T, bool)
	cancel context.CancelFunc // of the calls under way
	over   chan struct{}      // closed when every worker has ended
	news   chan struct{}      // holds one when there is something to tell

	working atomic.Int32
	closed  atomic.Bool
	mu      sync.Mutex
	next    int
	done    []T
}

// start begins work on rows 0 to n-1. Each answers with what is to be told of it, and false when it
// was not reached. end is called when the last one is done with, and told whether that is because
// of Close. Nothing is cut off by the end of parent: Stop ends it in order, Close at once.
func start[T any](parent context.Context, n int, work func(ctx context.Context, row int) (T, bool), end func(closed bool) error) *Stream[T] {
	s := &Stream[T]{n: n, work: work, over: make(chan struct{}), news: make(chan struct{}, 1)}
	s.gate = newGate(s.tell)
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	s.cancel = cancel
	var running sync.WaitGroup
	for range min(workers, n) {
		running.Go(func() { s.run(ctx) })
	}
	go func() {
		running.Wait()
		cancel()
		err := end(s.closed.Load())
		s.gate.set(func(st *State) { st.Over, st.Err = true, err })
		close(s.over)
	}()
	return s
}

func (s *Stream[T]) run(ctx context.Context) {
	for s.gate.pass(ctx) == nil {
		row, ok := s.take()
		if !ok {
			return
		}
		s.working.Add(1)
		s.tell()
		item, reached := s.work(ctx, row)
		s.mu.Lock()
		if reached {
			s.done = append(s.done, item)
		}
		s.mu.Unlock()
		s.working.Add(-1)
		s.tell()
	}
}

func (s *Stream[T]) take() (row int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row = s.next
	s.next++
	return row, row < s.n
}

func (s *Stream[T]) tell() {
	select {
	case s.news <- struct{}{}:
	default: // whoever watches will see this too
	}
}

// Next blocks until there is something to tell. The batch that is Over is the last; asked again it
// comes again, without items. Its error is that of ctx. One goroutine at a time may wait.
func (s *Stream[T]) Next(ctx context.Context) (Batch[T], error) {
	select {
	case <-s.over:
	default:
		select {
		case <-s.news:
		case <-s.over:
		case <-ctx.Done():
			return Batch[T]{}, ctx.Err()
		}
		t := time.NewTimer(window)
		defer t.Stop()
		select {
		case <-t.C:
		case <-s.over:
		case <-ctx.Done(): // what there is, is told with the next
			s.tell()
			return Batch[T]{}, ctx.Err()
		}
	}
	state, _ := s.gate.get()
	state.Working = int(s.working.Load())
	s.mu.Lock()
	defer s.mu.Unlock()
	b := Batch[T]{Items: s.done, State: state}
	s.done = nil
	return b, nil
}

// Pause lets no further call leave until Resume. It does not block.
func (s *Stream[T]) Pause() { s.gate.set(func(st *State) { st.Paused = true }) }

// Resume goes on after a pause. It does not block.
func (s *Stream[T]) Resume() { s.gate.set(func(st *State) { st.Paused, st.Why = false, "" }) }

// Stop begins no further row; those under way are brought to an end. It does not block.
func (s *Stream[T]) Stop() { s.gate.set(func(st *State) { st.Stopped = true }) }

// Cut stops and cuts off the calls under way. It does not block.
func (s *Stream[T]) Cut() {
	s.closed.Store(true)
	s.Stop()
	s.cancel()
}

// Close stops, waits for the rows under way as long as grace allows, then cuts off the calls under
// way and waits for their rows.
func (s *Stream[T]) Close(grace time.Duration) {
	s.closed.Store(true)
	s.Stop()
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-s.over:
	case <-t.C:
		s.cancel()
		<-s.over
	}
}
