package query

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
)

// Update takes a key press, and text that was pasted while a filter is typed.
func (r *Results) Update(msg tea.Msg) Action {
	r.revision++
	if r.typing {
		return r.updateFilter(msg)
	}
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch k := r.keys.Results; {
	case k.Left.Matches(press):
		r.moveColumn(-1)
	case k.Right.Matches(press):
		r.moveColumn(1)
	case k.Open.Matches(press) && r.row() != nil:
		return Open{}
	case k.Sort.Matches(press):
		return r.sort()
	case k.Filter.Matches(press):
		r.typing = true
		r.filter.CursorEnd()
		r.filter.Focus()
	case k.LoadAll.Matches(press):
		return r.loadAll()
	case k.Mark.Matches(press):
		r.mark()
		r.grid.Move(1)
		return r.went()
	case k.MarkRange.Matches(press):
		r.markRange()
	case k.MarkAll.Matches(press):
		r.markAll()
		if len(r.marks) > 0 && r.continuation != "" {
			return Notice{"marked the rows that are loaded; " + r.keys.Results.LoadAll.Label + " loads all"}
		}
	case k.Close.Matches(press):
		return r.leave()
	case r.grid.Press(r.keys.Move, press):
		return r.went()
	}
	return nil
}

// leave does what esc does: one thing after the other.
func (r *Results) leave() Action {
	switch {
	case r.all:
		return Pause{}
	case r.Filtered():
		return r.setFilter("")
	}
	return Leave{}
}

func (r *Results) loadAll() Action {
	switch {
	case r.all:
		return Pause{}
	case r.continuation == "":
		return nil
	}
	return LoadAll{}
}

// went takes note of a cursor that was moved, and asks for more when it comes near the end.
func (r *Results) went() Action {
	r.moved()
	r.wanted, r.chased = hub.ID{}, 0
	near := r.grid.Cursor() >= r.length()-2*r.height
	if near && r.continuation != "" && !r.loading && !r.all && r.problem == "" {
		return More{}
	}
	return nil
}

func (r *Results) moveColumn(d int) {
	if at := r.columnAt() + d; at >= 0 && at < len(r.columns) {
		r.column = r.columns[at].Name
	}
}

// sort sorts by the column under the cursor; then the other way; then no more.
func (r *Results) sort() Action {
	at := r.columnAt()
	if at < 0 {
		return nil
	}
	a, c := &r.arrange, r.columns[at]
	switch {
	case !a.sorted || a.column.Name != c.Name:
		a.column, a.sorted, a.reverse = c, true, false
	case !a.reverse:
		a.reverse = true
	default:
		a.sorted, a.reverse = false, false
	}
	return r.rearrange()
}

// rearrange begins to filter and sort anew.
func (r *Results) rearrange() Action {
	r.revision++
	r.arrange.change()
	a := r.arrange.work(r.rows)
	r.settle()
	return a
}

// Done takes the outcome of a [Work]; rows that came meanwhile are more of it.
func (r *Results) Done(d Done) Action {
	if !r.arrange.done(d) {
		return nil
	}
	r.revision++
	a := r.arrange.work(r.rows)
	r.settle()
	return a
}

// updateFilter takes a key press or a paste while the filter is typed.
func (r *Results) updateFilter(msg tea.Msg) Action {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch k := r.keys.Filter; {
		case k.Accept.Matches(press):
			r.typing = false
			r.filter.Blur()
			return nil
		case k.Clear.Matches(press):
			r.typing = false
			r.filter.Blur()
			return r.setFilter("")
		case k.Up.Matches(press):
			r.grid.Move(-1)
			return r.went()
		case k.Down.Matches(press):
			r.grid.Move(1)
			return r.went()
		}
	}
	// The command would only make a cursor blink.
	r.filter, _ = r.filter.Update(msg)
	return r.setFilter(r.filter.Value())
}

// setFilter shows only rows that contain every word of a text, upper and lower case alike.
func (r *Results) setFilter(text string) Action {
	if r.filter.Value() != text {
		r.filter.SetValue(text)
	}
	terms := strings.Fields(strings.ToLower(text))
	if strings.Join(terms, " ") == strings.Join(r.arrange.terms, " ") {
		return nil
	}
	r.arrange.terms = terms
	return r.rearrange()
}
