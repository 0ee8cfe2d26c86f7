package ui

import (
	"strconv"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/twin"
)

// at returns where a text stands on the screen, in cells.
func (p *deckPump) at(text string) (x, y int) {
	p.t.Helper()
	for y, line := range strings.Split(p.Text(), "\n") {
		if i := strings.Index(line, text); i >= 0 {
			return len([]rune(line[:i])), y
		}
	}
	p.t.Fatalf("the screen does not show %q:\n%s", text, p.Text())
	return 0, 0
}

func (p *deckPump) click(text string) {
	p.t.Helper()
	x, y := p.at(text)
	p.Send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
}

func (p *deckPump) turn(x, y int, button tea.MouseButton) {
	p.t.Helper()
	p.Send(tea.MouseWheelMsg{X: x, Y: y, Button: button})
}

func crowd(p *deckPump) {
	p.hub.mu.Lock()
	for i := range 60 {
		p.hub.add(hub.ID{Device: "device-" + strconv.Itoa(100+i)}, `{}`, `{"a":1,"b":2,"c":3}`, `{}`)
	}
	p.hub.mu.Unlock()
	p.Press("r", "g")
	p.wait(time.Second)
}

func TestTheMouseIsTheTerminalsUntilItIsTaken(t *testing.T) {
	onDeck(t, DeckOptions{}, func(p *deckPump) {
		mode := func() tea.MouseMode { return p.d.View().MouseMode }
		if mode() != tea.MouseModeNone {
			t.Error("taken from the beginning")
		}
		p.Press("M")
		p.sees("the mouse clicks and scrolls; M lets it select text again")
		if mode() != tea.MouseModeCellMotion {
			t.Error("not taken")
		}
		p.Press("M")
		if mode() != tea.MouseModeNone {
			t.Error("not given back")
		}
	})
	onDeck(t, DeckOptions{Mouse: true}, func(p *deckPump) {
		p.to("contoso-prod")
		if p.d.View().MouseMode != tea.MouseModeCellMotion {
			t.Error("lost with the hub")
		}
	})
}

func TestClicks(t *testing.T) {
	onDeck(t, DeckOptions{Mouse: true}, func(p *deckPump) {
		crowd(p)
		p.click("device-107")
		p.wait(time.Second)
		p.sees("2 device-107")
		if p.m.focus != paneDevices {
			t.Error("the devices do not have the focus")
		}
		p.click("Tags")
		if p.m.focus != paneTwin || p.m.twin.Tab() != twin.Tags {
			t.Errorf("focus %v, tab %v", p.m.focus, p.m.twin.Tab())
		}
		p.click("Properties")
		p.click("… c ")
		p.sees(" c  desired")
		p.click("Identity")
		p.wait(time.Second)
		p.sees("primary key")
		p.click("etag")
		p.click("3 Live")
		if p.m.focus != paneLive {
			t.Error("the live pane does not have the focus")
		}
		p.click("tab next pane")
		if p.m.focus != paneDevices {
			t.Error("the footer did nothing")
		}
		p.click("? help")
		p.sees("Keys")
		p.click("Devices pane") // lies over the panes, and takes no click
		p.sees("Keys")
		p.Press("esc")

		// One pane at a time, they are turned to by their names.
		p.Resize(80, 24)
		p.click("3 Live")
		if p.m.focus != paneLive {
			t.Error("the name of the pane did nothing")
		}
		p.click("2 device-107")
		if p.m.focus != paneTwin {
			t.Error("the name of the pane did nothing")
		}
		p.Send(tea.MouseClickMsg{X: 5, Y: 5, Button: tea.MouseRight}, tea.MouseReleaseMsg{X: 5, Y: 5}, tea.MouseClickMsg{X: 500, Y: 500, Button: tea.MouseLeft})
	})
}

