package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"twindeck/hub/internal/iothub"
	"twindeck/hub/patch"
)

// reportLimit bounds the wait for the answer to a report on a context without a deadline.
const reportLimit = 10 * time.Second

var errRefused = errors.New("the hub refuses the credentials")

// ErrNotConnected is why a report was not sent: the session is between two connections.
var ErrNotConnected = errors.New("the client is not connected; try again when it is")

// SessionOptions say who connects, where, and who is told. Credentials and OnEvent are required.
type SessionOptions struct {
	Credentials ConnectionString // of the device or module
	Certificate *tls.Certificate // in the place of a key; nil: the key of Credentials
	RootCAs     *x509.CertPool   // nil: the system's roots
	TLS         *tls.Config      // base of the TLS connections, not changed; nil: the defaults
	MQTTAddress string           // HOST:PORT; empty: the host of Credentials and 8883
	WebSocket   bool             // MQTT over WebSocket alone, at the host of Credentials and its port or 443
	Log         *slog.Logger     // nil: discarded

	// OnEvent is called from one goroutine, in order; it must return at once.
	OnEvent func(Event)
	// OnMethod answers direct methods; nil answers 404. Called on its own goroutine, on
	// several at once when calls overlap. ctx ends with the session, and then it must return.
	OnMethod func(ctx context.Context, name string, payload patch.Value) (status int, response patch.Value)
	// BeforeConnect, when set, is waited for before each attempt to reconnect, after the
	// pause. Its error counts as a failed attempt. It must return when ctx ends.
	BeforeConnect func(ctx context.Context) error

	observe   iothub.Observe                 // nil: nobody is told of the exchanges
	connected func(context.Context, ID) bool // whether the hub says that somebody is connected; nil: nobody knows
	route     *route                         // nil: one of its own
	proxy     iothub.Proxy                   // nil: that of the environment
	tokenLife time.Duration                  // of the SAS tokens; 0: an hour
}

// Session is one MQTT client that connects as an identity, again and again until closed
// or refused. After every connection it reads the twin, so that what was changed while it
// was away is seen, if not each step of it; a gap in $version makes it read again.
//
// The events of a connection come in this order: [EventConnecting], [EventConnected],
// [EventSynced], then [EventPatch] and the others as they happen, and [EventLost] at its
// end. An attempt that fails is EventConnecting and EventLost. [EventTakenOver] is in the place of
// EventLost where the hub says that another client is connected, [EventRefused] when no attempt
// follows, and [EventDetached] is the last of all. A connection whose token is about to expire is
// ended and another made at once: [EventRenewed] and EventSynced.
//
// MQTT is spoken on its own port. When that cannot be reached, and nobody has reached it before,
// the port of HTTPS is tried with MQTT over WebSocket: another EventConnecting says so and why.
// Whatever worked is tried first from then on, until it fails three times in a row.
//
// A connection that is silent is tried within 20 seconds, and given up 10 seconds later at the latest.
//
// Delivery: every desired patch that the connection brings becomes one EventPatch, in the order
// of arrival and with its payload, also one that came twice or late. Nothing is put together and
// nothing is let go, with one exception: when more than 65,536 patches or 32 MB have arrived
// that OnEvent has not returned for, further ones are let go rather than to stop the connection,
// an EventGap says how many, and the twin is read again. So between two events of
// kind EventSynced without an EventGap, the first's value with the patches behind it applied in
// the order of their versions is what the hub has; and every doubt ends with an EventSynced.
//
// Its methods are safe for concurrent use.
type Session struct {
	opts    SessionOptions
	id      ID
	address string
	log     *slog.Logger

	ctx     context.Context // ends when Close is called
	cancel  context.CancelFunc
	done    chan struct{}  // closed when the last event was delivered
	serving sync.WaitGroup // methods being answered and reports under way
	slots   chan struct{}  // one for each method being answered
	again   chan struct{}  // has a value when the twin is to be read again
	stirred chan struct{}  // has a value when the connection is to be looked at
	refused atomic.Bool

	// Of the goroutine of run:
	desired  desired
	failures int    // attempts in a row that made no connection
	at       string // the address that was tried last

	acks acks

	mu      sync.Mutex
	current *connection // nil between connections
	ended   bool        // nothing is served any more
}

// connection is what a session has while it is connected.
type connection struct {
	link  *iothub.Link
	inbox *inbox
}

// StartSession starts a session and returns at once; whether it connects is told by its
// events. It fails when the options are incomplete. The caller must Close it.
func StartSession(opts SessionOptions) (*Session, error) {
	check := opts.Credentials.check
	if opts.Certificate != nil {
		check = opts.Credentials.checkNames
	}
	if err := check(); err != nil {
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
	if opts.route == nil {
		opts.route = newRoute(opts.WebSocket)
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
		again:   make(chan struct{}, 1),
		stirred: make(chan struct{}, 1),
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
	ctx, cancel := withDeadline(ctx, reportLimit)
	defer cancel()
	return s.report(ctx, current, reported)
}

func (s *Session) report(ctx context.Context, current *connection, reported patch.Value) (int64, error) {
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
		return 0, answered(op, answer.Status)
	}
	return answer.Version, nil
}

// readAgain reads the twin once more, when there is a connection; the next one reads it anyway.
func (s *Session) readAgain() {
	select {
	case s.again <- struct{}{}:
	default:
	}
}

// look has the session see at once whether its connection still stands, or try to make one.
func (s *Session) look() {
	select {
	case s.stirred <- struct{}{}:
	default:
	}
}

func (s *Session) emit(e Event) {
	e.ID = s.id
	if e.At.IsZero() {
		e.At = time.Now()
	}
	s.log.Debug("event", "kind", e.Kind.String(), "version", e.Version, "err", e.Err)
	s.opts.OnEvent(e)
}
