package form

import (
	"strings"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// columns is how the width of the list is shared out.
type columns struct{ name, kind, value int }

// columns gives the names what they need up to two fifths, and drops the types where there
// is little room.
func (f *Properties) columns(w int) columns {
	var c columns
	names := f.names
	if t := f.typing; t != nil && t.adding() {
		names = max(names, 2*len(t.group)+2+min(max(cell.Width(t.name.text())+1, 12), 40))
	} else if t != nil && t.rename {
		names = max(names, 2*len(t.path)+min(cell.Width(t.name.text())+1, 40))
	}
	c.name = max(min(names, w*2/5), 1)
	if w >= 56 {
		c.kind = len("boolean")
	}
	c.value = w - 3 - c.name - 2 - 1
	if c.kind > 0 {
		c.value -= c.kind + 2
	}
	c.value = max(c.value, 1)
	return c
}

// rowLine draws one property or group.
func (f *Properties) rowLine(i int, c columns) string {
	r := f.rows[i]
	on := i == f.cursor && (f.typing == nil || !f.typing.adding())
	mark, style := f.mark(r)
	name := cell.Spaces(2 * r.depth())
	switch {
	case r.group && f.folded[r.path.String()]:
		name += theme.Folded + " "
	case r.group:
		name += theme.Unfolded + " "
	default:
		name += "  "
	}
	var b strings.Builder
	b.WriteString(cursorMark(f.theme, on))
	b.WriteString(style.Render(mark) + " ")
	named := f.theme.Key
	if r.group {
		named = f.theme.Header
	} else if r.removed() {
		named = f.theme.Removed
	}
	typed := on && f.typing != nil
	if typed && f.typing.rename {
		indent := min(cell.Width(name), c.name-1)
		b.WriteString(cell.Clip(name, indent) + f.typing.name.view(f.theme, c.name-indent) + "  ")
		typed = false
		on = false
	} else {
		b.WriteString(named.Render(cell.Fit(name+cell.Safe(r.key()), c.name)) + "  ")
	}
	if c.kind > 0 {
		b.WriteString(f.theme.Muted.Render(cell.Fit(f.kindText(r, typed), c.kind)) + "  ")
	}
	if typed && f.typing.lines == nil {
		b.WriteString(f.typing.value.view(f.theme, c.value))
		return b.String()
	}
	if typed {
		b.WriteString(f.theme.Muted.Render(cell.Truncate(f.typing.linesText(), c.value)))
		return b.String()
	}
	b.WriteString(cell.Truncate(f.valueText(r), c.value))
	line := b.String()
	if on {
		return f.theme.Selected.Over(cell.Fit(line, c.name+c.kind+c.value+6+2*min(c.kind, 1)))
	}
	return line
}

func cursorMark(th theme.Theme, on bool) string {
	if on {
		return th.Accent.Render(theme.Cursor)
	}
	return " "
}

// mark returns the symbol in front of a row.
func (f *Properties) mark(r row) (string, theme.Style) {
	switch {
	case r.conflict != nil:
		return theme.Conflict, f.theme.Warn
	case r.violates != "":
		return theme.Rejected, f.theme.Bad
	case r.removed():
		return theme.Absent, f.theme.Removed
	case r.added():
		return theme.ReportedOnly, f.theme.Added
	case !r.same:
		return theme.Changed, f.theme.Changed
	default:
		return " ", theme.Style{}
	}
}

func (f *Properties) kindText(r row, typed bool) string {
	switch {
	case typed:
		return f.typing.kindText()
	case r.group:
		return ""
	case r.removed() && f.differs(r.was):
		return ""
	case r.removed():
		return r.was.Kind().String()
	case r.has && f.differs(r.now):
		return ""
	case r.has:
		return r.now.Kind().String()
	default:
		return ""
	}
}

// valueText draws what a property holds, and what it held before.
func (f *Properties) valueText(r row) string {
	th := f.theme
	safe := func(v patch.Value, has bool) string {
		switch {
		case !has:
			return theme.Absent
		case f.differs(v):
			return f.differText(r.path)
		}
		return cell.Safe(literal(v))
	}
	wasLeaf := r.had && r.was.Kind() != patch.KindObject
	switch {
	case r.conflict != nil:
		c := r.conflict
		side := func(v patch.Value, has bool) string {
			if !has {
				return "removed"
			}
			return safe(v, true)
		}
		before := theme.Absent
		if c.HasBase {
			before = safe(c.Base, true)
		}
		return th.Muted.Render("was "+before+"   theirs ") + side(c.Theirs, c.HasTheirs) + th.Muted.Render("   mine ") + th.Warn.Render(side(c.Mine, c.HasMine))
	case r.removed():
		return th.Removed.Render("removed, sends null") + th.Muted.Render("   was "+safe(r.was, true))
	case r.group && f.folded[r.path.String()]:
		return th.Muted.Render(count(r.now.Len(), "key"))
	case r.group && !wasLeaf:
		return ""
	}
	style := valueStyle(th, r.now)
	if f.differs(r.now) {
		style = th.Muted
	}
	text := style.Render(safe(r.now, r.has))
	if r.group {
		text = ""
	}
	if r.had && !r.same {
		text += th.Muted.Render("   was " + safe(r.was, true))
		if r.was.Kind() != r.now.Kind() && !f.differs(r.was) {
			text += th.Muted.Render(", " + r.was.Kind().String())
		}
	}
	return text
}

func valueStyle(th theme.Theme, v patch.Value) theme.Style {
	switch v.Kind() {
	case patch.KindNumber:
		return th.Number
	case patch.KindBool:
		return th.Bool
	case patch.KindString:
		return th.String
	default:
		return theme.Style{}
	}
}

// addingLine draws the fields of a new property in the columns of the others.
func (f *Properties) addingLine(c columns) string {
	t := f.typing
	indent := min(2*len(t.group)+2, c.name-1)
	name := cell.Spaces(indent)
	if t.onName {
		name += t.name.view(f.theme, c.name-indent)
	} else {
		name += f.theme.Key.Render(cell.Fit(cell.Safe(t.name.text()), c.name-indent))
	}
	line := cursorMark(f.theme, true) + f.theme.Added.Render(theme.ReportedOnly) + " " + name + "  "
	if c.kind > 0 {
		line += f.theme.Muted.Render(cell.Fit(t.kindText(), c.kind)) + "  "
	}
	if t.onName {
		return line + f.theme.Field.Render(cell.Fit(cell.Safe(t.text()), c.value))
	}
	if t.lines != nil {
		return line + f.theme.Muted.Render(cell.Truncate(t.linesText(), c.value))
	}
	return line + t.value.view(f.theme, c.value)
}

// kindText names the type that the value has as it stands.
func (t *typing) kindText() string {
	if t.chosen {
		return kindName(t.kind)
	}
	if t.adding() && t.text() == "" {
		return ""
	}
	v, err := infer(t.text())
	if err != nil {
		return ""
	}
	return v.Kind().String()
}
