package devices

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/devices/roster"
	"twindeck/ui/theme"
)

func tagged(id, site string) hub.Entry {
	return hub.Entry{
		ID:   hub.ID{Device: id},
		Tags: patch.Object(patch.Member{Key: "site", Value: patch.String(site)}),
	}
}

func page(n, from int) []hub.Entry {
	var twins []hub.Entry
	for i := range n {
		twins = append(twins, tagged(fmt.Sprintf("device-%06d", from+i), fmt.Sprintf("site%d", (from+i)%7)))
	}
	return twins
}

// drain does the work that the pane wants done.
func drain(p *Pane, a Action) {
	for {
		w, more := a.(Work)
		if !more {
			return
		}
		a = p.Done(w.Run())
	}
}

func press(p *Pane, names ...string) Action {
	var a Action
	for _, n := range names {
		key := tea.KeyPressMsg{Code: []rune(n)[0], Text: n}
		switch n {
		case "enter":
			key = tea.KeyPressMsg{Code: tea.KeyEnter}
		case "space":
			key = tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
		case "esc":
			key = tea.KeyPressMsg{Code: tea.KeyEscape}
		case "down":
			key = tea.KeyPressMsg{Code: tea.KeyDown}
		}
		a = p.Update(key)
	}
	return a
}

func text(p *Pane, w, h int) string {
	return ansi.Strip(strings.Join(p.View(theme.Theme{}, w, h, true, time.Unix(0, 0)), "\n"))
}

func ids(p *Pane) []string {
	var out []string
	for i := range p.roster.Rows() {
		if r := p.roster.Row(i); r.Kind != roster.NoteRow {
			out = append(out, hub.ID{Device: p.roster.ID(r.Device), Module: r.Module.Name}.String())
		}
	}
	return out
}

func TestPagesArriveOneByOneAndTheSelectionStays(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(3, 10), false))
	if id, ok := p.Selected(); !ok || id.Device != "device-000010" {
		t.Fatalf("the first device should be selected, not %v", id)
	}
	if got := text(p, 30, 12); !strings.Contains(got, "loaded 3…") {
		t.Errorf("no progress:\n%s", got)
	}
	press(p, "j")
	drain(p, p.Add(page(10, 0), true)) // from a hub that keeps no order
	if id, _ := p.Selected(); id.Device != "device-000011" {
		t.Errorf("the selection moved to %v", id)
	}
	if got := ids(p); len(got) != 13 || !slices.IsSorted(got) {
		t.Errorf("%v", got)
	}
	if got := text(p, 30, 20); !strings.Contains(got, "loaded 13 of 13") {
		t.Errorf("%s", got)
	}
}

// A real hub lists in no order: what is read meanwhile stays on its line of the screen.
func TestDevicesThatArriveAboveMoveNothing(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(50, 1000), false))
	press(p, "G")
	text(p, 30, 12)
	press(p, "k", "k", "k")
	before := text(p, 30, 12)
	for i := range 5 {
		drain(p, p.Add(page(20, 900-20*i), false))
	}
	after := text(p, 30, 12)
	if b, a := strings.Split(before, "\n")[1:11], strings.Split(after, "\n")[1:11]; !slices.Equal(a, b) {
		t.Errorf("\n%s\nbecame\n%s", before, after)
	}
}

func TestADeletedDeviceLeavesAndACreatedOneIsGivenTime(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(3, 0), true))
	drain(p, p.Reveal(hub.Identity{ID: hub.ID{Device: "device-created"}}))
	if id, _ := p.Selected(); id.Device != "device-created" {
		t.Errorf("what was created is not selected but %v", id)
	}
	for i := range roster.Lag + 1 {
		p.Begin()
		drain(p, p.Add(page(2, 0), true))
		there := slices.Contains(ids(p), "device-created")
		if want := i < roster.Lag; there != want {
			t.Errorf("after %d listings without it: there is %v", i+1, there)
		}
		if slices.Contains(ids(p), "device-000002") {
			t.Error("a deleted device is still there")
		}
	}
	if id, _ := p.Selected(); id.Device == "device-created" || id.Device == "" {
		t.Errorf("selected %v", id)
	}
}

