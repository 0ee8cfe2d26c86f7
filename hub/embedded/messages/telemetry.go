package messages

import (
	"sync"

	"twindeck/hub/embedded/registry"
)

// Event is a message that a device or module sent. Its Sequence counts all events of a hub.
type Event struct {
	Identity registry.ID
	Message
}

// Log keeps the latest events. It is made by NewLog; its methods may be called concurrently and
// do not block.
type Log struct {
	most, mostBytes int

	mu     sync.Mutex
	count  uint64
	bytes  int
	events []Event
}

// NewLog returns a log that counts all events and keeps the latest: at most so many, and of at
// most so many bytes together.
func NewLog(most, mostBytes int) *Log { return &Log{most: most, mostBytes: mostBytes} }

// eventOverhead is about what an event takes besides its text.
const eventOverhead = 400

// Add counts an event and keeps it, at the cost of the oldest. An event that is larger than all
// that may be kept is counted alone.
func (l *Log) Add(e Event) {
	size := e.size() + eventOverhead
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	e.Sequence = l.count
	if l.most <= 0 || size > l.mostBytes {
		return
	}
	drop := 0
	for len(l.events)-drop >= l.most || l.bytes+size > l.mostBytes {
		l.bytes -= l.events[drop].size() + eventOverhead
		l.events[drop] = Event{}
		drop++
	}
	l.events = append(l.events[drop:], e)
	l.bytes += size
}

// Count is the number of events so far.
func (l *Log) Count() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count
}

// Since returns the events that are kept and came after the one with the sequence number given,
// oldest first; after 0 it returns all that are kept.
func (l *Log) Since(after uint64) []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range l.events {
		if e.Sequence > after {
			return append([]Event(nil), l.events[i:]...)
		}
	}
	return nil
}
