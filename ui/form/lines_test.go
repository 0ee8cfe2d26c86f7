package form

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

func TestALongStringIsTypedOnSeveralLines(t *testing.T) {
	f := newForm(t, patch.Desired, `{"motd":"first\n\tsecond \u001b[2J\u0007\r\n\u202elast","n":1}`)
	before, _ := f.draft.Get("motd")
	press(f, "enter")
	wantOn(t, f, "│ first", "│ ␉second ␛[2J␇␍", `│ \u202elast`, "tab accept", "esc take back")
	press(f, "tab")
	if f.Dirty() {
		t.Fatalf("looked at, it is %q", f.draft.JSON())
	}
	press(f, "enter", "down", "end", "!", "enter", "new line", "tab")
	want := strings.Replace(before.Text(), "\r\n", "\r!\nnew line\n", 1)
	if got, _ := f.draft.Get("motd"); got.Text() != want {
		t.Errorf("got %q, want %q", got.Text(), want)
	}
	if got := save(t, f); got.Patch.Len() != 1 {
		t.Errorf("would send %s", got.Patch.JSON())
	}
}

// A line that is longer than the form goes on in the next row, and the cursor walks along.
func TestALongLineIsWrapped(t *testing.T) {
	long := strings.Repeat("0123456789", 30)
	f := newForm(t, patch.Desired, `{"certificate":"`+long+`"}`)
	press(f, "enter")
	got := screen(f, 80, 24)
	shown := 0
	for l := range strings.SplitSeq(got, "\n") {
		shown += strings.Count(l, "0123456789")
	}
	if strings.Contains(got, cell.Ellipsis) || shown < 26 {
		t.Fatalf("is not shown whole:\n%s", got)
	}
	press(f, "down", "X", "end", "Y", "tab")
	v, _ := f.draft.Get("certificate")
	if at := strings.Index(v.Text(), "X"); at < 50 || at > 80 || !strings.HasSuffix(v.Text(), "9Y") {
		t.Errorf("got %s", v.Text())
	}
}

func TestJSONIsTypedWithThePlaceOfAMistake(t *testing.T) {
	f := newForm(t, patch.Desired, `{"list":[{"name":"first","at":1.0},{"name":"second","at":1e3}],"a":1}`)
	press(f, "enter")
	wantOn(t, f, "list", "array", ` 1 [`, ` 3     "name": "first",`, `"at": 1e3`, "a JSON array")
	press(f, "down", "down", "down", "end", ",")
	wantOn(t, f, "✗5", "✗ line 5")
	press(f, "tab")
	wantOn(t, f, "✗ line 5") // and it is still open
	press(f, "backspace", "0", "tab")
	if got := save(t, f); got.Patch.JSON() != `{"list":[{"name":"first","at":1.00},{"name":"second","at":1e3}]}` {
		t.Errorf("would send %s", got.Patch.JSON())
	}
}

func TestAGroupAndTheSectionAsJSON(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	press(f, "j", "j", "j", "J")
	wantOn(t, f, "sensor", ` 2   "unit": "C",`, `85.50`)
	wantNotOn(t, f, "▾ limits")
	press(f, "down", "end", "left", "left", "F", "tab")
	if v, _ := f.draft.At(patch.Path{"sensor", "unit"}); v.Text() != "CF" {
		t.Errorf("got %s", f.draft.JSON())
	}
	press(f, "G", "J")
	wantOn(t, f, ` 1 {`, `"interval": 60.0,`)
	press(f, "down", "ctrl+k", "tab")
	if got := save(t, f); got.Patch.JSON() != `{"sensor":{"unit":"CF"},"firmware":null}` {
		t.Errorf("would send %s", got.Patch.JSON())
	}
	press(f, "esc", "G", "J", "tab")
	if got := save(t, f); got.Patch.JSON() != `{"sensor":{"unit":"CF"},"firmware":null}` {
		t.Errorf("looked at once more: %s", got.Patch.JSON())
	}
}

func TestOneLineBecomesSeveralAndTheReverse(t *testing.T) {
	f := newForm(t, patch.Desired, `{"s":"a","n":122}`)
	press(f, "enter", "b", "ctrl+l", "enter", "122")
	wantOn(t, f, "│ ab", "│ 122")
	press(f, "ctrl+l")
	wantOn(t, f, `"ab\n122"`, "enter accept")
	press(f, "enter")
	if v, _ := f.draft.Get("s"); v.Text() != "ab\n122" {
		t.Errorf("got %s", f.draft.JSON())
	}
	press(f, "a", "new", "enter", "ctrl+l", "122", "tab")
	if v, _ := f.draft.Get("new"); v.JSON() != "122" {
		t.Errorf("typed on several lines it is %s", f.draft.JSON())
	}
}

