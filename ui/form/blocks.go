package form

import "twindeck/ui/theme"

// block is a part of a form's body that is drawn line by line.
type block struct {
	n    int
	line func(i int) string
	// focus is the line of the block that must be seen; -1 when the block does not have the focus.
	focus int
}

// one is a block of a single line.
func one(text string, on bool) block {
	b := block{n: 1, line: func(int) string { return text }, focus: -1}
	if on {
		b.focus = 0
	}
	return b
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
