package form

import (
	"sort"

	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// span is a part of a line of an area that is drawn as one row.
type span struct{ line, from, to int }

// wrap returns the rows of the text at a width: a line that is longer goes on in the next row. There
// is always one cell left for the cursor behind the last character.
func (a *area) wrap(w int) []span {
	if a.spans != nil && a.room == w {
		return a.spans
	}
	a.room = w
	a.spans = make([]span, 0, len(a.lines))
	for i, l := range a.lines {
		from, used := 0, 0
		for c, r := range l {
			n := 1
			if r < 0x20 || r > 0x7e {
				n = cell.Width(cell.Safe(string(r)))
			}
			if used+n > w-1 && c > from {
				a.spans = append(a.spans, span{i, from, c})
				from, used = c, 0
			}
			used += n
		}
		a.spans = append(a.spans, span{i, from, len(l)})
	}
	return a.spans
}

// spanAt returns which of the spans of a width has the cursor.
func (a *area) spanAt(w int) int {
	spans := a.wrap(w)
	return sort.Search(len(spans), func(i int) bool {
		s := spans[i]
		return s.line > a.at || s.line == a.at && s.from > a.col
	}) - 1
}

// vertical moves the cursor by n rows, or by n lines when the text is drawn by line.
func (a *area) vertical(n int) {
	if a.room == 0 {
		a.at += n
		return
	}
	spans := a.wrap(a.room)
	now := a.spanAt(a.room)
	to := spans[min(max(now+n, 0), len(spans)-1)]
	col := a.col - spans[now].from
	a.at, a.col = to.line, min(to.from+col, to.to)
	if a.col == to.to && to.to < len(a.lines[to.line]) && a.col > to.from {
		a.col-- // behind the last character of a row is the next row
	}
}

// drawSpan draws row i of the text in exactly w cells, with the cursor when it is there.
func (a *area) drawSpan(th theme.Theme, i, w int) string {
	spans := a.wrap(w)
	if i >= len(spans) {
		return th.Field.Render(cell.Spaces(w))
	}
	s := spans[i]
	line := a.shown(s.line)
	if i != a.spanAt(w) {
		return th.Field.Render(cell.Fit(cell.Safe(string(line[s.from:s.to])), w))
	}
	before := string(line[s.from:a.col])
	if a.col == len(line) {
		return typedText(th, w, before, " ", "")
	}
	return typedText(th, w, before, string(line[a.col]), string(line[a.col+1:max(s.to, a.col+1)]))
}

// goTo puts the cursor on a line and column, from 1, or as near as there is.
func (a *area) goTo(line, column int) {
	a.at = min(max(line-1, 0), len(a.lines)-1)
	a.col = min(max(column-1, 0), len(a.lines[a.at]))
}
