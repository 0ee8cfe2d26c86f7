package ui

import (
	"testing"
	"time"

	"twindeck/hub"
)

// A hub that goes away while nobody asks it anything does not stay connected on the screen.
func TestAHubThatWentAwayIsNoticed(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.sees("● connected")
		idle := p.hub.count("Reach")
		p.hub.failing("Reach", errUnplugged)
		p.wait(12 * time.Second)
		p.sees("unreachable for 1")
		p.seesNot("● connected")
		p.wait(20 * time.Second)
		p.sees("unreachable for 3")
		if asked := p.hub.count("Reach") - idle; asked < 3 || asked > 7 {
			t.Errorf("asked %d times in half a minute", asked)
		}

		p.hub.failing("Reach", nil)
		reads := p.hub.count("Twin")
		p.wait(6 * time.Second)
		p.sees("● connected", "the hub answers again")
		if p.hub.count("Twin") == reads {
			t.Error("the twin was not read again")
		}
	})
}

// A hub that answers what the user asks for is asked nothing else, and one that is asked nothing is
// asked six times a minute.
func TestReachIsAskedForSparingly(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		for range 30 {
			p.wait(2 * time.Second)
			p.Press("r")
		}
		if n := p.hub.count("Reach"); n > 0 {
			t.Errorf("asked %d times beside the user", n)
		}
		p.wait(time.Minute)
		if n := p.hub.count("Reach"); n < 5 || n > 6 {
			t.Errorf("asked %d times in a minute", n)
		}
	})
}

// A hub that never answers is asked again, one question at a time, and what could not be listed is
// listed when it does.
func TestAHubThatIsAwayFromTheBeginning(t *testing.T) {
	inBubble(t, Options{}, 120, 36, func(f *fakeHub) {
		demo(f)
		for _, method := range []string{"List", "Reach", "Twin"} {
			f.failing(method, errUnplugged)
		}
	}, func(p *pump) {
		p.wait(7 * time.Second)
		p.sees("unreachable for 7 s")
		p.hub.slow(func(method string, _ hub.ID) time.Duration {
			if method == "Reach" {
				return time.Hour
			}
			return 0
		})
		p.wait(2 * time.Minute)
		p.sees("unreachable for 2 min")
		p.hub.slow(nil)
		for _, method := range []string{"List", "Reach", "Twin"} {
			p.hub.failing(method, nil)
		}
		p.wait(12 * time.Second)
		p.sees("● connected", "thermostat-02")
	})
}
