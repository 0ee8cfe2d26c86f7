package twin

import (
	"strconv"
	"time"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// columns is where the parts of a row of a tree stand, in cells; 0 leaves a column out.
type columns struct{ state, name, desired, reported, note int }

const (
	noteWidth = 4 // an age or an acknowledgement code
	noteGap   = 1
	columnGap = 2
)

// propertyColumns divides a row for desired and reported. Columns are as wide as their
// content wants; when that is too much the widest give way.
func propertyColumns(t *tree, width int) columns {
	c := columns{state: 3, note: noteWidth}
	if width < 30 {
		c.note = 0
	}
	room := width - c.state - 2*columnGap
	if c.note > 0 {
		room -= c.note + noteGap
	}
	want := [3]int{max(t.name, len("property")), max(t.desired, len("desired")), max(t.reported, len("reported"))}
	got := shrink(want, room)
	for i := range got { // what nobody else wants
		if spare := room - got[0] - got[1] - got[2]; spare > 0 && got[i] < t.extraWidths[i] {
			got[i] += min(spare, t.extraWidths[i]-got[i])
		}
	}
	c.name, c.desired, c.reported = got[0], got[1], got[2]
	// What is left over goes between the columns, up to a point: values far from their names are hard to follow.
	if spare := room - c.name - c.desired - c.reported; spare > 0 {
		c.name += min(spare/3, 8)
		c.desired += min(spare/3, 12)
	}
	return c
}

// shrink takes from the widest until the three fit into room.
func shrink(w [3]int, room int) [3]int {
	for w[0]+w[1]+w[2] > room {
		widest := 0
		for i := range w {
			if w[i] > w[widest] {
				widest = i
			}
		}
		if w[widest] <= 1 {
			break
		}
		w[widest]--
	}
	return w
}

func tagColumns(t *tree, width int) columns {
	name := min(max(t.name, 8), max(width/2, 1))
	return columns{state: 1, name: name, desired: max(width-1-name-columnGap, 0)}
}

func (c columns) header(th theme.Theme) string {
	gap := cell.Spaces(columnGap)
	line := cell.Spaces(c.state) + cell.Fit("property", c.name) + gap + cell.Fit("desired", c.desired) + gap + cell.Fit("reported", c.reported)
	return th.Header.Render(line)
}

// treeRows draws a tree.
type treeRows struct {
	pane    *Pane
	tree    *tree
	theme   theme.Theme
	focused bool
	now     time.Time
	columns columns
}

func (v treeRows) Len() int { return len(v.tree.rows) }

func (v treeRows) Row(i, width int, selected bool) string {
	b := &v.tree.all[v.tree.rows[i]]
	var line string
	if b.group {
		line = v.group(b, width)
	} else {
		line = v.leaf(b)
	}
	return underCursor(v.theme, cell.Fit(line, width), selected, v.focused)
}

// indent is the space in front of a name; where columns are narrow, deep ones give way.
func (v treeRows) indent(b *branch) string { return cell.Spaces(min(2*b.depth, v.columns.name/2)) }

func (v treeRows) group(b *branch, width int) string {
	fold := theme.Unfolded
	if v.tree.folded[b.path] {
		fold = theme.Folded
	}
	style := v.theme.Header
	if b.extra {
		style = v.theme.Muted
	}
	before := cell.Spaces(v.columns.state) + v.indent(b) + v.theme.Muted.Render(fold) + " "
	return before + v.pane.marked(v.theme, b.name, max(width-cell.Width(before), 1), style)
}

func (v treeRows) leaf(b *branch) string {
	c, t := v.columns, v.theme
	gap := cell.Spaces(columnGap)
	indent := v.indent(b)
	name := indent + v.pane.marked(t, b.name, c.name-len(indent), t.Key)
	if c.reported == 0 { // tags: a name and a value
		return cell.Spaces(c.state) + name + gap + v.value(b.leaf.Desired, b.left, c.desired)
	}
	symbol, style := mark(t, b.leaf.State)
	if b.extra {
		symbol = " "
	}
	desired, reported := t.Muted.Render(cell.Fit(b.left, c.desired)), t.Muted.Render(cell.Fit(b.right, c.reported))
	if b.leaf.HasDesired {
		desired = v.value(b.leaf.Desired, b.left, c.desired)
	}
	if b.leaf.HasReported {
		reported = v.value(b.leaf.Reported, b.right, c.reported)
		if !b.extra && (b.leaf.State == patch.Pending || b.leaf.State == patch.Rejected) {
			reported = v.pane.marked(t, b.right, c.reported, style)
		}
	}
	line := " " + style.Render(symbol) + " " + name + gap + desired + gap + reported
	if c.note > 0 && !b.extra {
		line += cell.Spaces(noteGap) + v.note(b.leaf, style)
	}
	return line
}

// note is the code of a rejection, and otherwise how long ago the leaf last changed.
func (v treeRows) note(leaf patch.Leaf, style theme.Style) string {
	if leaf.State == patch.Rejected && leaf.Ack != nil {
		return style.Render(cell.FitRight(strconv.Itoa(leaf.Ack.Code), noteWidth))
	}
	t := v.pane.twin
	at, ok := time.Time{}, false
	if leaf.HasDesired {
		at, ok = updated(t.Desired.Metadata, leaf.Path)
	}
	// What is pending counts from when it was desired, everything else from its last change.
	if waiting := leaf.State == patch.Pending && ok; leaf.HasReported && !waiting {
		if r, has := updated(t.Reported.Metadata, leaf.Path); has && r.After(at) {
			at, ok = r, true
		}
	}
	if !ok {
		return cell.Spaces(noteWidth)
	}
	return v.theme.Muted.Render(cell.FitRight(age(v.now.Sub(at)), noteWidth))
}

// value is a value in the colour of its type.
func (v treeRows) value(val patch.Value, text string, width int) string {
	return v.pane.marked(v.theme, text, width, ofKind(v.theme, val.Kind()))
}

// ofKind is the colour of a type.
func ofKind(th theme.Theme, k patch.Kind) theme.Style {
	switch k {
	case patch.KindNumber:
		return th.Number
	case patch.KindBool:
		return th.Bool
	case patch.KindNull:
		return th.Null
	case patch.KindString, patch.KindArray, patch.KindObject:
	}
	return th.String
}
