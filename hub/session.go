package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"twindeck/hub/internal/iothub"
	"twindeck/hub/patch"
)

const (
	connectLimit = 30 * time.Second // for one attempt, TLS and subscriptions included
	readLimit    = 10 * time.Second // for the answer to a twin read
	reportLimit  = 10 * time.Second // for the answer to a report on a context without a deadline
	firstWait    = 250 * time.Millisecond
	longestWait  = 30 * time.Second
	// stableAfter is how long a connection must stand before a loss counts as the first
	// one again: two clients that throw each other off must slow down, not race.
	stableAfter = 5 * time.Second
)

var errRefused = errors.New("the hub refuses the credentials")

// ErrNotConnected is why a report was not sent: the session is between two connections.
var ErrNotConnected = errors.New("the client is not connected; try again when it is")

// SessionOptions say who connects, where, and who is told. Credentials and OnEvent are required.
type SessionOptions struct {
	Credentials ConnectionString // of the device or module
	RootCAs     *x509.CertPool   // nil: the system's roots
	TLS         *tls.Config      // base of the TLS connections, not changed; nil: the defaults
	MQTTAddress string           // HOST:PORT; empty: the host of Credentials and 8883
	Log         *slog.Logger     // nil: discarded

	// OnEvent is called from one goroutine, in order; it must return at once.
	OnEvent func(Event)
	// OnMethod answers direct methods; nil answers 404. Called on its own goroutine, on
	// several at once when calls overlap. ctx ends with the session, and then it must return.
	OnMethod func(ctx context.Context, name string, payload patch.Value) (status int, response patch.Value)
	// BeforeConnect, when set, is waited for before each attempt to reconnect, after the
	// pause. Its error counts as a failed attempt. It must return when ctx ends.
	BeforeConnect func(ctx context.Context) error
}

// Session is one MQTT client that connects as an identity, again and again until closed
// or refused. After every connection it reads the twin, so that what was changed while it
// was away is seen, if not each step of it; a gap in $version makes it read again.
//
// The events of a connection come in this order: [EventConnecting], [EventConnected],
// [EventSynced], then [EventPatch] and the others as they happen, and [EventLost] at its
// end. An attempt that fails is EventConnecting and EventLost. [EventRefused] is in the
// place of EventLost when no attempt follows, and [EventDetached] is the last of all.
//
// Its methods are safe for concurrent use.
type Session struct {
	opts    SessionOptions
	id      ID
	address string
	log     *slog.Logger

	ctx     context.Context // ends when Close is called
	cancel  context.CancelFunc
	done    chan struct{} // closed when the last event was delivered
	methods sync.WaitGroup
	slots   chan struct{} // one for each method being answered
	refused atomic.Bool

	desired desired // belongs to the goroutine of run

	mu      sync.Mutex
	current *connection // nil between connections
}

// connection is what a session has while it is connected.
type connection struct {
	link  *iothub.Link
	inbox *inbox
}

// maxMethods is how many direct methods are answered at once; the next is answered with 429.
const maxMethods = 64

// StartSession starts a session and returns at once; whether it connects is told by its
// events. It fails when the options are incomplete. The caller must Close it.
func StartSession(opts SessionOptions) (*Session, error) {
	if err := opts.Credentials.check(); err != nil {
		return nil, err
	}
	if opts.Credentials.DeviceID == "" {
		return nil, errors.New("a session needs the connection string of a device or module, not of a policy")
	}
	if opts.OnEvent == nil {
		return nil, errors.New("a session needs somebody to tell its events to")
	}
	address := opts.MQTTAddress
	if address == "" {
		address = net.JoinHostPort(opts.Credentials.Host(), "8883")
	}
	log := opts.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Session{
		opts:    opts,
		id:      opts.Credentials.ID(),
		address: address,
		log:     log.With("session", opts.Credentials.ID().String()),
		ctx:     ctx,
		cancel:  cancel,
		done:    make(chan struct{}),
		slots:   make(chan struct{}, maxMethods),
	}
	go s.run()
	return s, nil
}

// ID returns the identity that the session connects as.
func (s *Session) ID() ID { return s.id }

