package live

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	sensors = hub.ID{Device: "d", Module: "sensors"}
)

func patched(version int64, at time.Time) hub.Event {
	return hub.Event{
		Seq: uint64(version), At: at, ID: sensors, Kind: hub.EventPatch, Version: version,
		Raw:     fmt.Appendf(nil, `{"n":%d,"$version":%d}`, version, version),
		Changes: []patch.Change{{Path: patch.Path{"n"}, Kind: patch.Changed, Old: patch.Int(version - 1), New: patch.Int(version)}},
	}
}

func shown(p *Pane, w, h int) string {
	return ansi.Strip(strings.Join(p.View(theme.Theme{}, w, h, true, noon), "\n"))
}

// press presses keys and returns what the last one asked for.
func press(p *Pane, names ...string) (act Action) {
	for _, n := range names {
		msg := tea.KeyPressMsg{Code: []rune(n)[0], Text: n}
		if code, named := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "space": tea.KeySpace, "backspace": tea.KeyBackspace}[n]; named {
			msg = tea.KeyPressMsg{Code: code}
		}
		act = p.Update(msg)
	}
	return act
}

// The answer to a PATCH and the patch itself may come in either order.
func TestAWriteIsRecognisedWhicheverComesFirst(t *testing.T) {
	receipt := hub.Receipt{ID: sensors, DesiredVersion: 2, SentAt: noon}
	event := patched(2, noon.Add(14*time.Millisecond))
	for name, do := range map[string]func(p *Pane){
		"answer first": func(p *Pane) { p.AddReceipt(receipt); p.Add([]hub.Event{event}, 0) },
		"patch first":  func(p *Pane) { p.Add([]hub.Event{event}, 0); p.AddReceipt(receipt) },
	} {
		t.Run(name, func(t *testing.T) {
			p := New(keymap.Default(), false)
			do(p)
			got := shown(p, 60, 20)
			for _, want := range []string{"12:00:00.014", "d/sensors v2", "n 1 → 2", "arrived 14 ms after PATCH", `{"n":2,"$version":2}`} {
				if !strings.Contains(got, want) {
					t.Errorf("no %q:\n%s", want, got)
				}
			}
		})
	}
	p := New(keymap.Default(), false)
	p.AddReceipt(receipt)
	other := event
	other.ID.Device = "another"
	p.Add([]hub.Event{other, patched(3, noon)}, 0)
	if got := shown(p, 60, 20); strings.Contains(got, "after PATCH") {
		t.Errorf("the write of another is taken for ours:\n%s", got)
	}
}

func TestTheListIsBoundedAndSaysSo(t *testing.T) {
	p := New(keymap.Default(), false)
	for i := range maxEvents + 250 {
		p.Add([]hub.Event{patched(int64(i+1), noon)}, 0)
	}
	p.Add(nil, 50)
	if p.Len() != maxEvents {
		t.Errorf("%d events kept", p.Len())
	}
	if got := shown(p, 80, 20); !strings.Contains(got, "following · 10,000 events · 300 let go") {
		t.Errorf("%s", got)
	}
	if newest, oldest := p.journal.newest(0).Version, p.journal.newest(p.Len()-1).Version; newest != maxEvents+250 || oldest != 251 {
		t.Errorf("kept %d to %d", oldest, newest)
	}
	big := patched(1, noon)
	big.Raw = make([]byte, maxWeight/16)
	for range 20 {
		p.Add([]hub.Event{big}, 0)
	}
	if p.journal.weight > maxWeight {
		t.Errorf("%d bytes kept", p.journal.weight)
	}
	if p.journal.newest(0).Raw == nil {
		t.Error("the newest was let go")
	}
}

func TestScrollingStopsFollowingAndKeepsThePlace(t *testing.T) {
	p := New(keymap.Default(), false)
	for i := range 20 {
		p.Add([]hub.Event{patched(int64(i+1), noon)}, 0)
	}
	shown(p, 60, 20)
	press(p, "j", "j")
	before := shown(p, 60, 20)
	p.Add([]hub.Event{patched(21, noon), patched(22, noon)}, 0)
	after := shown(p, 60, 20)
	if p.Following() || !strings.Contains(after, "2 newer") {
		t.Errorf("still following:\n%s", after)
	}
	body := func(s string) string {
		lines := strings.Split(s, "\n")
		return strings.Join(lines[:len(lines)-1], "\n")
	}
	if body(before) != body(after) {
		t.Errorf("what was looked at moved:\n%s\n%s", before, after)
	}
	press(p, "f")
	if got := shown(p, 60, 20); !p.Following() || !strings.Contains(got, "v22") {
		t.Errorf("not following again:\n%s", got)
	}
}

