package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"twindeck/hub/patch"
)

// MaxAttached is how many clients one [Monitor] attaches.
const MaxAttached = 64

// ErrAttached is wrapped by the error for an identity that is attached already.
var ErrAttached = errors.New("attached already")

// Monitor owns the sessions of a dashboard and merges their events into one batched
// stream, read with [Monitor.Next].
//
// Delivery: events of one client come in order, each once; Event.Seq rises by one with
// every event, across all clients. A recorder, see [Monitor.Record], gets every one of them,
// in that order and before anybody else. A reader that is too slow loses the oldest events
// waiting for it, never the newest, and Batch.Dropped says how many; what it holds for a
// reader is bounded in number (8,192) and memory. Sessions wait for neither of the two. What
// of the patches comes to be events at all is the contract of [Session].
//
// Its methods are safe for concurrent use; with several readers each event goes to one.
type Monitor struct {
	client *Client
	alone  bool // no policy stands behind the client
	stream *stream

	closing   chan struct{} // closed by Close
	watching  sync.WaitGroup
	observers observers

	mu     sync.Mutex
	closed bool
	places map[ID]*place
}

// place is what one attached identity has of a monitor. While its identity is read it has
// no session yet; taking it out of the monitor and ending its context calls the read off.
type place struct {
	session *Session
	callOff context.CancelFunc
	ack     AckMode
	answer  atomic.Pointer[MethodAnswer] // nil: methods are answered with 404
}

// NewMonitor returns a monitor without sessions. It takes the identities' keys and the
// way to the hub from c. The caller must Close it before c.
func NewMonitor(c *Client) *Monitor {
	return newMonitor(c)
}

// NewDeviceMonitor returns a monitor that no policy stands behind: its Attach takes the connection
// strings of the identities themselves, and where it takes a certificate the host name comes from
// one. Of opts that of sessions counts: RootCAs, MQTTAddress, WebSocket, Proxy, TokenLife, TLS and Log.
func NewDeviceMonitor(opts Options) *Monitor {
	log := opts.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	m := newMonitor(&Client{options: opts, log: log, calls: newCallLog(), route: newRoute(opts.WebSocket)})
	m.alone = true
	return m
}

func newMonitor(c *Client) *Monitor {
	m := &Monitor{client: c, stream: newStream(), closing: make(chan struct{}), places: map[ID]*place{}}
	m.watching.Go(func() { m.watchOver(newVigil()) })
	return m
}

// Attach starts a session as an identity, with the credentials of opts or, when it names none,
// with the key that it reads through the client; it blocks for that read only, and whether the
// session connects is told by its events. The hub allows one connection for an identity, so a
// real device that is connected is thrown off. An error that wraps [ErrKeysHidden] asks for
// credentials of the identity itself. An identity that is attached already is an error that
// wraps [ErrAttached], unless the hub had refused it: then this is another attempt.
func (m *Monitor) Attach(ctx context.Context, id ID, opts AttachOptions) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	mine := &place{callOff: cancel}
	refused, err := m.reserve(id, mine)
	if err != nil {
		return err
	}
	if refused != nil {
		_ = refused.Close() // never fails
	}
	session, err := m.start(ctx, id, mine, opts)
	m.mu.Lock()
	stillMine := m.places[id] == mine
	if stillMine && err == nil {
		mine.session = session
		session.acknowledge(mine.ack)
	} else if stillMine {
		delete(m.places, id)
	}
	closed := m.closed
	m.mu.Unlock()
	switch {
	case err != nil:
		return err
	case !stillMine:
		_ = session.Close() // never fails
		if closed {
			return ErrClosed
		}
		return &networkError{describe(id) + " was detached while it was being attached", "", context.Canceled}
	}
	return nil
}

// reserve takes the place of an identity. It returns the session that was there when the
// hub had refused that.
func (m *Monitor) reserve(id ID, mine *place) (refused *Session, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	there, taken := m.places[id]
	switch {
	case m.closed:
		return nil, ErrClosed
	case taken && (there.session == nil || !there.session.refused.Load()):
		return nil, &networkError{describe(id) + " is attached already", "detach it first to connect it anew", ErrAttached}
	case taken:
		refused = there.session
	case len(m.places) >= MaxAttached:
		return nil, fmt.Errorf("%d clients are attached, which is as many as there can be; detach one first", MaxAttached)
	}
	m.places[id] = mine
	return refused, nil
}

