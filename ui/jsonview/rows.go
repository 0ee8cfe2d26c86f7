package jsonview

import "twindeck/hub/patch"

// row is one line of the document when nothing is folded: a scalar, the opening of an
// array or object, or its closing bracket.
type row struct {
	key      string       // of a member, untrusted
	value    *patch.Value // what begins here or, on a closing row, ends here
	parent   int          // the row that opens the array or object this row is in; -1 for the root
	next     int          // the row behind everything that begins here
	depth    int          // arrays and objects around this row
	position int          // among its siblings
	inObject bool         // it has a key
	last     bool         // no comma follows
	closing  bool
	folded   bool
}

// foldable reports whether the row opens an array or object that is not empty.
func (r *row) foldable() bool { return !r.closing && r.value.Len() > 0 }

// rows is a document in reading order. A folded row is followed by its next row, any
// other by the row behind it, so folding is setting one flag.
type rows []row

func newRows(v patch.Value) rows {
	rs := make(rows, 0, count(v))
	return rs.append(row{value: &v, parent: -1, last: true})
}

// count returns how many rows v takes.
func count(v patch.Value) int {
	n := 1
	for _, e := range v.Elems() {
		n += count(e)
	}
	for _, m := range v.Members() {
		n += count(m.Value)
	}
	if v.Len() > 0 {
		n++ // the closing bracket
	}
	return n
}

// append adds the row and everything inside its value.
func (rs rows) append(r row) rows {
	at := len(rs)
	rs = append(rs, r)
	if r.foldable() {
		inner := row{parent: at, depth: r.depth + 1}
		elems, members := r.value.Elems(), r.value.Members()
		for i := range elems {
			inner.value, inner.position, inner.last = &elems[i], i, i == len(elems)-1
			rs = rs.append(inner)
		}
		for i := range members {
			inner.key, inner.inObject = members[i].Key, true
			inner.value, inner.position, inner.last = &members[i].Value, i, i == len(members)-1
			rs = rs.append(inner)
		}
		rs = append(rs, row{value: r.value, parent: at, next: len(rs) + 1, depth: r.depth, last: r.last, closing: true})
	}
	rs[at].next = len(rs)
	return rs
}

// after returns the visible row behind the visible row i, or len(rs).
func (rs rows) after(i int) int {
	if rs[i].folded {
		return rs[i].next
	}
	return i + 1
}

// before returns the visible row in front of the visible row i, or -1.
func (rs rows) before(i int) int {
	if i == 0 {
		return -1
	}
	return rs.visible(i - 1)
}

// visible returns i, or the outermost folded row around it.
func (rs rows) visible(i int) int {
	for p := rs[i].parent; p >= 0; p = rs[p].parent {
		if rs[p].folded {
			i = p
		}
	}
	return i
}

// opening returns the row that opens what row i ends, or i.
func (rs rows) opening(i int) int {
	if rs[i].closing {
		return rs[i].parent
	}
	return i
}

// forward returns the visible row n lines behind the visible row i, or the last one.
func (rs rows) forward(i, n int) int {
	for ; n > 0; n-- {
		next := rs.after(i)
		if next >= len(rs) {
			break
		}
		i = next
	}
	return i
}

// back returns the visible row n lines in front of the visible row i, or the first one.
func (rs rows) back(i, n int) int {
	for ; n > 0 && i > 0; n-- {
		i = rs.before(i)
	}
	return i
}

// distance returns how many lines lie from the visible row a to the visible row b behind
// it, and at most limit.
func (rs rows) distance(a, b, limit int) int {
	n := 0
	for n < limit && a < b {
		a = rs.after(a)
		n++
	}
	return n
}

// carry folds in next what is folded in old, place by place, and returns the row of next
// that is in the place of the cursor.
func carry(old, next rows, cursor int) int {
	if len(old) == 0 {
		return 0
	}
	c := carrier{old: old, next: next, cursor: cursor}
	c.row(0, 0)
	return next.visible(c.found)
}

type carrier struct {
	old, next rows
	cursor    int // in old
	found     int // in next
}

// row carries the array, object or scalar that begins at a in old and at b in next.
func (c *carrier) row(a, b int) {
	ra, rb := &c.old[a], &c.next[b]
	if c.cursor >= a && c.cursor < ra.next {
		c.found = b
		if c.old[c.cursor].closing && c.old[c.cursor].parent == a {
			c.found = rb.next - 1
		}
	}
	if !ra.foldable() || !rb.foldable() || ra.value.Kind() != rb.value.Kind() {
		return
	}
	rb.folded = ra.folded
	var byKey map[string]int
	// Both sides are walked in step; a map is made only once their keys disagree.
	for a, b := a+1, b+1; !c.old[a].closing; a = c.old[a].next {
		at := b
		if c.next[b].closing || c.next[b].key != c.old[a].key {
			if !c.old[a].inObject {
				return // the new array is shorter
			}
			if byKey == nil {
				byKey = c.next.children(rb)
			}
			var ok bool
			if at, ok = byKey[c.old[a].key]; !ok {
				continue
			}
		}
		c.row(a, at)
		b = c.next[at].next
	}
}

// children returns the rows of an object's members by key.
func (rs rows) children(object *row) map[string]int {
	byKey := make(map[string]int, object.value.Len())
	for i := rs.opening(object.next-1) + 1; !rs[i].closing; i = rs[i].next {
		byKey[rs[i].key] = i
	}
	return byKey
}
