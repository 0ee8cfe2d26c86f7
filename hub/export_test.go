package hub

import (
	"context"
	"log/slog"
	"testing"

	"twindeck/hub/internal/iothub"
)

// Proxy is a proxy for the tests of the package's users.
type Proxy struct{ *proxy }

// StartProxy forwards to a target until the test ends.
func StartProxy(t *testing.T, target string) Proxy {
	p := startProxy(t, target)
	t.Cleanup(p.close)
	return Proxy{p}
}

func (p Proxy) Address() string    { return p.address() }
func (p Proxy) Cut()               { p.cut() }
func (p Proxy) Freeze(frozen bool) { p.freeze(frozen) }

// Look has the clients of a monitor look at their connections, as after sleep.
func (m *Monitor) Look() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, there := range m.places {
		if there.session != nil {
			there.session.look()
		}
	}
}

// Feed returns a function that takes desired patches for a monitor as if a connection had brought
// them, and one that waits until all have been told. It is everything below MQTT.
func Feed(m *Monitor, id ID) (arrive func(payload []byte), settle func()) {
	s := &Session{id: id, opts: SessionOptions{OnEvent: m.stream.add}, log: slog.New(slog.DiscardHandler), ctx: context.Background()}
	inbox, done, ended := newInbox(), make(chan struct{}), make(chan struct{})
	s.desired.begin()
	empty := iothub.Response{Status: 200, Body: []byte(`{"desired":{"$version":1},"reported":{"$version":1}}`)}
	inbox.add(item{twin: &empty})
	go func() {
		defer close(ended)
		for {
			select {
			case <-inbox.ready:
			case <-done:
				_, _ = s.handle(inbox)
				return
			}
			if again, err := s.handle(inbox); again || err != nil {
				panic(err)
			}
		}
	}()
	return func(payload []byte) { inbox.add(item{payload: payload}) }, func() { close(done); <-ended }
}
