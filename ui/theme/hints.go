package theme

import (
	"strings"

	"twindeck/keymap"
	"twindeck/ui/cell"
)

// Hints returns what keys do, on one line of at most w cells: as many bindings as fit
// whole, in the order given. A binding without a label is left out.
func (t Theme) Hints(w int, bindings ...keymap.Binding) string {
	var b strings.Builder
	used := 0
	for _, k := range bindings {
		if k.Label == "" {
			continue
		}
		need := cell.Width(k.Label) + 1 + cell.Width(k.Short)
		if used > 0 {
			need += 2
		}
		if used+need > w {
			break
		}
		if used > 0 {
			b.WriteString("  ")
		}
		b.WriteString(t.Shortcut.Render(k.Label) + " " + t.Muted.Render(k.Short))
		used += need
	}
	return b.String()
}
