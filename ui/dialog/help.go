package dialog

import (
	"cmp"
	"slices"

	tea "charm.land/bubbletea/v2"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Help lists the keys by scope, generated from the keymap.
type Help struct {
	groups []keymap.Group
	keys   keymap.Map
	theme  theme.Theme
	body   scroll
}

// NewHelp lists keys, those of the scopes that are named, as fields of [keymap.Map], before the others.
func NewHelp(keys keymap.Map, th theme.Theme, first ...string) *Help {
	groups := keys.Groups()
	place := func(g keymap.Group) int {
		if i := slices.Index(first, g.Scope); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortStableFunc(groups, func(a, b keymap.Group) int { return cmp.Compare(place(a), place(b)) })
	return &Help{groups: groups, keys: keys, theme: th}
}

// Title implements [Dialog].
func (h *Help) Title() string { return "Keys" }

// SetTheme implements [Dialog].
func (h *Help) SetTheme(th theme.Theme) { h.theme = th }

// Update implements [Dialog]; its action is [Closed].
func (h *Help) Update(msg tea.Msg) Action {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	if h.keys.Dialog.Close.Matches(key) {
		return Closed{}
	}
	h.body.move(h.keys.Move, key)
	return nil
}

// columnWidth is what one column of the help would like to have.
const columnWidth = 62

// Size implements [Dialog]: two columns where there is room for them.
func (h *Help) Size(w, hh int) (int, int) {
	columns := min(max((w-4)/columnWidth, 1), 2)
	width := min(max(w, 1), columns*columnWidth+4)
	return width, min(len(h.lines(width-4))+4, max(hh, 1))
}

// View implements [Dialog].
func (h *Help) View(w, hh int) string {
	iw, ih := theme.Inner(w, hh)
	var lines []string
	for _, l := range h.body.window(h.lines(iw-2), max(ih-1, 1)) {
		lines = append(lines, " "+l)
	}
	for len(lines) < ih-1 {
		lines = append(lines, "")
	}
	if ih > 1 {
		hints := []keymap.Binding{h.keys.Dialog.Close}
		if h.body.more() {
			hints = append(hints, h.keys.Move.Down, h.keys.Move.Up, h.keys.Move.PageDown)
		}
		line := " " + h.theme.Hints(iw-2, hints...)
		if at := h.body.place(); h.body.more() && cell.Width(line)+cell.Width(at)+2 < iw {
			line += cell.Spaces(iw-1-cell.Width(line)-cell.Width(at)) + h.theme.Muted.Render(at)
		}
		lines = append(lines, line)
	}
	return h.theme.Box(h.Title(), lines, w, hh, true)
}

// lines lays the groups out in one column, or in two of about the same height.
func (h *Help) lines(w int) []string {
	if w < 2*columnWidth-4 {
		return h.column(h.groups, w)
	}
	total := 0
	for _, g := range h.groups {
		total += len(g.Bindings) + 2
	}
	split, height := 0, 0
	for split < len(h.groups) && height < total/2 {
		height += len(h.groups[split].Bindings) + 2
		split++
	}
	left, right := h.column(h.groups[:split], w/2-1), h.column(h.groups[split:], w-w/2-1)
	lines := make([]string, max(len(left), len(right)))
	for i := range lines {
		var l, r string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		lines[i] = cell.Fit(l, w/2-1) + "  " + r
	}
	return lines
}

// narrow is the width under which a key's text goes below the key.
const narrow = 32

// column lists groups one below the other, keys aligned.
func (h *Help) column(groups []keymap.Group, w int) []string {
	label := 0
	for _, g := range h.groups {
		for _, b := range g.Bindings {
			label = max(label, cell.Width(b.Label))
		}
	}
	var lines []string
	for i, g := range groups {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, h.theme.Header.Render(g.Title))
		for _, b := range g.Bindings {
			key, long := h.theme.Shortcut, b.Long
			if b.Refused != "" {
				key, long = h.theme.Muted, long+" ("+b.Refused+")"
			}
			if w >= narrow {
				text := paragraphs(long, w-label-2)
				lines = append(lines, key.Render(cell.FitRight(b.Label, label))+"  "+text[0])
				for _, more := range text[1:] {
					lines = append(lines, cell.Spaces(label+2)+more)
				}
				continue
			}
			lines = append(lines, key.Render(b.Label))
			for _, l := range paragraphs(long, w-2) {
				lines = append(lines, "  "+l)
			}
		}
	}
	return lines
}
