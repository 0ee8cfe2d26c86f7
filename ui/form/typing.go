package form

import (
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
	pick   int        // of a new property: which of the offered ones is chosen, from 1; 0 for none
	rename bool       // the property at path gets the name that is typed
	name   line
	value  line
	lines  *area        // holds the value in the place of value when it is typed on several lines
	start  string       // the text the value began with
	old    *patch.Value // what the property was when it was begun; nil for none
	merge  bool         // an object that was pasted is laid over the group at path
	kind   patch.Kind   // the type chosen
	chosen bool         // false: the type is what the text looks like
	err    string       // why it was not accepted
	wrong  string       // what is wrong with it as it stands, while it is still being typed
	sure   bool         // the next press of the key that takes back does so
	joined struct {     // the text of lines
		of    *area
		edits int
		text  string
	}
	last reading
}

// reading is what a text was read as, kept because a frame asks for it line by line.
type reading struct {
	done, chosen, several bool
	kind                  patch.Kind
	text                  string
	value                 patch.Value
	err                   error
}

func (t *typing) adding() bool { return t.path == nil }

// section reports whether the whole section is typed as JSON.
func (t *typing) section() bool { return t.path != nil && len(t.path) == 0 }

// several reports whether the keys go into a text of several lines.
func (t *typing) several() bool { return t.lines != nil && !t.onName }

// text returns the value as it was typed.
func (t *typing) text() string {
	if t.lines == nil {
		return t.value.text()
	}
	if t.joined.of != t.lines || t.joined.edits != t.lines.edits {
		t.joined.of, t.joined.edits, t.joined.text = t.lines, t.lines.edits, t.lines.text()
	}
	return t.joined.text
}

// touched reports whether anything has been typed.
func (t *typing) touched() bool {
	if t.rename {
		return t.name.text() != t.start
	}
	return t.text() != t.start || t.adding() && t.name.text() != ""
}

// read returns the value as it stands.
func (t *typing) read() (patch.Value, error) {
	text := t.text()
	if l := t.last; l.done && l.chosen == t.chosen && l.kind == t.kind && l.several == (t.lines != nil) && l.text == text {
		return l.value, l.err
	}
	var v patch.Value
	var err error
	if t.chosen {
		v, err = t.readAs(t.kind)
	} else {
		v, err = infer(text)
	}
	t.last = reading{true, t.chosen, t.lines != nil, t.kind, text, v, err}
	return v, err
}

// readAs returns the value of a type. On several lines a string is what stands there.
func (t *typing) readAs(k patch.Kind) (patch.Value, error) {
	switch {
	case t.merge:
		v, err := patch.Parse([]byte(t.text()))
		if err == nil && v.Kind() != patch.KindObject {
			err = errNoObject
		}
		return v, err
	case t.section():
		v, err := read(t.text(), patch.KindObject)
		if err == nil && v.Kind() != patch.KindObject {
			err = errNoSection
		}
		return v, err
	case t.lines != nil && k == patch.KindString:
		return patch.String(t.text()), nil
	}
	return read(t.text(), k)
}

// nextKind chooses the next type that what was typed can be read as, and the next of all
// when there is no other.
func (t *typing) nextKind() {
	if t.merge || t.section() {
		return
	}
	now := t.kind
	if !t.chosen {
		now = patch.KindObject // what is no value yet began like JSON
		if v, err := infer(t.text()); err == nil {
			now = v.Kind()
		}
	}
	at := slices.IndexFunc(kinds, func(k patch.Kind) bool { return kindName(k) == kindName(now) })
	t.kind, t.chosen, t.err = kinds[(at+1)%len(kinds)], true, ""
	for step := 1; step < len(kinds); step++ {
		k := kinds[(at+step)%len(kinds)]
		if _, err := t.readAs(k); err == nil {
			t.kind = k
			return
		}
	}
}

