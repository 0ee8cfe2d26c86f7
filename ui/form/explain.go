package form

import (
	"fmt"

	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

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
	case f.busy && f.shared != nil:
		return fmt.Sprintf("reading the rows: %d of %d", f.shared.read, f.shared.rows) + cell.Ellipsis, th.Accent, theme.Mark
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
		if f.typing.wrong != "" {
			return f.typing.wrong, th.Warn, theme.Rejected
		}
		return f.typingText(), th.Muted, " "
	case f.cursor == len(f.rows):
		if len(f.violations) > 0 {
			return violationText(f.violations[0]), th.Bad, theme.Rejected
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
	if t.rename {
		return "another name for " + t.path.String() + "; the old one is sent as removed"
	}
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
	case t.merge:
		return "what is in it is added or changed, null removes, all else stays"
	case t.chosen:
		return "a " + kindText(v.Kind())
	default:
		return "a " + kindText(v.Kind()) + ", from how it looks"
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
	case r.has && f.differs(r.now):
		return r.path.String() + ": the rows differ, and stay as they are unless something is typed here", f.theme.Muted, " "
	case r.depth() > 0:
		return r.path.String(), f.theme.Muted, " "
	default:
		return "", f.theme.Muted, " "
	}
}

// leave returns the key that leads out of what is in front, without a label while none does.
func (f *Properties) leave() keymap.Binding {
	switch {
	case f.busy:
		return short(f.keys.Field.Back, "stop")
	case f.leaving:
		return short(f.keys.Dialog.No, "keep editing")
	case f.review != nil:
		return f.keys.Review.Back
	case f.typing != nil && f.typing.onName:
		return f.keys.Name.Back
	case f.typing != nil && f.typing.several():
		return f.keys.Lines.Back
	case f.typing != nil:
		return f.keys.Field.Back
	default:
		return f.keys.Form.Cancel
	}
}

// hints returns the other keys that work now, the most useful first.
func (f *Properties) hints() []keymap.Binding {
	k, d := f.keys.Form, f.keys.Dialog
	switch {
	case f.busy:
		return nil
	case f.leaving:
		return []keymap.Binding{short(d.Yes, "discard")}
	case f.review != nil:
		return f.reviewHints()
	case f.typing != nil:
		return f.typingHints()
	case f.empty():
		return []keymap.Binding{k.Add}
	case f.cursor == len(f.rows):
		hints := []keymap.Binding{short(k.Edit, "review"), k.Add, k.JSON, k.Editor}
		if len(f.past) > 0 {
			hints = append(hints, k.Undo)
		}
		return hints
	}
	r := f.rows[f.cursor]
	var hints []keymap.Binding
	switch {
	case r.conflict != nil:
		hints = []keymap.Binding{k.TakeMine, k.TakeTheirs, k.Edit}
	case r.removed():
		hints = []keymap.Binding{short(k.Remove, "keep it")}
	case r.group && f.folded[r.path.String()]:
		hints = []keymap.Binding{short(k.Edit, "unfold"), k.Add, k.Remove, k.JSON, k.Editor}
	case r.group:
		hints = []keymap.Binding{short(k.Edit, "fold"), k.Add, k.Remove, k.JSON, k.Editor}
	case r.now.Kind() == patch.KindBool:
		hints = []keymap.Binding{k.Toggle, k.Add, k.Remove}
	default:
		hints = []keymap.Binding{k.Edit, k.Add, k.Remove}
	}
	if f.changes > 0 {
		hints = append(hints, k.Review)
	}
	if !r.same && r.conflict == nil && !r.removed() {
		hints = append(hints, k.Reset)
	}
	if r.has && r.conflict == nil && !f.holdsDifferent(r.now) {
		hints = append(hints, k.Rename)
	}
	if !r.group && r.has {
		hints = append(hints, k.Type)
	}
	if !r.group && r.has && r.conflict == nil && !f.holdsDifferent(f.draft) {
		hints = append(hints, k.Editor)
	}
	if len(f.past) > 0 {
		hints = append(hints, k.Undo)
	}
	return hints
}

func (f *Properties) typingHints() []keymap.Binding {
	k, t := f.keys.Field, f.typing
	switch {
	case t.rename:
		n := f.keys.Name
		return []keymap.Binding{short(n.Accept, "rename"), n.Review}
	case t.onName:
		n := f.keys.Name
		if len(f.offers()) == 0 {
			return []keymap.Binding{n.Accept}
		}
		return []keymap.Binding{n.Accept, n.Down, n.Complete}
	}
	hints := []keymap.Binding{k.Accept, k.Type}
	if t.lines != nil {
		k := f.keys.Lines
		hints = []keymap.Binding{k.Accept, k.Review}
		if t.merge || t.section() { // an object and nothing else
			return append(hints, k.Editor)
		}
		hints = append(hints, k.Type)
		if t.adding() {
			hints = append(hints, short(k.Prev, "name"))
		}
		return append(hints, k.Editor, k.OneLine)
	}
	if t.adding() {
		hints = append(hints, short(k.Prev, "name"))
	}
	return append(hints, k.Review, k.Lines, k.Editor)
}
