package hub

import "testing"

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
