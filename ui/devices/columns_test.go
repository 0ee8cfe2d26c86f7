package devices

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

func TestMarksSurviveWhateverHappensToTheList(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(20, 0), true))
	press(p, "space", "j", "j", "V", "j", "l") // 0 by itself, 0 to 3 as a range; then 4 is opened
	drain(p, p.SetModules("device-000004", []hub.Identity{{ID: hub.ID{Device: "device-000004", Module: "m"}}}))
	press(p, "j", "space")
	want := "[device-000000 device-000001 device-000002 device-000003 device-000004/m]"
	check := func(when string) {
		t.Helper()
		if got := fmt.Sprint(p.Marked()); got != want || p.MarkedCount() != 5 {
			t.Fatalf("%s: marked %v", when, got)
		}
	}
	check("at first")
	if got := text(p, 40, 14); !strings.Contains(got, "5 marked · loaded 20 of 20") || !strings.Contains(got, "▪ ○ device-000002") {
		t.Errorf("%s", got)
	}
	drain(p, press(p, "/", "z", "enter"))
	check("filtered away")
	drain(p, p.PickSort("tags.site"))
	check("sorted")
	p.Begin()
	drain(p, p.Add(page(20, 0), true))
	check("listed again")
	drain(p, press(p, "esc"))
	check("after the filter was cleared")
	press(p, "*")
	if p.MarkedCount() != 21 {
		t.Errorf("%d marked of all", p.MarkedCount())
	}
	press(p, "*")
	if got := fmt.Sprint(p.Marked()); got != "[device-000004/m]" {
		t.Errorf("all again: %s", got)
	}
	p.Remove(hub.ID{Device: "device-000004"})
	if p.MarkedCount() != 0 || p.Len() != 19 {
		t.Errorf("%d marked of %d", p.MarkedCount(), p.Len())
	}
	press(p, "space", "esc")
	if p.MarkedCount() != 0 {
		t.Error("esc leaves marks")
	}
}

func TestTheListIsSortedByAnyColumn(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	var entries []hub.Entry
	for i, floor := range []string{"10", "9", "", "roof", "1"} {
		e := tagged(fmt.Sprintf("device-%d", i), "x")
		if floor != "" {
			e.Tags = patch.Object(patch.Member{Key: "floor", Value: patch.String(floor)})
		}
		e.LastActivityTime = time.Unix(int64(100-i), 0)
		entries = append(entries, e)
	}
	drain(p, p.Add(entries, true))
	press(p, "G")
	order := func(want string) {
		t.Helper()
		got := strings.ReplaceAll(strings.Join(ids(p), " "), "device-", "")
		if id, _ := p.Selected(); got != want || id.Device != "device-4" {
			t.Errorf("%s with the cursor on %v, want %s", got, id, want)
		}
	}
	drain(p, p.PickSort("tags.floor"))
	order("4 1 0 3 2")
	drain(p, p.PickSort("tags.floor"))
	order("3 0 1 4 2")
	drain(p, p.PickSort("activity"))
	order("0 1 2 3 4")
	if name, reverse := p.Sorted(); name != "activity" || !reverse {
		t.Errorf("sorted by %s %v", name, reverse)
	}
	if got := text(p, 60, 14); !strings.Contains(got, "active ▾") {
		t.Errorf("no mark in the header:\n%s", got)
	}
	entries[3].LastActivityTime = time.Unix(1000, 0)
	drain(p, p.Add(entries, true))
	order("3 0 1 2 4")
	drain(p, p.SetSort("nonsense", true))
	order("0 1 2 3 4")
}

func TestColumnsAreChosenAndOrdered(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	e := tagged("device-1", "")
	e.Tags = patch.Object(
		patch.Member{Key: "site", Value: patch.String("istanbul")},
		patch.Member{Key: "building", Value: patch.Object(patch.Member{Key: "floor", Value: patch.Int(3)})},
	)
	e.Status, e.Connected, e.Auth = hub.Disabled, true, hub.AuthCA
	drain(p, p.Add([]hub.Entry{e}, true))
	var names []string
	for _, c := range p.ColumnChoices() {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, " "); got != "id tags activity edge auth connection status modules tags.building.floor tags.site" {
		t.Errorf("offered %s", got)
	}
	p.SetColumns([]string{"tags.building.floor", "id", "status", "tags.site", "nonsense", "connection", "modules"})
	lines := strings.Split(text(p, 100, 14), "\n")
	if got := strings.Join(strings.Fields(lines[1]), " "); got != "building.floor device ▴ status site connection modules" {
		t.Errorf("header %q", got)
	}
	if got := strings.Join(strings.Fields(lines[2]), " "); got != "▸ ⊘ 3 device-1 disabled istanbul connected" {
		t.Errorf("row %q", got)
	}
	p.AddModules([]hub.Entry{{ID: hub.ID{Device: "device-1", Module: "m"}}}, true)
	if got := strings.Split(text(p, 100, 14), "\n")[2]; !strings.HasSuffix(strings.TrimSpace(got), " 1") {
		t.Errorf("the modules are not counted: %q", got)
	}
	for w := range 60 {
		for _, l := range p.View(theme.Theme{}, w, 14, true, time.Unix(0, 0)) {
			if ansi.StringWidth(l) != w {
				t.Fatalf("%d cells: %q", w, l)
			}
		}
	}
}

func TestProgressIsShown(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(3, 0), false))
	for want, now := range map[string]Progress{
		"loaded 3…":                 {Total: -1},
		"loaded 3 of 1,200…":        {Total: 1200},
		"paused at 3 of 1,200":      {Total: 1200, Paused: true},
		"the hub waits · loaded 3…": {Total: -1, Note: "the hub waits"},
	} {
		p.SetProgress(now)
		if got := text(p, 40, 12); !strings.Contains(got, want) {
			t.Errorf("%+v:\n%s", now, got)
		}
	}
}
