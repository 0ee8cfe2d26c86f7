package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/hubs"
)

const (
	labHost   = "contoso-lab.example.net"
	plainKey  = "cHJpbWFyeSBzZWNyZXQ=" // too short for what a key looks like: known because it was read
	secondKey = "c2Vjb25kYXJ5IHNlY3JldA=="
	otherKey  = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I=" // which no identity has
	aToken    = "SharedAccessSignature sr=" + labHost + "%2Fdevices&sig=" + otherKey + "&se=1700000000"
)

// revealing are texts that no audience may see, whole or in part.
var revealing = []string{
	"contoso-lab", "example.net", plainKey, plainKey[:12], secondKey, secondKey[:12], otherKey, otherKey[:16], otherKey[20:], "sr=contoso", "other-hub", "azure-devices.net",
}

func (p *deckPump) hidesSecrets(where string) {
	p.t.Helper()
	text := p.Text()
	joined := strings.Join(strings.Fields(strings.NewReplacer("│", " ", "\n", " ").Replace(text)), "")
	for _, secret := range revealing {
		if strings.Contains(text, secret) || strings.Contains(joined, secret) {
			p.t.Errorf("%s shows %q:\n%s", where, secret, text)
			return
		}
	}
}

// leaky fills a hub with secrets in every place that text can come from.
func leaky(p *deckPump) {
	full := `{"cs":"HostName=` + labHost + `;SharedAccessKeyName=owner;SharedAccessKey=` + otherKey + `","token":"` + aToken + `","at":"other-hub.azure-devices.net"}`
	p.hub.mu.Lock()
	defer p.hub.mu.Unlock()
	p.hub.add(hub.ID{Device: "a-device"}, full, full, full)
	i := p.hub.identities[hub.ID{Device: "a-device"}]
	i.StatusReason, i.ManagedBy = "moved to other-hub.azure-devices.net", labHost
	p.hub.identities[i.ID] = i
}

// In presenter mode no view at no size shows a key, a token, a connection string or a host, whether
// it was turned on before or after the view was drawn.
func TestPresenterModeHidesSecretsEverywhere(t *testing.T) {
	views := []struct {
		name string
		do   func(p *deckPump)
	}{
		{"devices", func(*deckPump) {}},
		{"a filter", func(p *deckPump) { p.Press("/"); p.Type(labHost) }},
		{"properties", func(p *deckPump) { p.Press("esc", "g", "2") }},
		{"a property", func(p *deckPump) { p.Press("j", "j") }},
		{"tags", func(p *deckPump) { p.Press("]") }},
		{"identity", func(p *deckPump) { p.Press("]") }},
		{"keys", func(p *deckPump) { p.Press("v") }},
		{"a key whole", func(p *deckPump) { p.Press("j", "j", "j", "j", "j") }},
		{"the connection string whole", func(p *deckPump) { p.Press("j", "j") }},
		{"json", func(p *deckPump) { p.Press("]") }},
		{"an event", func(p *deckPump) {
			p.Press("c")
			p.wait(time.Second)
			p.Press("y", "3")
			p.wait(time.Second)
			p.hub.elsewhere(hub.ID{Device: "a-device"}, `{"token":"`+aToken+`","b":"`+otherKey+`"}`)
			p.wait(time.Second)
			p.Press("l")
		}},
		{"edit", func(p *deckPump) { p.Press("e") }},
		{"a field", func(p *deckPump) { p.Press("enter") }},
		{"review", func(p *deckPump) { p.Press("home", "x", "ctrl+s") }},
		{"a failed save", func(p *deckPump) {
			p.hub.failing("PatchTwin", errors.New("cannot reach "+labHost+":443: dial tcp 10.1.2.3:443: refused for "+otherKey))
			p.Press("enter")
		}},
		{"a query", func(p *deckPump) {
			p.Press("esc", "esc", "y", "1", ":")
			p.Type("SELECT '" + labHost + "'")
		}},
		{"its rows", func(p *deckPump) {
			p.hub.answers("SELECT '"+labHost+"'", `{"deviceId":"x","host":"`+labHost+`","key":"`+otherKey+`"}`)
			p.Press("enter")
			p.wait(time.Second)
		}},
		{"a row whole", func(p *deckPump) { p.Press("enter") }},
		{"status", func(p *deckPump) { p.Press("esc", "esc", "y", "esc") }},
		{"an error", func(p *deckPump) {
			p.hub.failing("Detach", &hub.Error{Op: "x", Status: 500, Message: "ask " + labHost + " for " + otherKey, TrackingID: labHost})
			p.Press("c")
		}},
		{"a token", func(p *deckPump) { p.Press("esc", "esc", "1", "g", "T", "v") }},
		{"the keys to change", func(p *deckPump) { p.Press("esc", "K") }},
		{"a name to type", func(p *deckPump) { p.Press("esc", "d"); p.Type(plainKey) }},
		{"help", func(p *deckPump) { p.Press("esc", "?") }},
		{"hubs", func(p *deckPump) {
			p.w.failing("contoso-prod", errors.New("contoso-prod: cannot reach other-hub.azure-devices.net: lookup other-hub: no such host"))
			p.Press("esc", "H", "j", "enter")
		}},
		{"unreachable", func(p *deckPump) {
			p.Press("esc")
			for _, method := range []string{"List", "Twin", "Identity", "Reach"} {
				p.hub.failing(method, errors.New("cannot reach "+labHost+":443 ("+otherKey+")"))
			}
			p.Press("r")
		}},
	}
	for _, early := range []bool{true, false} {
		onDeck(t, DeckOptions{Presenter: early}, func(p *deckPump) {
			leaky(p)
			p.Press("r", "1", "g")
			p.wait(time.Second)
			for _, v := range views {
				p.Resize(120, 36)
				v.do(p)
				if !early {
					p.Press("ctrl+p")
				}
				for _, size := range [][2]int{{120, 36}, {80, 24}, {200, 60}, {100, 30}, {60, 20}, {40, 12}, {20, 5}} {
					p.Resize(size[0], size[1])
					p.checkScreen(size[0], size[1])
					p.hidesSecrets(v.name)
				}
				if !early {
					p.Press("ctrl+p")
				}
			}
		})
	}
}

