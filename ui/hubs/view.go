package hubs

import (
	"strconv"
	"time"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

const (
	widest   = 72
	errLines = 3 // at most
)

// Size returns the size it would like on a screen of w by h cells.
func (p *Picker) Size(w, h int) (int, int) {
	width := min(max(w, 1), widest)
	return width, min(max(len(p.choices), 1)+len(p.below(width-2))+3, max(h, 1))
}

// View draws it in exactly h lines of w cells.
func (p *Picker) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	below := p.below(iw)
	hints := 1
	if ih < 2 {
		hints = 0
	}
	if room := ih - hints - 1; len(below) > max(room, 0) {
		below = below[:max(room, 0)]
	}
	body := max(ih-hints-len(below), 0)
	lines := p.grid.View(rows{p}, iw, body)
	lines = append(lines, below...)
	if hints > 0 {
		lines = append(lines, " "+p.theme.Hints(iw-2, p.hints()...))
	}
	return p.theme.Box(p.Title(), lines, w, h, true)
}

func (p *Picker) hints() []keymap.Binding {
	k := p.keys.Hubs
	if p.opening != nil {
		stop := k.Cancel
		stop.Short = "call off"
		return []keymap.Binding{stop}
	}
	return []keymap.Binding{k.Open, k.Cancel, p.keys.Move.Down, p.keys.Move.Up}
}

// below is what stands under the list: how an opening goes or went, or where the list comes from.
func (p *Picker) below(w int) []string {
	switch {
	case p.opening != nil:
		waited := ""
		if s := int(p.now().Sub(p.since) / time.Second); s > 0 {
			waited = "  " + strconv.Itoa(s) + " s"
		}
		return []string{"", " " + p.theme.Accent.Render("opening "+cell.Safe(p.opening.Name())+theme.Pending) + p.theme.Muted.Render(waited)}
	case p.err != "":
		lines := []string{""}
		for _, l := range p.theme.Problem(p.err, w-2, errLines) {
			lines = append(lines, " "+l)
		}
		return lines
	case p.source != "" && len(p.choices) < 2:
		return []string{
			"", p.theme.Muted.Render(" Name more hubs in " + cell.Safe(p.source) + ":"),
			p.theme.Muted.Render(" [hub.NAME]"), p.theme.Muted.Render(` connection-string-file = "FILE"`),
		}
	case p.source != "":
		return []string{"", p.theme.Muted.Render(" named in " + cell.Safe(p.source))}
	}
	return nil
}

// openNow stands behind the hub that is open.
const openNow = "open now"

// rows draws the list.
type rows struct{ *Picker }

func (r rows) Len() int { return len(r.choices) }

// Row shows a hub with its colour and what is special about it. Nothing is told by colour alone.
func (r rows) Row(i, width int, selected bool) string {
	c, th := r.choices[i], r.theme
	mark := " "
	if i == r.current {
		mark = theme.Connected
	}
	line := " " + th.Good.Render(mark) + " " + th.Tint(c.Color).Render(theme.Mark) + " " + th.Tint(c.Color).Render(cell.Safe(c.Name()))
	tail := ""
	if c.Production {
		tail += " " + th.Danger.Render(" PRODUCTION ")
	}
	if c.ReadOnly {
		tail += " " + th.Locked.Render(" READ-ONLY ")
	}
	if i == r.current {
		tail += " " + th.Muted.Render(openNow)
	} else {
		tail += cell.Spaces(1 + cell.Width(openNow))
	}
	room := width - cell.Width(tail) - 1
	if room < 12 {
		room, tail = width, ""
	}
	line = cell.Fit(cell.Fit(line, room)+tail, width)
	if selected {
		return th.Selected.Over(line)
	}
	return line
}
