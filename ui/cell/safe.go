package cell

import (
	"fmt"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Safe returns s as one line that a terminal can only print. Whatever could move the
// cursor, change a setting, reorder or hide text becomes visible instead: a newline is ↵,
// other control characters are their pictures (␛ for escape), everything else that has no
// shape of its own (C1 controls, bidirectional overrides, zero-width characters) is \u and
// its number, and a byte that is no UTF-8 is U+FFFD. Clusters about whose width terminals
// disagree (flags, families, keycaps) are spelled out too, so that columns stay aligned.
//
// Every string that came from a hub, a file or the environment passes through here before
// it is shown. It keeps ordinary text of any script as it is, but for what [Conceal] hides.
func Safe(s string) string {
	if hide := hidden.Load(); hide != nil {
		s = (*hide).Text(s)
	}
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for s != "" {
		if s[0] >= 0x20 && s[0] < 0x7f && (len(s) == 1 || s[1] < 0x80) {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		if s[0] < 0x20 || s[0] == 0x7f {
			writeControl(&b, rune(s[0]))
			s = s[1:]
			continue
		}
		cluster, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if cluster == "" { // the width tables know every byte; never loop should they stop to
			cluster = s[:1]
		}
		writeCluster(&b, cluster)
		s = s[len(cluster):]
	}
	return b.String()
}

// Hider hides what an audience must not see. Its methods may be called concurrently.
type Hider interface {
	// Text returns text with a mask in the place of what is hidden, whose length tells nothing.
	Text(text string) string
	// Cover returns text with as many characters, those that are hidden covered one by one.
	Cover(text string) string
}

// hidden is what Safe and Cover apply; nil: nothing.
var hidden atomic.Pointer[Hider]

// Conceal makes Safe hide what an audience must not see. nil ends that. It holds for the whole
// process, because what a screen shows is made in many places, and there is one screen. Text that was
// made safe before stays as it is.
func Conceal(hider Hider) {
	if hider == nil {
		hidden.Store(nil)
		return
	}
	hidden.Store(&hider)
}

// Cover hides the same as Safe does, character by character, and makes nothing else safe. It is for
// text that is drawn in parts, such as a line around a cursor: in its parts a secret is not recognised.
func Cover(text string) string {
	if hide := hidden.Load(); hide != nil {
		return (*hide).Cover(text)
	}
	return text
}

// maxMarks is how many combining marks one character may carry: enough for every living
// language, too few to draw over the lines above and below.
const maxMarks = 3

// writeCluster writes one user-perceived character, or the runes it is made of when it
// cannot be printed as one.
func writeCluster(b *strings.Builder, cluster string) {
	first, size := utf8.DecodeRuneInString(cluster)
	if shown(first, size) && !unicode.Is(unicode.M, first) {
		rest, marks := cluster[size:], 0
		whole := true
		for i, r := range rest {
			_, n := utf8.DecodeRuneInString(rest[i:])
			whole = whole && shown(r, n)
			if unicode.Is(unicode.M, r) {
				marks++
			}
		}
		if w := ansi.StringWidth(cluster); whole && marks <= maxMarks && w > 0 && w == ansi.StringWidthWc(cluster) {
			b.WriteString(cluster)
			return
		}
	}
	for i, r := range cluster {
		_, n := utf8.DecodeRuneInString(cluster[i:])
		alone := cluster[i : i+n]
		w := ansi.StringWidth(alone)
		switch {
		case r == utf8.RuneError && n <= 1:
			b.WriteRune(utf8.RuneError)
		case r < 0x20 || r == 0x7f:
			writeControl(b, r)
		case i == 0 && shown(r, n) && !unicode.Is(unicode.M, r) && w > 0 && w == ansi.StringWidthWc(alone):
			b.WriteRune(r)
		default:
			writeEscape(b, r)
		}
	}
}

// shown reports whether a rune of n bytes has a shape of its own.
func shown(r rune, n int) bool {
	if r == utf8.RuneError {
		return n > 1
	}
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0: // printable by category, invisible by design
		return false
	}
	if unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Regional_Indicator, r) {
		return false
	}
	return unicode.IsPrint(r)
}

func writeControl(b *strings.Builder, r rune) {
	switch r {
	case '\n':
		b.WriteRune('↵')
	case 0x7f:
		b.WriteRune('␡')
	default:
		b.WriteRune('␀' + r)
	}
}

func writeEscape(b *strings.Builder, r rune) {
	if r > 0xffff {
		fmt.Fprintf(b, `\U%08x`, r)
		return
	}
	fmt.Fprintf(b, `\u%04x`, r)
}
