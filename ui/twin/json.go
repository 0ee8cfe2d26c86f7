package twin

import (
	"strings"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/jsonview"
	"twindeck/ui/theme"
)

// updateDocument takes a key press on a document.
func (p *Pane) updateDocument(view *jsonview.Model, press keymap.Press) {
	switch k := p.keys; {
	case k.Move.Up.Matches(press):
		view.Up()
	case k.Move.Down.Matches(press):
		view.Down()
	case k.Move.PageUp.Matches(press):
		view.PageUp()
	case k.Move.PageDown.Matches(press):
		view.PageDown()
	case k.Move.Top.Matches(press):
		view.Home()
	case k.Move.Bottom.Matches(press):
		view.End()
	case k.Twin.Expand.Matches(press) && press.String() == "enter":
		view.Toggle()
	case k.Twin.Expand.Matches(press):
		view.Unfold()
	case k.Twin.Collapse.Matches(press):
		view.Fold()
	}
}

// layDocument lays the twin out, which is done only when somebody looks at it. Metadata is folded
// away whenever another twin is shown.
func (p *Pane) layDocument() {
	if p.jsonOf == p.twin || p.twin == nil {
		return
	}
	other := p.jsonOf == nil || p.jsonOf.ID != p.twin.ID
	p.jsonOf = p.twin
	p.json.SetValue(p.twin.Document)
	if other {
		p.json.FoldKey(extraName)
	}
}

// jsonLines draws the whole document.
func (p *Pane) jsonLines(th theme.Theme, width, height int, focused bool) []string {
	p.layDocument()
	return documentLines(p.json, th, width, height, focused)
}

func documentLines(view *jsonview.Model, th theme.Theme, width, height int, focused bool) []string {
	cursor := th.Unfocused.Over
	if focused {
		cursor = th.Selected.Over
	}
	lines := strings.Split(view.View(width, height, jsonview.Styles{
		Key:    th.Key.Render,
		String: th.String.Render,
		Number: th.Number.Render,
		Bool:   th.Bool.Render,
		Null:   th.Null.Render,
		Punct:  th.Muted.Render,
		Match:  th.Match.Render,
		Cursor: cursor,
	}), "\n")
	for i := range lines {
		lines[i] = cell.Fit(lines[i], width)
	}
	return lines
}
