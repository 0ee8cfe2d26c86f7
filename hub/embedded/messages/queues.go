package messages

import (
	"cmp"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"twindeck/hub/embedded/registry"
)

// Keeper stores what must survive the process. Put and Delete have stored durably when they
// return; deleting a missing key is no error. Each goes over all keys in order.
type Keeper interface {
	Put(key string, value []byte) error
	Delete(key string) error
	Each(func(key string, value []byte) error) error
}

// Options are what Queues work with.
type Options struct {
	// Generation tells the incarnation of an identity; ok is false when it does not exist.
	// It is called with locks held and must not call back.
	Generation func(id registry.ID) (generation string, ok bool)
	// Counted is told how many messages wait for an identity, whenever that changes. It is
	// called with locks held and must not call back. nil is nobody.
	Counted func(id registry.ID, waiting int)
	// Ready is called when an identity has messages to take. nil is nobody.
	Ready  func(id registry.ID)
	Keeper Keeper           // nil: memory only
	Now    func() time.Time // nil: time.Now
	Limits
}

// Limits are those of the queues. Zero values stand for the defaults named, which are those of
// the service (Azure docs: iot-hub-devguide-messages-c2d, "Cloud-to-device configuration
// options").
type Limits struct {
	Depth       int           // messages of one identity; default 50
	Bytes       int           // all messages of all identities; default 256 MiB
	TimeToLive  time.Duration // of messages that name no expiry; default one hour
	Lock        time.Duration // how long a message is locked for who received it; default one minute
	MaxDelivery int           // how often a message is handed out; default 10
}

// maxTimeToLive bounds the life of a message, whatever expiry it names.
const maxTimeToLive = 48 * time.Hour

// Queues are the cloud-to-device messages of all identities, and the feedback on them. They are
// made by New and need a Close. All methods may be called concurrently; those that change
// something block until a Keeper has stored it.
//
// Lock order: mu, then whatever Generation and Counted lock.
type Queues struct {
	opts Options

	mu       sync.Mutex
	queues   map[registry.ID]*queue
	bytes    int
	feedback feedback
	sweeper  *time.Timer
	due      time.Time // when the sweeper runs; zero: not at all
	closed   bool
	sweeping sync.WaitGroup
}

// queue is what waits for one identity, in order.
type queue struct {
	generation string
	last       uint64 // the latest sequence number
	pending    int    // messages on their way into the queue
	entries    []*entry
}

// entry is one message that waits, or is locked.
type entry struct {
	Message
	token     string    // of the lock; empty: not locked
	until     time.Time // end of the lock; zero: when the holder says
	recovered bool      // it was here before the process
}

