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

// filled returns a pane that holds n patches of sensors, each a second after the one before.
func filled(n int) *Pane {
	p := New(keymap.Default(), false)
	p.Attach(sensors)
	for i := range n {
		p.Add([]hub.Event{patched(int64(i+1), noon.Add(time.Duration(i)*time.Second))}, 0)
	}
	return p
}

func typed(p *Pane, text string) (act Action) {
	for _, r := range text {
		act = p.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return act
}

func wants(t *testing.T, p *Pane, texts ...string) {
	t.Helper()
	got := shown(p, 70, 24)
	for _, want := range texts {
		if !strings.Contains(got, want) {
			t.Fatalf("no %q:\n%s", want, got)
		}
	}
}

func lacks(t *testing.T, p *Pane, texts ...string) {
	t.Helper()
	got := shown(p, 70, 24)
	for _, unwanted := range texts {
		if strings.Contains(got, unwanted) {
			t.Fatalf("there is %q:\n%s", unwanted, got)
		}
	}
}

func TestAPausedListStandsStillAndCountsWhatComes(t *testing.T) {
	p := filled(5)
	press(p, "space")
	before := shown(p, 70, 24)
	p.Add([]hub.Event{patched(6, noon), patched(7, noon)}, 0)
	wants(t, p, "paused · 2 waiting · space goes on · 7 events")
	cut := func(s string) string { // the client above is as it is now, and so is the line below
		lines := strings.Split(s, "\n")
		return strings.Join(lines[1:len(lines)-1], "\n")
	}
	if cut(before) != cut(shown(p, 70, 24)) {
		t.Errorf("it moved:\n%s", shown(p, 70, 24))
	}
	press(p, "space")
	wants(t, p, "v7 ", "v6 ", "following · 7 events")

	// A pause may last: what waits is bounded too, and nothing that is looked at goes.
	press(p, "space")
	for i := range maxEvents + 30 {
		p.Add([]hub.Event{patched(int64(i+8), noon)}, 0)
	}
	wants(t, p, "v7 ", "paused · 10,030 waiting", "30 let go")
	press(p, "f")
	wants(t, p, "following · 10,000 events · 37 let go", "v10037")
}

func TestWhatTheScreenMissedIsSaidWhereItIsMissing(t *testing.T) {
	p := filled(1)
	p.Add([]hub.Event{patched(1200, noon)}, 1198)
	wants(t, p, "1,198 events before this one were let go", "2 events · 1,198 let go")
}

func TestAFilterLooksWhereItIsTold(t *testing.T) {
	valve := hub.ID{Device: "pump", Module: "valve"}
	events := []hub.Event{
		patched(2, noon),
		{At: noon, ID: valve, Kind: hub.EventPatch, Version: 9, Raw: []byte(`{"Mode":"eco n"}`), Value: patch.Object(patch.Member{Key: "Mode", Value: patch.String("eco n")}), Changes: []patch.Change{{Path: patch.Path{"Mode"}, New: patch.String("eco n")}}},
		{At: noon, ID: valve, Kind: hub.EventLost, Err: errors.New("the cable is out")},
		{At: noon, ID: valve, Kind: hub.EventTakenOver, Err: errors.New("somebody came")},
	}
	for filter, want := range map[string]string{
		"":                    "2 9 lost taken",
		"valve":               "9 lost taken",
		"id:VALVE":            "9 lost taken",
		"id:pump/val":         "9 lost taken",
		"kind:patch":          "2 9",
		"kind:lost":           "lost",
		`kind:"taken over"`:   "taken",
		"path:mode":           "9",
		"path:n":              "2",
		"text:eco":            "9",
		"cable":               "lost",
		`"eco n"`:             "9",
		"!kind:patch":         "lost taken",
		"valve !kind:patch":   "lost taken",
		"valve kind:lost pat": "",
		"text:valve":          "",
		"!":                   "2 9 lost taken",
		"kind:":               "2 9 lost taken",
		"identity:sensors":    "2",
	} {
		p := New(keymap.Default(), false)
		p.Add(events[:2], 0)
		press(p, "/")
		typed(p, filter)
		p.Add(events[2:], 0) // those that come later are looked at as well
		var got []string
		for i := p.rows() - 1; i >= 0; i-- {
			switch e := p.journal.at(p.number(i)); e.Kind {
			case hub.EventPatch:
				got = append(got, fmt.Sprint(e.Version))
			default:
				got = append(got, strings.Fields(e.Kind.String())[0])
			}
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q shows %q, not %q", filter, s, want)
		}
	}
}

func TestAFilterOverMuchIsWorkedOnElsewhere(t *testing.T) {
	p := filled(2000)
	press(p, "/")
	first := press(p, "7").(Work)
	wants(t, p, "looking…")
	second := press(p, "7").(Work)
	p.Done(first.Run())
	wants(t, p, "looking…") // it is an answer to an earlier question
	p.Add([]hub.Event{patched(3077, noon), patched(3000, noon)}, 0)
	p.Done(second.Run())
	press(p, "enter")
	wants(t, p, "/ 77", "v3077 ", "v1977 ", "following · 2,002 events")
	lacks(t, p, "v3000 ", "looking")
	for i := range p.rows() {
		if e := p.journal.at(p.number(i)); !strings.Contains(fmt.Sprint(e.Version-1, e.Version), "77") {
			t.Errorf("v%d is shown", e.Version)
		}
	}
	press(p, "esc")
	wants(t, p, "v3000 ")
}

func TestAFilterKeepsTheCursorOnItsEvent(t *testing.T) {
	p := filled(50)
	press(p, "j", "j", "j") // on v47
	press(p, "/")
	typed(p, "path:n xy") // nothing has that
	wants(t, p, "nothing fits the filter", "0 of 50")
	press(p, "backspace", "backspace", "backspace", "enter")
	if e := p.current(); e == nil || e.Version != 47 {
		t.Errorf("the cursor is on %v", e)
	}
	press(p, "G", "k", "k") // v3
	press(p, "/", "esc")
	if e := p.current(); e.Version != 3 {
		t.Errorf("the cursor is on v%d", e.Version)
	}
}

func TestASearchMarksAndGoesThroughWhatItFinds(t *testing.T) {
	p := filled(50)
	press(p, "s")
	typed(p, `n":1`)
	press(p, "enter")
	wants(t, p, "1 of 11")
	if e := p.current(); e.Version != 19 || p.Following() {
		t.Errorf("on v%d", e.Version)
	}
	press(p, "]", "]")
	if e := p.current(); e.Version != 17 {
		t.Errorf("on v%d", e.Version)
	}
	press(p, "[")
	if e := p.current(); e.Version != 18 {
		t.Errorf("on v%d", e.Version)
	}
	for range 9 {
		press(p, "]")
	}
	if tell, ok := press(p, "]").(Tell); !ok || !strings.Contains(tell.Text, "no older match") {
		t.Errorf("told %v", tell)
	}
	p.Add([]hub.Event{patched(100, noon)}, 0)
	wants(t, p, "12 of 12")
	press(p, "esc")
	if tell, ok := press(p, "]").(Tell); !ok || !strings.Contains(tell.Text, "search") {
		t.Errorf("told %v", tell)
	}
}

// A match in what is not drawn would be a cursor that went somewhere for no reason to be seen.
func TestASearchShowsThePlaceThatItFound(t *testing.T) {
	ev := patched(2, noon)
	ev.Raw = []byte(`{"long":"` + strings.Repeat("x", 3000) + `needle"}`)
	p := New(keymap.Default(), false)
	p.Add([]hub.Event{ev, patched(3, noon)}, 0)
	shown(p, 70, 60)
	press(p, "s")
	typed(p, "needle")
	press(p, "enter")
	if got := shown(p, 70, 60); !strings.Contains(got, "needle\"}") {
		t.Errorf("not shown:\n%s", got)
	}
}

func TestHighlightKeepsTextAndStyles(t *testing.T) {
	th := theme.New(true, true)
	line := th.Muted.Render("12:00 Abc") + " " + th.Good.Render("abcabc") + " ÄBC İabc"
	got := highlight(line, parseTerms("ABC"), th.Match)
	if ansi.Strip(got) != ansi.Strip(line) {
		t.Errorf("%q became %q", ansi.Strip(line), ansi.Strip(got))
	}
	mark := th.Match.Render("abc")
	if n := strings.Count(got, mark); n != 2 && !strings.Contains(got, th.Match.Render("abcabc")) {
		t.Errorf("%d marks: %q", n, got)
	}
	if !strings.Contains(got, th.Match.Render("Abc")) {
		t.Errorf("not marked within a style: %q", got)
	}
	if highlight(line, parseTerms("nowhere"), th.Match) != line || highlight(line, parseTerms("!abc"), th.Match) != line {
		t.Error("changed without a match")
	}
}

func TestTwoEventsAreComparedLeafByLeaf(t *testing.T) {
	p := filled(3)
	if tell, ok := press(p, "=").(Tell); !ok || !strings.Contains(tell.Text, "marked") {
		t.Fatalf("told %v", tell)
	}
	wants(t, p, "▪ marked")
	press(p, "=")
	lacks(t, p, "marked")
	a, b := patched(7, noon), patched(8, noon.Add(1500*time.Millisecond))
	a.Value = patch.Object(patch.Member{Key: "mode", Value: patch.String("eco")}, patch.Member{Key: "same", Value: patch.Int(1)})
	b.Value = patch.Object(patch.Member{Key: "mode", Value: patch.String("\x1b[2J")}, patch.Member{Key: "same", Value: patch.Int(1)}, patch.Member{Key: "new", Value: patch.Null()})
	p.Add([]hub.Event{a, b}, 0)
	press(p, "=", "j")
	asked, ok := press(p, "=").(Compare)
	if !ok {
		t.Fatal("no comparison")
	}
	for _, size := range [][2]int{{90, 20}, {60, 10}, {20, 5}, {3, 3}} {
		for _, l := range strings.Split(asked.Of.View(size[0], size[1]), "\n") {
			if ansi.StringWidth(l) != size[0] {
				t.Errorf("%v: %q", size, l)
			}
		}
	}
	got := ansi.Strip(asked.Of.View(90, 20))
	for _, want := range []string{"older  12:00:00.000 d/sensors v7", "newer  12:00:01.500 d/sensors v8", "1.5 s apart", `mode "eco" → "`, "new – → null"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "same") {
		t.Errorf("what is the same is shown:\n%s", got)
	}
	if _, ok := asked.Of.Update(tea.KeyPressMsg{Code: tea.KeyEscape}).(Close); !ok {
		t.Error("it does not close")
	}
}

func TestAnEventIsCopiedAndOpenedAsJSON(t *testing.T) {
	p := filled(1)
	copied, ok := p.Copy()
	want := `{"v":1,"seq":1,"at":"2026-03-01T12:00:00Z","kind":"patch","device":"d","module":"sensors","version":1,"value":null,"changes":[{"path":["n"],"kind":"changed","old":0,"new":1}],"size":20}`
	if !ok || copied.Text != want || copied.What != "d/sensors patch" {
		t.Errorf("copied %s as %s", copied.Text, copied.What)
	}
	if open, ok := press(p, "enter").(Open); !ok || open.Value.JSON() != want {
		t.Errorf("opened %v", open)
	}
	if _, ok := New(keymap.Default(), false).Copy(); ok {
		t.Error("copied nothing")
	}
}

func TestAResyncSaysWhatChangedUnseen(t *testing.T) {
	p := New(keymap.Default(), false)
	p.Attach(sensors)
	synced := func(version int64, changes ...patch.Change) hub.Event {
		return hub.Event{At: noon, ID: sensors, Kind: hub.EventSynced, Version: version, Changes: changes}
	}
	p.Add([]hub.Event{synced(3)}, 0)
	wants(t, p, "sensors synced v3")
	p.Add([]hub.Event{synced(3)}, 0)
	wants(t, p, "resynced v3, nothing missed")
	p.Add([]hub.Event{synced(5, patch.Change{Path: patch.Path{"mode"}, Kind: patch.Removed, Old: patch.Int(4)})}, 0)
	wants(t, p, "resynced v5, missed:", "mode 4 → removed")
}

func FuzzTerms(f *testing.F) {
	for _, s := range []string{"", "a b", `"a b"`, "!id:x", `kind:"taken over`, "path:", ":::", "!!", "text:\x1b"} {
		f.Add(s)
	}
	e := newEntry(patched(2, noon))
	f.Fuzz(func(t *testing.T, s string) {
		for _, one := range parseTerms(s) {
			if one.text == "" {
				t.Errorf("%q has an empty term", s)
			}
			opposite := one
			opposite.not = !opposite.not
			if fits(slice(one), e) == fits(slice(opposite), e) {
				t.Errorf("%v is as true as its opposite", one)
			}
		}
	})
}

func slice(t term) []term { return []term{t} }

// What a key press and its frame cost by how much is loaded, while more arrives. Read it as a ratio.
func BenchmarkKeyWhileEventsArrive(b *testing.B) {
	for _, n := range []int{100, maxEvents} {
		for _, filter := range []string{"", "kind:patch"} {
			b.Run(fmt.Sprintf("%d/%s", n, filter), func(b *testing.B) {
				p := filled(n)
				press(p, "/")
				if work, ok := typed(p, filter).(Work); ok {
					p.Done(work.Run())
				}
				press(p, "enter")
				th := theme.New(true, true)
				burst := make([]hub.Event, 160) // a frame's share of 10,000 a second
				for i := range burst {
					burst[i] = patched(int64(n+i), noon)
				}
				press(p, "j", "j", "j")
				for b.Loop() {
					p.Add(burst, 0)
					press(p, "j", "k")
					p.View(th, 60, 50, true, noon)
				}
			})
		}
	}
}
