package form

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

func TestLineKeepsTheCursorInView(t *testing.T) {
	th := theme.New(true, false) // the cursor is the cell in reverse
	l := newLine("a fairly long text with a MARK in it")
	for _, tc := range []struct {
		press tea.KeyPressMsg
		times int
		want  string // what is seen around the cursor
	}{
		{tea.KeyPressMsg{Code: tea.KeyEnd}, 1, " in it"},
		{tea.KeyPressMsg{Code: tea.KeyLeft}, 10, "MARK"},
		{tea.KeyPressMsg{Code: tea.KeyHome}, 1, "a fair"},
	} {
		for range tc.times {
			l.update(tc.press)
		}
		got := l.view(th, 12)
		if cell.Width(got) != 12 || !strings.Contains(ansi.Strip(got), tc.want) || !strings.Contains(got, "\x1b[7m") {
			t.Errorf("after %s: %q", tc.press, got)
		}
	}
}

func TestLineShowsNoSecret(t *testing.T) {
	l := newLine("c2VjcmV0")
	l.masked = true
	for range 9 {
		if got := ansi.Strip(l.view(theme.New(true, true), 20)); strings.ContainsAny(got, "c2VjmV0") || !strings.Contains(got, "•••") {
			t.Fatalf("shows %q", got)
		}
		l.update(tea.KeyPressMsg{Code: tea.KeyLeft})
	}
}

func FuzzLineIsExactlyAsWideAsAsked(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, i, 2*i)
	}
	f.Fuzz(func(t *testing.T, s string, w, left int) {
		w %= 60
		l := newLine(s)
		for range left % 20 {
			l.update(tea.KeyPressMsg{Code: tea.KeyLeft})
		}
		for _, masked := range []bool{false, true} {
			l.masked = masked
			got := l.view(theme.New(true, false), w)
			if n := ansi.StringWidth(got); n != max(w, 0) {
				t.Fatalf("%q in %d cells: %q is %d", s, w, got, n)
			}
			if w > 0 && !strings.Contains(got, "\x1b[7m") {
				t.Fatalf("%q in %d cells: no cursor in %q", s, w, got)
			}
		}
	})
}

var hostile = []string{
	"plain", "", "\x1b[2J\x1b]0;x\x07", "東京都東京都東京都", "e\u0301\u0301te\u0301", "\u202edcba", "🇹🇷 flag",
	"a\xffb", "\u200d\u0301", "a-very-long-text-without-any-place-to-break-it-at-all-that-goes-on", "x\u0301y\nz\r\t", "👩\u200d👧 👍🏽",
}