// What took long to type does not go by one key.
func TestTakingBackManyLinesAsksOnce(t *testing.T) {
	f := newForm(t, patch.Desired, `{"s":"a\nb"}`)
	press(f, "enter", "esc")
	if f.typing != nil {
		t.Fatal("nothing was typed, and it asks")
	}
	press(f, "enter", "x", "esc")
	wantOn(t, f, "esc once more")
	press(f, "y", "esc")
	wantOn(t, f, "esc once more")
	press(f, "esc")
	if f.typing != nil || f.Dirty() {
		t.Errorf("it is still there:\n%s", screen(f, 80, 24))
	}
}

func TestManyLinesSurviveTheProgram(t *testing.T) {
	for name, keys := range map[string][]string{
		"a string":      {"enter", "x\x1b"},
		"a new one":     {"a", "k", "enter", "ctrl+l", "[", "enter", "1"},
		"a group":       {"j", "J", "down", "end", "broken"},
		"the section":   {"G", "J", "down", "ctrl+k"},
		"an empty text": {"enter", "ctrl+k"},
	} {
		t.Run(name, func(t *testing.T) {
			const twin = `{"s":"a\nb\t\u001b","g":{"x":1}}`
			f := newForm(t, patch.Desired, twin)
			press(f, keys...)
			d, dirty := f.Draft()
			if !dirty {
				t.Fatal("is nothing to keep")
			}
			g := newForm(t, patch.Desired, twin)
			g.Restore(d, time.Now())
			if g.typing == nil || g.typing.text() != f.typing.text() || g.typing.section() != f.typing.section() {
				t.Fatalf("was\n%s\nis\n%s", screen(f, 80, 24), screen(g, 80, 24))
			}
			press(f, "tab")
			press(g, "tab")
			if f.draft.JSON() != g.draft.JSON() || (f.typing == nil) != (g.typing == nil) {
				t.Errorf("%s and %s", f.draft.JSON(), g.draft.JSON())
			}
		})
	}
}

// Whatever the width and wherever the cursor: the rows hold the whole text, each of the width asked, and
// the cursor is in one of them.
func TestWrappedRowsHoldTheWholeText(t *testing.T) {
	th := theme.New(true, false)
	keys := []string{"up", "down", "left", "right", "home", "end", "pgup", "pgdown", "x", "enter", "backspace"}
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 2))
		a := area{whole: true}
		a.set(strings.Repeat(hostile[r.IntN(len(hostile))]+hostile[r.IntN(len(hostile))], 1+r.IntN(4)))
		for range 60 {
			w := 2 + r.IntN(30)
			spans := a.wrap(w)
			var text strings.Builder
			for i, s := range spans {
				if s.from == 0 && i > 0 {
					text.WriteByte('\n')
				}
				text.WriteString(string(a.lines[s.line][s.from:s.to]))
				got := a.drawSpan(th, i, w)
				if ansi.StringWidth(got) != w {
					t.Fatalf("seed %d: row %d of %q in %d cells: %q", seed, i, a.text(), w, got)
				}
				if cursor := strings.Contains(got, "\x1b[7m"); cursor != (i == a.spanAt(w)) {
					t.Fatalf("seed %d: the cursor is not in row %d of %q", seed, a.spanAt(w), a.text())
				}
			}
			if text.String() != a.text() {
				t.Fatalf("seed %d: %q is drawn as %q", seed, a.text(), text.String())
			}
			write(&a, keys[r.IntN(len(keys))])
		}
	}
}

// A section as large as there is: a key costs no more than a frame should.
func BenchmarkTypingTheSection(b *testing.B) {
	f := newForm(b, patch.Desired, "{}")
	f.Update(tea.PasteMsg{})
	v := patch.Object()
	for i := range 1000 {
		v = v.With(patch.Path{fmt.Sprint("group", i/50), fmt.Sprint("property", i)}, patch.String("value"))
	}
	f.set(patch.Path{"all"}, v)
	press(f, "G", "J")
	for b.Loop() {
		press(f, "down")
		f.View(120, 36)
	}
}
