package ui

import (
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// hubName says which hub this is: the name of its profile in its colour, and its host.
func (m *Model) hubName() string {
	th, o := m.theme, &m.opts
	mark := th.Tint(o.Color).Render(theme.Mark) + " "
	switch {
	case o.Name != "" && o.Host != "":
		return mark + th.Tint(o.Color).Render(cell.Safe(o.Name)) + th.Muted.Render(" "+cell.Safe(o.Host))
	case o.Name != "":
		return mark + th.Tint(o.Color).Render(cell.Safe(o.Name))
	case o.Embedded && o.Host != "":
		return mark + "embedded hub" + th.Muted.Render(" "+cell.Safe(o.Host))
	case o.Embedded:
		return mark + "embedded hub"
	}
	return mark + cell.Safe(o.Host)
}

// badges are what the user must not overlook of this hub; in a word each where there is room.
func (m *Model) badges(roomy bool) string {
	production, readOnly, presenter := " PROD ", " RO ", " P "
	if roomy {
		production, readOnly, presenter = " PRODUCTION ", " READ-ONLY ", " PRESENTER "
	}
	text := ""
	add := func(on bool, style theme.Style, badge string) {
		if on {
			text += "  " + style.Render(badge)
		}
	}
	add(m.opts.Production, m.theme.Danger, production)
	add(m.opts.ReadOnly, m.theme.Locked, readOnly)
	add(m.opts.Presenter, m.theme.ButtonOn, presenter)
	return text
}
