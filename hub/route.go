package hub

import (
	"net"
	"sync"
	"time"

	"twindeck/hub/internal/iothub"
)

const (
	// shortDial is how long the first way has when there is another: a firewall that drops
	// packets must not cost the whole attempt.
	shortDial = 5 * time.Second
	// patience is how many attempts in a row fail before a way that has worked is doubted.
	patience = 3
)

// route is how the sessions of one hub reach it: over MQTT's own port until that turns out to be
// blocked, and then over the port of HTTPS. What worked for one session is tried first by all.
type route struct {
	fixed bool // there is no other way than the first

	mu     sync.Mutex
	first  Via
	worked bool // it has
}

// newRoute returns a route that begins with MQTT and has another way, or one that is over
// WebSocket alone.
func newRoute(webSocket bool) *route {
	if webSocket {
		return &route{fixed: true, first: ViaWebSocket}
	}
	return &route{first: ViaMQTT}
}

// ways returns what to try, in order, after failures attempts in a row.
func (r *route) ways(failures int) []Via {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fixed || r.worked && failures < patience {
		return []Via{r.first}
	}
	if r.first == ViaMQTT {
		return []Via{ViaMQTT, ViaWebSocket}
	}
	return []Via{ViaWebSocket, ViaMQTT}
}

// succeeded notes what worked.
func (r *route) succeeded(via Via) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.first, r.worked = via, true
}

// open connects, in the way that is known to work or else in the first that does.
func (s *Session) open(inbox *inbox) (*iothub.Link, Via, error) {
	ways := s.opts.route.ways(s.failures)
	if s.opts.Certificate != nil {
		ways = ways[:1] // the service takes no certificates over WebSocket
	}
	var blocked error
	for i, via := range ways {
		limit := time.Duration(0)
		if i+1 < len(ways) {
			limit = shortDial
		}
		if i > 0 {
			s.emit(Event{Kind: EventConnecting, Via: via, Err: blocked})
		}
		s.at = s.addressOf(via)
		link, err := s.dial(inbox, via, limit)
		switch {
		case err == nil:
			s.opts.route.succeeded(via)
			return link, via, nil
		case iothub.Refused(err):
			return nil, via, err
		}
		if i == 0 {
			blocked = unreachable("connect as "+describe(s.id), s.at, err)
		}
		if s.ctx.Err() != nil || !iothub.Blocked(err) {
			break
		}
	}
	return nil, ways[0], blocked
}

// addressOf is where a hub is reached in some way.
func (s *Session) addressOf(via Via) string {
	if via == ViaMQTT {
		return s.address
	}
	if _, _, err := net.SplitHostPort(s.opts.Credentials.HostName); err == nil {
		return s.opts.Credentials.HostName
	}
	return net.JoinHostPort(s.opts.Credentials.Host(), "443")
}
