package hub

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrClosed is what Next returns when a monitor was closed and everything was delivered.
var ErrClosed = errors.New("the monitor is closed")

// Batch is what happened since the last one, in order. It has events, or one of the others says something.
type Batch struct {
	Events    []Event
	Dropped   uint64       // events let go since the last batch because the reader was too slow
	Recording *RecordState // how the recording goes, when that has changed since the last batch; nil: as before
}

// RecordState is how a recording goes.
type RecordState struct {
	Err   error  // why nothing can be written, in a sentence; nil: it can
	LetGo uint64 // how many events were let go because they could not be written in time
}

// Recorder takes every event of a [Monitor] before anybody else sees it.
type Recorder interface {
	// Bind is called once, before the first event. again may be called for an identity some of
	// whose events could not be kept: its twin is read again, so that an [EventSynced] with all
	// its desired properties follows. changed is to be called when the state has changed. Both
	// return at once and may be called from any goroutine, but not from within Record.
	Bind(again func(ID), changed func(RecordState))
	// Record takes an event. It must return at once: whatever is attached waits for it. Events
	// come in the order of their Seq.
	Record(e Event)
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

	recorder  Recorder     // nil: there is none
	recording *RecordState // not nil: to be told
}

func newStream() *stream { return &stream{ready: make(chan struct{}, 1)} }

// add numbers an event, hands it to the recorder and queues it. It never blocks.
func (s *stream) add(e Event) {
	s.mu.Lock()
	s.seq++
	e.Seq = s.seq
	if s.recorder != nil {
		s.recorder.Record(e)
	}
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

func (s *stream) record(r Recorder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recorder = r
}

// recorded notes how the recording goes.
func (s *stream) recorded(state RecordState) {
	s.mu.Lock()
	s.recording = &state
	s.mu.Unlock()
	s.wake()
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
		waiting, closed, rest := len(s.events) > 0 || s.recording != nil, s.closed, frame-time.Since(s.taken)
		if waiting && (closed || rest <= 0) {
			b := Batch{Events: s.events, Dropped: s.dropped, Recording: s.recording}
			s.events, s.bytes, s.dropped, s.recording, s.taken = nil, 0, 0, nil, time.Now()
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
