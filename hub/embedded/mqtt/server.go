// Package mqtt is an MQTT 3.1.1 endpoint for a server that is the only peer of
// its clients: every message goes to the server's Handler, and the server
// publishes to one client at a time. There is no routing between clients, so
// there are no topic trees and no retained messages. What it has instead is
// what a hub of devices needs: one connection per client id whatever the race,
// deadlines on everything a client may dawdle over, a bound on everything a
// client may pile up, and little memory for a client that is silent.
//
// QoS 0 and 1 are accepted, subscriptions to QoS 2 are granted 1, a PUBLISH with
// QoS 2 ends the connection. Messages go to clients with QoS 0, or with QoS 1 to
// be acknowledged, when the server wants to know that they arrived; it is the
// server that keeps those until then, and sends them again.
package mqtt

import (
	"cmp"
	"errors"
	"hash/maphash"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Options are a Server's limits. Zero values stand for the defaults named.
type Options struct {
	// Log takes one line per connection, at level warn when the client was at
	// fault, otherwise at debug. nil discards them. Passwords are never logged.
	Log *slog.Logger
	// ConnectTimeout bounds the time from accepting a socket to a complete
	// CONNECT, TLS handshake included. Default 10 seconds.
	ConnectTimeout time.Duration
	// WriteTimeout bounds the time a client may take to read a piece of at
	// most 16 KiB. Default 20 seconds.
	WriteTimeout time.Duration
	// QueueBytes bounds what waits for one client to read it; a client that
	// exceeds it is cut off. Default 1 MiB.
	QueueBytes int
	// MaxPayload bounds the payload of a PUBLISH in bytes. Default 256 KiB.
	MaxPayload int
	// Sessions stores the subscriptions of clients that did not ask for a clean
	// session; nil keeps them for as long as the Server lives.
	Sessions Keeper
	// MaxSubscriptions bounds a client's filters. Default 100.
	MaxSubscriptions int
	// Tamper decides the fate of every packet to an accepted client, for tests
	// of what clients do about it; nil leaves all alone. It must be brief and
	// must not use the client but for its ID and Tag.
	Tamper func(c *Client, packet PacketType) Fate
}

// Server serves MQTT clients over any kind of connection. It is made by New.
// All methods may be called concurrently.
//
// Lock order: lifecycle or saving, mu, Client.mu. Handler callbacks run with no lock
// held, except Connected and Disconnected, which run under lifecycle.
type Server struct {
	handler Handler
	opts    Options

	// lifecycle makes a client's arrival and departure, and the handler's
	// knowledge of it, one step.
	lifecycle sync.Mutex

	mu        sync.RWMutex
	closed    bool
	done      chan struct{}
	listeners map[net.Listener]struct{}
	sockets   map[*Client]struct{}      // every open socket
	clients   map[string]*Client        // those that may be published to, by id
	sessions  map[string][]subscription // of ids that did not ask for a clean session
	saving    saving
	running   sync.WaitGroup // sockets and their writers
}

// New makes a server that serves h until Close.
func New(h Handler, opts Options) *Server {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	opts.ConnectTimeout = cmp.Or(opts.ConnectTimeout, 10*time.Second)
	opts.WriteTimeout = cmp.Or(opts.WriteTimeout, 20*time.Second)
	opts.QueueBytes = cmp.Or(opts.QueueBytes, 1<<20)
	opts.MaxPayload = cmp.Or(opts.MaxPayload, 256<<10)
	opts.MaxSubscriptions = cmp.Or(opts.MaxSubscriptions, 100)
	return &Server{
		handler:   h,
		opts:      opts,
		done:      make(chan struct{}),
		listeners: make(map[net.Listener]struct{}),
		sockets:   make(map[*Client]struct{}),
		clients:   make(map[string]*Client),
		sessions:  make(map[string][]subscription),
		saving:    saving{seed: maphash.MakeSeed()},
	}
}

// Serve accepts connections from l and serves them until Close, which it
// answers with ErrServerClosed, or until l fails for good. It closes l. A
// failure that may pass, such as too many open files, is waited out.
func (s *Server) Serve(l net.Listener) error {
	defer func() { _ = l.Close() }()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrServerClosed
	}
	s.listeners[l] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.listeners, l)
		s.mu.Unlock()
	}()

	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 5*time.Millisecond, time.Second
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause.Reset()
			if c, ok := s.admit(conn); ok {
				go c.serve()
			}
		case s.isClosed():
			return ErrServerClosed
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			wait := pause.NextBackOff()
			s.opts.Log.Warn("mqtt: cannot accept a connection", "error", err, "retry", wait)
			select {
			case <-s.done:
			case <-time.After(wait):
			}
		}
	}
}

