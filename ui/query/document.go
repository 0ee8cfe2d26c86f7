package query

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/jsonview"
	"twindeck/ui/theme"
)

// Document shows a row of a result whole, as a dialog. Make one with [NewDocument].
type Document struct {
	title string
	tree  *jsonview.Model
	keys  keymap.Map
	theme theme.Theme
}

// NewDocument shows a row under a title, which may be untrusted.
func NewDocument(title string, row patch.Value, keys keymap.Map, th theme.Theme) *Document {
	d := &Document{title: cell.Safe(title), tree: jsonview.New(), keys: keys, theme: th}
	d.tree.SetValue(row)
	return d
}

// Title implements dialog.Dialog.
func (d *Document) Title() string { return d.title }

// SetTheme implements dialog.Dialog.
func (d *Document) SetTheme(th theme.Theme) { d.theme = th }

// Update implements dialog.Dialog; its actions are [Copy] and [Close].
func (d *Document) Update(msg tea.Msg) Action {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch k, move := d.keys.Document, d.keys.Move; {
	case k.Close.Matches(press):
		return Close{}
	case k.Copy.Matches(press):
		place, v := d.tree.Selected()
		if place == "" {
			place = "the whole row"
		}
		return Copy{Text: v.JSON(), What: place}
	case k.Expand.Matches(press):
		d.tree.Unfold()
	case k.Collapse.Matches(press):
		d.tree.Fold()
	case move.Up.Matches(press):
		d.tree.Up()
	case move.Down.Matches(press):
		d.tree.Down()
	case move.PageUp.Matches(press):
		d.tree.PageUp()
	case move.PageDown.Matches(press):
		d.tree.PageDown()
	case move.Top.Matches(press):
		d.tree.Home()
	case move.Bottom.Matches(press):
		d.tree.End()
	}
	return nil
}

// Size implements dialog.Dialog.
func (d *Document) Size(w, h int) (int, int) {
	return min(max(w, 1), max(w-8, 80), 120), min(max(h, 1), max(h-4, 20))
}

// View implements dialog.Dialog.
func (d *Document) View(w, h int) string {
	if w < 1 || h < 1 {
		return ""
	}
	iw, ih := theme.Inner(w, h)
	th := d.theme
	body := max(ih-1, 1)
	lines := strings.Split(d.tree.View(iw, body, jsonview.Styles{
		Key: th.Key.Render, String: th.String.Render, Number: th.Number.Render, Bool: th.Bool.Render, Null: th.Null.Render,
		Punct: th.Muted.Render, Match: th.Warn.Render, Cursor: th.Selected.Over,
	}), "\n")
	if ih > 1 {
		k := d.keys.Document
		lines = append(lines, " "+th.Hints(iw-2, k.Close, k.Copy, k.Collapse, k.Expand))
	}
	return th.Box(d.title, lines, w, h, true)
}
