package ui

import (
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// hubName says which hub this is: the name of its profile in its colour and, when there is room for
// it, its host.
func (m *Model) hubName(roomy bool) string {
	th, o := m.theme, &m.opts
	name := cell.Safe(o.Host)
	switch {
	case o.Name != "":
		name = th.Tint(o.Color).Render(cell.Safe(o.Name))
	case o.Embedded:
		name = "embedded hub"
	default:
		roomy = false // the host is the name
	}
	if roomy && o.Host != "" {
		name += th.Muted.Render(" " + cell.Safe(o.Host))
	}
	return th.Tint(o.Color).Render(theme.Mark) + " " + name
}

// badges are what the user must not overlook of this hub; in a word each where there is room.
func (m *Model) badges(roomy bool) string {
	production, readOnly, presenter, unrecorded := " PROD ", " RO ", " P ", " REC! "
	if roomy {
		production, readOnly, presenter, unrecorded = " PRODUCTION ", " READ-ONLY ", " PRESENTER ", " NOT RECORDING "
	}
	text := ""
	add := func(on bool, style theme.Style, badge string) {
		if on {
			text += "  " + style.Render(badge)
		}
	}
	add(m.opts.Production, m.theme.Danger, production)
	add(m.opts.ReadOnly, m.theme.Locked, readOnly)
	add(m.live.Recording().Err != nil, m.theme.Danger, unrecorded)
	add(m.opts.Presenter, m.theme.ButtonOn, presenter)
	return text
}
