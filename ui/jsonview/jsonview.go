// Package jsonview shows a JSON value as a tree whose arrays and objects fold, with a
// cursor, scrolling and a search. Moving, folding and drawing cost what is on the screen,
// not what is in the document, so that a document of 100,000 lines feels like one of ten.
package jsonview

import (
	"strconv"
	"strings"

	"twindeck/hub/patch"
)

// Model is the state of one view. Make one with [New]. Its methods do no I/O and never
// block; they must not be called concurrently.
type Model struct {
	rows   rows
	cursor int // the row it is on; always a visible one
	top    int // the first row on the screen; always a visible one
	height int // lines of the last View
	query  Query
}

// New returns a view of the empty object.
func New() *Model {
	m := &Model{height: 1}
	m.SetValue(patch.Object())
	return m
}

// SetValue shows another value. Where the new one has the same places as the old one they
// stay folded, and the cursor stays on its place and its line of the screen; when the
// place is gone, the cursor goes to the nearest one around it.
func (m *Model) SetValue(v patch.Value) {
	line := m.rows.distance(m.top, m.cursor, m.height)
	next := newRows(v)
	m.cursor = carry(m.rows, next, m.cursor)
	m.rows = next
	m.top = m.rows.back(m.cursor, line)
	m.goTo(m.cursor)
}

// Selected returns the place the cursor is on, written as site.sensors[2], and its value.
// The place of the whole document is "". On a closing bracket it is the array or object
// that ends there.
func (m *Model) Selected() (place string, v patch.Value) {
	i := m.rows.opening(m.cursor)
	return m.rows.place(i), *m.rows[i].value
}

// place names row i, which is no closing row, by the keys and positions that lead to it.
func (rs rows) place(i int) string {
	var steps []string
	for ; i > 0; i = rs[i].parent {
		r := &rs[i]
		if r.inObject {
			steps = append(steps, patch.Path{r.key}.String(), ".")
		} else {
			steps = append(steps, "["+strconv.Itoa(r.position)+"]")
		}
	}
	var b strings.Builder
	for k := len(steps) - 1; k >= 0; k-- {
		b.WriteString(steps[k])
	}
	return strings.TrimPrefix(b.String(), ".")
}
