package form

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/ui/theme"
)

// typist lets press type into an area.
type typist struct{ *area }

func (t typist) Update(msg tea.Msg) Action {
	t.update(msg)
	return nil
}

func (typist) View(int, int) string { return "" }

// write presses keys in an area: names of keys, or what is typed.
func write(a *area, keys ...string) {
	for _, k := range keys {
		if letter, ok := strings.CutPrefix(k, "ctrl+"); ok {
			a.update(tea.KeyPressMsg{Code: rune(letter[0]), Mod: tea.ModCtrl})
		} else {
			press(typist{a}, k)
		}
	}
}

func areaOf(text string) area {
	a := newArea()
	a.set(text)
	return a
}

func TestTypingSeveralLines(t *testing.T) {
	for name, tc := range map[string]struct {
		begin string
		keys  []string
		want  string // with | where the cursor is
	}{
		"typing":            {"", []string{"ab", "enter", "c"}, "ab\nc|"},
		"within":            {"ac", []string{"left", "b"}, "ab|c"},
		"split":             {"ab", []string{"left", "enter"}, "a\n|b"},
		"join backwards":    {"a\nb", []string{"home", "backspace"}, "a|b"},
		"join forwards":     {"a\nb", []string{"up", "end", "delete"}, "a|b"},
		"past the ends":     {"a\nb", []string{"up", "up", "home", "left", "backspace", "x"}, "x|a\nb"},
		"over a line's end": {"a\nb", []string{"home", "left", "right", "right", "c"}, "a\nbc|"},
		"shorter line":      {"abc\nd\nefg", []string{"up", "x"}, "abc\ndx|\nefg"},
		"clear the line":    {"a b\nc d", []string{"ctrl+u"}, "a b\n|"},
		"clear behind":      {"a b\nc d", []string{"home", "ctrl+k"}, "a b\n|"},
		"clear a word":      {"a bc  ", []string{"ctrl+w"}, "a |"},
		"wide":              {"東京", []string{"left", "都"}, "東都|京"},
	} {
		t.Run(name, func(t *testing.T) {
			a := areaOf(tc.begin)
			write(&a, tc.keys...)
			marked := areaOf(a.text())
			marked.at, marked.col = a.at, a.col
			marked.insert("|")
			if got := marked.text(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestPastingSeveralLines(t *testing.T) {
	a := areaOf("ac")
	write(&a, "left")
	a.update(tea.PasteMsg{Content: "1\r\n\t2\r3\x1b[2J\x00\u202e\xff"})
	if got := a.text(); got != "a1\n  2\n3[2J\u202ec" {
		t.Errorf("got %q", got)
	}
}

// Whatever is pressed: no panic, the cursor stays in the text, and a frame is as wide as asked.
func TestAreaRandomKeys(t *testing.T) {
	keys := []string{"a", "東", " ", "enter", "backspace", "delete", "left", "right", "up", "down", "home", "end", "pgup", "pgdown", "ctrl+u", "ctrl+k", "ctrl+w"}
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 1))
		a := areaOf(strings.Repeat("line\n", r.IntN(5)))
		for range 500 {
			write(&a, keys[r.IntN(len(keys))])
			if a.at < 0 || a.at >= len(a.lines) || a.col < 0 || a.col > len(a.lines[a.at]) || strings.Count(a.text(), "\n") != len(a.lines)-1 {
				t.Fatalf("seed %d: the cursor is at %d:%d of %q", seed, a.at, a.col, a.text())
			}
			if strings.ContainsFunc(strings.ReplaceAll(a.text(), "\n", ""), unicode.IsControl) {
				t.Fatalf("%q", a.text())
			}
			w := 1 + r.IntN(30)
			if got := ansi.StringWidth(a.line(theme.New(true, true), a.at, w)); got != w {
				t.Fatalf("%d cells instead of %d", got, w)
			}
		}
	}
}