// lineEnds makes newlines of what stands at the end of a line: most terminals paste the
// carriage return that the enter key would have sent.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// paste puts pasted text at the cursor. Text that one line cannot hold as it is opens several, so that
// nothing of it is lost.
func (t *typing) paste(text string) {
	t.err, t.sure = "", false
	text = strings.TrimSuffix(lineEnds.Replace(text), "\n")
	switch {
	case t.onName:
		t.pick = 0
		t.name.update(tea.PasteMsg{Content: oneLine(text)})
		return
	case t.lines != nil:
		t.lines.insert(text)
		return
	case !strings.ContainsFunc(text, isControl):
		t.value.update(tea.PasteMsg{Content: text})
		return
	}
	before, at, after := t.value.split()
	if t.value.text() == before {
		at = ""
	}
	if strings.HasPrefix(strings.TrimSpace(before), `"`) {
		quoted := patch.QuoteString(text)
		t.value.update(tea.PasteMsg{Content: quoted[1 : len(quoted)-1]})
		return
	}
	t.lines = &area{whole: true}
	t.lines.set(before + text)
	behind := *t.lines
	t.lines.insert(at + after)
	t.lines.at, t.lines.col = behind.at, behind.col
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

// startTyping begins to edit the value of a row; of an undecided one, from the user's own value.
func (f *Properties) startTyping(r row) {
	v, has := r.now, r.has && !f.differs(r.now)
	if c := r.conflict; c != nil {
		v, has = c.Mine, c.HasMine
	}
	t := &typing{path: r.path, kind: v.Kind(), chosen: has, value: newLine("")}
	if has {
		t.begin(v, roomy(v))
	}
	if r.conflict == nil && has {
		t.old = &v
	}
	f.typing = t
}

// startAdding begins a new property: in the group that the cursor is on, or beside it.
func (f *Properties) startAdding() {
	f.typing = &typing{onName: true, group: f.groupHere(), name: newLine(""), value: newLine("")}
	if f.cursor < len(f.rows) && f.folded[f.typing.group.String()] {
		f.fold(f.rows[f.cursor], false)
	}
}

// pressTyping answers a key while a field is typed into.
func (f *Properties) pressTyping(key tea.KeyPressMsg) Action {
	t, k := f.typing, f.keys.Field
	defer f.judge()
	switch {
	case t.onName:
		f.pressName(key)
		return nil
	case t.several() && f.keys.Lines.Editor.Matches(key), k.Editor.Matches(key):
		return f.editField()
	case t.several():
		f.pressLines(key)
		return nil
	}
	switch {
	case k.Back.Matches(key):
		f.endTyping()
	case k.Lines.Matches(key):
		t.unfold()
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
		t.nextKind()
	default:
		t.err = ""
		t.value.update(key)
	}
	return nil
}

// accept takes over what was typed, or goes on from the name to the value. It reports false,
// with the reason in the field, when that cannot be.
func (f *Properties) accept() bool {
	t := f.typing
	switch {
	case t.rename:
		return f.acceptName()
	case t.merge:
		return f.acceptMerge()
	}
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
	v, conflicts := f.overNews(v)
	draft := f.draft.With(path, v)
	if broken := f.breaks(path, draft); broken != "" {
		t.err = broken
		return false
	}
	f.typing = nil
	f.change(path, draft)
	if len(conflicts) > 0 {
		f.conflicts = append(f.conflicts, conflicts...)
		f.refresh()
		f.reveal(conflicts[0].Path)
		f.notice = undecidedText(len(f.conflicts))
	}
	return true
}

// overNews lays a value that was typed over what the twin has become since it was begun: what is there
// now may be somebody else's. It returns theirs where both have changed it.
func (f *Properties) overNews(v patch.Value) (patch.Value, []patch.Conflict) {
	t := f.typing
	now, has := f.draft.At(t.path)
	if t.old == nil || !has || patch.Equal(*t.old, now) {
		return v, nil
	}
	merged, conflicts := patch.Merge3(*t.old, now, v)
	for i := range conflicts {
		conflicts[i].Path = slices.Concat(t.path, conflicts[i].Path)
	}
	return merged, conflicts
}

// endTyping takes back what is typed.
func (f *Properties) endTyping() {
	f.typing = nil
	f.refresh()
}
