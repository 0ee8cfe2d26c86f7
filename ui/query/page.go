package query

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/query/language"
)

// row is one row of a result. Many are held, so it is the text that the hub sent, which is read
// again when the row is on the screen.
type row struct {
	text   string // JSON
	search string // what its columns show, in lower case, a line each
	id     hub.ID // the zero ID when it names nobody
}

// value returns what the text says.
func (r *row) value() patch.Value {
	v, err := patch.Parse([]byte(r.text))
	if err != nil { // it was written by us
		return patch.Null()
	}
	return v
}

// Page is one page of a result, made ready to be shown.
type Page struct {
	rows         []row
	columns      []Column
	dropped      int // tags that got no column
	continuation string
	took         time.Duration
}

// Len returns how many rows there are.
func (p Page) Len() int { return len(p.rows) }

// Continuation is where the next page begins, "" on the last.
func (p Page) Continuation() string { return p.continuation }

// Prepare makes a page of the result of a query ready to be shown. took is how long the hub took for
// it. It is work for outside of Update: it costs as much as the page is long.
func Prepare(query string, result hub.Result, took time.Duration) Page {
	shape := shapeOf(query, result.Whole)
	page := Page{rows: make([]row, 0, len(result.Rows)), continuation: result.Continuation, took: took}
	page.columns, page.dropped = shape.columns(result.Rows)
	for _, v := range result.Rows {
		var search strings.Builder
		for i := range page.columns {
			c := &page.columns[i]
			cell, kind := c.cell(v)
			c.measure(cell, kind)
			if cell != "" {
				search.WriteString(strings.ToLower(cell))
				search.WriteByte('\n')
			}
		}
		page.rows = append(page.rows, row{text: string(v.AppendJSON(nil)), search: search.String(), id: shape.id(v)})
	}
	return page
}

// shape is what a query says about its rows.
type shape struct {
	outline language.Outline
	read    bool // the outline is one
	whole   bool // rows are whole twins
}

func shapeOf(query string, whole bool) shape {
	o, ok := language.Read(query)
	return shape{outline: o, read: ok, whole: whole}
}

// id returns whom a row is about.
func (s shape) id(row patch.Value) hub.ID {
	if s.whole || !s.read || s.outline.All {
		id, _ := hub.RowID(row)
		return id
	}
	// An alias can give any attribute any name.
	part := func(attribute string) string {
		for _, item := range s.outline.Items {
			if item.Aggregate == "" && len(item.Path) == 1 && item.Path[0] == attribute {
				v, _ := row.At(item.Key())
				if v.Kind() == patch.KindString {
					return v.Text()
				}
			}
		}
		return ""
	}
	id := hub.ID{Device: part("deviceId"), Module: part("moduleId")}
	if id.Device == "" {
		return hub.ID{}
	}
	return id
}

// maxTags bounds the columns for tags of whole twins, maxColumns those of anything else.
const (
	maxTags    = 40
	maxColumns = 200
)

// columns returns the columns that rows have, in the order they are shown in.
func (s shape) columns(rows []patch.Value) (all []Column, dropped int) {
	if s.whole {
		return twinColumns(rows)
	}
	var unnamed []int // items whose key only the rows can tell
	known := map[string]bool{}
	for i, item := range s.outline.Items {
		key := item.Key()
		if key == nil {
			unnamed = append(unnamed, i)
			continue
		}
		if c := newColumn(key, i); !known[c.Name] {
			all = append(all, c)
			known[c.Name] = true
		}
	}
	named := map[string]bool{}
	for _, c := range all {
		named[c.path[0]] = true
	}
	for _, r := range rows {
		for _, m := range r.Members() {
			if named[m.Key] || len(all) >= maxColumns {
				continue
			}
			named[m.Key] = true
			rank := len(s.outline.Items)
			if len(unnamed) > 0 {
				rank, unnamed = unnamed[0], unnamed[1:]
			}
			all = append(all, newColumn([]string{m.Key}, rank))
		}
	}
	slices.SortStableFunc(all, func(a, b Column) int { return cmp.Compare(a.rank, b.rank) })
	return all, 0
}

// ranks of the columns of whole twins.
const (
	rankTags = 100
	rankRest = 200
)

// twinColumns returns the columns of whole twins: what they have of the usual, and the tags that occur.
func twinColumns(rows []patch.Value) (all []Column, dropped int) {
	usual := [][]string{{"deviceId"}, {"moduleId"}, {"status"}, {"connectionState"}}
	rest := [][]string{{"version"}, {"properties", "desired", "$version"}, {"properties", "reported", "$version"}, {"lastActivityTime"}}
	occurs := func(path []string) bool {
		return slices.ContainsFunc(rows, func(r patch.Value) bool { _, ok := r.At(path); return ok })
	}
	for i, path := range usual {
		if occurs(path) {
			all = append(all, newColumn(path, i))
		}
	}
	tags, dropped := tagPaths(rows)
	for _, path := range tags {
		all = append(all, newColumn(path, rankTags))
	}
	for i, path := range rest {
		if occurs(path) {
			all = append(all, newColumn(path, rankRest+i))
		}
	}
	return all, dropped
}

// tagPaths returns the paths of the tags that rows have, the most frequent first.
func tagPaths(rows []patch.Value) (paths [][]string, dropped int) {
	count, first, byName := map[string]int{}, map[string]int{}, map[string][]string{}
	for _, r := range rows {
		tags, _ := r.Get("tags")
		leaves(patch.Path{"tags"}, tags, func(path patch.Path, _ patch.Value) {
			name := path.String()
			if _, seen := first[name]; !seen {
				first[name], byName[name] = len(first), path
			}
			count[name]++
		})
	}
	names := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(first[a], first[b]))
	})
	for _, name := range names[:min(len(names), maxTags)] {
		paths = append(paths, byName[name])
	}
	return paths, len(names) - len(paths)
}

// maxDepth is how deep twins nest at most (Azure docs: iot-hub-devguide-device-twins, "Tags and properties
// format").
const maxDepth = 10

// leaves calls yield with everything below v that is no object, and with its path.
func leaves(path patch.Path, v patch.Value, yield func(patch.Path, patch.Value)) {
	if len(path) > maxDepth+2 {
		return
	}
	for _, m := range v.Members() {
		if child := path.Child(m.Key); m.Value.Kind() == patch.KindObject {
			leaves(child, m.Value, yield)
		} else {
			yield(child, m.Value)
		}
	}
}
