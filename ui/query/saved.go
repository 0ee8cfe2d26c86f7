package query

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/grid"
	"twindeck/ui/profile"
	"twindeck/ui/theme"
)

// Saved is the list of saved queries, as a dialog. Make one with [NewSaved].
type Saved struct {
	queries  []profile.Query
	keys     keymap.Map
	theme    theme.Theme
	grid     grid.Grid
	name     *field // nil unless another name is typed
	problem  string // why the name cannot be
	deleting bool   // the key for it has been pressed once
}

// NewSaved lists queries, in the order they were saved.
func NewSaved(queries []profile.Query, keys keymap.Map, th theme.Theme) *Saved {
	s := &Saved{keys: keys, theme: th}
	s.SetQueries(queries)
	return s
}

// SetQueries tells of the saved queries as they are now.
func (s *Saved) SetQueries(queries []profile.Query) {
	s.queries = queries
	s.grid.SetLen(len(queries))
}

// Title implements dialog.Dialog.
func (s *Saved) Title() string { return "Saved queries" }

// SetTheme implements dialog.Dialog.
func (s *Saved) SetTheme(th theme.Theme) { s.theme = th }

// Update implements dialog.Dialog; its actions are [Use], [Rename], [Delete] and [Close].
func (s *Saved) Update(msg tea.Msg) Action {
	if s.name != nil {
		return s.updateName(msg)
	}
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	deleting := s.deleting
	s.deleting = false
	k := s.keys.Saved
	switch {
	case k.Close.Matches(press) && deleting:
		return nil
	case k.Close.Matches(press):
		return Close{}
	case len(s.queries) == 0:
		return nil
	case k.Use.Matches(press):
		return Use{s.chosen().Text}
	case k.Delete.Matches(press) && deleting:
		return Delete{s.chosen().Name}
	case k.Delete.Matches(press):
		s.deleting = true
	case k.Rename.Matches(press):
		f := newField(s.chosen().Name)
		s.name = &f
	default:
		s.grid.Press(s.keys.Move, press)
	}
	return nil
}

func (s *Saved) chosen() profile.Query { return s.queries[s.grid.Cursor()] }

// updateName takes a key press or a paste while another name is typed.
func (s *Saved) updateName(msg tea.Msg) Action {
	press, ok := msg.(tea.KeyPressMsg)
	switch k := s.keys.Field; {
	case ok && k.Back.Matches(press):
		s.name, s.problem = nil, ""
	case ok && k.Accept.Matches(press):
		name, old := strings.TrimSpace(s.name.text()), s.chosen().Name
		switch {
		case name == "":
			s.problem = "type a name"
		case name != old && slices.ContainsFunc(s.queries, func(q profile.Query) bool { return q.Name == name }):
			s.problem = "another query has this name"
		default:
			s.name, s.problem = nil, ""
			return Rename{old, name}
		}
	default:
		s.problem = ""
		s.name.update(msg)
	}
	return nil
}

// Size implements dialog.Dialog.
func (s *Saved) Size(w, h int) (int, int) {
	return min(max(w, 1), 100), min(max(len(s.queries), 3)+4, max(h, 1))
}

// View implements dialog.Dialog.
func (s *Saved) View(w, h int) string {
	if w < 1 || h < 1 {
		return ""
	}
	iw, ih := theme.Inner(w, h)
	body := max(ih-2, 1)
	var lines []string
	if len(s.queries) == 0 {
		lines = append(lines, s.theme.Muted.Render(" none yet; "+s.keys.Query.Save.Label+" in the query bar saves one"))
	} else {
		lines = append(lines, s.grid.View(s, iw, body)...)
	}
	for len(lines) < body {
		lines = append(lines, "")
	}
	lines = append(lines, s.line(iw-2), " "+s.theme.Hints(iw-2, s.hints()...))
	return s.theme.Box(s.Title(), lines[:min(len(lines), ih)], w, h, true)
}

// line is the one above the hints.
func (s *Saved) line(w int) string {
	switch {
	case s.problem != "":
		return " " + s.theme.Bad.Render(theme.Rejected+" "+s.problem)
	case s.deleting:
		return " " + s.theme.Warn.Render(cell.Truncate("delete “"+cell.Safe(s.chosen().Name)+"”? "+s.keys.Saved.Delete.Label+" once more does it", w))
	}
	return ""
}

func (s *Saved) hints() []keymap.Binding {
	k := s.keys
	switch {
	case s.name != nil:
		return []keymap.Binding{short(k.Field.Accept, "rename"), k.Field.Back}
	case len(s.queries) == 0:
		return []keymap.Binding{k.Saved.Close}
	}
	return []keymap.Binding{k.Saved.Use, k.Saved.Rename, k.Saved.Delete, k.Saved.Close}
}

// Len implements grid.Rows.
func (s *Saved) Len() int { return len(s.queries) }

// Row implements grid.Rows.
func (s *Saved) Row(i, width int, selected bool) string {
	names := 8
	for _, q := range s.queries {
		names = max(names, cell.Width(cell.Safe(q.Name)))
	}
	names = min(names, max(width/3, 1))
	name := s.theme.Key.Render(cell.Fit(cell.Safe(s.queries[i].Name), names))
	if selected && s.name != nil {
		lines, cursor := s.name.lines(s.theme, names, nil)
		name = lines[cursor]
	}
	line := cell.Fit(" "+name+"  "+cell.Safe(s.queries[i].Text), width)
	if selected && s.name == nil {
		return s.theme.Selected.Over(line)
	}
	return line
}
