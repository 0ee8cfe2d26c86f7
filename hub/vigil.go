package hub

import (
	"net"
	"slices"
	"strings"
	"time"
)

const (
	// vigilEvery is how often a monitor looks whether the machine has slept or moved.
	vigilEvery = 2 * time.Second
	// slept is how far the time of day may run ahead of the time that the machine was awake.
	slept = 3 * time.Second
)

// vigil notices what a connection would not for long: that the machine slept, so that the peer
// has given it up, or that it has moved to another network, which its sockets do not follow.
type vigil struct {
	clocks    func() (wall time.Time, awake time.Duration)
	addresses func() string

	wall  time.Time
	awake time.Duration
	at    string
}

func newVigil() *vigil {
	began := time.Now()
	v := &vigil{
		clocks:    func() (time.Time, time.Duration) { now := time.Now(); return now.Round(0), now.Sub(began) },
		addresses: localAddresses,
	}
	v.stirred()
	return v
}

// stirred reports whether the connections need a look.
func (v *vigil) stirred() bool {
	wall, awake := v.clocks()
	at := v.addresses()
	passed, worked := wall.Sub(v.wall), awake-v.awake
	// A process that was stopped, or a virtual machine that was, shows in the second.
	stirred := passed-worked > slept || worked > vigilEvery+slept || at != v.at
	v.wall, v.awake, v.at = wall, awake, at
	return stirred
}

// localAddresses names the addresses of the machine that others can reach.
func localAddresses() string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return ""
	}
	var names []string
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() {
			names = append(names, a.String())
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// watchOver has the sessions look at their connections when the machine was stirred, until the
// monitor is closed.
func (m *Monitor) watchOver(v *vigil) {
	ticker := time.NewTicker(vigilEvery)
	defer ticker.Stop()
	for {
		select {
		case <-m.closing:
			return
		case <-ticker.C:
		}
		if v.stirred() {
			m.mu.Lock()
			for _, there := range m.places {
				if there.session != nil {
					there.session.look()
				}
			}
			m.mu.Unlock()
		}
	}
}