// Close disconnects and returns when the session's goroutines have ended and its last
// event, [EventDetached], was delivered: within two seconds, even when the peer is dead,
// provided that the callbacks return. It may be called more than once, not from a callback.
func (s *Session) Close() error {
	s.cancel()
	<-s.done
	return nil
}

// Report merges a patch into the reported properties and returns their new $version. It
// blocks until the hub has answered. Between two connections it fails with
// [ErrNotConnected]; a connection that breaks while it waits leaves open whether the
// report arrived.
func (s *Session) Report(ctx context.Context, reported patch.Value) (int64, error) {
	s.mu.Lock()
	current := s.current
	s.mu.Unlock()
	if current == nil {
		return 0, ErrNotConnected
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, reportLimit)
		defer cancel()
	}
	op := "report as " + describe(s.id)
	answer, err := current.link.Report(ctx, reported.AppendJSON(nil), func(r iothub.Response) {
		if r.Err == nil && r.Status < 300 {
			current.inbox.add(item{reported: &reported, version: r.Version})
		}
	})
	switch {
	case err != nil:
		return 0, unreachable(op, s.address, err)
	case answer.Status >= 300:
		e := &Error{Op: op, Status: answer.Status}
		if Throttled(e) {
			e.RetryAfter = 10 * time.Second
		}
		return 0, e
	}
	return answer.Version, nil
}

func (s *Session) emit(e Event) {
	e.ID = s.id
	if e.At.IsZero() {
		e.At = time.Now()
	}
	s.log.Debug("event", "kind", e.Kind.String(), "version", e.Version, "err", e.Err)
	s.opts.OnEvent(e)
}

// run connects until it must not any more.
func (s *Session) run() {
	defer close(s.done)
	defer s.emit(Event{Kind: EventDetached})
	defer s.methods.Wait()

	pause := &backoff.ExponentialBackOff{
		InitialInterval:     firstWait,
		RandomizationFactor: 0.5,
		Multiplier:          2,
		MaxInterval:         longestWait,
	}
	pause.Reset()
	var wait time.Duration
	for attempt := 0; ; attempt++ {
		s.emit(Event{Kind: EventConnecting, Wait: wait})
		if !sleep(s.ctx, wait) {
			return
		}
		began := time.Now()
		err := s.connect(attempt)
		switch {
		case s.ctx.Err() != nil:
			return
		case iothub.Refused(err):
			s.refused.Store(true)
			s.emit(Event{Kind: EventRefused, Err: s.refusal(err)})
			<-s.ctx.Done()
			return
		}
		s.emit(Event{Kind: EventLost, Err: err})
		if time.Since(began) > stableAfter {
			pause.Reset()
		}
		wait = pause.NextBackOff()
	}
}

// connect makes one connection and lives with it until it ends; it returns why.
func (s *Session) connect(attempt int) error {
	op := "stay connected as " + describe(s.id)
	if attempt > 0 && s.opts.BeforeConnect != nil {
		if err := s.opts.BeforeConnect(s.ctx); err != nil {
			return err
		}
	}
	inbox := newInbox()
	link, err := s.dial(inbox)
	if err != nil {
		if iothub.Refused(err) {
			return err
		}
		return unreachable("connect as "+describe(s.id), s.address, err)
	}
	defer link.Close()
	s.setCurrent(&connection{link, inbox})
	defer s.setCurrent(nil)
	s.emit(Event{Kind: EventConnected})

	late := time.NewTimer(readLimit)
	defer late.Stop()
	read := func() {
		late.Reset(readLimit)
		s.desired.reading = true
		link.ReadTwin(func(r iothub.Response) { inbox.add(item{twin: &r}) })
	}
	read()
	for {
		select {
		case <-s.ctx.Done():
			s.drain(inbox)
			return context.Canceled
		case <-link.Done():
			s.drain(inbox)
			return s.lost(op, link.Err())
		case <-late.C:
			if s.desired.reading {
				s.drain(inbox)
				return unreachable("read the twin as "+describe(s.id), s.address, context.DeadlineExceeded)
			}
		case <-inbox.ready:
			again, err := s.handle(inbox)
			if err != nil {
				s.drain(inbox)
				return err
			}
			if again && !s.desired.reading {
				read()
			}
		}
	}
}

