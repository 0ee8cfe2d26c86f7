package form

import (
	tea "charm.land/bubbletea/v2"

	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// most is how many lines a message of a form takes at most.
const most = 6

// block is a part of a form's body that is drawn line by line.
type block struct {
	n    int
	line func(i int) string
	// focus is the line of the block that must be seen; -1 when the block does not have the focus.
	focus int
	// long says that the block may be so long that a form need not grow with all of it.
	long bool
}

// enough is how many lines of a long block a form grows with.
const enough = 12

// one is a block of a single line.
func one(text string, on bool) block {
	b := block{n: 1, line: func(int) string { return text }, focus: -1}
	if on {
		b.focus = 0
	}
	return b
}

// areaBlock is a text of several lines behind its name. on says that it has the focus, typing that it is
// typed into.
func areaBlock(th theme.Theme, w int, on, typing bool, name string, a *area) block {
	b := block{n: len(a.lines), focus: -1, long: true, line: func(i int) string {
		title := name
		if i > 0 {
			title = ""
		}
		return fieldRow(th, w, on, title, drawn(a, th, i, fieldRoom(w), typing))
	}}
	if on {
		b.focus = a.row()
	}
	return b
}

// typedRow is inputRow of a form that may be waiting, when nothing is typed into what has the focus.
func typedRow(th theme.Theme, w int, on, typing bool, name string, l *line) string {
	return fieldRow(th, w, on, name, typedField(th, fieldRoom(w), typing, l))
}

// typedField draws a text of one line in w cells.
func typedField(th theme.Theme, w int, typing bool, l *line) string {
	if typing {
		return l.view(th, w)
	}
	return th.Field.Render(cell.Fit(cell.Safe(l.text()), w))
}

// stackSize returns the size that a form of blocks, at most wide cells wide, would like on a screen of w by
// h cells.
func stackSize(text string, blocks []block, wide, w, h int) (int, int) {
	want := 2 + max(len(wrap(text, min(w, wide)-6, most)), 2) + 1 // the frame, the message and the hints
	for _, b := range blocks {
		if b.long {
			b.n = min(b.n, enough)
		}
		want += b.n
	}
	return min(max(w, 1), wide), max(min(want, h-2), min(h, 12), 1)
}

// pasted puts a paste where typed text would go; field and text are nil where nothing is typed.
func pasted(msg tea.PasteMsg, field *line, text *area) {
	switch {
	case field != nil:
		field.update(tea.PasteMsg{Content: oneLine(msg.Content)})
	case text != nil:
		text.update(msg)
	}
}

// within reports whether a key moves the cursor within the text: up and down do until its ends.
func (a *area) within(key tea.KeyPressMsg) bool {
	return key.String() == "up" && !a.atTop() || key.String() == "down" && !a.atBottom()
}

// drawn draws line i of an area, with the cursor where it is when it is on.
func drawn(a *area, th theme.Theme, i, w int, on bool) string {
	if on {
		return a.line(th, i, w)
	}
	return a.plain(th, i, w)
}

// stack puts blocks below each other as the body of a frame.
func (f *frame) stack(blocks []block) {
	starts := make([]int, len(blocks))
	for k, b := range blocks {
		starts[k] = f.body
		if b.focus >= 0 {
			f.focus = f.body + b.focus
		}
		f.body += b.n
	}
	f.line = func(i int) string {
		k := len(blocks) - 1
		for starts[k] > i {
			k--
		}
		for blocks[k].n == 0 || i-starts[k] >= blocks[k].n {
			k--
		}
		return blocks[k].line(i - starts[k])
	}
}
