package query

import (
	"time"

	"charm.land/bubbles/v2/textinput"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/grid"
)

// Results is the table of what a query returned. Make one with [NewResults]. It does no I/O and is
// not safe for concurrent use.
type Results struct {
	keys    keymap.Map
	query   string
	shape   shape
	rows    []row // only ever grows
	parsed  map[int]patch.Value
	columns []Column
	dropped int // tags that got no column

	grid    grid.Grid
	current int    // row under the cursor, by number
	wanted  hub.ID // the row to be under the cursor when it comes, from an earlier run
	column  string // column under the cursor, by name
	left    int    // first column on the screen that scrolls
	arrange arrangement
	filter  textinput.Model
	typing  bool

	marks  map[hub.ID]struct{}
	anchor int               // row that was marked last, -1: none
	seen   map[hub.ID]direct // what direct reads said since

	continuation string
	loading      bool
	all          bool   // all pages are being loaded
	waiting      string // why loading all pauses by itself
	problem      string // why the last page did not come
	chased       int    // pages in a row that were asked for to fill the window
	height       int    // rows of the last window
	body         int    // line of the last View that they began on
	requests     int
	took         time.Duration
	revision     uint64
}

// NewResults returns an empty table. whole is the result's own word for its rows being whole twins.
func NewResults(query string, whole bool, keys keymap.Map) *Results {
	f := textinput.New()
	f.Prompt = ""
	f.CharLimit = 256
	return &Results{
		keys: keys, query: query, shape: shapeOf(query, whole), parsed: map[int]patch.Value{}, filter: f,
		marks: map[hub.ID]struct{}{}, anchor: -1, seen: map[hub.ID]direct{}, height: 1,
	}
}

// Follow takes over from an earlier run of the same query how it was looked at: the cursor, marks,
// filter and order. It comes before the first page.
func (r *Results) Follow(before *Results) {
	r.wanted, _ = before.Selected()
	r.grid = before.grid
	r.column, r.left, r.marks = before.column, before.left, before.marks
	r.filter = before.filter
	r.typing = before.typing
	r.arrange.terms, r.arrange.column = before.arrange.terms, before.arrange.column
	r.arrange.sorted, r.arrange.reverse = before.arrange.sorted, before.arrange.reverse
	r.height = before.height
	r.arrange.change()
	before.arrange.change()
}

// Revision changes whenever the table may look different.
func (r *Results) Revision() uint64 { return r.revision }

// Query returns the query the table is the result of.
func (r *Results) Query() string { return r.query }

// Title names the table.
func (r *Results) Title() string { return "Query: " + cell.Safe(r.query) }

// Len returns how many rows are loaded.
func (r *Results) Len() int { return len(r.rows) }

// Complete reports whether there are no more pages.
func (r *Results) Complete() bool { return r.continuation == "" && r.requests > 0 }

// Continuation is where the next page begins, "" when there is none.
func (r *Results) Continuation() string { return r.continuation }

// Typing reports whether a filter is being typed, when every printable key belongs to it.
func (r *Results) Typing() bool { return r.typing }

// Filtered reports whether a filter hides some of the rows.
func (r *Results) Filtered() bool { return len(r.arrange.terms) > 0 }

// Loading reports whether a page is on its way or waited for, and all whether all are.
func (r *Results) Loading() (loading, all bool) { return r.loading || r.waiting != "", r.all }

// Begin says that a page is on its way.
func (r *Results) Begin() {
	r.revision++
	r.loading, r.problem, r.waiting = true, "", ""
}

// BeginAll says that all pages are to be loaded.
func (r *Results) BeginAll() {
	r.revision++
	r.all = true
}

// Stop says that no page is on its way any more.
func (r *Results) Stop() {
	r.revision++
	r.loading, r.all, r.waiting = false, false, ""
}

// Wait says why the next page is not asked for yet. Loading all goes on after that.
func (r *Results) Wait(why string) {
	r.revision++
	r.loading, r.waiting = false, why
}

// Fail says in a sentence why a page did not come. What is loaded stays.
func (r *Results) Fail(problem string) {
	r.Stop()
	r.problem = problem
}

