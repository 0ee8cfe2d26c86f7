// Package grid is a cursor and a window over rows that somebody else holds. It asks for
// the rows on the screen and for no others, so a frame over a million rows costs as much
// as one over twenty. It knows nothing of what a row means.
package grid

import (
	"strings"

	"twindeck/keymap"
)

// Rows is what a [Grid] shows. Both methods are called from View and must not block.
type Rows interface {
	// Len returns how many rows there are.
	Len() int
	// Row draws row i, 0 <= i < Len, in the given width. A row may span several lines,
	// separated by newlines; each must be exactly width cells wide.
	Row(i, width int, selected bool) string
}

// Grid holds the position in a list. The zero value stands on the first row of an empty
// list. It is not safe for concurrent use.
type Grid struct {
	cursor int
	top    int // first row drawn
	page   int // rows that fitted into the last window, for paging
	n      int
	shown  []int // by line of the last window, the row on it
}

// SetLen tells how many rows there are now. The cursor stays where it is, or moves to the
// last row when its own is gone.
func (g *Grid) SetLen(n int) {
	g.n = max(n, 0)
	g.cursor = min(max(g.cursor, 0), max(g.n-1, 0))
	g.top = min(max(g.top, 0), max(g.n-1, 0))
}

// Cursor returns the selected row; 0 also when there is none.
func (g *Grid) Cursor() int { return g.cursor }

// Top returns the first row of the window as it was last drawn.
func (g *Grid) Top() int { return g.top }

// At returns the row that was drawn on a line of the last window, and false where there was none.
func (g *Grid) At(line int) (row int, ok bool) {
	if line < 0 || line >= len(g.shown) || g.shown[line] >= g.n {
		return 0, false
	}
	return g.shown[line], true
}

// Select puts the cursor on row i, clamped to the rows there are.
func (g *Grid) Select(i int) {
	g.cursor = min(max(i, 0), max(g.n-1, 0))
}

// Shift moves cursor and window together by d rows: what a caller does after inserting
// or removing d rows above them, so that what the user looks at does not move.
func (g *Grid) Shift(d int) {
	g.Select(g.cursor + d)
	g.top = min(max(g.top+d, 0), max(g.n-1, 0))
}

// Move moves the cursor by d rows.
func (g *Grid) Move(d int) { g.Select(g.cursor + d) }

// Page moves the cursor by d windows as tall as the last one drawn.
func (g *Grid) Page(d int) { g.Select(g.cursor + d*max(g.page-1, 1)) }

// Home moves to the first row.
func (g *Grid) Home() { g.Select(0) }

// End moves to the last row.
func (g *Grid) End() { g.Select(g.n - 1) }

// Press moves the cursor when the key is one that moves, and reports whether it was.
func (g *Grid) Press(keys keymap.MoveKeys, press keymap.Press) bool {
	switch {
	case keys.Up.Matches(press):
		g.Move(-1)
	case keys.Down.Matches(press):
		g.Move(1)
	case keys.PageUp.Matches(press):
		g.Page(-1)
	case keys.PageDown.Matches(press):
		g.Page(1)
	case keys.Top.Matches(press):
		g.Home()
	case keys.Bottom.Matches(press):
		g.End()
	default:
		return false
	}
	return true
}

// View draws height lines of the rows around the cursor, each exactly width cells wide,
// and moves the window so that the cursor is in it. Lines below the last row are blank.
// A selected row taller than the window shows its beginning.
func (g *Grid) View(rows Rows, width, height int) []string {
	if width <= 0 || height <= 0 {
		return make([]string, max(height, 0))
	}
	g.SetLen(rows.Len())
	g.shown = g.shown[:0]
	lines := make([]string, 0, height)
	if g.n > 0 {
		p := painter{rows: rows, width: width, cursor: g.cursor, drawn: make(map[int]string, height)}
		lines = g.window(&p, height)
	}
	blank := strings.Repeat(" ", width)
	for len(lines) < height {
		lines = append(lines, blank)
	}
	return lines
}

// painter draws each row once a frame, however often it is looked at to find the window.
type painter struct {
	rows   Rows
	width  int
	cursor int
	drawn  map[int]string
}

func (p *painter) row(i int) string {
	text, ok := p.drawn[i]
	if !ok {
		text = p.rows.Row(i, p.width, i == p.cursor)
		p.drawn[i] = text
	}
	return text
}

func (g *Grid) window(p *painter, height int) []string {
	if g.cursor < g.top {
		g.top = g.cursor
	}
	// Each row is at least a line, so a cursor farther than that cannot be in the window.
	if g.cursor-g.top >= height {
		g.fillUp(p, g.cursor, height)
	}
	lines, fits := g.draw(p, height)
	if !fits {
		g.fillUp(p, g.cursor, height)
		lines, _ = g.draw(p, height)
	}
	if len(lines) < height && g.top > 0 {
		// The list became shorter than the window reaches: show as much of it as there is room for.
		g.fillUp(p, g.n-1, height)
		lines, _ = g.draw(p, height)
	}
	return lines
}

// draw returns the lines from the top of the window and whether the whole cursor row is in them.
func (g *Grid) draw(p *painter, height int) (lines []string, fits bool) {
	lines = make([]string, 0, height)
	g.shown = g.shown[:0]
	i := g.top
	for ; i < g.n && len(lines) < height; i++ {
		row := p.row(i)
		for len(lines) < height {
			line, rest, more := strings.Cut(row, "\n")
			lines = append(lines, line)
			g.shown = append(g.shown, i)
			if row = rest; !more {
				fits = fits || i == g.cursor
				break
			}
		}
	}
	g.page = i - g.top
	return lines, fits || g.cursor == g.top
}

// fillUp moves the window so that row last ends at its last line, or begins at its first
// when the row is taller than the window.
func (g *Grid) fillUp(p *painter, last, height int) {
	g.top = last
	left := height
	for i := last; i >= 0; i-- {
		left -= strings.Count(p.row(i), "\n") + 1
		if left < 0 {
			return
		}
		g.top = i
	}
}
