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
	folded map[string]bool // by the path of the object
	rows   []branch
	grid   grid.Grid

	// The widths that the content of each column would like, over all rows, so that columns
	// do not move while one scrolls.
	name, desired, reported int
}

// branch is one row: an object that leads to leaves, or a leaf.
type branch struct {
	depth  int
	name   string
	path   string
	parent string
	group  bool
	leaf   patch.Leaf // zero for a group
	left   string     // the desired value as it is shown, safe
	right  string     // the reported value
}

// widest bounds the text of a value that is laid out; a cell of a table shows no more.
const widest = 200

// set replaces the leaves. Folds and the cursor stay with their paths.
func (t *tree) set(leaves []patch.Leaf) {
	t.leaves = leaves
	t.rebuild()
}

func (t *tree) rebuild() {
	at := ""
	if c := t.grid.Cursor(); c < len(t.rows) {
		at = t.rows[c].path
	}
	t.rows = t.rows[:0]
	t.name, t.desired, t.reported = 0, 0, 0
	var last patch.Path
	for _, leaf := range t.leaves {
		t.add(last, leaf)
		last = leaf.Path
	}
	t.grid.SetLen(len(t.rows))
	for i := range t.rows {
		if t.rows[i].path == at {
			t.grid.Select(i)
		}
	}
}

// add appends a leaf below the groups it does not share with the one before.
func (t *tree) add(last patch.Path, leaf patch.Leaf) {
	depth := len(leaf.Path) - 1
	hidden, parent := false, ""
	shared := true
	for i := range depth {
		shared = shared && i < len(last)-1 && last[i] == leaf.Path[i]
		path := leaf.Path[:i+1].String()
		if !shared && !hidden {
			t.push(branch{depth: i, name: cell.Safe(leaf.Path[i]), path: path, parent: parent, group: true})
		}
		parent = path
		hidden = hidden || t.folded[path]
	}
	if hidden {
		return
	}
	b := branch{depth: depth, path: leaf.Path.String(), parent: parent, leaf: leaf}
	if depth >= 0 {
		b.name = cell.Safe(leaf.Path[depth])
	}
	b.left, b.right = shown(leaf.Desired, leaf.HasDesired), shown(leaf.Reported, leaf.HasReported)
	t.desired = max(t.desired, cell.Width(b.left))
	t.reported = max(t.reported, cell.Width(b.right))
	t.push(b)
}

func (t *tree) push(b branch) {
	width := 2*b.depth + cell.Width(b.name)
	if b.group {
		width += 2 // the fold mark
	}
	t.name = max(t.name, width)
	t.rows = append(t.rows, b)
}

// shown is a value on one line: strings without quotes unless that would hide what they are.
func shown(v patch.Value, has bool) string {
	if !has {
		return absent
	}
	text := v.JSON()
	if v.Kind() == patch.KindString && unmistakable(v.Text()) {
		text = v.Text()
	}
	if len(text) > widest*4 {
		text = strings.ToValidUTF8(text[:widest*4], "")
	}
	return cell.Truncate(cell.Safe(text), widest)
}

// unmistakable reports whether a string can be shown without quotes and still be seen to be
// a string: it is no number, boolean, null, object or array, and has no space at its ends.
func unmistakable(s string) bool {
	if s == "" || strings.TrimSpace(s) != s {
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
	if len(t.rows) == 0 {
		return branch{}, false
	}
	return t.rows[t.grid.Cursor()], true
}

func (t *tree) unfold(toggle bool) {
	b, ok := t.current()
	if !ok || !b.group {
		return
	}
	if t.folded[b.path] {
		delete(t.folded, b.path)
	} else if toggle {
		t.folded[b.path] = true
	}
	t.rebuild()
}

// fold folds the object under the cursor, or moves to the one the row is in.
func (t *tree) fold() {
	b, ok := t.current()
	if !ok {
		return
	}
	if b.group && !t.folded[b.path] {
		t.folded[b.path] = true
		t.rebuild()
		return
	}
	for i := range t.rows {
		if t.rows[i].group && t.rows[i].path == b.parent {
			t.grid.Select(i)
		}
	}
}