// A filter that lets a sibling through does not hide what was just created.
func TestACreatedModuleIsSelectedWhateverTheFilter(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(3, 0), true))
	drain(p, p.SetModules("device-000001", []hub.Identity{{ID: hub.ID{Device: "device-000001", Module: "controller"}}}))
	press(p, "/", "c", "o", "n", "t", "enter")
	if got := ids(p); !slices.Equal(got, []string{"device-000001", "device-000001/controller"}) {
		t.Fatalf("the filter shows %v", got)
	}
	created := hub.ID{Device: "device-000001", Module: "sensors"}
	drain(p, p.Reveal(hub.Identity{ID: created}))
	if id, _ := p.Selected(); id != created || !slices.Contains(ids(p), created.String()) {
		t.Errorf("selected %v of %v", id, ids(p))
	}
	press(p, "/", "c", "o", "n", "t", "enter")
	again := hub.ID{Device: "device-000001", Module: "controller-2"}
	drain(p, p.Reveal(hub.Identity{ID: again}))
	if id, _ := p.Selected(); id != again || !p.Filtered() {
		t.Errorf("selected %v; a filter that lets it through stays: %v", id, p.Filtered())
	}
}

func TestModulesComeWhenTheDeviceIsOpened(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(3, 0), true))
	a, ok := press(p, "j", "l").(LoadModules)
	if !ok || a.Device != "device-000001" {
		t.Fatalf("opening asks for %v", a)
	}
	if got := text(p, 40, 12); !strings.Contains(got, "reading modules…") {
		t.Errorf("%s", got)
	}
	p.SetModules("device-000001", []hub.Identity{
		{ID: hub.ID{Device: "device-000001", Module: "b"}},
		{ID: hub.ID{Device: "device-000001", Module: "a"}},
	})
	want := []string{"device-000000", "device-000001", "device-000001/a", "device-000001/b", "device-000002"}
	if got := ids(p); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	press(p, "j", "j")
	if id, _ := p.Selected(); id.Module != "b" {
		t.Errorf("selected %v", id)
	}
	// A refresh without the selected module moves the selection to a neighbour.
	p.SetModules("device-000001", []hub.Identity{{ID: hub.ID{Device: "device-000001", Module: "a"}}})
	if id, ok := p.Selected(); !ok || id.Module == "b" {
		t.Errorf("selected %v", id)
	}
	press(p, "g", "j", "h")
	if got := len(ids(p)); got != 3 {
		t.Errorf("%d rows after closing", got)
	}
	if a := press(p, "l"); a != nil {
		t.Errorf("modules that are known are asked for again: %v", a)
	}
	p.FailModules("device-000000", "no \x1b[31mluck")
	press(p, "g", "l")
	if got := text(p, 60, 12); strings.ContainsRune(got, '\x1b') {
		t.Errorf("%q", got)
	}
}

func TestAFilterFindsModulesAndTags(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(20, 0), true))
	p.SetModules("device-000003", []hub.Identity{{ID: hub.ID{Device: "device-000003", Module: "Thermometer"}}})
	drain(p, press(p, "/", "t", "h", "e", "r", "m"))
	if got := ids(p); !slices.Equal(got, []string{"device-000003", "device-000003/Thermometer"}) {
		t.Errorf("%v", got)
	}
	drain(p, press(p, "esc"))
	drain(p, press(p, "/", "S", "I", "T", "E", "=", "s", "i", "t", "e", "6", "enter"))
	if got := ids(p); !slices.Equal(got, []string{"device-000006", "device-000013"}) {
		t.Errorf("%v", got)
	}
	if got := text(p, 40, 12); !strings.Contains(got, "2 of 20 devices") {
		t.Errorf("%s", got)
	}
	drain(p, press(p, "esc"))
	if got := len(ids(p)); got != 20 {
		t.Errorf("%d rows after clearing", got)
	}
}

func TestAFailedReadKeepsTheModulesThatAreKnown(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(2, 0), true))
	press(p, "l")
	drain(p, p.SetModules("device-000000", []hub.Identity{{ID: hub.ID{Device: "device-000000", Module: "m"}}}))
	drain(p, p.FailModules("device-000000", "cannot reach the hub"))
	if got := ids(p); !slices.Contains(got, "device-000000/m") {
		t.Errorf("%v", got)
	}
}

// Modules that arrive above the window move nothing in it, also below a note.
func TestModulesThatArriveAboveMoveNothing(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(50, 0), true))
	press(p, "l", "G", "k", "k", "k", "k", "k", "k", "l")
	drain(p, p.SetModules("device-000043", nil))
	press(p, "j") // onto the note that there are none
	before := text(p, 30, 12)
	var found []hub.Identity
	for i := range 5 {
		found = append(found, hub.Identity{ID: hub.ID{Device: "device-000000", Module: fmt.Sprint("m", i)}})
	}
	drain(p, p.SetModules("device-000000", found))
	if after := text(p, 30, 12); after != before || !strings.Contains(after, "no modules") {
		t.Errorf("\n%s\nbecame\n%s", before, after)
	}
	if r, _ := p.row(); r.Kind != roster.NoteRow {
		t.Errorf("the cursor is on %v", p.at)
	}
}
