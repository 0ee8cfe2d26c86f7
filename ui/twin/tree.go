package twin

import (
	"strings"

	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/grid"
)

// tree is the leaves of a section as rows that fold at every object on the way to them.
type tree struct {
	leaves []patch.Leaf
	extra  func() []patch.Leaf // what is folded away below them until somebody looks; nil: nothing
	folded map[string]bool     // by the path of the object
	all    []branch            // in reading order, what is folded away too
	rows   []int               // of them the ones that are not
	grid   grid.Grid

	// The widths that the content of each column would like, over all rows, so that columns
	// do not move while one scrolls.
	name, desired, reported int
	extraWidths             [3]int // of what is below the leaves, which takes no room from them
}

// branch is one row: an object that leads to leaves, or a leaf.
type branch struct {
	depth  int
	name   string
	path   string
	parent int // in all; -1 at the top
	group  bool
	extra  bool       // it is no property of its own
	leaf   patch.Leaf // of a group its path alone
	left   string     // the desired value as it is shown, safe
	right  string     // the reported value
}

// widest bounds the text of a value that is laid out; a cell of a table shows no more.
const widest = 200

// extraName is the row below which a twin's metadata is. No property can be called so.
const extraName = "$metadata"

func newTree() tree { return tree{folded: map[string]bool{extraName: true}} }

// set replaces the leaves. Folds and the cursor stay with their paths.
func (t *tree) set(leaves []patch.Leaf, extra func() []patch.Leaf) {
	t.leaves, t.extra = leaves, extra
	t.rebuild()
}

func (t *tree) rebuild() {
	at, known := t.current()
	t.all = t.all[:0]
	t.name, t.desired, t.reported = 0, 0, 0
	t.extraWidths = [3]int{}
	b := builder{tree: t}
	for _, leaf := range t.leaves {
		b.add(leaf)
	}
	if t.extra != nil {
		b.extra = true
		b.group(patch.Path{extraName})
		if !t.folded[extraName] {
			for _, leaf := range t.extra() {
				leaf.Path = append(patch.Path{extraName}, leaf.Path...)
				b.add(leaf)
			}
		}
	}
	t.lay()
	if known {
		t.selectPath(at.path)
	}
}

// builder adds leaves to a tree, each below the objects that lead to it.
type builder struct {
	tree  *tree
	path  patch.Path // of the leaf before
	open  []int      // the rows of the objects around it
	extra bool
}

func (b *builder) add(leaf patch.Leaf) {
	depth := max(len(leaf.Path)-1, 0)
	for i := range depth {
		if i >= len(b.open) || b.path[i] != leaf.Path[i] {
			b.open = b.open[:min(i, len(b.open))]
			b.group(leaf.Path[:i+1])
		}
	}
	b.open = b.open[:depth]
	b.path = leaf.Path
	row := branch{leaf: leaf}
	row.left, row.right = shown(leaf.Desired, leaf.HasDesired), shown(leaf.Reported, leaf.HasReported)
	b.widen(1, cell.Width(row.left))
	b.widen(2, cell.Width(row.right))
	b.push(leaf.Path, row)
}

func (b *builder) group(path patch.Path) {
	b.open = b.open[:len(path)-1]
	b.push(path, branch{group: true, leaf: patch.Leaf{Path: path}})
	b.open = append(b.open, len(b.tree.all)-1)
	b.path = path
}

func (b *builder) push(path patch.Path, row branch) {
	t := b.tree
	row.extra, row.parent, row.depth = b.extra, -1, len(b.open)
	row.path = path.String()
	if b.extra {
		row.path = extraName + strings.TrimPrefix(row.path, patch.Path{extraName}.String())
	}
	if n := len(path); n > 0 {
		row.name = cell.Safe(path[n-1])
	}
	if n := len(b.open); n > 0 {
		row.parent = b.open[n-1]
	}
	width := 2*row.depth + cell.Width(row.name)
	if row.group {
		width += 2 // the fold mark
	}
	b.widen(0, width)
	t.all = append(t.all, row)
}