func TestEveryKindOfEventIsNamed(t *testing.T) {
	p := New(keymap.Default(), false)
	p.Attach(sensors)
	if got := shown(p, 60, 20); !strings.Contains(got, "attaching…") {
		t.Errorf("%s", got)
	}
	for kind, want := range map[hub.EventKind]string{
		hub.EventConnecting:   "reconnecting", // there is a reason
		hub.EventConnected:    "connected",
		hub.EventSynced:       "synced v7",
		hub.EventPatch:        "v7",
		hub.EventGap:          "gap: missed patches before v7",
		hub.EventLost:         "lost",
		hub.EventAcknowledged: "not reported",
		hub.EventMethod:       "method ping → ✗ 404",
		hub.EventRefused:      "refused",
		hub.EventDetached:     "detached",
		hub.EventTakenOver:    "taken over",
		hub.EventRenewed:      "token renewed",
		hub.EventObserved:     "observing from v7",
	} {
		p.Add([]hub.Event{{At: noon, ID: sensors, Kind: kind, Version: 7, Observing: kind == hub.EventObserved, Method: "ping", Answer: &hub.MethodAnswer{Status: 404, Payload: patch.String("no")}, Err: errors.New("pipe\x1b[31m"), Value: patch.Object()}}, 0)
		if got := shown(p, 90, 20); !strings.Contains(got, "d/sensors "+want) {
			t.Errorf("kind %d: no %q in\n%s", kind, want, got)
		}
		if got := shown(p, 90, 20); !strings.Contains(got, "✗ pipe␛[31m") {
			t.Errorf("kind %d: no reason in\n%s", kind, got)
		}
	}
}

func TestAnEventExpandsAndFolds(t *testing.T) {
	ev := patched(2, noon)
	ev.Changes = nil
	for i := range 9 {
		ev.Changes = append(ev.Changes, patch.Change{Path: patch.Path{fmt.Sprintf("key%d", i)}, Kind: patch.Added, New: patch.Bool(true)})
	}
	ev.Raw = []byte(`{"long":"` + strings.Repeat("x", 500) + `"}`)
	p := New(keymap.Default(), false)
	p.Add([]hub.Event{ev}, 0)
	if got := shown(p, 60, 30); !strings.Contains(got, "5 more") || strings.Contains(got, "key8") || !strings.Contains(got, "511 B") {
		t.Errorf("brief:\n%s", got)
	}
	press(p, "l")
	if got := shown(p, 60, 30); !strings.Contains(got, "key8") || !strings.Contains(got, "xxxx") {
		t.Errorf("expanded:\n%s", got)
	}
	press(p, "h")
	if got := shown(p, 60, 30); strings.Contains(got, "key0") || !strings.Contains(got, "9 changes") {
		t.Errorf("folded:\n%s", got)
	}
}

func BenchmarkAddAndView(b *testing.B) {
	for _, n := range []int{100, maxEvents} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := New(keymap.Default(), false)
			for i := range n {
				p.Add([]hub.Event{patched(int64(i+1), noon)}, 0)
			}
			th := theme.New(true, true)
			for b.Loop() {
				p.Add([]hub.Event{patched(7, noon)}, 0)
				p.View(th, 40, 50, true, noon)
			}
		})
	}
}

func TestModulesOfTheSameNameAreToldApart(t *testing.T) {
	p := New(keymap.Default(), false)
	p.Attach(sensors)
	p.Add([]hub.Event{patched(2, noon)}, 0)
	if got := shown(p, 50, 20); strings.Contains(got, " d/sensors v2") {
		t.Errorf("there is only one:\n%s", got)
	}
	p.Attach(hub.ID{Device: "other", Module: "sensors"})
	if got := shown(p, 50, 20); !strings.Contains(got, " d/sensors v2") {
		t.Errorf("whose?\n%s", got)
	}
}

func TestHowToBeginIsSaidInAnyRoom(t *testing.T) {
	p := New(keymap.Default(), false)
	for _, size := range [][2]int{{20, 3}, {18, 1}, {38, 6}, {60, 20}} {
		if got := shown(p, size[0], size[1]); !strings.Contains(got, "c to attach") {
			t.Errorf("%v:\n%s", size, got)
		}
	}
}

func TestTheReceiptsKeptAreBounded(t *testing.T) {
	p := New(keymap.Default(), false)
	for i := range int64(maxReceipts + 44) {
		p.AddReceipt(hub.Receipt{ID: sensors, DesiredVersion: i, SentAt: noon})
	}
	if len(p.correlator.receipts) != maxReceipts || len(p.correlator.order) != maxReceipts {
		t.Errorf("%d receipts", len(p.correlator.receipts))
	}
}