func (s *Session) dial(inbox *inbox) (*iothub.Link, error) {
	ctx, cancel := context.WithTimeout(s.ctx, connectLimit)
	defer cancel()
	return iothub.Dial(ctx, iothub.Config{
		HostName:  s.opts.Credentials.Host(),
		Address:   s.address,
		Device:    s.id.Device,
		Module:    s.id.Module,
		Key:       s.opts.Credentials.Key.Reveal(),
		TLS:       tlsConfig(s.opts.TLS, s.opts.RootCAs),
		Log:       s.log,
		OnDesired: func(payload []byte) { inbox.add(item{payload: payload}) },
		OnMethod:  func(m iothub.Method) { s.answer(inbox, m) },
	})
}

func (s *Session) setCurrent(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = c
}

// handle takes what has arrived and tells it. It reports whether the twin must be read
// again; an error ends the connection.
func (s *Session) handle(inbox *inbox) (again bool, err error) {
	items, overflowed := inbox.take()
	for _, it := range items {
		var events []Event
		var stale bool
		switch {
		case it.twin != nil && it.twin.Err != nil:
			continue // the end of the connection, or of the wait for the answer, says more
		case it.twin != nil:
			var twin Section
			if twin, err = parseDesired(*it.twin); err != nil {
				return false, unreachable("read the twin as "+describe(s.id), s.address, err)
			}
			events = s.desired.synced(twin, it.at)
		case it.reported != nil:
			events = []Event{{At: it.at, Kind: EventAcknowledged, Value: *it.reported, Version: it.version}}
		case it.method != "":
			events = []Event{{At: it.at, Kind: EventMethod, Method: it.method, Value: it.request}}
		default:
			events, stale = s.desired.arrived(it.payload, it.at)
		}
		for _, e := range events {
			s.emit(e)
		}
		again = again || stale
	}
	if overflowed {
		s.emit(Event{Kind: EventGap, Err: errors.New("patches came faster than they could be taken in; the twin is read again")})
	}
	return again || overflowed, nil
}

// drain tells what had arrived before the connection ended.
func (s *Session) drain(inbox *inbox) {
	if _, err := s.handle(inbox); err != nil {
		s.log.Debug("left unread", "err", err)
	}
	for _, e := range s.desired.abandon() {
		s.emit(e)
	}
}

// answer serves one direct method on a goroutine of its own.
func (s *Session) answer(inbox *inbox, m iothub.Method) {
	respond := func(status int, response patch.Value) {
		if err := m.Answer(status, response.AppendJSON(nil)); err != nil {
			s.log.Debug("method answer lost", "method", m.Name, "err", err)
		}
	}
	// Even a refusal is sent from a goroutine: publishing here would block the read loop.
	serve := func(fn func()) {
		s.methods.Add(1)
		go func() {
			defer s.methods.Done()
			fn()
		}()
	}
	request, err := patch.Null(), error(nil)
	if len(m.Payload) > 0 {
		request, err = patch.Parse(m.Payload)
	}
	if err != nil {
		serve(func() { respond(400, patch.String("the payload is not JSON")) })
		return
	}
	inbox.add(item{method: m.Name, request: request})
	select {
	case s.slots <- struct{}{}:
	default:
		serve(func() { respond(429, patch.String("too many calls at once")) })
		return
	}
	serve(func() {
		defer func() { <-s.slots }()
		if s.opts.OnMethod == nil {
			respond(404, patch.String("this client knows no direct methods"))
			return
		}
		respond(s.opts.OnMethod(s.ctx, m.Name, request))
	})
}

// refusal is the sentence for credentials that are not accepted.
func (s *Session) refusal(err error) error {
	return &networkError{
		"cannot connect as " + describe(s.id) + ": the hub refuses its key; check that it exists, is enabled, and that its key was not changed",
		fmt.Errorf("%w: %w", errRefused, err),
	}
}

// lost is the sentence for a connection that stood and broke.
func (s *Session) lost(op string, err error) error {
	return &networkError{
		"cannot " + op + ": the connection to " + s.address + " broke; another client may have connected as the same identity",
		err,
	}
}

// sleep waits and reports whether ctx still stands.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
