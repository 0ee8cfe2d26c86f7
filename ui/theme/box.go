package theme

import (
	"strings"

	"twindeck/ui/cell"
)

// Inner returns the size of what is inside a box of w by h cells: [Theme.Box] leaves the
// frame out where it would leave no room for anything else.
func Inner(w, h int) (int, int) {
	if framed(w, h) {
		return w - 2, h - 2
	}
	return max(w, 0), max(h, 0)
}

func framed(w, h int) bool { return w >= 4 && h >= 3 }

// Box returns lines in a frame with the title in its top edge: exactly h lines of exactly
// w cells, cut and filled as needed. Lines may be styled; the title must be plain and safe
// text. Boxes under 4 by 3 cells have no frame. For w < 1 or h < 1 it returns "".
func (t Theme) Box(title string, lines []string, w, h int, focused bool) string {
	if w < 1 || h < 1 {
		return ""
	}
	iw, ih := Inner(w, h)
	var b strings.Builder
	b.Grow(h * (w + 32))
	line := func(i int) string {
		if i < len(lines) {
			return cell.Fit(lines[i], iw)
		}
		return cell.Spaces(iw)
	}
	if !framed(w, h) {
		for i := range ih {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(line(i))
		}
		return b.String()
	}
	f, border, name := light, t.Border, t.Muted
	if focused {
		border, name = t.FocusBorder, t.Title
		if t.heavy {
			f = heavy
		}
	}
	b.WriteString(t.top(f, border, name, title, w))
	side := border.Render(f.vertical)
	for i := range ih {
		b.WriteByte('\n')
		b.WriteString(side)
		b.WriteString(line(i))
		b.WriteString(side)
	}
	b.WriteByte('\n')
	b.WriteString(border.Render(f.bottomLeft + strings.Repeat(f.horizontal, w-2) + f.bottomRight))
	return b.String()
}

// top returns the top edge with the title in it.
func (t Theme) top(f frame, border, name Style, title string, w int) string {
	title = cell.Truncate(title, w-6)
	if title == "" {
		return border.Render(f.topLeft + strings.Repeat(f.horizontal, w-2) + f.topRight)
	}
	rest := strings.Repeat(f.horizontal, w-5-cell.Width(title))
	return border.Render(f.topLeft+f.horizontal) + " " + name.Render(title) + " " + border.Render(rest+f.topRight)
}

// frame is the characters a box is drawn with.
type frame struct{ topLeft, topRight, bottomLeft, bottomRight, horizontal, vertical string }

var (
	light = frame{"┌", "┐", "└", "┘", "─", "│"}
	heavy = frame{"┏", "┓", "┗", "┛", "━", "┃"}
)
