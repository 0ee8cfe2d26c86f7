// Package cell deals with text as a terminal shows it: in cells. It makes untrusted
// strings safe to print and text exactly as wide as a column.
package cell

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Ellipsis marks the place where text was cut.
const Ellipsis = "…"

// Width returns how many cells s takes on a terminal. Escape sequences take none.
func Width(s string) int {
	if plain(s) {
		return len(s)
	}
	return ansi.StringWidth(s)
}

// Truncate returns s when it fits into w cells, and otherwise as much of its beginning
// as does together with an ellipsis. Escape sequences are kept whole, also those behind the
// cut, so that a style that was opened is closed. For w < 1 it returns "".
func Truncate(s string, w int) string {
	switch {
	case w < 1:
		return ""
	case plain(s):
		if len(s) <= w {
			return s
		}
		return s[:w-1] + Ellipsis
	}
	return ansi.Truncate(s, w, Ellipsis)
}

// Cut splits s after as many characters as fit into w cells, at least one. s must be plain
// and safe text, of one line.
func Cut(s string, w int) (head, rest string) {
	used := 0
	for i, r := range s {
		n := Width(string(r))
		if used+n > w && i > 0 {
			return s[:i], s[i:]
		}
		used += n
	}
	return s, ""
}

// Clip returns as much of the beginning of s as fits into w cells, without an ellipsis. Escape
// sequences are kept whole, as by [Truncate].
func Clip(s string, w int) string {
	if w < 1 {
		return ""
	}
	return ansi.Truncate(s, w, "")
}

// Fit returns s in exactly w cells: cut with an ellipsis or filled with spaces on the
// right. s must be one line; for w < 1 it returns "".
func Fit(s string, w int) string {
	if w < 1 {
		return ""
	}
	s = Truncate(s, w)
	return s + Spaces(w-Width(s))
}

// FitRight is Fit with the text at the right edge.
func FitRight(s string, w int) string {
	if w < 1 {
		return ""
	}
	s = Truncate(s, w)
	return Spaces(w-Width(s)) + s
}

const blanks = "                                                                                                    "

// Spaces returns n spaces, "" for n < 1.
func Spaces(n int) string {
	if n < 1 {
		return ""
	}
	if n <= len(blanks) {
		return blanks[:n]
	}
	return strings.Repeat(" ", n)
}

// plain reports whether s is printable ASCII alone: one byte, one cell.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
