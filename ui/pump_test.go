package ui

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"

	"twindeck/hub"
	"twindeck/ui/uitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pump is a dashboard over a hub in memory, in a synctest bubble, where time is the test's.
type pump struct {
	*uitest.Pump
	t      *testing.T
	m      *Model
	hub    *fakeHub
	copied []string // what went to the clipboard
}

// linger is how much of the bubble's time a key press takes.
const linger = time.Millisecond

// inBubble runs a test of a dashboard of w by h cells over a hub that prepare has filled.
func inBubble(t *testing.T, opts Options, w, h int, prepare func(*fakeHub), test func(p *pump)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFakeHub()
		if prepare != nil {
			prepare(f)
		}
		opts.Now = func() time.Time { return time.Now().UTC() }
		if opts.Host == "" {
			opts.Host = "contoso.azure-devices.net"
		}
		p := &pump{t: t, m: New(f, opts), hub: f}
		p.Pump = uitest.NewPump(t, observer{p}, w, h)
		t.Cleanup(p.m.Close)
		p.Linger = linger
		test(p)
		if len(f.inside) > 0 {
			t.Errorf("the hub was called from Update or View: %v", f.inside)
		}
	})
}

// observer hands everything to the dashboard, and lets a test see what goes elsewhere.
type observer struct{ p *pump }

func (o observer) Init() tea.Cmd  { return o.p.m.Init() }
func (o observer) View() tea.View { return o.p.m.View() }

func (o observer) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if d, ok := msg.(pause); ok {
		return o, func() tea.Msg {
			time.Sleep(2 * time.Duration(d)) // in the bubble: nothing is waited for
			return nil
		}
	}
	if a, ok := msg.(act); ok {
		return o, a(o.p.m)
	}
	if fmt.Sprintf("%T", msg) == "tea.setClipboardMsg" {
		o.p.copied = append(o.p.copied, fmt.Sprint(msg))
		return o, nil
	}
	_, cmd := o.p.m.Update(msg)
	return o, cmd
}

// act is what a deck does to its dashboard, such as clicking and scrolling.
type act func(*Model) tea.Cmd

// pause is a command that lasts, for the pump to wait for.
type pause time.Duration

// wait lets time pass.
func (p *pump) wait(d time.Duration) {
	p.t.Helper()
	p.Linger = d
	p.Send(pause(d))
	p.Linger = linger
}

func (p *pump) sees(texts ...string) {
	p.t.Helper()
	s := p.Text()
	for _, text := range texts {
		if !strings.Contains(s, text) {
			p.t.Fatalf("the screen does not show %q:\n%s", text, s)
		}
	}
}

func (p *pump) seesNot(texts ...string) {
	p.t.Helper()
	s := p.Text()
	for _, text := range texts {
		if strings.Contains(s, text) {
			p.t.Fatalf("the screen shows %q:\n%s", text, s)
		}
	}
}

// golden compares the screen with the one kept in testdata.
func (p *pump) golden(name string) {
	p.t.Helper()
	uitest.Golden(p.t, name, p.Text())
}

// demo fills a hub with a few devices such as anybody might have.
func demo(f *fakeHub) {
	f.add(hub.ID{Device: "gateway-01"}, `{"site":"ist","floor":1}`, `{}`, `{}`)
	gateway := f.identities[hub.ID{Device: "gateway-01"}]
	gateway.Edge = true
	f.identities[gateway.ID] = gateway
	twin := f.twins[gateway.ID]
	twin.Edge = true
	f.twins[gateway.ID] = twin
	f.add(hub.ID{Device: "pump-01"}, `{"site":"ank"}`, `{"rpm":1500}`, `{"rpm":1450}`)
	f.add(hub.ID{Device: "thermostat-01"}, `{"site":"ist","floor":3}`, `{}`, `{"bootCount":17}`)
	f.add(hub.ID{Device: "thermostat-01", Module: "controller"}, `{"owner":"facilities","calibrated":true}`,
		`{"firmware":"1.4.2","telemetryInterval":60,"setPoint":21.5,"limits":{"min":5,"max":30}}`,
		`{"firmware":"1.4.2","telemetryInterval":30,"setPoint":{"value":19.0,"ac":400,"av":1,"ad":"out of range"},"limits":{"min":5,"max":30},"bootCount":17}`)
	f.add(hub.ID{Device: "thermostat-01", Module: "sensors"}, `{}`, `{}`, `{}`)
	f.add(hub.ID{Device: "thermostat-02"}, `{"site":"ist","floor":4}`, `{}`, `{}`)
}
