package form

import (
	"errors"
	"strings"

	"twindeck/hub/patch"
)

// OpenEditor asks for a text to be edited in the user's own editor; [Properties.Edited] takes what came
// of it, or [Properties.EditFailed] why nothing did.
type OpenEditor struct {
	Name string // of the file, which tells what it is; may be untrusted
	Text string
}

// handedOut is what is in the user's editor.
type handedOut struct {
	text  string
	path  patch.Path  // what the text is of, when nothing was being typed
	value patch.Value // what was there
	field bool        // the text is that of the field being typed into
	alone bool        // the form was opened for this alone
}

// EditRow asks for what is at a path to be edited in the user's editor: a group, an array or a long text.
// Of anything less it is what is around it, at last the section. alone says that the form was opened for
// this.
func (f *Properties) EditRow(p patch.Path, alone bool) Action {
	v, ok := f.draft.At(p)
	for len(p) > 0 && (!ok || kindName(v.Kind()) != "JSON" && !roomy(v)) {
		p = p[:len(p)-1]
		v, ok = f.draft.At(p)
	}
	if f.refuseWhole(v) {
		return nil
	}
	p = append(patch.Path{}, p...)
	for _, c := range f.conflicts {
		if under(c.Path, p) || under(p, c.Path) {
			f.reveal(c.Path)
			f.notice = undecidedText(len(f.conflicts))
			return nil
		}
	}
	return f.handOut(handedOut{text: written(v), path: p, value: v, alone: alone}, v.Kind() == patch.KindString)
}

// editHere is EditRow for the row of the cursor.
func (f *Properties) editHere() Action {
	if f.cursor == len(f.rows) {
		return f.EditRow(nil, false)
	}
	r := f.rows[f.cursor]
	if r.removed() && r.conflict == nil {
		f.notice = "marked for removal; " + f.keys.Form.Remove.Label + " takes that back"
		return nil
	}
	return f.EditRow(r.path, false)
}

func (f *Properties) handOut(h handedOut, plain bool) Action {
	f.handed = &h
	name, suffix := f.target.Section.String(), ".json"
	if len(h.path) > 0 {
		name = h.path[len(h.path)-1]
	}
	if plain {
		suffix = ".txt"
	}
	return OpenEditor{Name: name + suffix, Text: h.text}
}

// editField asks for what is being typed to be edited in the user's editor.
func (f *Properties) editField() Action {
	t := f.typing
	h := handedOut{text: t.text(), path: t.path, field: true}
	if v, err := t.read(); err == nil && t.lines == nil {
		h.text = written(v)
	}
	return f.handOut(h, !t.json())
}

// EditFailed says in a text that may be untrusted why nothing came of the editor. Everything is as it was.
func (f *Properties) EditFailed(text string) { f.err, f.handed = text, nil }

// Edited takes the text as the user's editor left it: what differs becomes changes in the form, to be
// reviewed as any other. A text that cannot be taken is opened in the form, with the place of what is
// wrong. It reports false when there is nothing to show: the form was opened for the editor alone, and
// the text is as it was.
func (f *Properties) Edited(text string) bool {
	h := f.handed
	f.handed = nil
	switch {
	case h == nil:
		return true
	case text == h.text:
		f.notice = "nothing was changed in the editor"
		return !h.alone || f.Dirty()
	case h.field && f.typing != nil:
		f.typing.rewrite(text)
	case h.field: // what was typed was taken over meanwhile, or taken back
		f.notice = "what the editor was opened for is closed"
		return true
	default:
		f.typing = &typing{path: h.path, kind: h.value.Kind(), chosen: true, name: newLine(""), value: newLine("")}
		f.typing.begin(h.value, true)
		f.typing.old = &h.value
		f.typing.rewrite(text)
	}
	t := f.typing
	f.review, f.leaving = nil, false
	f.reveal(t.path)
	if f.accept() {
		f.notice = strings.TrimPrefix(f.notice+"; ", "; ") + "taken over from the editor; " + f.keys.Form.Review.Label + " reviews it"
		return true
	}
	if _, err := t.read(); err != nil {
		if e, ok := errors.AsType[*patch.SyntaxError](err); ok {
			t.lines.goTo(e.Line, e.Column)
		}
	}
	t.err += "; " + f.keys.Lines.Editor.Label + " opens the editor again"
	f.judge()
	f.refresh()
	return true
}

// rewrite puts another text into the field. On one line it is read as what it was handed out as.
func (t *typing) rewrite(text string) {
	if v, err := t.read(); t.lines == nil && err == nil && v.Kind() == patch.KindString {
		t.kind, t.chosen = patch.KindString, true
	}
	t.lines = &area{whole: true}
	t.lines.set(text)
	t.err = ""
}
