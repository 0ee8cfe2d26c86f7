package dialog

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"twindeck/ui/cell"
)

// Overlay lays a box over the middle of a background of w by h cells and returns exactly h
// lines of exactly w cells, "" for w < 1 or h < 1. Both may hold styles; what does not fit is cut.
func Overlay(background string, w, h int, box string) string {
	if w < 1 || h < 1 {
		return ""
	}
	front := strings.Split(box, "\n")
	if box == "" {
		front = nil
	}
	front = front[:min(len(front), h)]
	fw := 0
	for _, l := range front {
		fw = max(fw, cell.Width(l))
	}
	fw = min(fw, w)
	x, y := (w-fw)/2, (h-len(front))/2

	back := strings.Split(background, "\n")
	var b strings.Builder
	b.Grow(len(background) + len(box))
	for i := range h {
		if i > 0 {
			b.WriteByte('\n')
		}
		line := ""
		if i < len(back) {
			line = back[i]
		}
		if i < y || i >= y+len(front) {
			b.WriteString(cell.Fit(line, w))
			continue
		}
		line = cell.Fit(line, w)
		left := ansi.Truncate(line, x, "")
		b.WriteString(left + cell.Spaces(x-cell.Width(left)))
		b.WriteString(cell.Fit(front[i-y], fw))
		b.WriteString(tail(line, x+fw, w))
	}
	return b.String()
}

// tail returns the cells of a line from x to w. The half of a wide character that the cut
// leaves over becomes a space.
func tail(line string, x, w int) string {
	rest := ansi.TruncateLeft(line, x, "")
	if cell.Width(rest) > w-x {
		rest = ansi.TruncateLeft(line, x+1, "")
	}
	return cell.Spaces(w-x-cell.Width(rest)) + rest
}