// What is hidden is there again when presenter mode ends, and everything goes on as before.
func TestPresenterModeOnAndOff(t *testing.T) {
	onDeck(t, DeckOptions{}, func(p *deckPump) {
		p.sees(labHost)
		p.Press("2", "v")
		p.wait(time.Second)
		p.sees(plainKey)
		p.Press("ctrl+p")
		p.sees("PRESENTER", "presenter mode: keys and host names are masked", "HostName=••••••••", "ctrl+p presenter mode")
		p.seesNot(labHost, plainKey)
		p.Press("v")
		p.sees("keys stay masked in presenter mode; ctrl+p ends it")
		p.seesNot(plainKey)

		p.to("contoso-prod") // it lasts across hubs
		p.sees("PRESENTER", "PRODUCTION")
		p.Press("n")
		p.sees("n read-only") // what it does here
		p.seesNot("contoso-prod.example.net")
		p.Press("ctrl+p")
		p.sees("contoso-prod.example.net", "presenter mode is off")
		p.seesNot("PRESENTER")
		if cell.Safe(labHost) != labHost {
			t.Errorf("%q is shown", cell.Safe(labHost))
		}
	})
}

// A secret is copied in presenter mode only when one agrees, an id without asking.
func TestPresenterModeAsksBeforeACopy(t *testing.T) {
	onDeck(t, DeckOptions{Presenter: true}, func(p *deckPump) {
		leaky(p)
		p.Press("r", "g")
		p.wait(time.Second)
		p.Press("y")
		if len(p.copied) != 1 || p.copied[0] != "a-device" {
			t.Fatalf("copied %q", p.copied)
		}
		p.Press("Y")
		p.sees("Copy a secret?", "copied yet.")
		p.seesNot("copied the connection string")
		p.Press("esc")
		if len(p.copied) != 1 {
			t.Fatalf("copied %q", p.copied)
		}
		p.Press("Y", "y")
		p.sees("copied")
		if len(p.copied) != 2 || !strings.Contains(p.copied[1], "SharedAccessKey="+plainKey) {
			t.Fatalf("copied %q", p.copied)
		}
		p.Press("Y") // each time anew
		p.sees("Copy a secret?")
		p.Press("esc", "ctrl+p", "Y")
		if len(p.copied) != 3 {
			t.Errorf("copied %q", p.copied)
		}
	})
}

func TestCaptions(t *testing.T) {
	onDeck(t, DeckOptions{Presenter: true}, func(p *deckPump) {
		leaky(p)
		p.Press("r")
		p.wait(3 * time.Second)
		p.Press("j", "j", "j", "2")
		p.sees("j down ×3 · 2 twin")
		p.checkScreen(120, 36)
		p.wait(1500 * time.Millisecond)
		p.sees("j down ×3 · 2 twin") // dimmed
		p.wait(time.Second)
		p.seesNot("down ×3")

		p.Press("e", "down")
		p.sees("e edit · ↓ down")
		p.Press("a")
		p.sees("a add")
		p.wait(3 * time.Second)
		p.Type("hunter2") // what is typed may be a secret
		if n := strings.Count(p.Text(), "hunter2"); n != 1 {
			t.Errorf("typed text is shown %d times:\n%s", n, p.Text())
		}
		p.Press("tab")
		p.sees("tab on to value")
		p.Press("esc", "esc", "y") // out of the field, out of the form, and yes
		p.sees("y yes")

		// Without presenter mode there are none, and on a tiny screen neither.
		p.Resize(20, 3)
		p.Press("j")
		p.checkScreen(20, 3)
		p.Resize(120, 36)
		p.Press("ctrl+p", "k")
		p.seesNot("k up")
	})
}

// A list of hubs that is open when presenter mode begins hides the hosts in it.
func TestAChoiceByHostIsHidden(t *testing.T) {
	onDeck(t, DeckOptions{Presenter: true}, func(p *deckPump) {
		p.m.open(hubs.New([]hubs.Choice{{Host: "other-hub.azure-devices.net"}}, p.d.current, hubs.Source{Now: time.Now}, p.m.keys, p.m.theme))
		p.Send(tea.WindowSizeMsg{Width: 120, Height: 36})
		p.hidesSecrets("the list of hubs")
	})
}
