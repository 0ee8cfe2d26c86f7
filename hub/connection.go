package hub

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"twindeck/hub/internal/iothub"
	"twindeck/hub/patch"
)

const (
	connectLimit = 30 * time.Second // for one attempt, TLS and subscriptions included
	readLimit    = 10 * time.Second // for the answer to a twin read
	firstWait    = 250 * time.Millisecond
	longestWait  = 30 * time.Second
	// stableAfter is how long a connection must stand before a loss counts as the first
	// one again: two clients that throw each other off must slow down, not race.
	stableAfter = 5 * time.Second
	// maxMethods is how many direct methods are answered at once; the next is answered with 429.
	maxMethods = 64
)

// run connects until it must not any more.
func (s *Session) run() {
	defer close(s.done)
	defer s.emit(Event{Kind: EventDetached})
	defer s.endServing()

	pause := &backoff.ExponentialBackOff{
		InitialInterval:     firstWait,
		RandomizationFactor: 0.5,
		Multiplier:          2,
		MaxInterval:         longestWait,
	}
	pause.Reset()
	var wait time.Duration
	var broke error
	for attempt := 0; ; attempt++ {
		s.emit(Event{Kind: EventConnecting, Wait: wait, Err: broke})
		if !sleep(s.ctx, wait) {
			return
		}
		stood, err := s.connect(attempt)
		switch {
		case s.ctx.Err() != nil:
			return
		case iothub.Refused(err):
			s.refused.Store(true)
			s.emit(Event{Kind: EventRefused, Err: s.refusal(err)})
			<-s.ctx.Done()
			return
		}
		broke = err
		s.emit(Event{Kind: EventLost, Err: err})
		if stood > stableAfter {
			pause.Reset()
		}
		wait = pause.NextBackOff()
	}
}

// connect makes one connection and lives with it until it ends; it returns how long it
// stood and why it ended.
func (s *Session) connect(attempt int) (stood time.Duration, err error) {
	if attempt > 0 && s.opts.BeforeConnect != nil {
		if err := s.opts.BeforeConnect(s.ctx); err != nil {
			return 0, err
		}
	}
	inbox := newInbox()
	link, err := s.dial(inbox)
	if err != nil {
		if iothub.Refused(err) {
			return 0, err
		}
		return 0, unreachable("connect as "+describe(s.id), s.address, err)
	}
	defer link.Close()
	began := time.Now()
	err = s.live(link, inbox)
	return time.Since(began), err
}

// live tells what arrives on a connection until it ends; it returns why.
func (s *Session) live(link *iothub.Link, inbox *inbox) error {
	s.setCurrent(&connection{link, inbox})
	defer s.setCurrent(nil)
	s.emit(Event{Kind: EventConnected})

	late := time.NewTimer(readLimit)
	defer late.Stop()
	read := func() {
		late.Reset(readLimit)
		link.ReadTwin(func(r iothub.Response) { inbox.add(item{twin: &r}) })
	}
	s.desired.begin()
	read()
	for {
		select {
		case <-s.ctx.Done():
			s.drain(inbox)
			return context.Canceled
		case <-link.Done():
			s.drain(inbox)
			return s.lost(link.Err())
		case <-late.C:
			if s.desired.reading {
				s.drain(inbox)
				return unreachable("read the twin as "+describe(s.id), s.address, context.DeadlineExceeded)
			}
		case <-s.again:
			if s.desired.missed() {
				read()
			}
		case <-inbox.ready:
			again, err := s.handle(inbox)
			if err != nil {
				s.drain(inbox)
				return err
			}
			if again {
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
		Identity:  s.opts.Certificate,
		TLS:       tlsConfig(s.opts.TLS, s.opts.RootCAs),
		Log:       s.log,
		OnDesired: func(payload []byte) { inbox.add(item{payload: payload}) },
		OnMethod:  func(m iothub.Method) { s.answer(inbox, m) },
		Observe:   s.opts.observe,
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
		var read bool
		switch {
		case it.twin != nil && it.twin.Err != nil:
			continue // the end of the connection, or of the wait for the answer, says more
		case it.twin != nil:
			desired, reported, unread := parseProperties("read the twin as "+describe(s.id), *it.twin)
			if unread != nil {
				err = unread // what came with it is told all the same
				continue
			}
			events, read = s.desired.synced(desired, it.at)
			s.acks.read(desired, reported.Value, events[0].Changes)
		case it.reported != nil:
			if it.refused == nil {
				s.acks.said(*it.reported)
			}
			events = []Event{{At: it.at, Kind: EventAcknowledged, Value: *it.reported, Version: it.version, Err: it.refused}}
		case it.method != "":
			events = []Event{{At: it.at, Kind: EventMethod, Method: it.method, Value: it.request, Answer: &it.answer}}
		default:
			events, read = s.desired.arrived(it.payload, it.at)
		}
		for _, e := range events {
			if e.Kind == EventPatch {
				s.acks.moved(e.Value, e.Version, s.desired.section())
			}
			s.emit(e)
		}
		again = again || read
	}
	if overflowed > 0 {
		s.emit(Event{Kind: EventGap, Err: fmt.Errorf("%d patches came faster than they could be taken in and were let go; the twin is read again", overflowed)})
		again = s.desired.missed() || again
	}
	s.workOnAcks()
	return again, err
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
	request, err := patch.Null(), error(nil)
	if len(m.Payload) > 0 {
		request, err = patch.Parse(m.Payload)
	}
	respond := func(status int, response patch.Value) {
		inbox.add(item{method: m.Name, request: request, answer: MethodAnswer{status, response}})
		if err := m.Answer(status, response.AppendJSON(nil)); err != nil {
			s.log.Debug("method answer lost", "method", m.Name, "err", err)
		}
	}
	// Even a refusal is sent from a goroutine: publishing here would block the read loop.
	if err != nil {
		s.serve(func() { respond(400, patch.String("the payload is not JSON")) })
		return
	}
	select {
	case s.slots <- struct{}{}:
	default:
		s.serve(func() { respond(429, patch.String("too many calls at once")) })
		return
	}
	s.serve(func() {
		defer func() { <-s.slots }()
		if s.opts.OnMethod == nil {
			respond(404, patch.String("this client knows no direct methods"))
			return
		}
		respond(s.opts.OnMethod(s.ctx, m.Name, request))
	})
}

// serve runs what must not block the read loop, unless the session has ended.
func (s *Session) serve(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.serving.Go(fn)
	}
}

// endServing waits for the methods being answered and the reports under way, and lets no other begin: paho's read
// loop may still be at one when its link is closed already.
func (s *Session) endServing() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.serving.Wait()
}

// refusal is the sentence for credentials that are not accepted.
func (s *Session) refusal(err error) error {
	proof := "key"
	if s.opts.Certificate != nil {
		proof = "certificate"
	}
	return &networkError{
		"cannot connect as " + describe(s.id) + ": the hub refuses its " + proof,
		"check that it exists, is enabled, that its " + proof + " was not changed, and that the clock here is right",
		fmt.Errorf("%w: %w", errRefused, err),
	}
}

// lost is the sentence for a connection that stood and broke.
func (s *Session) lost(err error) error {
	return &networkError{
		"cannot stay connected as " + describe(s.id) + ": the connection to " + s.address + " broke",
		"another client may have connected as the same identity",
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
