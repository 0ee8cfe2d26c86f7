package theme

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"twindeck/ui/cell"
)

// Problem returns untrusted text about a failure, marked and wrapped to lines of at most w
// cells, at most n of them; the last says that there is more when there is. It returns nil
// for w < 4 or n < 1.
func (t Theme) Problem(text string, w, n int) []string {
	if w < 4 || n < 1 {
		return nil
	}
	lines := strings.Split(ansi.Wrap(cell.Safe(text), w-3, ""), "\n")
	if len(lines) > n {
		rest := strings.Join(lines[n-1:], " ")
		lines = append(lines[:n-1], cell.Truncate(rest, w-3))
	}
	for i, l := range lines {
		mark := " "
		if i == 0 {
			mark = Rejected
		}
		lines[i] = t.Bad.Render(mark + " " + l)
	}
	return lines
}
