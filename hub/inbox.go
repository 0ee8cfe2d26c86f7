package hub

import (
	"sync"
	"time"

	"twindeck/hub/internal/iothub"
	"twindeck/hub/patch"
)

// item is one thing that a connection received; exactly one of its kinds is set.
type item struct {
	at      time.Time
	payload []byte           // a desired patch
	twin    *iothub.Response // the answer to a twin read

	reported *patch.Value // a report that the hub has answered
	version  int64        // reported.$version after it
	refused  error        // why it was not taken

	method  string // a direct method that was answered
	request patch.Value
	answer  MethodAnswer
}

// The most an inbox holds. Beyond it patches are let go, and the twin is read instead.
const (
	maxInboxItems = 1 << 16
	maxInboxBytes = 32 << 20
)

// inbox is what arrived on one connection and was not yet looked at. The read loop adds
// and never waits; the session's goroutine takes.
type inbox struct {
	ready chan struct{} // has a value when there may be something to take

	mu         sync.Mutex
	items      []item
	spare      []item // room for those that come next
	bytes      int
	overflowed int
}

func newInbox() *inbox { return &inbox{ready: make(chan struct{}, 1)} }

// add appends an item and stamps it. Only patches are let go when there are too many:
// the others are few, and somebody waits for them.
func (b *inbox) add(it item) {
	it.at = time.Now()
	b.mu.Lock()
	if it.payload != nil && (len(b.items) >= maxInboxItems || b.bytes >= maxInboxBytes) {
		b.overflowed++
	} else {
		b.items = append(b.items, it)
		b.bytes += len(it.payload)
	}
	b.mu.Unlock()
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

// take returns what has arrived, in order, and how many patches were let go since the last time.
// The items are to be given back when they are done with.
func (b *inbox) take() (items []item, overflowed int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	items, overflowed = b.items, b.overflowed
	b.items, b.spare, b.bytes, b.overflowed = b.spare, nil, 0, 0
	return items, overflowed
}

// maxSpareItems is for how many items room is kept between two bursts.
const maxSpareItems = 1 << 10

// giveBack takes the room of items that are done with.
func (b *inbox) giveBack(items []item) {
	clear(items) // what they refer to may be much
	if cap(items) > maxSpareItems {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spare = items[:0]
}
