package theme

import (
	"strings"

	"twindeck/keymap"
	"twindeck/ui/cell"
)

// hint is a binding on a line, and where.
type hint struct {
	keymap.Binding
	at, width int // in cells
}

// place puts bindings on a line of at most w cells: as many as fit whole, in the order given. A
// binding without a label, or one that does nothing now, is left out.
func place(w int, bindings []keymap.Binding) []hint {
	var placed []hint
	at := 0
	for _, k := range bindings {
		if k.Label == "" || k.Refused != "" {
			continue
		}
		if len(placed) > 0 {
			at += 2
		}
		width := cell.Width(k.Label) + 1 + cell.Width(k.Short)
		if at+width > w {
			break
		}
		placed = append(placed, hint{k, at, width})
		at += width
	}
	return placed
}

// Hints returns what keys do, on one line of at most w cells: as many bindings as fit
// whole, in the order given. A binding without a label, or one that does nothing now, is left out.
func (t Theme) Hints(w int, bindings ...keymap.Binding) string {
	var b strings.Builder
	for i, k := range place(w, bindings) {
		if i > 0 {
			b.WriteString("  ")
		}
		b.WriteString(t.Shortcut.Render(k.Label) + " " + t.Muted.Render(k.Short))
	}
	return b.String()
}

// BothHints is Hints of two lists, of which the second is shown however little room there is.
func (t Theme) BothHints(w int, first, always []keymap.Binding) string {
	end := t.Hints(w, always...)
	left := t.Hints(w-cell.Width(end)-2, first...)
	if left == "" || end == "" {
		return left + end
	}
	return left + "  " + end
}

// HintAt returns the binding at column x of what BothHints returns, and false where there is none.
func (t Theme) HintAt(x, w int, first, always []keymap.Binding) (keymap.Binding, bool) {
	end := place(w, always)
	used := 0
	if n := len(end); n > 0 {
		used = end[n-1].at + end[n-1].width
	}
	left := place(w-used-2, first)
	if n := len(left); n > 0 {
		for i := range end {
			end[i].at += left[n-1].at + left[n-1].width + 2
		}
	}
	for _, h := range append(left, end...) {
		if x >= h.at && x < h.at+h.width {
			return h.Binding, true
		}
	}
	return keymap.Binding{}, false
}
