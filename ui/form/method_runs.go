package form

import (
	tea "charm.land/bubbletea/v2"

	"twindeck/ui/cell"
)

// pressRuns takes a key while the calls have the focus.
func (f *Method) pressRuns(key tea.KeyPressMsg) Action {
	k := f.keys.Method
	switch {
	case f.inside && (k.Cancel.Matches(key) || k.Collapse.Matches(key) && f.atRoot()):
		f.inside = false
	case k.Cancel.Matches(key):
		return Cancel{}
	case k.Copy.Matches(key):
		return f.copied()
	case f.inside:
		f.pressResult(key)
	case key.String() == "tab":
		f.move(1)
	case key.String() == "shift+tab", f.cursor == 0 && f.keys.Move.Up.Matches(key):
		f.move(-1)
	case f.keys.Move.Up.Matches(key):
		f.cursor--
		f.opened = nil
	case f.keys.Move.Down.Matches(key):
		f.cursor = min(f.cursor+1, len(f.runs)-1)
		f.opened = nil
	case k.Again.Matches(key):
		f.take(*f.run())
		return f.submit()
	case k.Edit.Matches(key):
		f.take(*f.run())
		f.focus = methodName
	case k.Expand.Matches(key) && f.opened == nil:
		f.open()
	case k.Expand.Matches(key):
		f.inside = true
	case k.Collapse.Matches(key):
		f.opened = nil
	}
	return nil
}

// atRoot reports whether the cursor of the result is on its outermost value.
func (f *Method) atRoot() bool {
	place, _ := f.opened.Selected()
	return place == ""
}

func (f *Method) pressResult(key tea.KeyPressMsg) {
	switch m, k := f.keys.Move, f.keys.Method; {
	case m.Up.Matches(key):
		f.opened.Up()
	case m.Down.Matches(key):
		f.opened.Down()
	case m.PageUp.Matches(key):
		f.opened.PageUp()
	case m.PageDown.Matches(key):
		f.opened.PageDown()
	case m.Top.Matches(key):
		f.opened.Home()
	case m.Bottom.Matches(key):
		f.opened.End()
	case k.Expand.Matches(key) && key.String() == "enter":
		f.opened.Toggle()
	case k.Expand.Matches(key):
		f.opened.Unfold()
	case k.Collapse.Matches(key):
		f.opened.Fold()
	}
}

// copied copies the result under the cursor, or what of it the cursor inside it is on.
func (f *Method) copied() Action {
	r := f.run()
	switch {
	case r.Failed != "":
		return Copy{r.Failed, "why the call failed"}
	case f.inside:
		place, v := f.opened.Selected()
		if place != "" {
			return Copy{v.JSON(), cell.Safe(place)}
		}
	}
	return Copy{r.Result.Payload.JSON(), "the result"}
}
