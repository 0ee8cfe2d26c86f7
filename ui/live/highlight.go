package live

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"twindeck/ui/theme"
)

// highlight marks where a styled line has one of the terms. Styles around a match go on behind it.
func highlight(line string, terms []term, mark theme.Style) string {
	plain, folded := unstyled(line)
	marked := make([]bool, len(plain))
	some := false
	for _, t := range terms {
		if t.not {
			continue
		}
		for from := 0; ; {
			at := strings.Index(folded[from:], t.text)
			if at < 0 {
				break
			}
			from += at + len(t.text)
			for i := from - len(t.text); i < from; i++ {
				marked[i], some = true, true
			}
		}
	}
	if !some {
		return line
	}
	var b strings.Builder
	open, at := "", 0 // what styles the text outside of matches; place in plain
	for i := 0; i < len(line); {
		if n := escape(line[i:]); n > 0 {
			if seq := line[i : i+n]; seq == "\x1b[m" || seq == "\x1b[0m" {
				open = ""
			} else {
				open += seq
			}
			b.WriteString(line[i : i+n])
			i += n
			continue
		}
		n := 1
		for i+n < len(line) && at+n < len(marked) && marked[at+n] == marked[at] && line[i+n] != '\x1b' {
			n++
		}
		if marked[at] {
			if open != "" {
				b.WriteString("\x1b[m")
			}
			b.WriteString(mark.Render(line[i : i+n]))
			b.WriteString(open)
		} else {
			b.WriteString(line[i : i+n])
		}
		i, at = i+n, at+n
	}
	return b.String()
}

// unstyled returns a line without its styles, as it is and in lower case; both are of one length. A
// letter whose lower case is longer or shorter stays as it is.
func unstyled(line string) (plain, folded string) {
	var p, f strings.Builder
	for i := 0; i < len(line); {
		if n := escape(line[i:]); n > 0 {
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(line[i:])
		p.WriteString(line[i : i+n])
		if low := unicode.ToLower(r); utf8.RuneLen(low) == n {
			f.WriteRune(low)
		} else {
			f.WriteString(line[i : i+n])
		}
		i += n
	}
	return p.String(), f.String()
}

// escape returns the length of the style sequence that s begins with, or 0.
func escape(s string) int {
	if !strings.HasPrefix(s, "\x1b[") {
		return 0
	}
	end := strings.IndexByte(s, 'm')
	return end + 1
}
