package cell

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

func TestSafe(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"plain":                    {"thermostat-07", "thermostat-07"},
		"other scripts":            {"İstanbul 東京 Ελλάδα", "İstanbul 東京 Ελλάδα"},
		"an accent of its own":     {"e\u0301te\u0301", "e\u0301te\u0301"},
		"escape sequence":          {"\x1b[2Jgone", "␛[2Jgone"},
		"operating system command": {"\x1b]52;c;AAAA\x07", "␛]52;c;AAAA␇"},
		"lines":                    {"a\r\nb\tc\x7f", "a␍↵b␉c␡"},
		"C1":                       {"a\u009b31mb", `a\u009b31mb`},
		"bidirectional override":   {"abc\u202edef", `abc\u202edef`},
		"zero width":               {"a\u200bb\ufeff", `a\u200bb\ufeff`},
		"no UTF-8":                 {"a\xff\xc3", "a\ufffd\ufffd"},
		"a raw C1 byte":            {"a\x9b31m", "a\ufffd31m"},
		"a mark without a base":    {"\u0301x", `\u0301x`},
		"too many marks":           {"a\u0301\u0301\u0301\u0301", `a\u0301\u0301\u0301\u0301`},
		"a flag":                   {"🇹🇷", `\U0001f1f9\U0001f1f7`},
		"a family":                 {"👩\u200d👧", `👩\u200d\U0001f467`},
		"a space that looks alike": {"a\u00a0b", `a\u00a0b`},
		"a line separator":         {"a\u2028b", `a\u2028b`},
		"empty":                    {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Safe(tc.in); got != tc.want {
				t.Errorf("Safe(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

// What is hidden is hidden before anything is cut or escaped, until it need not be any more.
func TestSafeHidesWhatItIsTold(t *testing.T) {
	defer Conceal(nil)
	Conceal(hider{})
	if got := Cover("a se\ncret\x1b"); got != "a ++\n++++\x1b" {
		t.Errorf("covers %q", got)
	}
	if got := Safe("a se\ncret\x1b"); got != "a *␛" {
		t.Errorf("shows %q", got)
	}
	Conceal(nil)
	if got := Safe("se\ncret") + Cover("se\ncret"); got != "se↵cretse\ncret" {
		t.Errorf("still hides: %q", got)
	}
}

type hider struct{}

func (hider) Text(s string) string  { return strings.ReplaceAll(s, "se\ncret", "*") }
func (hider) Cover(s string) string { return strings.ReplaceAll(s, "se\ncret", "++\n++++") }

func TestFit(t *testing.T) {
	for name, tc := range map[string]struct {
		in    string
		w     int
		left  string
		right string
	}{
		"short":                 {"ab", 4, "ab  ", "  ab"},
		"exact":                 {"abcd", 4, "abcd", "abcd"},
		"long":                  {"abcdef", 4, "abc…", "abc…"},
		"one cell":              {"abc", 1, "…", "…"},
		"nothing":               {"abc", 0, "", ""},
		"less than nothing":     {"abc", -3, "", ""},
		"wide at the edge":      {"東京都", 4, "東… ", " 東…"},
		"wide in one cell":      {"東", 1, "…", "…"},
		"a style stays closed":  {"\x1b[1mabcdef\x1b[m", 4, "\x1b[1mabc…\x1b[m", "\x1b[1mabc…\x1b[m"},
		"wider than the blanks": {"", 150, strings.Repeat(" ", 150), strings.Repeat(" ", 150)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Fit(tc.in, tc.w); got != tc.left {
				t.Errorf("Fit = %q, want %q", got, tc.left)
			}
			if got := FitRight(tc.in, tc.w); got != tc.right {
				t.Errorf("FitRight = %q, want %q", got, tc.right)
			}
		})
	}
}

var hostile = []string{
	"", "plain", "\x1b[31mred\x1b[m", "\x1b]0;title\x07", "\x9b2J", "東京", "e\u0301\u0301", "\u202e", "🇹🇷🇹", "👩\u200d👧",
	"a\xffb", "\u200d\u0301", "\u0600١", "क्षि", "\u1100\u1161\u11a8", "1\ufe0f\u20e3", "\U000e0041", "ﷺ", "\u2003",
}

// Lines cut one after the other hold the whole text, and none is wider than asked.
func TestCut(t *testing.T) {
	for _, raw := range append(hostile, "東京都abc東", strings.Repeat("xy ", 40)) {
		s := Safe(raw)
		for w := -1; w < 12; w++ {
			whole := ""
			for rest := s; rest != ""; {
				var head string
				head, rest = Cut(rest, w)
				if head == "" || Width(head) > max(w, 1) && utf8.RuneCountInString(head) > 1 {
					t.Fatalf("%q in %d cells: a line %q", s, w, head)
				}
				whole += head
			}
			if whole != s {
				t.Errorf("%q in %d cells: %q", s, w, whole)
			}
		}
	}
}

func FuzzSafe(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Safe(s)
		if !utf8.ValidString(got) {
			t.Fatalf("%q is no UTF-8", got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
				t.Fatalf("Safe(%q) = %q holds %U", s, got, r)
			}
		}
		if g, wc := ansi.StringWidth(got), ansi.StringWidthWc(got); g != wc {
			t.Fatalf("Safe(%q) = %q is %d cells wide by clusters and %d by runes", s, got, g, wc)
		}
		if again := Safe(got); again != got {
			t.Fatalf("Safe is not stable: %q, then %q", got, again)
		}
		if s != "" && Width(got) == 0 {
			t.Fatalf("%q became invisible: %q", s, got)
		}
	})
}

func FuzzFit(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, i)
	}
	f.Fuzz(func(t *testing.T, s string, w int) {
		w %= 300
		for _, text := range []string{Safe(s), "\x1b[1m" + Safe(s) + "\x1b[m"} {
			for _, got := range []string{Fit(text, w), FitRight(text, w)} {
				if n := ansi.StringWidth(got); n != max(w, 0) {
					t.Fatalf("%q in %d cells is %q, %d cells", text, w, got, n)
				}
				if n := ansi.StringWidthWc(got); n != max(w, 0) {
					t.Fatalf("%q in %d cells is %q, %d cells by runes", text, w, got, n)
				}
			}
		}
	})
}

func BenchmarkSafe(b *testing.B) {
	for name, s := range map[string]string{"plain": "telemetryInterval", "turkish": "İstanbul şubesi", "hostile": "\x1b[2J\u202egone 🇹🇷"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Safe(s)
			}
		})
	}
}