func (m *Monitor) start(ctx context.Context, id ID, mine *place, opts AttachOptions) (*Session, error) {
	options := SessionOptions{OnEvent: m.stream.add, OnMethod: mine.reply}
	switch {
	case !m.alone:
		options.connected = m.client.connected
	case opts.ConnectionString == nil:
		return nil, keysHidden(id, ErrKeysHidden)
	}
	var err error
	if options.Credentials, options.Certificate, err = opts.credentials(ctx, m.client, id); err != nil {
		return nil, err
	}
	return m.client.Session(options)
}

// reply answers a direct method as [Monitor.Answer] says.
func (p *place) reply(context.Context, string, patch.Value) (int, patch.Value) {
	if a := p.answer.Load(); a != nil {
		return a.Status, a.Payload
	}
	return 404, patch.String("this client knows no direct methods")
}

// Acknowledge says whether and how the client of an identity reports the desired properties it
// has seen back, from now on and beginning with those it has not reported yet. It does not
// block; an identity that is not attached is left alone.
func (m *Monitor) Acknowledge(id ID, mode AckMode) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if there := m.places[id]; there != nil {
		there.ack = mode
		if there.session != nil {
			there.session.acknowledge(mode)
		}
	}
}

// Answer says what the client of an identity answers direct methods with; before that it
// answers 404. It does not block; an identity that is not attached is left alone.
func (m *Monitor) Answer(id ID, answer MethodAnswer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if there := m.places[id]; there != nil {
		there.answer.Store(&answer)
	}
}

// Report reports properties as an attached identity, see [Session.Report]. An identity that is
// not attached is [ErrNotConnected].
func (m *Monitor) Report(ctx context.Context, id ID, reported patch.Value) (int64, error) {
	m.mu.Lock()
	there := m.places[id]
	var session *Session
	if there != nil {
		session = there.session
	}
	m.mu.Unlock()
	if session == nil {
		return 0, ErrNotConnected
	}
	return session.Report(ctx, reported)
}

// Detach closes the session of an identity, or calls an Attach under way off; it blocks
// until the session has ended, two seconds at most. An identity that is not attached is no
// error.
func (m *Monitor) Detach(_ context.Context, id ID) error {
	m.mu.Lock()
	there := m.places[id]
	delete(m.places, id)
	m.mu.Unlock()
	if there != nil {
		there.end()
	}
	return nil
}

func (p *place) end() {
	p.callOff()
	if p.session != nil {
		_ = p.session.Close() // never fails
	}
}

// Attached returns the identities that have a session, in no order.
func (m *Monitor) Attached() []ID {
	m.mu.Lock()
	defer m.mu.Unlock()
	ids := make([]ID, 0, len(m.places))
	for id, there := range m.places {
		if there.session != nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// Record hands every event from now on to r, until the monitor is closed. What is attached
// already is read again, so that r begins with the desired properties of each. It is called
// once at most. r is closed by its owner, after the monitor.
func (m *Monitor) Record(r Recorder) {
	r.Bind(m.readAgain, m.stream.recorded)
	m.stream.record(r)
	for _, id := range m.Attached() {
		m.readAgain(id)
	}
	for _, o := range m.Observations() {
		m.readAgain(o.ID)
	}
}

// readAgain has the client of an identity read its twin.
func (m *Monitor) readAgain(id ID) {
	m.observers.again(id)
	m.mu.Lock()
	defer m.mu.Unlock()
	if there := m.places[id]; there != nil && there.session != nil {
		there.session.readAgain()
	}
}

// Next blocks until something happened or ctx ends. An event that follows a pause is
// delivered at once; in a burst there is one batch in 16 ms. After Close it delivers
// what is left and then returns [ErrClosed]; when ctx ends it returns the reason.
func (m *Monitor) Next(ctx context.Context) (Batch, error) { return m.stream.next(ctx) }

// Close closes all sessions and ends Next. It blocks until the sessions have ended, two
// seconds at most. It may be called more than once.
func (m *Monitor) Close() error {
	m.mu.Lock()
	if !m.closed {
		close(m.closing)
	}
	m.closed = true
	places := m.places
	m.places = map[ID]*place{}
	m.mu.Unlock()
	var ended sync.WaitGroup
	for _, there := range places {
		ended.Go(there.end)
	}
	ended.Wait()
	m.watching.Wait()
	m.observers.close()
	m.stream.close()
	return nil
}
