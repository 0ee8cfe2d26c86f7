package devices

import (
	"slices"
	"strings"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/devices/roster"
	"twindeck/ui/theme"
)

func (p *Pane) filterLine(th theme.Theme, width int) string {
	slash := p.keys.Devices.Filter.Label
	if !p.typing && !p.Filtered() {
		return th.Muted.Render(slash + " filter")
	}
	if p.want.Filter.Fuzzy {
		slash += "~"
	}
	p.filter.SetWidth(max(width-cell.Width(slash)-2, 1))
	if !p.typing {
		return th.Accent.Render(slash+" "+cell.Safe(p.filter.Value())) + th.Muted.Render("  "+p.keys.Filter.Clear.Label+" clears")
	}
	return th.Accent.Render(slash) + " " + p.filter.View()
}

// creates says which key creates what there is none of; nothing where it does not.
func creates(b keymap.Binding) string {
	if b.Refused != "" {
		return ""
	}
	return "; " + b.Label + " creates one"
}

func (p *Pane) emptyLine() string {
	switch {
	case p.job != nil:
		return " looking" + theme.Pending
	case p.Filtered() && p.progress.Note != "":
		return " nothing matches yet; " + cell.Safe(p.progress.Note)
	case p.Filtered() && p.loading && !p.complete:
		return " nothing matches yet; still loading" + theme.Pending
	case p.Filtered():
		return " nothing matches; " + p.keys.Filter.Clear.Label + " clears the filter"
	case p.loading || !p.complete && p.problem == "":
		return " loading" + theme.Pending
	case p.problem != "":
		return ""
	}
	return " no devices" + creates(p.keys.Selection.NewDevice)
}

// footLine tells what is marked, how much the filter lets through, and how much of the registry is
// loaded; what is most wanted first.
func (p *Pane) footLine(th theme.Theme, width int, shown []column) string {
	var parts []string
	if n := p.MarkedCount(); n > 0 {
		parts = append(parts, cell.Count(n)+" marked")
	}
	if p.progress.Note != "" {
		parts = append(parts, cell.Safe(p.progress.Note))
	}
	loading := p.loading && !p.complete
	filtered := len(p.roster.Showing().Filter.Terms()) > 0 // what is on the screen, not what is being looked for
	if filtered && p.Len() > 0 {
		parts = append(parts, cell.Count(p.roster.Shown())+" of "+cell.Count(p.Len())+" devices")
	}
	if loading || !filtered && p.Len() > 0 {
		parts = append(parts, p.loadedPart(loading))
	}
	if by := p.want.Sort.Column; by != "" && by != roster.ColumnID && !slices.ContainsFunc(shown, func(c column) bool { return c.Column == by }) {
		parts = append(parts, "by "+title(by)+" "+direction(p.want.Sort.Reverse))
	}
	if p.allMods {
		parts = append(parts, "reading modules"+theme.Pending)
	}
	line := " " + strings.Join(parts, " · ")
	if cell.Width(line) > width {
		line = cell.Truncate(line, width)
	}
	if n := len(parts); n > 0 && p.MarkedCount() > 0 {
		head, rest, _ := strings.Cut(line, " · ")
		if rest != "" {
			rest = " · " + rest
		}
		return th.Accent.Render(head) + th.Muted.Render(rest)
	}
	return th.Muted.Render(line)
}

func (p *Pane) loadedPart(loading bool) string {
	n := cell.Count(p.Len())
	switch total := p.progress.Total; {
	case p.progress.Paused && total > p.Len():
		return "paused at " + n + " of " + cell.Count(total)
	case p.progress.Paused:
		return "paused at " + n
	case loading && total > p.Len():
		return "loaded " + n + " of " + cell.Count(total) + theme.Pending
	case loading:
		return "loaded " + n + theme.Pending
	}
	return "loaded " + n + " of " + n
}
