package form

import (
	"fmt"
	"strings"

	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Size returns the size the form would like on a screen of w by h cells. It does not shrink
// with its content: a frame that jumps while one types is no help.
func (f *Properties) Size(w, h int) (int, int) {
	return min(max(w, 1), 104), min(max(h, 1), 40)
}

// View draws the form: exactly h lines of exactly w cells. A frame costs what is visible.
func (f *Properties) View(w, h int) string {
	if f.review != nil {
		return f.viewReview(w, h)
	}
	iw, ih := theme.Inner(w, h)
	c := f.columns(iw)
	fr := frame{
		title:   f.Title(),
		head:    []string{" " + f.status(iw-2)},
		top:     f.top,
		message: f.message(iw, ih),
		hints:   " " + f.theme.Hints(iw-2, f.hints()...),
	}
	if ih >= 10 {
		fr.head = append(fr.head, "")
	}
	body := f.layout()
	fr.body, fr.focus = body.len(), body.focus
	fr.line = func(i int) string { return f.bodyLine(body, i, c) }
	f.page = arrange(ih, len(fr.head), fr.body, len(fr.message)).body
	view, top := draw(f.theme, fr, w, h)
	f.top = top
	return view
}

// body says which line of the form shows what.
type body struct {
	rows   int
	empty  int // lines instead of rows when there are none
	adding int // line of the property being added; -1 when none is
	focus  int
}

func (f *Properties) layout() body {
	b := body{rows: len(f.rows), adding: -1}
	if b.rows == 0 && f.typing == nil {
		b.empty = 2
	}
	b.focus = f.cursor
	if f.typing != nil && f.typing.adding() {
		b.adding = min(f.cursor+1, b.rows)
		b.focus = b.adding
	} else if f.cursor == b.rows {
		b.focus = b.len() - 1
	}
	return b
}

// len returns how many lines there are: the rows, the one being added, a blank and the button.
func (b body) len() int {
	n := b.rows + b.empty + 2
	if b.adding >= 0 {
		n++
	}
	return n
}

func (f *Properties) bodyLine(b body, i int, c columns) string {
	switch {
	case i == b.adding:
		return f.addingLine(c)
	case i == b.len()-1:
		return f.button()
	case i == b.len()-2:
		return ""
	case b.empty > 0:
		return f.theme.Muted.Render([]string{"   there is nothing here yet", "   press " + f.keys.Form.Add.Label + " to add the first property"}[i])
	case b.adding >= 0 && i > b.adding:
		i--
	}
	return f.rowLine(i, c)
}

func (f *Properties) button() string {
	text := "Review changes"
	if f.changes > 0 {
		text = "Review " + count(f.changes, "change")
	}
	if f.cursor == len(f.rows) && f.typing == nil {
		return "   " + f.theme.ButtonOn.Render("▸"+text+" ")
	}
	return "   " + f.theme.Button.Render(" "+text+" ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// columns is how the width of the list is shared out.
type columns struct{ name, kind, value int }

// columns gives the names what they need up to two fifths, and drops the types where there
// is little room.
func (f *Properties) columns(w int) columns {
	var c columns
	names := f.names
	if t := f.typing; t != nil && t.adding() {
		names = max(names, 2*len(t.group)+2+min(max(cell.Width(t.name.text())+1, 12), 40))
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
	b.WriteString(named.Render(cell.Fit(name+cell.Safe(r.key()), c.name)) + "  ")
	typed := on && f.typing != nil
	if c.kind > 0 {
		b.WriteString(f.theme.Muted.Render(cell.Fit(f.kindText(r, typed), c.kind)) + "  ")
	}
	if typed {
		b.WriteString(f.typing.value.view(f.theme, c.value))
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
	case r.removed():
		return r.was.Kind().String()
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
		if !has {
			return theme.Absent
		}
		return cell.Safe(literal(v))
	}
	switch {
	case r.conflict != nil:
		c := r.conflict
		side := func(v patch.Value, has bool) string {
			if !has {
				return "removed"
			}
			return safe(v, true)
		}
		return th.Muted.Render("theirs ") + side(c.Theirs, c.HasTheirs) + th.Muted.Render("   mine ") + th.Warn.Render(side(c.Mine, c.HasMine))
	case r.removed():
		return th.Removed.Render("removed, sends null") + th.Muted.Render("   was "+safe(r.was, true))
	case r.group && f.folded[r.path.String()]:
		return th.Muted.Render(count(r.now.Len(), "key"))
	case r.group && !(r.had && r.was.Kind() != patch.KindObject):
		return ""
	}
	text := valueStyle(th, r.now).Render(safe(r.now, r.has))
	if r.group {
		text = ""
	}
	if r.had && !r.same {
		text += th.Muted.Render("   was " + safe(r.was, true))
		if r.was.Kind() != r.now.Kind() {
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
		return line + f.theme.Field.Render(cell.Fit(cell.Safe(t.value.text()), c.value))
	}
	return line + t.value.view(f.theme, c.value)
}

// kindText names the type that the value has as it stands.
func (t *typing) kindText() string {
	if t.chosen {
		return kindName(t.kind)
	}
	if t.adding() && t.value.text() == "" {
		return ""
	}
	v, err := infer(t.value.text())
	if err != nil {
		return ""
	}
	return v.Kind().String()
}

// status says what is edited under which etag, and how far it is changed.
func (f *Properties) status(w int) string {
	parts := []string{"etag " + cell.Safe(f.target.ETag)}
	if f.changes > 0 {
		parts = append(parts, count(f.changes, "change"))
	}
	if n := len(f.conflicts); n > 0 {
		parts = append(parts, fmt.Sprintf("%d to decide", n))
	}
	return f.theme.Muted.Render(cell.Truncate(strings.Join(parts, " · "), w))
}

// message draws what there is to say now, on few lines.
func (f *Properties) message(w, h int) []string {
	text, style, mark := f.sentence()
	lines := wrap(text, w-4, max(h/4, 1))
	for i, l := range lines {
		lines[i] = " " + style.Render(mark+" "+l)
		mark = " "
	}
	return lines
}

// sentence returns what there is to say now: the first of what the hub said, what is asked,
// what the last key could not do, and what the cursor is on.
func (f *Properties) sentence() (text string, style theme.Style, mark string) {
	th := f.theme
	switch {
	case f.busy:
		return "saving" + cell.Ellipsis, th.Accent, theme.Mark
	case f.leaving:
		return "Discard " + f.lost() + "?", th.Warn, theme.Conflict
	case f.err != "":
		return f.err, th.Bad, theme.Rejected
	case f.notice != "":
		return f.notice, th.Warn, theme.Mark
	case f.review != nil:
		return "", th.Muted, " "
	case f.typing != nil:
		if f.typing.err != "" {
			return f.typing.err, th.Bad, theme.Rejected
		}
		return f.typingText(), th.Muted, " "
	case f.cursor == len(f.rows):
		if len(f.violations) > 0 {
			return f.violations[0].String(), th.Bad, theme.Rejected
		}
		return "", th.Muted, " "
	}
	return f.rowText(f.rows[f.cursor])
}

// lost names what closing the form would lose.
func (f *Properties) lost() string {
	if n := f.changes + len(f.conflicts); n > 0 {
		return count(n, "change")
	}
	return "what was typed"
}

// typingText explains the field being typed into.
func (f *Properties) typingText() string {
	t := f.typing
	if t.onName {
		where := ""
		if len(t.group) > 0 {
			where = " in " + t.group.String()
		}
		return "name of a new property" + where + "; dots make groups: sensor.interval"
	}
	v, err := t.read()
	switch {
	case err != nil:
		return err.Error()
	case t.chosen:
		return "a " + kindText(v.Kind()) + "; ctrl+t chooses another type"
	default:
		return "a " + kindText(v.Kind()) + ", from how it looks; ctrl+t chooses another type"
	}
}

func kindText(k patch.Kind) string {
	if k == patch.KindArray || k == patch.KindObject {
		return "JSON " + k.String()
	}
	return k.String()
}

// rowText explains the row of the cursor.
func (f *Properties) rowText(r row) (text string, style theme.Style, mark string) {
	switch {
	case r.conflict != nil:
		return r.path.String() + " was changed on both sides: decide whose value stays", f.theme.Warn, theme.Conflict
	case r.violates != "":
		return r.path.String() + " " + r.violates, f.theme.Bad, theme.Rejected
	case r.depth() > 0:
		return r.path.String(), f.theme.Muted, " "
	default:
		return "", f.theme.Muted, " "
	}
}

// hints returns the keys that work now, the most useful first.
func (f *Properties) hints() []keymap.Binding {
	k, d := f.keys.Form, f.keys.Dialog
	switch {
	case f.busy:
		return nil
	case f.leaving:
		return []keymap.Binding{short(d.Yes, "discard"), short(d.No, "keep editing")}
	case f.review != nil:
		return f.reviewHints()
	case f.typing != nil:
		return f.typingHints()
	case f.cursor == len(f.rows):
		return []keymap.Binding{short(k.Edit, "review"), k.Add, k.Cancel}
	}
	r := f.rows[f.cursor]
	var hints []keymap.Binding
	switch {
	case r.conflict != nil:
		hints = []keymap.Binding{k.TakeMine, k.TakeTheirs, k.Edit}
	case r.removed():
		hints = []keymap.Binding{short(k.Remove, "keep it")}
	case r.group && f.folded[r.path.String()]:
		hints = []keymap.Binding{short(k.Edit, "unfold"), k.Add, k.Remove}
	case r.group:
		hints = []keymap.Binding{short(k.Edit, "fold"), k.Add, k.Remove}
	case r.now.Kind() == patch.KindBool:
		hints = []keymap.Binding{k.Toggle, k.Add, k.Remove}
	default:
		hints = []keymap.Binding{k.Edit, k.Add, k.Remove}
	}
	if f.changes > 0 {
		hints = append(hints, k.Review)
	}
	hints = append(hints, k.Cancel)
	if !r.same && r.conflict == nil && !r.removed() {
		hints = append(hints, k.Reset)
	}
	if !r.group && r.has {
		hints = append(hints, k.Type)
	}
	return hints
}

func (f *Properties) typingHints() []keymap.Binding {
	k, t := f.keys.Field, f.typing
	if t.onName {
		return []keymap.Binding{short(k.Accept, "on to value"), k.Back}
	}
	hints := []keymap.Binding{k.Accept, k.Back, k.Type}
	if t.adding() {
		hints = append(hints, short(k.Prev, "name"))
	}
	return append(hints, k.Review)
}
