package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// observes begins an observation of the controller every ten seconds.
func observes(p *pump) {
	p.t.Helper()
	p.toController()
	p.Press("o")
	p.sees("Observe thermostat-01/controller", "every 10 s", "360 reads/h")
	p.Press("enter")
	p.wait(50 * time.Millisecond)
}

// sees lets the observation of the controller see something.
func (p *pump) observed(ev hub.Event) {
	p.t.Helper()
	ev.ID, ev.Observing = controller, true
	p.hub.mu.Lock()
	p.hub.emit(ev)
	p.hub.mu.Unlock()
	p.wait(50 * time.Millisecond)
}

func TestGoldenObservation(t *testing.T) {
	for _, size := range []string{"80x24", "120x36", "200x60", "20x5"} {
		t.Run(size, func(t *testing.T) {
			inBubble(t, Options{}, sizes[size][0], sizes[size][1], demo, func(p *pump) {
				p.toController()
				p.Press("o")
				p.golden("observe-" + size)
				p.Press("enter")
				p.wait(time.Second)
				p.observed(hub.Event{Kind: hub.EventObserved, Version: 4, ReportedVersion: 1, Changes: []patch.Change{
					{Path: patch.Path{"mode"}, Kind: patch.Added, New: patch.String("eco")},
				}})
				p.wait(time.Second)
				p.observed(hub.Event{Kind: hub.EventObserved, Version: 4, ReportedVersion: 2, Settled: 1250 * time.Millisecond, Reported: []patch.Change{
					{Path: patch.Path{"mode", "av"}, Kind: patch.Added, New: patch.Int(4)},
					{Path: patch.Path{"mode", "ac"}, Kind: patch.Added, New: patch.Int(200)},
				}})
				p.observed(hub.Event{Kind: hub.EventLost, Wait: 20 * time.Second, Err: errors.New("cannot read the twin of module thermostat-01/controller: the hub did not answer")})
				p.Press("3")
				p.wait(2 * time.Second)
				p.golden("observing-" + size)
			})
		})
	}
}

func TestAnObservationIsSeenAndStopped(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		observes(p)
		p.sees("Live: 1 observed", "◇ …/controller", "360/h", "observing controller")
		p.wait(4 * time.Second)
		p.sees("360/h, 4 s ago")
		reads := p.hub.count("Twin")
		p.hub.elsewhere(controller, `{"mode":"eco"}`)
		p.observed(hub.Event{Kind: hub.EventObserved, Version: 2, ReportedVersion: 1, Changes: []patch.Change{{Path: patch.Path{"mode"}, Kind: patch.Added, New: patch.String("eco")}}})
		p.sees("mode – → \"eco\"", "saw v2", "desired v2")
		if n := p.hub.count("Twin") - reads; n != 1 {
			t.Errorf("the twin pane read the twin %d times", n)
		}
		p.Press("j", "o")
		p.sees("with the others 720")
		p.Press("esc", "k", "3", "a")
		p.sees("attach a client first") // what is observed is nobody to act as
		p.Press("o")
		p.wait(50 * time.Millisecond)
		p.sees("no longer observing controller", "controller no longer observed")
		p.seesNot("1 observed")
	})
}

// The end of an observation says nothing of who is connected.
func TestAnObservationIsNoConnection(t *testing.T) {
	inBubble(t, Options{}, 120, 36, func(f *fakeHub) {
		demo(f)
		i := f.identities[controller]
		f.attached[i.ID] = true // somebody else
	}, func(p *pump) {
		observes(p)
		p.sees("● controller")
		p.observed(hub.Event{Kind: hub.EventLost, Err: errUnplugged, Wait: time.Second})
		p.Press("o")
		p.wait(time.Second)
		p.sees("● controller")
	})
}

func TestOnAProductionHubObservingComesFirst(t *testing.T) {
	inBubble(t, Options{Production: true}, 80, 24, demo, func(p *pump) {
		p.toController()
		p.Press("c")
		p.golden("watch-production-80x24")
		p.Press("enter", "enter")
		p.wait(time.Second)
		p.Press("3")
		p.sees("1 observed")
		if p.hub.count("Attach") > 0 || p.hub.count("Identity") > 0 {
			t.Error("somebody was disturbed")
		}
		// Who observes already knows, and wants more.
		p.Press("c")
		p.wait(time.Second)
		p.sees("PRODUCTION: attach a client")
		p.Press("y", "enter")
		p.wait(time.Second)
		p.sees("1 attached")
		p.seesNot("observed,")
		if p.hub.count("Unobserve") != 1 {
			t.Error("still observed")
		}
	})
}

func TestAClientThatIsAttachedIsNotObserved(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("c")
		p.wait(time.Second)
		p.Press("o")
		p.sees("a client is attached as controller, which sees more")
	})
}

func TestReadOnlyMayObserve(t *testing.T) {
	inBubble(t, Options{ReadOnly: true}, 120, 36, demo, func(p *pump) {
		observes(p)
		p.sees("1 observed")
	})
}

const modulesOwn = "HostName=contoso.azure-devices.net;DeviceId=thermostat-01;ModuleId=controller;SharedAccessKey=bXkgdmVyeSBvd24ga2V5"

func TestWithoutTheRightToReadKeysOneIsAskedFor(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.toController()
		p.hub.failing("Identity", &hub.Error{Op: "read", Status: 401, Code: hub.CodeUnauthorized})
		p.hub.failing("Attach", errors.Join(hub.ErrKeysHidden))
		p.Press("c")
		p.wait(time.Second)
		p.sees("may not see whether", "400027")
		p.Press("enter") // No is the answer unless somebody says otherwise
		p.seesNot("Attach a client")
		p.Press("c")
		p.wait(time.Second)
		p.Press("y")
		p.wait(time.Second)
		p.golden("attach-credentials-80x24")
		p.Type(strings.Replace(modulesOwn, "controller", "sensors", 1))
		p.Press("enter")
		p.sees("of another identity")
		p.Press("ctrl+u")
		p.Type(modulesOwn)
		p.hub.failing("Attach", errUnplugged)
		p.Press("enter")
		p.wait(time.Second)
		p.sees("cannot reach", "•••")
		p.seesNot("bXkg", "1 attached")
		p.hub.failing("Attach", nil)
		p.Press("enter")
		p.wait(time.Second)
		p.seesNot("Paste")
		p.sees("attached controller")
		if got := p.hub.options.ConnectionString; got == nil || got.Key.Reveal() != "bXkgdmVyeSBvd24ga2V5" {
			t.Errorf("attached with %v", got)
		}
	})
}

func TestAnX509IdentityIsAttachedWithItsFiles(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 80, 24, demo, func(p *pump) {
		p.toController()
		p.hub.failing("Attach", errors.Join(hub.ErrCertificate))
		p.Press("c")
		p.wait(time.Second)
		p.golden("attach-certificate-80x24")
		p.Type("/tmp/c.pem")
		p.Press("tab")
		p.Type("/tmp/k.pem")
		p.hub.failing("Attach", nil)
		p.hub.slow(late(3*time.Second, "Attach"))
		p.Press("enter")
		p.sees("attaching…")
		p.Press("esc")
		p.wait(time.Second)
		p.sees("called off", "/tmp/c.pem")
		p.Press("enter")
		p.wait(4 * time.Second)
		p.sees("attached controller")
		if o := p.hub.options; o.CertFile != "/tmp/c.pem" || o.KeyFile != "/tmp/k.pem" {
			t.Errorf("attached with %+v", o)
		}
	})
}
