package dialog

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

var (
	keys   = keymap.Default()
	enter  = tea.KeyPressMsg{Code: tea.KeyEnter}
	escape = tea.KeyPressMsg{Code: tea.KeyEscape}
	tab    = tea.KeyPressMsg{Code: tea.KeyTab}
)

func letter(r rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: r, Text: string(r)} }

func question() Question {
	return Question{
		Title: "Attach to controller", Tag: "attach", Yes: "Attach", No: "Cancel",
		Text: "controller is connected. The hub allows one connection per identity, so attaching disconnects the real module.",
	}
}

// What others depend on takes two keys, whichever way one goes.
func TestAFirmQuestionTakesTwoKeys(t *testing.T) {
	for name, tc := range map[string]struct {
		press []tea.Msg
		want  Action
	}{
		"y alone":        {[]tea.Msg{letter('y')}, nil},
		"y again":        {[]tea.Msg{letter('y'), letter('y')}, nil},
		"y and enter":    {[]tea.Msg{letter('y'), enter}, Answer{"attach", true}},
		"y and then not": {[]tea.Msg{letter('y'), letter('n')}, Answer{"attach", false}},
		"enter":          {[]tea.Msg{enter}, Answer{"attach", false}},
	} {
		q := question()
		q.Firm = true
		c := NewConfirm(q, keys, theme.New(true, true))
		var got Action
		for _, m := range tc.press {
			got = c.Update(m)
		}
		if got != tc.want {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
}

func TestConfirmSaysNoUnlessToldOtherwise(t *testing.T) {
	for name, tc := range map[string]struct {
		press []tea.Msg
		want  Action
	}{
		"enter at once":       {[]tea.Msg{enter}, Answer{"attach", false}},
		"escape":              {[]tea.Msg{escape}, Answer{"attach", false}},
		"q":                   {[]tea.Msg{letter('q')}, Answer{"attach", false}},
		"n":                   {[]tea.Msg{letter('n')}, Answer{"attach", false}},
		"y":                   {[]tea.Msg{letter('y')}, Answer{"attach", true}},
		"to yes and enter":    {[]tea.Msg{tab, enter}, Answer{"attach", true}},
		"to yes and back":     {[]tea.Msg{tab, tab, enter}, Answer{"attach", false}},
		"a key without sense": {[]tea.Msg{letter('x')}, nil},
		"not a key":           {[]tea.Msg{tea.PasteMsg{Content: "y"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := NewConfirm(question(), keys, theme.New(true, true))
			var got Action
			for _, m := range tc.press {
				if got != nil {
					t.Fatalf("answered early: %v", got)
				}
				got = c.Update(m)
			}
			if got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// A question that opens under the user's fingers must not be answered by what they were typing.
func TestConfirmThatOpenedByItselfWaitsAMoment(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	q := question()
	q.Now = func() time.Time { return now }
	c := NewConfirm(q, keys, theme.Theme{})
	if got := c.Update(letter('y')); got != nil {
		t.Fatalf("a key that was meant for something else answered: %v", got)
	}
	for range 10 { // whoever types a name does not stop because a question has opened
		now = now.Add(200 * time.Millisecond)
		if got := c.Update(letter('y')); got != nil {
			t.Fatalf("a key in the middle of typing answered: %v", got)
		}
	}
	now = now.Add(time.Second)
	if got := c.Update(letter('y')); got != (Answer{"attach", true}) {
		t.Errorf("a moment later: %v", got)
	}
}

func TestMessageThatOpenedByItselfIsNotClosedUnread(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	m := NewMessage(Note{Text: "no", Now: func() time.Time { return now }}, keys, theme.Theme{})
	for range 10 {
		if got := m.Update(enter); got != nil {
			t.Fatalf("a key in the middle of typing closed it: %v", got)
		}
		now = now.Add(200 * time.Millisecond)
	}
	now = now.Add(time.Second)
	m.Update(letter('j'))
	if got := m.Update(enter); got != (Closed{}) {
		t.Errorf("a moment later: %v", got)
	}
}

func TestConfirmView(t *testing.T) {
	c := NewConfirm(question(), keys, theme.New(true, true))
	w, h := c.Size(80, 24)
	got := ansi.Strip(c.View(w, h))
	want := strings.Join([]string{
		"┌─ Attach to controller ───────────────────────────────────────┐",
		"│                                                              │",
		"│ controller is connected. The hub allows one connection per   │",
		"│ identity, so attaching disconnects the real module.          │",
		"│                                                              │",
		"│ ▸Cancel    Attach                y yes  n/esc no  ←/→ switch │",
		"└──────────────────────────────────────────────────────────────┘",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMessageShowsTheSentenceAndItsDetails(t *testing.T) {
	m := NewMessage(Note{Title: "Not saved", Text: "The hub is throttling; try again in 5 s.", Details: "429001\ntracking \x1b[31mabc", Bad: true}, keys, theme.New(true, true))
	w, h := m.Size(80, 24)
	got := ansi.Strip(m.View(w, h))
	for _, part := range []string{"Not saved", "✗ The hub is throttling; try again in 5 s.", "429001", "tracking ␛[31mabc", "esc close"} {
		if !strings.Contains(got, part) {
			t.Errorf("lacks %q:\n%s", part, got)
		}
	}
	if a := m.Update(letter('x')); a != nil {
		t.Errorf("x: %v", a)
	}
	if a := m.Update(enter); a != (Closed{}) {
		t.Errorf("enter: %v", a)
	}
}

// Whoever scrolls through the help sees every key with all that it does, even on the smallest screen.
func TestHelpShowsEveryKeyAtAnySize(t *testing.T) {
	for _, size := range [][2]int{{20, 5}, {40, 10}, {80, 24}, {120, 36}, {200, 60}} {
		h := NewHelp(keys, theme.New(true, true))
		w, hh := h.Size(size[0], size[1])
		var read []string // the first line of each screen, then the rest of the last one
		var screen []string
		for {
			rows := strings.Split(ansi.Strip(h.View(w, hh)), "\n")
			next := rows[1 : len(rows)-2]
			if strings.Join(next, "") == strings.Join(screen, "") {
				break
			}
			screen = next
			read = append(read, screen[0])
			h.Update(tea.KeyPressMsg{Code: tea.KeyDown})
		}
		left, right := "", "" // the columns, read from top to bottom
		for _, l := range append(read, screen[1:]...) {
			l = strings.Trim(l, "│")
			cut := len(l)
			if w > columnWidth+4 {
				cut = len(ansi.Truncate(l, cell.Width(l)/2, ""))
			}
			left, right = left+" "+l[:cut], right+" "+l[cut:]
		}
		text := strings.Join(strings.Fields(left), " ") + " " + strings.Join(strings.Fields(right), " ")
		for _, g := range keys.Groups() {
			for _, b := range g.Bindings {
				if !strings.Contains(text, b.Label+" "+b.Long) {
					t.Errorf("%v: %s %q is not shown", size, b.Label, b.Long)
				}
			}
		}
	}
}

func TestHelpScrollsToItsEndAndNoFurther(t *testing.T) {
	h := NewHelp(keys, theme.New(true, true))
	first := h.View(40, 10)
	h.Update(letter('G'))
	last := ansi.Strip(h.View(40, 10))
	if !strings.Contains(last, "close a message") {
		t.Errorf("the last key is not at the bottom:\n%s", last)
	}
	h.Update(tea.KeyPressMsg{Code: tea.KeyDown})
	if got := ansi.Strip(h.View(40, 10)); got != last {
		t.Errorf("scrolled past the end:\n%s", got)
	}
	h.Update(letter('g'))
	if got := h.View(40, 10); got != first {
		t.Errorf("not back at the top:\n%s", ansi.Strip(got))
	}
	if a := h.Update(letter('?')); a != (Closed{}) {
		t.Errorf("? does not close the help: %v", a)
	}
}

const hostile = "\x1b[2J\x1b]0;x\x07 東京都 e\u0301\u0301 \u202e flag 🇹🇷 a-very-long-word-that-cannot-be-wrapped-anywhere-at-all\nsecond\r\n\tthird"

func TestEveryDialogIsExactlyAsLargeAsAsked(t *testing.T) {
	th := theme.New(true, true)
	q := question()
	q.Title, q.Text, q.Yes = hostile, hostile, hostile
	for name, d := range map[string]Dialog{
		"confirm": NewConfirm(q, keys, th),
		"message": NewMessage(Note{Title: hostile, Text: hostile, Details: hostile}, keys, th),
		"help":    NewHelp(keys, th),
	} {
		for w := 1; w <= 60; w++ {
			for h := 1; h <= 40; h++ {
				if h > 14 && h%7 != 0 || w > 24 && w%5 != 0 {
					continue // every small size, and a sample of the others
				}
				checkSize(t, name, d.View(w, h), w, h)
				if gw, gh := d.Size(w, h); gw < 1 || gh < 1 || gw > w || gh > h {
					t.Fatalf("%s wants %dx%d of %dx%d", name, gw, gh, w, h)
				}
			}
		}
	}
}

func TestOverlay(t *testing.T) {
	got := Overlay("abcdef\nghijkl\nmnopqr", 6, 3, "XX\nYY")
	if want := "abXXef\nghYYkl\nmnopqr"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Overlay("東京都", 6, 1, "X"); ansi.Strip(got) != "東X 都" {
		t.Errorf("half a wide character is left over: %q", got)
	}
}

func TestOverlayIsExactlyAsLargeAsTheBackground(t *testing.T) {
	th := theme.New(true, true)
	background := th.Box("back", []string{th.Selected.Render("東京都東京都東京都東京都"), "x"}, 30, 8, true) + "\nlast 東京都"
	for w := range 40 {
		for h := range 14 {
			for _, size := range [][2]int{{0, 0}, {1, 1}, {5, 3}, {12, 4}, {50, 20}} {
				got := Overlay(background, w, h, th.Box("front", []string{"東"}, size[0], size[1], true))
				if w == 0 || h == 0 {
					if got != "" {
						t.Fatalf("%dx%d: %q", w, h, got)
					}
					continue
				}
				checkSize(t, "overlay", got, w, h)
			}
		}
	}
}

func checkSize(t *testing.T, name, view string, w, h int) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) != h {
		t.Fatalf("%s at %dx%d has %d lines", name, w, h, len(lines))
	}
	for _, l := range lines {
		if n := cell.Width(l); n != w {
			t.Fatalf("%s at %dx%d: %q is %d cells", name, w, h, l, n)
		}
	}
}

func BenchmarkOverlay(b *testing.B) {
	th := theme.New(true, true)
	lines := make([]string, 60)
	for i := range lines {
		lines[i] = th.Good.Render("●") + " " + th.Key.Render("telemetryInterval") + strings.Repeat(" x", 60)
	}
	background := th.Box("back", lines, 200, 60, false)
	box := th.Box("front", lines[:20], 100, 30, true)
	b.ReportAllocs()
	for b.Loop() {
		Overlay(background, 200, 60, box)
	}
}

func TestHelpTurnsPages(t *testing.T) {
	h := NewHelp(keys, theme.New(true, true))
	rows := func() []string {
		all := strings.Split(ansi.Strip(h.View(40, 12)), "\n")
		return all[1 : len(all)-2]
	}
	first := rows()
	h.Update(tea.KeyPressMsg{Code: tea.KeyPgDown})
	if next := rows(); next[0] != first[len(first)-1] {
		t.Errorf("the next page begins with %q, not with the last line of the one before, %q", next[0], first[len(first)-1])
	}
	h.Update(tea.KeyPressMsg{Code: tea.KeyPgUp})
	if back := rows(); back[0] != first[0] {
		t.Errorf("back to %q", back[0])
	}
}

// The help begins with the keys of the place where it was asked for, and says how much of it there is.
func TestHelpBeginsWithTheScopesInFront(t *testing.T) {
	h := NewHelp(keys, theme.New(true, true), "Live", "Selection")
	text := ansi.Strip(h.View(80, 12))
	if first := strings.Split(text, "\n")[1]; !strings.Contains(first, "Live pane") {
		t.Errorf("it begins with %q", first)
	}
	if !strings.Contains(text, "1–9 of ") {
		t.Errorf("no place in\n%s", text)
	}
	live, selection := strings.Index(strings.Join(h.column(h.groups, 80), "\n"), "Live pane"), strings.Index(strings.Join(h.column(h.groups, 80), "\n"), "Selected device")
	if everywhere := strings.Index(strings.Join(h.column(h.groups, 80), "\n"), "Everywhere"); live > selection || selection > everywhere {
		t.Errorf("in the order %d %d %d", live, selection, everywhere)
	}
}

// While a name is typed, n is a letter of it: only esc says no.
func TestTheKeysOfAQuestionWithANameToType(t *testing.T) {
	c := NewConfirm(Question{Title: "Delete?", Text: "for good", Yes: "Delete", No: "Keep it", Type: "n1"}, keys, theme.New(true, true))
	shows := func(want, not string) {
		t.Helper()
		if text := ansi.Strip(c.View(70, 10)); !strings.Contains(text, want) || strings.Contains(text, not) {
			t.Errorf("want %q and no %q in\n%s", want, not, text)
		}
	}
	shows("esc no", "n/esc")
	c.Update(letter('n'))
	c.Update(letter('1'))
	shows("esc no  ←/→ switch", "n/esc")
	c.Update(tea.KeyPressMsg{Code: tea.KeyRight})
	shows("enter accept  esc no", "n/esc")
}
