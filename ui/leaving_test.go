package ui

import (
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/ui/hubs"
)

// What would be lost is asked for first.
func TestLeavingSomethingUnfinished(t *testing.T) {
	onDeck(t, DeckOptions{}, func(p *deckPump) {
		p.Press("c")
		p.wait(time.Second)
		p.Press("y")
		p.sees("Live: 1 attached")
		p.to("contoso-prod")
		p.sees("Leave for contoso-prod?", "A client is attached, and will be detached.")
		p.Press("enter") // the default is to stay
		p.sees("Hubs")
		p.seesNot("Leave for")
		p.Press("enter", "y")
		p.sees("switched to contoso-prod")

		p.to("embedded hub")
		p.sees("switched to embedded hub")
		p.Press("n")
		p.Type("mine")
		p.Press("enter")
		p.sees("created mine")
		p.to("contoso-lab")
		p.sees("lives in memory: what you created")
		p.Press("y")
		p.sees("switched to contoso-lab")

		// A form that was opened while the list of hubs was read.
		p.Press("e", "a")
		p.Type("key")
		p.m.open(hubs.New([]hubs.Choice{{Embedded: true}}, p.d.current, hubs.Source{Now: time.Now}, p.m.keys, p.m.theme))
		p.Press("enter")
		p.sees("What was typed into \"Desired properties of", "kept for the next start")
	})
}

// What waits in the forms for methods and messages, closed as they are, is asked about until it has
// been sent.
func TestLeavingWhatWasTypedAndNotSent(t *testing.T) {
	onDeck(t, DeckOptions{}, func(p *deckPump) {
		p.Press("i")
		p.Type("reboot")
		p.Press("esc", "w")
		p.Type("good morning")
		p.Press("esc")
		p.to("contoso-prod")
		p.sees("Leave for contoso-prod?", `What was typed into "Direct method on contoso-lab-device"`, "has not been sent, and will be lost", `"Message to contoso-lab-device"`)
		p.Press("enter", "esc", "i")
		p.sees("reboot")
		p.w.hubs["contoso-lab"].failing("CallMethod", errUnplugged)
		p.Press("ctrl+s")
		p.wait(time.Second)
		p.Press("esc")
		p.to("contoso-prod")
		p.sees("Direct method on") // a failure leaves it to be done
		p.Press("enter", "esc", "i")
		p.w.hubs["contoso-lab"].failing("CallMethod", nil)
		p.Press("ctrl+s")
		p.wait(time.Second)
		p.Press("esc")
		p.to("contoso-prod")
		p.sees("Message to")
		p.seesNot("Direct method on")
		p.Press("enter", "esc", "w", "ctrl+s")
		p.wait(time.Second)
		p.sees("queued message")
		p.Press("esc")
		p.to("contoso-prod")
		p.sees("switched to contoso-prod")
	})
}

// The program asks too before it ends, once.
func TestQuittingWithSomethingTypedAndNotSent(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("i")
		p.Type("reboot")
		p.Press("esc", "q")
		p.sees("Leave?", `What was typed into "Direct method on thermostat-`, "has not been sent, and will be lost")
		p.Press("esc")
		if p.Quit() {
			t.Fatal("esc leaves")
		}
		p.Press("i")
		p.sees("reboot")
		p.Press("esc", "q", "y")
		if !p.Quit() {
			t.Error("it does not leave")
		}
	})
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("i")
		p.Type("reboot")
		p.Press("esc", "ctrl+c", "ctrl+c") // asked again, it lets go
		if !p.Quit() {
			t.Error("it does not leave")
		}
	})
}

// A bulk run is asked about, and writes nothing more once its hub has been left.
func TestLeavingABulkRun(t *testing.T) {
	onDeck(t, DeckOptions{}, func(p *deckPump) {
		lab := p.w.hubs["contoso-lab"]
		crowd(p)
		p.marks(40)
		lab.slow(func(method string, _ hub.ID) time.Duration {
			if method == "PatchTwin" {
				return 2 * time.Second
			}
			return 0
		})
		p.Press("b", "enter")
		p.Type("site")
		p.Press("enter")
		p.Type("ank")
		p.Press("enter")
		p.wait(time.Second)
		p.Press("enter", "y")
		p.wait(3 * time.Second)
		p.Press("esc") // it goes on behind
		p.to("contoso-prod")
		p.sees("Leave for contoso-prod?", "A bulk run is under way, and will stop")
		p.Press("y")
		p.wait(5 * time.Second)
		p.sees("contoso-prod-device", "READ-ONLY")
		if p.w.closed["contoso-lab"] != 1 {
			t.Fatalf("the hub that was left was closed %d times", p.w.closed["contoso-lab"])
		}
		written := lab.count("PatchTwin")
		if written == 0 || written >= 40 {
			t.Errorf("%d of 40 rows were written", written)
		}
		p.wait(20 * time.Second)
		if n := lab.count("PatchTwin"); n != written {
			t.Errorf("%d rows were written to a hub that had been left", n-written)
		}
	})
}

// What was chosen on a hub is written when it is left, also when a write was under way, and is there
// when one comes back.
func TestChoicesAreKeptPerHub(t *testing.T) {
	onDeck(t, DeckOptions{}, func(p *deckPump) {
		lab := p.m
		lab.prefs.Sort = "id"
		cmd := lab.keep()
		lab.prefs.Sort = "tags.site"
		_ = lab.keep() // its command never runs
		p.to("contoso-prod")
		p.wait(time.Second)
		if p.m.prefs.Sort != "" {
			t.Errorf("contoso-prod has %q", p.m.prefs.Sort)
		}
		cmd() // a write that was late begins now
		if s, _ := p.w.stores["contoso-lab"].Load(); s.Sort != "tags.site" {
			t.Errorf("kept %q", s.Sort)
		}
		p.to("contoso-lab")
		p.wait(time.Second)
		if p.m.prefs.Sort != "tags.site" {
			t.Errorf("back with %q", p.m.prefs.Sort)
		}
		p.m.prefs.Sort = "at the end"
		_ = p.m.keep()
		if err := p.d.Close(); err != nil {
			t.Error(err)
		}
		if s, _ := p.w.stores["contoso-lab"].Load(); s.Sort != "at the end" {
			t.Errorf("left with %q", s.Sort)
		}
	})
}
