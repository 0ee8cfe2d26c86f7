package form

import (
	"twindeck/hub/patch"
	"twindeck/ui/cell"
)

// row is one line of the list: a group of properties, or a property.
type row struct {
	path     patch.Path
	group    bool // an object with members, or one that had some
	was, now patch.Value
	had, has bool // whether the hub has it, whether the draft has it
	same     bool // was and now are equal
	conflict *patch.Conflict
	violates string // why the hub would refuse it; empty when it would not
}

func (r row) added() bool   { return r.has && !r.had }
func (r row) removed() bool { return r.had && !r.has }
func (r row) depth() int    { return len(r.path) - 1 }
func (r row) key() string   { return r.path[len(r.path)-1] }

// refresh derives what is shown from the draft and what it is compared with. The cursor
// stays on its property.
func (f *Properties) refresh() {
	var at patch.Path
	if f.cursor < len(f.rows) {
		at = f.rows[f.cursor].path
	}
	onButton := len(f.rows) > 0 && f.cursor == len(f.rows)

	f.size = patch.Size(f.draft)
	f.changes = len(patch.Changes(f.target.Value, f.draft))
	f.violations = f.refused(f.draft)
	l := lister{form: f, violates: map[string]string{}, conflicts: map[string]*patch.Conflict{}}
	for _, v := range f.violations {
		l.violates[v.Path.String()] = v.Reason
	}
	shape := f.draft // with a place for everything that needs a row
	for i, c := range f.conflicts {
		l.conflicts[c.Path.String()] = &f.conflicts[i]
		shape = shape.With(c.Path, patch.Null())
	}
	if f.typing != nil && !f.typing.adding() {
		if _, ok := shape.At(f.typing.path); !ok {
			shape = shape.With(f.typing.path, patch.Null())
		}
	}
	f.rows, f.names = f.rows[:0:0], 0
	if f.typing != nil && f.typing.section() {
		f.cursor = 0
		return
	}
	l.list(nil, f.target.Value, f.draft, shape, true)

	if onButton {
		f.cursor = len(f.rows)
		return
	}
	f.goTo(at)
}

// lister lists the rows of a form.
type lister struct {
	form      *Properties
	violates  map[string]string
	conflicts map[string]*patch.Conflict
}

// list appends the rows of one object: first what the hub has, in its order, so that no row
// moves while it is edited; then what is new. What is folded away counts for the width of the
// names alone, so that no column moves while groups are folded.
func (l *lister) list(parent patch.Path, was, now, shape patch.Value, visible bool) {
	before, after, place := index(was), index(now), index(shape)
	for _, m := range was.Members() {
		l.row(parent.Child(m.Key), before, after, place, visible)
	}
	for _, m := range now.Members() {
		if _, seen := before[m.Key]; !seen {
			l.row(parent.Child(m.Key), before, after, place, visible)
		}
	}
	for _, m := range shape.Members() {
		_, seen := before[m.Key]
		if _, too := after[m.Key]; !seen && !too {
			l.row(parent.Child(m.Key), before, after, place, visible)
		}
	}
}

// row appends the row of one property, and the rows of what is in it.
func (l *lister) row(path patch.Path, before, after, place map[string]patch.Value, visible bool) {
	key, name := path[len(path)-1], path.String()
	r := row{path: path, conflict: l.conflicts[name], violates: l.violates[name]}
	r.was, r.had = before[key]
	r.now, r.has = after[key]
	r.same = r.had == r.has && patch.Equal(r.was, r.now)
	if r.conflict == nil {
		if r.has {
			r.group = isGroup(r.now) || r.now.Kind() == patch.KindObject && isGroup(r.was)
		} else if !r.had {
			r.group = isGroup(place[key])
		}
	}
	f := l.form
	if visible {
		f.rows = append(f.rows, r)
	}
	f.names = max(f.names, 2*r.depth()+2+cell.Width(cell.Safe(key)))
	if r.group {
		was := r.was
		if was.Kind() != patch.KindObject {
			was = patch.Value{}
		}
		typed := f.typing != nil && f.typing.lines != nil && !f.typing.adding() && path.Equal(f.typing.path) // as JSON, in the place of its rows
		l.list(path, was, r.now, place[key], visible && !f.folded[name] && !typed)
	}
}

// isGroup reports whether v has properties of its own to list.
func isGroup(v patch.Value) bool { return v.Kind() == patch.KindObject && v.Len() > 0 }

// index returns an object's members by key.
func index(v patch.Value) map[string]patch.Value {
	members := v.Members()
	m := make(map[string]patch.Value, len(members))
	for _, e := range members {
		m[e.Key] = e.Value
	}
	return m
}