// widen notes how wide the content of a column would like it to be.
func (b *builder) widen(column, width int) {
	t := b.tree
	want := [...]*int{&t.name, &t.desired, &t.reported}[column]
	if b.extra {
		want = &t.extraWidths[column]
	}
	*want = max(*want, width)
}

// lay finds out which rows are not folded away.
func (t *tree) lay() {
	t.rows = t.rows[:0]
	hidden := make([]bool, len(t.all))
	for i := range t.all {
		if p := t.all[i].parent; p >= 0 {
			hidden[i] = hidden[p] || t.folded[t.all[p].path]
		}
		if !hidden[i] {
			t.rows = append(t.rows, i)
		}
	}
	t.grid.SetLen(len(t.rows))
}

func (t *tree) selectPath(path string) {
	for row, i := range t.rows {
		if t.all[i].path == path {
			t.grid.Select(row)
			return
		}
	}
}

// goTo unfolds what is around a row of all and puts the cursor on it.
func (t *tree) goTo(i int) {
	for p := t.all[i].parent; p >= 0; p = t.all[p].parent {
		delete(t.folded, t.all[p].path)
	}
	path := t.all[i].path
	t.lay()
	t.selectPath(path)
}

// next returns the nearest row of all behind the cursor, or in front of it when step is -1, for which
// is holds, around the ends if need be; the one under the cursor last. ok is false when there is none.
func (t *tree) next(step int, is func(*branch) bool) (i int, ok bool) {
	n := len(t.all)
	if n == 0 {
		return 0, false
	}
	from := 0
	if c := t.grid.Cursor(); c < len(t.rows) {
		from = t.rows[c]
	}
	for k := 1; k <= n; k++ {
		if i = ((from+k*step)%n + n) % n; is(&t.all[i]) {
			return i, true
		}
	}
	return 0, false
}

// shown is a value on one line: strings without quotes unless that would hide what they are.
func shown(v patch.Value, has bool) string {
	if !has {
		return absent
	}
	text := plain(v)
	if len(text) > widest*4 {
		text = strings.ToValidUTF8(text[:widest*4], "")
	}
	return cell.Truncate(cell.Safe(text), widest)
}

// plain is the text of a value, which is not safe to print.
func plain(v patch.Value) string {
	if v.Kind() == patch.KindString && unmistakable(v.Text()) {
		return v.Text()
	}
	return v.JSON()
}

// unmistakable reports whether a string can be shown without quotes and still be seen to be
// a string: it is no number, boolean, null, object or array, and has no space at its ends.
func unmistakable(s string) bool {
	if s == "" || s == absent || strings.TrimSpace(s) != s {
		return false
	}
	_, err := patch.Parse([]byte(s))
	return err != nil
}

// update takes a key press.
func (t *tree) update(keys keymap.Map, press keymap.Press) {
	switch {
	case keys.Twin.Expand.Matches(press):
		t.unfold(press.String() == "enter")
	case keys.Twin.Collapse.Matches(press):
		t.fold()
	default:
		t.grid.Press(keys.Move, press)
	}
}

func (t *tree) current() (branch, bool) {
	c := t.grid.Cursor()
	if c >= len(t.rows) {
		return branch{}, false
	}
	return t.all[t.rows[c]], true
}

func (t *tree) unfold(toggle bool) {
	b, ok := t.current()
	switch {
	case !ok || !b.group:
		return
	case t.folded[b.path]:
		delete(t.folded, b.path)
	case toggle:
		t.folded[b.path] = true
	}
	t.refold(b)
}

// refold shows what a fold has changed.
func (t *tree) refold(b branch) {
	if b.path == extraName {
		t.rebuild()
		return
	}
	t.lay()
	t.selectPath(b.path)
}

// fold folds the object under the cursor, or moves to the one the row is in.
func (t *tree) fold() {
	b, ok := t.current()
	switch {
	case !ok:
	case b.group && !t.folded[b.path]:
		t.folded[b.path] = true
		t.refold(b)
	case b.parent >= 0:
		t.selectPath(t.all[b.parent].path)
	}
}