// ServeConn serves one connection, which may be TLS, plain or any other
// ordered stream of bytes, and blocks until it has ended. It closes conn.
func (s *Server) ServeConn(conn net.Conn) {
	if c, ok := s.admit(conn); ok {
		c.serve()
	}
}

// admit takes charge of a socket; one that comes after Close is closed.
func (s *Server) admit(conn net.Conn) (*Client, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		abort(conn)
		return nil, false
	}
	c := &Client{server: s, conn: conn, done: make(chan struct{}), corked: true}
	s.sockets[c] = struct{}{}
	s.running.Add(1)
	return c, true
}

// dismiss gives up a socket that has been closed.
func (s *Server) dismiss(c *Client) {
	s.mu.Lock()
	delete(s.sockets, c)
	s.mu.Unlock()
	s.running.Done()
}

// register makes c the one client of its id and queues its CONNACK. An older
// client of the id is closed before the new one can learn that it is connected,
// so that never both are open. leftover says that a session that is forgotten is
// still stored.
func (s *Server) register(c *Client, cleanSession bool) (leftover bool, err error) {
	s.lifecycle.Lock()
	defer s.lifecycle.Unlock()

	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return false, ErrServerClosed
	}
	stored, present := s.sessions[c.id]
	if cleanSession {
		// What was stored has been forgotten, but a client that came between
		// may have begun another session.
		leftover = len(stored) > 0
		delete(s.sessions, c.id)
		stored, present = nil, false
	} else {
		s.sessions[c.id] = stored
	}
	if err := c.accept(stored, present); err != nil {
		s.mu.Unlock()
		return false, err
	}
	c.persistent, c.resumed = !cleanSession, present
	old := s.clients[c.id]
	s.clients[c.id] = c
	s.mu.Unlock()

	if old != nil {
		s.finish(old, ErrTakenOver)
	}
	s.handler.Connected(c)
	c.uncork()
	return leftover, nil
}

// unregister ends c unless another client has taken over its id and done so.
func (s *Server) unregister(c *Client, reason error) {
	s.lifecycle.Lock()
	defer s.lifecycle.Unlock()
	s.mu.Lock()
	current := s.clients[c.id] == c
	if current {
		delete(s.clients, c.id)
	}
	s.mu.Unlock()
	if current {
		s.finish(c, reason)
	}
}

// finish closes a client that is no longer registered, publishes its will when
// it is due (MQTT 3.1.1 §3.1.2.5) and tells the handler. A client that has been
// closed before keeps its first reason.
func (s *Server) finish(c *Client, reason error) {
	reason = c.close(reason)
	if c.will != nil && !errors.Is(reason, ErrDisconnected) && !errors.Is(reason, ErrServerClosed) {
		if err := s.handler.Publish(c, *c.will); err != nil {
			s.opts.Log.Warn("mqtt: will refused", "client", c.id, "error", err)
		}
	}
	s.handler.Disconnected(c, reason)
}

// Client returns the connected client of an id, or nil.
func (s *Server) Client(id string) *Client {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.clients[id]
}

// Disconnect closes the connection of a client id for the reason given, if
// there is one. It does not wait for the handler to be told.
func (s *Server) Disconnect(id string, reason error) {
	if c := s.Client(id); c != nil {
		c.Close(reason)
	}
}

// Close stops listening, closes every connection, and returns when all have
// ended and the handler has been told of each. Wills are not published. It may
// be called more than once, but not by the handler.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	for l := range s.listeners {
		_ = l.Close()
	}
	for c := range s.sockets {
		c.close(ErrServerClosed)
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *Server) isClosed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closed
}
