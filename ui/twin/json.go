package twin

import (
	"strings"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/jsonview"
	"twindeck/ui/theme"
)

// updateJSON takes a key press on the JSON tab.
func (p *Pane) updateJSON(press keymap.Press) {
	switch k := p.keys; {
	case k.Move.Up.Matches(press):
		p.json.Up()
	case k.Move.Down.Matches(press):
		p.json.Down()
	case k.Move.PageUp.Matches(press):
		p.json.PageUp()
	case k.Move.PageDown.Matches(press):
		p.json.PageDown()
	case k.Move.Top.Matches(press):
		p.json.Home()
	case k.Move.Bottom.Matches(press):
		p.json.End()
	case k.Twin.Expand.Matches(press) && press.String() == "enter":
		p.json.Toggle()
	case k.Twin.Expand.Matches(press):
		p.json.Unfold()
	case k.Twin.Collapse.Matches(press):
		p.json.Fold()
	}
}

// jsonLines draws the whole document, which is laid out only when somebody looks at it.
func (p *Pane) jsonLines(th theme.Theme, width, height int, focused bool) []string {
	if p.jsonOf != p.twin && p.twin != nil {
		p.jsonOf = p.twin
		p.json.SetValue(p.twin.Document)
	}
	cursor := th.Unfocused.Over
	if focused {
		cursor = th.Selected.Over
	}
	lines := strings.Split(p.json.View(width, height, jsonview.Styles{
		Key:    th.Key.Render,
		String: th.String.Render,
		Number: th.Number.Render,
		Bool:   th.Bool.Render,
		Null:   th.Null.Render,
		Punct:  th.Muted.Render,
		Match:  th.Warn.Render,
		Cursor: cursor,
	}), "\n")
	for i := range lines {
		lines[i] = cell.Fit(lines[i], width)
	}
	return lines
}