// The rows of a query, which stand in the place of the devices and are wider, take the mouse as well.
func TestTheMouseOnQueryResults(t *testing.T) {
	onDeck(t, DeckOptions{Mouse: true}, func(p *deckPump) {
		rows := make([]string, 40)
		for i := range rows {
			rows[i] = `{"deviceId":"row-` + strconv.Itoa(100+i) + `","site":"ist"}`
		}
		p.hub.answers("SELECT deviceId, site FROM devices", rows...)
		p.Press(":", "ctrl+u")
		p.Type("SELECT deviceId, site FROM devices")
		p.click("Devices") // under the bar, which takes no click
		p.Press("enter")
		p.wait(time.Second)
		p.click("row-104")
		p.wait(time.Second)
		p.sees("2 row-104")
		x, y := p.at("row-103")
		p.turn(x, y, tea.MouseWheelDown)
		p.wait(time.Second)
		p.sees("2 row-107")
		p.click("3 Live")
		if p.m.focus != paneLive {
			t.Error("the panes are looked for where they were")
		}
	})
}

func TestAClickOnAnEvent(t *testing.T) {
	onDeck(t, DeckOptions{Mouse: true}, func(p *deckPump) {
		p.Press("c")
		p.wait(time.Second)
		p.Press("y")
		p.wait(time.Second)
		p.click("connecting")
		if p.m.focus != paneLive || p.m.live.Following() {
			t.Error("the event was not selected")
		}
		p.click("synced v1")
		if !p.m.live.Following() {
			t.Error("the newest event does not follow")
		}
	})
}

// The wheel scrolls what is under it, wherever the focus is, and as far as it was turned however fast.
func TestTheWheel(t *testing.T) {
	onDeck(t, DeckOptions{Mouse: true}, func(p *deckPump) {
		crowd(p)
		p.Press("3")
		x, y := p.at("device-107")
		before := p.m.twin.ID()
		p.turn(x, y, tea.MouseWheelDown)
		if p.m.focus != paneLive || p.m.twin.ID() == before {
			t.Errorf("focus %v, on %v", p.m.focus, p.m.twin.ID())
		}
		p.wait(time.Second)

		// A hundred turns at once are few scrolls, and lead to the end.
		p.Press("1", "g")
		p.wait(time.Second)
		d := p.d
		drawn := 0
		for range 10 {
			if msg := Filter(d, tea.MouseWheelMsg{X: x, Y: y, Button: tea.MouseWheelDown}); msg != nil {
				drawn++
				_, cmd := d.Update(msg)
				_ = cmd // its beat is sent below
			}
		}
		if drawn != 1 || d.wheel.pending != 9 {
			t.Errorf("%d of 10 turns were drawn, %d wait", drawn, d.wheel.pending)
		}
		p.Send(wheelMsg{})
		p.wait(time.Second)
		if got := p.m.twin.ID().Device; got != "device-129" { // 30 below contoso-lab-device, which is first
			t.Errorf("scrolled to %s", got)
		}
		if d.wheel.rolling || d.wheel.pending != 0 {
			t.Errorf("the wheel has not come to rest: %+v", d.wheel)
		}
		p.turn(x, y, tea.MouseWheelUp)
		p.wait(time.Second)
		if got := p.m.twin.ID().Device; got != "device-126" {
			t.Errorf("back at %s", got)
		}

		// A list that lies over the panes takes the wheel; a form does not, nor does the frame.
		p.Press("?")
		p.seesNot("Questions and messages")
		for range 120 {
			p.turn(60, 18, tea.MouseWheelDown)
			p.wait(20 * time.Millisecond)
		}
		p.sees("Questions and messages")
		p.Press("esc", "n")
		p.Type("abc")
		p.turn(60, 18, tea.MouseWheelDown)
		p.Type("d")
		p.sees("abcd")
		p.Press("esc")
		p.turn(500, 500, tea.MouseWheelDown)
		p.turn(x, y, tea.MouseWheelLeft)
	})
}