// Add takes a page.
func (r *Results) Add(p Page) []Action {
	r.revision++
	r.loading, r.problem = false, ""
	before := len(r.rows)
	r.rows = append(r.rows, p.rows...)
	r.columns = merge(r.columns, p.columns)
	r.dropped = max(r.dropped, p.dropped)
	r.continuation = p.continuation
	r.requests++
	r.took += p.took
	if r.Complete() {
		r.all = false
		r.dropMarks()
	}
	r.find(before)
	actions := []Action{r.arrange.work(r.rows)}
	r.settle()
	if r.continuation != "" && !r.all && r.length() < r.height && r.chased < maxChase {
		r.chased++
		actions = append(actions, More{})
	}
	return actions
}

// maxChase bounds the pages in a row that are asked for because the window is not full: a hub may
// send pages with few rows, and none.
const maxChase = 3

// find looks for the row that is wanted among those behind a number.
func (r *Results) find(from int) {
	if r.wanted.Device == "" {
		return
	}
	for i := from; i < len(r.rows); i++ {
		if r.rows[i].id == r.wanted {
			r.current, r.wanted = i, hub.ID{}
			return
		}
	}
}

// length returns how many rows are shown.
func (r *Results) length() int {
	if r.arrange.order == nil {
		return len(r.rows)
	}
	return len(r.arrange.order)
}

// number returns the number of the row on line i of the table.
func (r *Results) number(i int) int {
	if r.arrange.order == nil {
		return i
	}
	return int(r.arrange.order[i])
}

// line returns the line of the table that a row is on, -1 when it is hidden.
func (r *Results) line(number int) int {
	if r.arrange.order == nil {
		if number < len(r.rows) {
			return number
		}
		return -1
	}
	for i, n := range r.arrange.order {
		if int(n) == number {
			return i
		}
	}
	return -1
}

// settle keeps the cursor on its row, on its line of the screen; when the row is hidden, the one on
// the line becomes the row of the cursor.
func (r *Results) settle() {
	r.grid.SetLen(r.length())
	if at := r.line(r.current); at >= 0 {
		r.grid.Shift(at - r.grid.Cursor())
		return
	}
	r.moved()
}

// moved makes the row on the line of the cursor the current one.
func (r *Results) moved() {
	if r.length() > 0 {
		r.current = r.number(r.grid.Cursor())
	}
}

// row returns the row under the cursor, nil when there is none.
func (r *Results) row() *row {
	if r.length() == 0 || r.current >= len(r.rows) {
		return nil
	}
	return &r.rows[r.current]
}

// Selected returns whom the row under the cursor is about, and false when it names nobody.
func (r *Results) Selected() (hub.ID, bool) {
	if row := r.row(); row != nil {
		return row.id, row.id.Device != ""
	}
	return hub.ID{}, false
}

// Row returns the row under the cursor, and false when there is none.
func (r *Results) Row() (patch.Value, bool) {
	if row := r.row(); row != nil {
		return row.value(), true
	}
	return patch.Value{}, false
}

// Cell returns what the row under the cursor has in the column under it, as text to be copied, and
// the column's name; false when there is nothing.
func (r *Results) Cell() (text, column string, ok bool) {
	at := r.columnAt()
	row := r.row()
	if at < 0 || row == nil {
		return "", "", false
	}
	c := r.columns[at]
	v, ok := c.Value(row.value())
	if ok && v.Kind() == patch.KindString {
		return v.Text(), c.Name, true
	}
	return v.JSON(), c.Name, ok
}

// columnAt returns the column under the cursor, -1 when there is none.
func (r *Results) columnAt() int {
	for i := range r.columns {
		if r.columns[i].Name == r.column {
			return i
		}
	}
	return min(0, len(r.columns)-1)
}

// value returns a row as it was sent, which is kept as long as it may be on the screen.
func (r *Results) value(number int) patch.Value {
	v, ok := r.parsed[number]
	if !ok {
		if len(r.parsed) > 500 {
			clear(r.parsed)
		}
		v = r.rows[number].value()
		r.parsed[number] = v
	}
	return v
}
