package ui

import (
	"slices"
	"testing"
	"time"

	"twindeck/hub"
)

// late makes some methods answer after a while.
func late(after time.Duration, methods ...string) func(string, hub.ID) time.Duration {
	return func(called string, _ hub.ID) time.Duration {
		if slices.Contains(methods, called) {
			return after
		}
		return 0
	}
}

func TestAnImpatientKeyAsksOnce(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.hub.slow(late(2*time.Second, "Identity"))
		p.Press("c")
		p.sees("asking who is connected as controller")
		p.Press("c", "c")
		p.wait(3 * time.Second)
		p.sees("Attach a client as thermostat-01/controller?")
		p.seesNot("asking who")
		if n := len(p.m.overlays); n != 1 {
			t.Errorf("%d questions for one client", n)
		}
		p.wait(time.Second)
		p.Press("n")
		p.seesNot("Attach a client")
	})
}

func TestDetachingBeforeItIsAttachedIsNoFailure(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.hub.slow(late(time.Second, "Attach", "Detach"))
		p.Press("c", "c")
		p.wait(3 * time.Second)
		p.seesNot("Attach a client", "1 attached")
		p.sees("detached controller")
	})
}

func TestAnImpatientKeyDetachesOnce(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("c")
		p.sees("1 attached")
		p.hub.slow(late(time.Second, "Detach"))
		p.Press("c", "c", "c")
		p.wait(2 * time.Second)
		p.seesNot("1 attached")
		if n := p.hub.count("Detach"); n != 1 {
			t.Errorf("detached %d times", n)
		}
		p.Press("c")
		p.sees("1 attached")
	})
}

func TestAFailureIsNotClosedByAKeyForSomethingElse(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.hub.failing("Attach", errUnplugged)
		p.Press("c", "enter", "q")
		p.sees("Attach a client", "cannot reach")
		p.wait(time.Second)
		p.Press("enter")
		p.seesNot("Attach a client")
	})
}

func TestWithoutAKeyThereIsNoConnectionStringToCopy(t *testing.T) {
	inBubble(t, Options{}, 120, 36, func(f *fakeHub) {
		demo(f)
		i := f.identities[controller]
		i.PrimaryKey = hub.Key{}
		f.identities[controller] = i
	}, func(p *pump) {
		p.toController()
		p.Press("Y")
		p.sees("no symmetric key that this policy may read")
		if len(p.copied) != 0 {
			t.Errorf("copied %q", p.copied)
		}
	})
}
