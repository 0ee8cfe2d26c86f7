package live

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

// However many there are, most of the pane belongs to the events.
func TestManyClientsAreCompact(t *testing.T) {
	p := New(keymap.Default(), false)
	for i := range hub.MaxAttached {
		id := hub.ID{Device: "d", Module: fmt.Sprintf("module-%02d", i)}
		p.Attach(id)
		kind := hub.EventConnected
		if i == 40 {
			kind = hub.EventRefused
		}
		p.Add([]hub.Event{{At: noon, ID: id, Kind: kind}}, 0)
	}
	got := strings.Split(shown(p, 60, 30), "\n")
	if !strings.HasPrefix(got[0], " ✗ module-40 refused  ● module-00") {
		t.Errorf("trouble does not come first: %q", got[0])
	}
	if !strings.HasPrefix(got[4], "────") || !strings.Contains(got[3], " connected") || !strings.Contains(got[3], "+") {
		t.Errorf("%s", strings.Join(got[:6], "\n"))
	}
	for w := 1; w < 100; w += 7 {
		for h := range 30 {
			lines := p.View(theme.Theme{}, w, h, true, noon)
			if len(lines) != h {
				t.Fatalf("%dx%d: %d lines", w, h, len(lines))
			}
			for _, l := range lines {
				if ansi.StringWidth(l) != w {
					t.Fatalf("%dx%d: %q", w, h, l)
				}
			}
			if h >= 3 && !strings.Contains(strings.Join(lines, "\n"), "12:00") && w > 8 {
				t.Fatalf("%dx%d has no event:\n%s", w, h, strings.Join(lines, "\n"))
			}
		}
	}
}

func TestAReconnectionIsCountedDown(t *testing.T) {
	p := New(keymap.Default(), false)
	p.Attach(sensors)
	p.Add([]hub.Event{{At: noon, ID: sensors, Kind: hub.EventConnecting, Wait: 8 * time.Second, Err: errors.New("the cable is out")}}, 0)
	at := func(now time.Time) string {
		return ansi.Strip(strings.Join(p.View(theme.Theme{}, 70, 24, true, now), "\n"))
	}
	for after, want := range map[time.Duration]string{0: "reconnects in 8 s", 2500 * time.Millisecond: "reconnects in 6 s", 9 * time.Second: "connecting…"} {
		if got := at(noon.Add(after)); !strings.Contains(got, want) || !strings.Contains(got, "reconnecting in 8 s") || !strings.Contains(got, "✗ the cable is out") {
			t.Errorf("after %v no %q:\n%s", after, want, got)
		}
	}
	if !p.Ticks() {
		t.Error("nobody draws it again")
	}
}
