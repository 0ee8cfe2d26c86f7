package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"twindeck/hub/internal/iothub"
	"twindeck/hub/patch"
)

const (
	connectLimit = 30 * time.Second // for one attempt, TLS and subscriptions included
	readLimit    = 10 * time.Second // for the answer to a twin read
	lookLimit    = 3 * time.Second  // for that to one that only shows whether the connection still stands
	firstWait    = 250 * time.Millisecond
	longestWait  = 30 * time.Second
	// stableAfter is how long a connection must stand before a loss counts as the first
	// one again: two clients that throw each other off must slow down, not race.
	stableAfter = 5 * time.Second
	// maxMethods is how many direct methods are answered at once; the next is answered with 429.
	maxMethods = 64
)

// errRenew ends a connection whose token is about to run out.
var errRenew = errors.New("the token is about to expire")

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
		s.emit(Event{Kind: EventConnecting, Wait: wait, Via: s.opts.route.ways(s.failures)[0], Err: broke})
		if s.awaken(wait) {
			pause.Reset() // the network may be another one
		}
		if s.ctx.Err() != nil {
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
		s.failures++
		if stood > 0 {
			s.failures = 0
		}
		broke = s.tellLoss(err)
		if stood > stableAfter {
			pause.Reset()
		}
		wait = min(pause.NextBackOff(), longestWait)
	}
}

// awaken waits before an attempt; it reports whether it was cut short because the machine was
// stirred.
func (s *Session) awaken(wait time.Duration) (stirred bool) {
	if wait <= 0 {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return false
	case <-s.ctx.Done():
		return false
	case <-s.stirred:
		return true
	}
}

// connect makes one connection and lives with it, and with those that take its place when its
// token runs out, until it ends; it returns how long it stood and why it ended.
func (s *Session) connect(attempt int) (stood time.Duration, err error) {
	if attempt > 0 && s.opts.BeforeConnect != nil {
		if err := s.opts.BeforeConnect(s.ctx); err != nil {
			return 0, err
		}
	}
	for kind := EventConnected; ; kind = EventRenewed {
		inbox := newInbox()
		link, via, err := s.open(inbox)
		if err != nil {
			return stood, err
		}
		began := time.Now()
		s.emit(Event{Kind: kind, Via: via})
		err = s.live(link, inbox)
		link.Close()
		stood += time.Since(began)
		if !errors.Is(err, errRenew) {
			return stood, err
		}
	}
}

// live tells what arrives on a connection until it ends; it returns why.
func (s *Session) live(link *iothub.Link, inbox *inbox) error {
	s.setCurrent(&connection{link, inbox})
	defer s.setCurrent(nil)

	late := time.NewTimer(readLimit)
	defer late.Stop()
	renew := time.NewTimer(untilRenewal(link.Expires(), time.Now()))
	defer renew.Stop()
	read := func() { link.ReadTwin(func(r iothub.Response) { inbox.add(item{twin: &r}) }) }
	readWithin := func(limit time.Duration) {
		late.Reset(limit)
		read()
	}
	s.desired.begin()
	readWithin(readLimit)
	for {
		select {
		case <-s.ctx.Done():
			s.drain(inbox)
			return context.Canceled
		case <-link.Done():
			s.drain(inbox)
			expires := link.Expires()
			return brokenError{link.Err(), !expires.IsZero() && time.Now().Round(0).After(expires)}
		case <-renew.C:
			link.Close() // whatever has arrived is in the inbox when it returns
			s.drain(inbox)
			return errRenew
		case <-late.C:
			if s.desired.reading {
				s.drain(inbox)
				return unreachable("read the twin as "+describe(s.id), s.at, context.DeadlineExceeded)
			}
		case <-s.again:
			if s.desired.missed() {
				readWithin(readLimit)
			}
		case <-s.stirred:
			if untilRenewal(link.Expires(), time.Now()) <= 0 {
				renew.Reset(0)
				continue
			}
			if s.desired.missed() {
				readWithin(lookLimit)
			}
		case <-inbox.ready:
			again, err := s.handle(inbox)
			if err != nil {
				s.drain(inbox)
				return err
			}
			if again {
				readWithin(readLimit)
			}
		}
	}
}

func (s *Session) dial(inbox *inbox, via Via, limit time.Duration) (*iothub.Link, error) {
	ctx, cancel := context.WithTimeout(s.ctx, connectLimit)
	defer cancel()
	return iothub.Dial(ctx, iothub.Config{
		HostName:    s.opts.Credentials.Host(),
		Address:     s.addressOf(via),
		WebSocket:   via == ViaWebSocket,
		DialTimeout: limit,
		Proxy:       s.opts.proxy,
		Device:      s.id.Device,
		Module:      s.id.Module,
		Key:         s.opts.Credentials.Key.Reveal(),
		TokenLife:   s.opts.tokenLife,
		Identity:    s.opts.Certificate,
		TLS:         tlsConfig(s.opts.TLS, s.opts.RootCAs),
		Log:         s.log,
		OnDesired:   func(payload []byte) { inbox.add(item{payload: payload}) },
		OnMethod:    func(m iothub.Method) { s.answer(inbox, m) },
		Observe:     s.opts.observe,
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
	defer inbox.giveBack(items)
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