// New returns queues without messages.
func New(opts Options) *Queues {
	if opts.Counted == nil {
		opts.Counted = func(registry.ID, int) {}
	}
	if opts.Ready == nil {
		opts.Ready = func(registry.ID) {}
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	opts.Depth = cmp.Or(opts.Depth, 50)
	opts.Bytes = cmp.Or(opts.Bytes, 256<<20)
	opts.TimeToLive = cmp.Or(opts.TimeToLive, time.Hour)
	opts.Lock = cmp.Or(opts.Lock, time.Minute)
	opts.MaxDelivery = cmp.Or(opts.MaxDelivery, 10)
	return &Queues{opts: opts, queues: make(map[registry.ID]*queue)}
}

// Close stops what runs in the background and waits for it.
func (q *Queues) Close() {
	q.mu.Lock()
	q.closed = true
	if q.sweeper != nil && q.sweeper.Stop() {
		q.sweeping.Done()
	}
	q.mu.Unlock()
	q.sweeping.Wait()
}

// Send queues a message for an identity and returns it as queued. It fails with DeviceNotFound
// or ModuleNotFound, ErrQueueFull, ErrBusy, or because of what is in the message.
func (q *Queues) Send(id registry.ID, m Message) (Message, error) {
	if err := m.check(); err != nil {
		return Message{}, err
	}
	m.Body, m.Properties = slices.Clone(m.Body), slices.Clone(m.Properties)
	own, err := q.reserve(id, &m)
	if err != nil {
		return Message{}, err
	}
	err = q.put(id, own.generation, &m)

	e := effects{}
	q.mu.Lock()
	own.pending--
	generation, exists := q.opts.Generation(id)
	switch {
	case err != nil:
		q.bytes -= m.size()
	case !exists || generation != own.generation || q.queues[id] != own:
		// It was deleted meanwhile.
		q.bytes -= m.size()
		e.gone = append(e.gone, messageKey(id, m.Sequence))
		err = notFound(id)
	default:
		at, _ := slices.BinarySearchFunc(own.entries, m.Sequence, func(e *entry, n uint64) int { return cmp.Compare(e.Sequence, n) })
		own.entries = slices.Insert(own.entries, at, &entry{Message: m})
		q.count(id, own)
		q.wakeAt(m.Expiry)
		e.ready = append(e.ready, id)
	}
	q.mu.Unlock()
	return m, cmp.Or(err, q.apply(e))
}

// reserve makes room for a message and completes it.
func (q *Queues) reserve(id registry.ID, m *Message) (*queue, error) {
	e := effects{}
	defer func() { _ = q.apply(e) }() // what has expired has, whether or not that was stored
	q.mu.Lock()
	defer q.mu.Unlock()
	generation, exists := q.opts.Generation(id)
	if !exists {
		return nil, notFound(id)
	}
	own := q.of(id, generation, &e)
	if own == nil {
		own = &queue{generation: generation}
		q.queues[id] = own
	}
	q.expire(id, own, &e)
	if len(own.entries)+own.pending >= q.opts.Depth {
		return nil, ErrQueueFull
	}
	if q.bytes+m.size() > q.opts.Bytes {
		return nil, ErrBusy
	}
	now := q.opts.Now()
	own.last++
	own.pending++
	m.Sequence, m.Enqueued, m.Deliveries = own.last, now, 0
	m.To = address(id)
	if m.Expiry.IsZero() {
		m.Expiry = now.Add(q.opts.TimeToLive)
	}
	if latest := now.Add(maxTimeToLive); m.Expiry.After(latest) {
		m.Expiry = latest
	}
	q.bytes += m.size()
	return own, nil
}

// of returns the queue of an incarnation of an identity, nil when there is none. What waited for
// an earlier one is dropped. The caller holds mu.
func (q *Queues) of(id registry.ID, generation string, fx *effects) *queue {
	own := q.queues[id]
	if own != nil && own.generation != generation {
		q.clear(id, dropped, fx)
		delete(q.queues, id)
		return nil
	}
	return own
}

// Delivery is a message that is locked for whoever received it.
type Delivery struct {
	Message
	Token string // names the lock
	// Again says that the message may have been handed out before.
	Again bool
}

// Receive locks the next message of an identity for the time given, 0 for the default; ok is
// false when there is none. When the time is over, the message is handed out again.
func (q *Queues) Receive(id registry.ID, lock time.Duration) (d Delivery, ok bool) {
	if lock <= 0 {
		lock = q.opts.Lock
	}
	return q.take(id, q.opts.Now().Add(lock))
}

// Hold is Receive for a connection: the lock ends with Abandon or Release.
func (q *Queues) Hold(id registry.ID) (d Delivery, ok bool) { return q.take(id, time.Time{}) }

func (q *Queues) take(id registry.ID, until time.Time) (d Delivery, ok bool) {
	e := effects{}
	defer func() { _ = q.apply(e) }() // as in reserve
	q.mu.Lock()
	defer q.mu.Unlock()
	generation, exists := q.opts.Generation(id)
	own := q.of(id, generation, &e)
	if !exists || own == nil {
		return d, false
	}
	q.expire(id, own, &e)
	for _, next := range own.entries {
		if next.token != "" {
			continue
		}
		d.Again = next.recovered || next.Deliveries > 0
		next.Deliveries++
		next.token, next.until = rand.Text(), until
		q.wakeAt(until)
		d.Message, d.Token = next.Message, next.token
		return d, true
	}
	return d, false
}

// Complete removes a message that its receiver has taken. It fails with ErrLockLost.
func (q *Queues) Complete(id registry.ID, token string) error {
	return q.settle(id, token, func(own *queue, e *entry, fx *effects) { q.remove(id, own, e, success, fx) })
}

// Reject removes a message that its receiver does not want. It fails with ErrLockLost.
func (q *Queues) Reject(id registry.ID, token string) error {
	return q.settle(id, token, func(own *queue, e *entry, fx *effects) { q.remove(id, own, e, rejected, fx) })
}

// Abandon gives a message back, to be handed out again. It fails with ErrLockLost.
func (q *Queues) Abandon(id registry.ID, token string) error {
	return q.settle(id, token, func(own *queue, e *entry, fx *effects) { q.unlock(id, own, e, fx) })
}

// Release is Abandon of many; locks that are lost do not matter. Nobody is told that the
// messages are ready: they were held for a connection, which has gone.
func (q *Queues) Release(id registry.ID, tokens []string) error {
	fx := effects{}
	q.mu.Lock()
	if own := q.queues[id]; own != nil {
		for _, e := range slices.Clone(own.entries) {
			if e.token != "" && slices.Contains(tokens, e.token) {
				q.unlock(id, own, e, &fx)
			}
		}
	}
	q.mu.Unlock()
	fx.ready = nil
	return q.apply(fx)
}

func (q *Queues) settle(id registry.ID, token string, end func(*queue, *entry, *effects)) error {
	fx := effects{}
	err := func() error {
		q.mu.Lock()
		defer q.mu.Unlock()
		if own := q.queues[id]; own != nil && token != "" {
			q.expire(id, own, &fx)
			for _, e := range own.entries {
				if e.token == token {
					end(own, e, &fx)
					return nil
				}
			}
		}
		return ErrLockLost
	}()
	return cmp.Or(err, q.apply(fx))
}

// Purge removes all messages of an identity and returns their number. It fails with
// DeviceNotFound or ModuleNotFound.
func (q *Queues) Purge(id registry.ID) (int, error) {
	fx := effects{}
	q.mu.Lock()
	_, exists := q.opts.Generation(id)
	n := q.clear(id, purged, &fx)
	q.mu.Unlock()
	err := q.apply(fx)
	if !exists {
		return 0, notFound(id)
	}
	return n, err
}

// Drop forgets the messages of an identity that was deleted.
func (q *Queues) Drop(id registry.ID) error {
	fx := effects{}
	q.mu.Lock()
	q.clear(id, dropped, &fx)
	delete(q.queues, id)
	q.mu.Unlock()
	return q.apply(fx)
}

func (q *Queues) clear(id registry.ID, outcome outcome, fx *effects) int {
	own := q.queues[id]
	if own == nil {
		return 0
	}
	n := len(own.entries)
	for len(own.entries) > 0 {
		q.remove(id, own, own.entries[0], outcome, fx)
	}
	return n
}
