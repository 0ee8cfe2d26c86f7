package ui

import (
	"strings"
	"testing"
	"time"

	"twindeck/hub"
)

func (f *fakeHub) desired(id hub.ID) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.twins[id].Desired.Value.JSON()
}

func TestMarkedRowsAreEditedTogether(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 36}} {
		inBubble(t, Options{}, size[0], size[1], fleetOf(5), func(p *pump) {
			p.hub.elsewhere(hub.ID{Device: "device-0001"}, `{"interval":75,"extra":true}`)
			p.wait(time.Second)
			p.marks(3)
			p.sees("e edit marked")
			p.Press("e")
			p.wait(time.Second)
			p.sees("Desired properties of 3 marked rows", "differ: 60, 75", "differ: true; in 1 of 3")
			p.Press("enter")
			p.Type("90")
			p.Press("enter", "s")
			p.sees("interval  differ → 90", `{"properties":{"desired":{"interval":90}}}`)
			p.Press("enter")
			p.wait(time.Second)
			p.sees("read 3 of 3: 3 would change", "interval 60 → 90", "interval 75 → 90")
			p.Press("esc") // back in the form, with everything as it was
			p.sees("Review: Desired properties of 3 marked rows")
			p.Press("enter")
			p.wait(time.Second)
			p.Press("enter", "y")
			p.wait(2 * time.Second)
			p.sees("Report", "3 done")
			p.Press("esc")
			p.seesNot("marked rows")
			for _, want := range []struct{ device, desired string }{
				{"device-0000", `{"interval":90}`}, {"device-0001", `{"interval":90,"extra":true}`}, {"device-0002", `{"interval":90}`}, {"device-0003", `{"interval":60}`},
			} {
				if got := p.hub.desired(hub.ID{Device: want.device}); got != want.desired {
					t.Errorf("%s: %s", want.device, got)
				}
			}
			p.Press("1", "g") // whose twin was never read but for the run
			p.wait(time.Second)
			p.toHistory()
			if size[0] == 80 { // where the pane has all of the width
				p.sees("read, saved", "interval  60 → 90")
			}
		})
	}
}

func TestTagsOfMarkedRows(t *testing.T) {
	inBubble(t, Options{}, 120, 36, fleetOf(2), func(p *pump) {
		p.wait(time.Second)
		p.marks(2)
		p.Press("t")
		p.wait(time.Second)
		p.sees("Tags of 2 marked rows", "site")
		p.Press("d", "a")
		p.Type("floor.level")
		p.Press("enter")
		p.Type("3")
		p.Press("enter", "s", "enter")
		p.wait(time.Second)
		p.sees("patch the tags of 2 rows", "2 would change")
		p.Press("enter", "y")
		p.wait(2 * time.Second)
		p.sees("2 done")
		p.hub.mu.Lock()
		defer p.hub.mu.Unlock()
		if got := p.hub.twins[hub.ID{Device: "device-0001"}].Tags.JSON(); got != `{"floor":{"level":3}}` {
			t.Errorf("%s", got)
		}
	})
}

// A row that somebody else changes between the preview and its write stays as it is; it is told, done again,
// or decided on.
func TestConflictsOfMarkedRowsAreCollected(t *testing.T) {
	first := hub.ID{Device: "device-0000"}
	inBubble(t, Options{}, 120, 36, fleetOf(3), func(p *pump) {
		p.wait(time.Second)
		p.marks(3)
		p.Press("e")
		p.wait(time.Second)
		p.Press("enter", "ctrl+u")
		p.Type("90")
		p.Press("enter", "s", "enter")
		p.wait(time.Second)
		p.sees("3 would change")
		p.hub.elsewhere(first, `{"interval":15}`)
		p.Press("enter", "y")
		p.wait(2 * time.Second)
		p.sees("2 done", "1 conflict", "showing not done", "device-0000", "r retry", "e decide")
		if got := p.hub.desired(first); got != `{"interval":15}` {
			t.Fatalf("it was overridden: %s", got)
		}
		p.Press("e")
		p.wait(time.Second)
		p.sees("Desired properties of device-0000", "90   was 15", "laid over what the twin is now")
		p.Press("s", "enter")
		p.wait(time.Second)
		p.sees("Report", "saved v3")
		if got := p.hub.desired(first); got != `{"interval":90}` {
			t.Errorf("decided for: %s", got)
		}
		p.Press("r") // it is so already
		p.wait(time.Second)
		p.sees("already so")
	})
}

func TestTheFormOverMarkedRowsIsLeft(t *testing.T) {
	inBubble(t, Options{}, 120, 36, fleetOf(40), func(p *pump) {
		p.wait(time.Second)
		p.Press("1", "*")
		p.hub.slow(func(method string, _ hub.ID) time.Duration {
			if method == "Twin" {
				return 10 * time.Second
			}
			return 0
		})
		p.Press("e")
		p.sees("reading the rows", "esc stop")
		p.Press("esc")
		p.seesNot("marked rows")
		p.hub.slow(nil)
		p.wait(20 * time.Second)
		p.seesNot("marked rows")
		p.hub.failing("Twin", &hub.Error{Op: "read the twin", Status: 403})
		p.Press("e")
		p.wait(time.Minute)
		p.sees("40 could not be read")
		p.hub.failing("Twin", nil)
		p.Press("esc")
		p.Press("e")
		p.wait(10 * time.Second)
		p.sees("40 rows, each under its own etag")
		p.Press("d", "esc")
		p.sees("Discard 1 change?")
		p.Press("y")
		p.seesNot("marked rows")
		if n := p.hub.count("PatchTwin"); n != 0 {
			t.Errorf("%d writes", n)
		}
	})
	inBubble(t, Options{ReadOnly: true}, 120, 36, fleetOf(3), func(p *pump) {
		p.wait(time.Second)
		p.marks(2)
		p.Press("e")
		p.sees("read-only")
		p.seesNot("marked rows")
	})
}

// In the twin pane one looks at one twin, and edits that one.
func TestMarksDoNotReachIntoTheTwinPane(t *testing.T) {
	inBubble(t, Options{}, 120, 36, fleetOf(3), func(p *pump) {
		p.wait(time.Second)
		p.marks(2)
		p.Press("2", "e")
		p.wait(time.Second)
		if strings.Contains(p.Text(), "marked rows") || !strings.Contains(p.Text(), "Desired properties of device-") {
			t.Errorf("edits:\n%s", p.Text())
		}
	})
}
