package form

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/patch"
)

// typing is a field being typed into: the value of a property, or name and value of a new one.
type typing struct {
	path   patch.Path // the property; nil when one is added
	group  patch.Path // of a new property: the object it goes into
	onName bool       // of a new property: the name is typed, not the value yet
	name   line
	value  line
	start  string     // the text the value began with
	kind   patch.Kind // the type chosen
	chosen bool       // false: the type is what the text looks like
	err    string     // why it was not accepted
}

func (t *typing) adding() bool { return t.path == nil }

// touched reports whether anything has been typed.
func (t *typing) touched() bool {
	return t.value.text() != t.start || t.adding() && t.name.text() != ""
}

// read returns the value as it stands.
func (t *typing) read() (patch.Value, error) {
	if t.chosen {
		return read(t.value.text(), t.kind)
	}
	return infer(t.value.text())
}

// nextKind chooses the next type that what was typed can be read as, and the next of all
// when there is no other.
func (t *typing) nextKind() {
	now := t.kind
	if !t.chosen {
		now = patch.KindObject // what is no value yet began like JSON
		if v, err := infer(t.value.text()); err == nil {
			now = v.Kind()
		}
	}
	at := slices.IndexFunc(kinds, func(k patch.Kind) bool { return kindName(k) == kindName(now) })
	t.kind, t.chosen, t.err = kinds[(at+1)%len(kinds)], true, ""
	for step := 1; step < len(kinds); step++ {
		k := kinds[(at+step)%len(kinds)]
		if _, err := read(t.value.text(), k); err == nil {
			t.kind = k
			return
		}
	}
}

// lineEnds makes newlines of what stands at the end of a line: most terminals paste the
// carriage return that the enter key would have sent.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// paste puts pasted text at the cursor. Text that a one-line string cannot hold as it is
// turns the field into a JSON string, so that nothing of it is lost.
func (t *typing) paste(text string) {
	t.err = ""
	text = strings.TrimSuffix(lineEnds.Replace(text), "\n")
	switch {
	case t.onName:
		t.name.update(tea.PasteMsg{Content: oneLine(text)})
		return
	case !strings.ContainsFunc(text, isControl):
		t.value.update(tea.PasteMsg{Content: text})
		return
	}
	before, at, after := t.value.split()
	if t.value.text() == before {
		at = ""
	}
	whole := before + text + at + after
	if v, err := patch.Parse([]byte(whole)); err == nil && v.Kind() != patch.KindString {
		t.value.set(literal(v))
		return
	}
	if inner := strings.TrimSpace(before); strings.HasPrefix(inner, `"`) {
		quoted := patch.QuoteString(text)
		t.value.update(tea.PasteMsg{Content: quoted[1 : len(quoted)-1]})
		return
	}
	t.value.set(typeable(patch.QuoteString(whole)))
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

// startTyping begins to edit the value of a row; of an undecided one, from the user's own value.
func (f *Properties) startTyping(r row) {
	v, has := r.now, r.has
	if c := r.conflict; c != nil {
		v, has = c.Mine, c.HasMine
	}
	t := &typing{path: r.path, kind: v.Kind(), chosen: has, value: newLine("")}
	if has {
		t.start = literal(v)
		t.value.set(t.start)
	}
	f.typing = t
}

// startAdding begins a new property: in the group that the cursor is on, or beside it.
func (f *Properties) startAdding() {
	f.typing = &typing{onName: true, name: newLine(""), value: newLine("")}
	if f.cursor == len(f.rows) {
		return
	}
	r := f.rows[f.cursor]
	if r.conflict == nil && (r.group || r.has && r.now.Kind() == patch.KindObject) {
		f.typing.group = r.path
		if f.folded[r.path.String()] {
			f.fold(r, false)
		}
		return
	}
	f.typing.group = r.path[:r.depth()]
}

// pressTyping answers a key while a field is typed into.
func (f *Properties) pressTyping(key tea.KeyPressMsg) {
	t, k := f.typing, f.keys.Field
	switch {
	case k.Back.Matches(key):
		f.typing = nil
		f.refresh()
	case k.Accept.Matches(key):
		f.accept()
	case k.Next.Matches(key):
		if f.accept() && f.typing == nil {
			f.cursor = min(f.cursor+1, len(f.rows))
		}
	case k.Prev.Matches(key):
		if t.adding() {
			t.onName = true
		} else if f.accept() {
			f.cursor = max(f.cursor-1, 0)
		}
	case k.Review.Matches(key):
		if f.accept() && f.typing == nil {
			f.startReview()
		}
	case k.Type.Matches(key):
		if !t.onName {
			t.nextKind()
		}
	case t.onName:
		t.err = ""
		t.name.update(key)
	default:
		t.err = ""
		t.value.update(key)
	}
}

// accept takes over what was typed, or goes on from the name to the value. It reports false,
// with the reason in the field, when that cannot be.
func (f *Properties) accept() bool {
	t := f.typing
	path := t.path
	if t.adding() {
		p, err := f.newPath()
		if err != nil {
			t.err, t.onName = err.Error(), true
			return false
		}
		if path = p; t.onName {
			t.onName, t.err = false, ""
			return true
		}
	}
	v, err := t.read()
	if err != nil {
		t.err = err.Error()
		return false
	}
	draft := f.draft.With(path, v)
	if broken := f.breaks(path, draft); broken != "" {
		t.err = broken
		return false
	}
	f.typing = nil
	f.change(path, draft)
	return true
}

// breaks returns the limit of the hub that a draft breaks because of what it has at p, in
// words, or "". What is wrong elsewhere, and what was wrong before, is not the fault of this field.
func (f *Properties) breaks(p patch.Path, draft patch.Value) string {
	known := map[string]bool{}
	for _, v := range f.violations {
		known[v.String()] = true
	}
	for _, v := range patch.CheckSection(f.target.Section, draft) {
		near := under(v.Path, p) || under(p, v.Path)
		if near && len(v.Path) > 0 && !known[v.String()] {
			return v.String()
		}
	}
	return ""
}

// newPath returns where the name typed for a new property leads: a name, or several joined
// by dots.
func (f *Properties) newPath() (patch.Path, error) {
	text := strings.TrimSpace(f.typing.name.text())
	if text == "" {
		return nil, errors.New("type a name; dots put it into groups: sensor.interval")
	}
	names, err := patch.ParsePath(text)
	if err != nil {
		return nil, err
	}
	p := slices.Concat(f.typing.group, names)
	for _, key := range names {
		if reason := patch.CheckKey(key); reason != "" {
			return nil, errors.New(patch.QuoteString(key) + " " + reason)
		}
	}
	for n := 1; n < len(p); n++ {
		if v, ok := f.draft.At(p[:n]); ok && v.Kind() != patch.KindObject {
			return nil, fmt.Errorf("%s is a %s and holds nothing; change its type to JSON first", p[:n], v.Kind())
		}
	}
	if _, ok := f.draft.At(p); ok {
		return nil, fmt.Errorf("%s is there already; edit it instead", p)
	}
	return p, nil
}
