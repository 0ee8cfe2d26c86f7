package form

import (
	"errors"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// ReportProperty asks for a property to be reported by the client that is attached as ID. The form waits
// for its owner to take it away, or to say with SetError what went wrong.
type ReportProperty struct {
	ID       hub.ID
	Reported patch.Value // a merge patch of the reported properties
}

// Report is the form that reports one property by hand.
type Report struct {
	fieldset
	id   hub.ID
	kind patch.Kind // of the value; KindNull: what it looks like
}

// NewReport returns the form for the client that is attached as id, which may be untrusted.
func NewReport(id hub.ID, keys keymap.Map, th theme.Theme) *Report {
	return &Report{id: id, fieldset: fieldset{
		title: "Report as " + cell.Safe(id.String()), verb: "report", doing: "reporting",
		labels: []string{"property", "value"}, lines: []line{newLine(""), newLine("")}, keys: keys, theme: th,
	}}
}

// Update takes a key press or a paste; its actions are [ReportProperty], [Stop] and [Cancel].
func (f *Report) Update(msg tea.Msg) Action {
	if press, ok := msg.(tea.KeyPressMsg); ok && !f.busy && f.keys.Field.Type.Matches(press) {
		if f.kind == patch.KindObject {
			f.kind = patch.KindNull
		} else {
			f.kind = NextKind(f.kind)
		}
		return nil
	}
	action, submit := f.update(msg)
	if !submit {
		return action
	}
	v, err := f.value()
	switch {
	case f.text(0) == "":
		f.focus = 0
		return nil
	case f.text(1) == "" && f.kind != patch.KindString && f.focus == 0: // enter goes on
		f.focus, f.tried = 1, false
		return nil
	case err != nil:
		return nil
	}
	return ReportProperty{f.id, v}
}

var errNoProperty = errors.New("type the path of a property, such as limits.max")

// value is what would be sent, or what is wrong with it.
func (f *Report) value() (patch.Value, error) {
	path, err := patch.ParsePath(f.text(0))
	switch {
	case err != nil:
		return patch.Value{}, err
	case len(path) == 0:
		return patch.Value{}, errNoProperty
	}
	v := patch.Null()
	if f.text(1) != "null" || f.kind == patch.KindString {
		if v, err = ReadValue(f.lines[1].text(), f.kind); err != nil {
			return patch.Value{}, err
		}
	}
	reported := patch.Object().With(path, v)
	if broken := patch.CheckSection(patch.Reported, reported); len(broken) > 0 {
		return patch.Value{}, errors.New(broken[0].String())
	}
	return reported, nil
}

// Keys implements the dialog's interface.
func (f *Report) Keys() []keymap.Binding { return append(f.fieldset.Keys(), f.keys.Field.Type) }

// View draws the form: exactly h lines of exactly w cells.
func (f *Report) View(w, h int) string {
	th := f.theme
	f.labels[1] = "value"
	if f.kind != patch.KindNull {
		f.labels[1] = KindName(f.kind)
	}
	v, err := f.value()
	untouched := f.text(0) == "" || f.focus == 1 && f.text(1) == ""
	switch {
	case err != nil && (f.tried || !untouched):
		return f.draw(w, h, err.Error(), th.Bad, theme.Rejected)
	case f.focus == 0 && f.text(1) == "":
		return f.draw(w, h, "the path of the property, such as limits.max", th.Muted, " ")
	case untouched:
		return f.draw(w, h, "a number, true, false, text or JSON; null removes the property, "+f.keys.Field.Type.Label+" changes the type", th.Muted, " ")
	}
	return f.draw(w, h, "sends "+v.JSON(), th.Muted, " ")
}
