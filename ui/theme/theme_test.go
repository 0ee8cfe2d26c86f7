package theme

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/keymap"
	"twindeck/ui/cell"
)

func TestBox(t *testing.T) {
	got := ansi.Strip(New(true, true).Box("1 Devices", []string{" one", " a line that is too long"}, 18, 5, true))
	want := strings.Join([]string{
		"┌─ 1 Devices ────┐",
		"│ one            │",
		"│ a line that is…│",
		"│                │",
		"└────────────────┘",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestBoxIsExactlyAsLargeAsAsked(t *testing.T) {
	lines := []string{"plain", "東京都 wide", "\x1b[1mbold and long enough to be cut\x1b[m", "e\u0301"}
	for _, th := range []Theme{{}, New(true, true), New(false, true), New(true, false)} {
		for w := range 40 {
			for h := range 12 {
				for _, title := range []string{"", "t", "a long title 東京都東京都東京都"} {
					got := th.Box(title, lines, w, h, w%2 == 0)
					if w == 0 || h == 0 {
						if got != "" {
							t.Fatalf("%dx%d: %q", w, h, got)
						}
						continue
					}
					rows := strings.Split(got, "\n")
					if len(rows) != h {
						t.Fatalf("%dx%d: %d lines", w, h, len(rows))
					}
					for _, r := range rows {
						if n := cell.Width(r); n != w {
							t.Fatalf("%dx%d, title %q: %q is %d cells", w, h, title, r, n)
						}
					}
				}
			}
		}
	}
}

// colour finds the parameters of SGR that set a colour (ECMA-48 §8.3.117).
var colour = regexp.MustCompile(`[\[;](3|4|9|10)[0-8]`)

// Without colour the focused pane must still be told apart, and so must the chosen row and button.
func TestMeaningSurvivesWithoutColour(t *testing.T) {
	th := New(true, false)
	if a, b := ansi.Strip(th.Box("x", nil, 10, 3, true)), ansi.Strip(th.Box("x", nil, 10, 3, false)); a == b {
		t.Error("a focused frame looks like any other")
	}
	v := reflect.ValueOf(th)
	for i := range v.NumField() {
		if v.Type().Field(i).Type != reflect.TypeFor[Style]() {
			continue
		}
		if open := v.Field(i).FieldByName("open").String(); colour.MatchString(open) {
			t.Errorf("%s has a colour: %q", v.Type().Field(i).Name, open)
		}
	}
	if coloured := New(true, true).Good.open; !colour.MatchString(coloured) {
		t.Errorf("%q is not recognised as a colour", coloured)
	}
	if th.Selected.Render("x") == "x" || th.Selected == th.Unfocused || th.ButtonOn == th.Button {
		t.Error("the chosen row or button cannot be told apart")
	}
}

func TestStyleOverKeepsTheBackgroundBehindColumns(t *testing.T) {
	th := New(true, true)
	got := th.Selected.Over(th.Good.Render("a") + " b")
	after := strings.SplitN(got, "a"+reset, 2)
	if len(after) != 2 || !strings.HasPrefix(after[1], th.Selected.open) {
		t.Errorf("the background ends with the first column: %q", got)
	}
	if !strings.HasSuffix(got, reset) {
		t.Errorf("the style is left open: %q", got)
	}
}

func TestSymbolsAreOneCellWide(t *testing.T) {
	for _, s := range []string{Connected, Disconnected, Observed, Disabled, InSync, Pending, Rejected, ReportedOnly, Folded, Unfolded, Ascending, Descending, Mark, Arrow, Absent} {
		if ansi.StringWidth(s) != 1 || ansi.StringWidthWc(s) != 1 || cell.Safe(s) != s {
			t.Errorf("%q is not one well-behaved cell", s)
		}
	}
}

func TestHintsShowWholeBindingsOnly(t *testing.T) {
	k := keymap.Default()
	th := New(true, true)
	all := []keymap.Binding{k.Selection.EditDesired, {}, k.Selection.NewDevice, k.Global.Help}
	full := "e edit  n new device  ? help"
	if got := ansi.Strip(th.Hints(80, all...)); got != full {
		t.Errorf("got %q, want %q", got, full)
	}
	for w := range 40 {
		got := ansi.Strip(th.Hints(w, all...))
		if cell.Width(got) > w || !strings.HasPrefix(full, got) {
			t.Errorf("%d cells: %q", w, got)
		}
		if rest := strings.TrimPrefix(full, got); rest != "" && got != "" && !strings.HasPrefix(rest, "  ") {
			t.Errorf("%d cells: a binding was cut: %q", w, got)
		}
	}
}

// Readable on a projector: WCAG 2.1 §1.4.3 asks for 4.5:1 of text against its background.
func TestTextHasContrast(t *testing.T) {
	for name, tc := range map[string]struct {
		p           palette
		backgrounds []string
	}{
		"dark":  {darkPalette, []string{"#000000", "#1e1e1e", darkPalette.surface, darkPalette.selection}},
		"light": {lightPalette, []string{"#ffffff", "#f6f6f6", lightPalette.surface, lightPalette.selection}},
	} {
		p := tc.p
		texts := p.texts()
		for _, bg := range tc.backgrounds {
			for _, fg := range texts {
				if c := contrast(fg, bg); c < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f", name, fg, bg, c)
				}
			}
		}
		if c := contrast(p.onAccent, p.accent); c < 4.5 {
			t.Errorf("%s: a button has a contrast of %.2f", name, c)
		}
	}
}

func (p palette) texts() []string {
	return append([]string{p.text, p.muted, p.accent, p.good, p.warn, p.bad, p.key, p.number, p.boolean}, p.clients[:]...)
}

// On a terminal of sixteen colours the row of the cursor must neither vanish in the
// background nor swallow a text on it.
func TestTheSelectionShowsInSixteenColours(t *testing.T) {
	reduce := func(hex string) ansi.BasicColor { return ansi.Convert16(lipgloss.Color(hex)) }
	for name, tc := range map[string]struct {
		p          palette
		background ansi.BasicColor
	}{
		"dark":  {darkPalette, ansi.Black},
		"light": {lightPalette, ansi.BrightWhite},
	} {
		on := reduce(tc.p.selection)
		if on == tc.background {
			t.Errorf("%s: the selection becomes the background", name)
		}
		for _, fg := range tc.p.texts() {
			if reduce(fg) == on {
				t.Errorf("%s: %s becomes the colour of the selection, %d", name, fg, on)
			}
		}
	}
}

func contrast(a, b string) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(hex string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			panic(fmt.Sprintf("%s is no colour", hex))
		}
		c := float64(n) / 255
		if c <= 0.03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func BenchmarkBox(b *testing.B) {
	th := New(true, true)
	row := th.Good.Render(Connected) + " " + th.Key.Render("telemetryInterval") + " " + th.Number.Render("122")
	lines := make([]string, 60)
	for i := range lines {
		lines[i] = row
	}
	b.ReportAllocs()
	for b.Loop() {
		th.Box("2 thermostat-07", lines, 100, 60, true)
	}
}

// A click on a hint finds the binding whose text is there.
func TestHintAtIsWhatIsDrawn(t *testing.T) {
	k := keymap.Default()
	th := New(true, true)
	first, always := []keymap.Binding{k.Selection.EditDesired, {}, k.Selection.NewDevice}, []keymap.Binding{k.Global.Help, k.Global.Quit}
	for w := range 60 {
		line := ansi.Strip(th.BothHints(w, first, always))
		for _, b := range append(first, always...) {
			text := b.Label + " " + b.Short
			x := strings.Index(line, text)
			if b.Label == "" || x < 0 {
				continue
			}
			for _, at := range []int{x, x + len(text) - 1} {
				if got, ok := th.HintAt(at, w, first, always); !ok || got.Short != b.Short {
					t.Errorf("%d cells: at %d of %q is %q, want %q", w, at, line, got.Short, b.Short)
				}
			}
		}
		for _, at := range []int{-1, len(line), 100} {
			if got, ok := th.HintAt(at, w, first, always); ok {
				t.Errorf("%d cells: at %d of %q is %q", w, at, line, got.Short)
			}
		}
	}
}
