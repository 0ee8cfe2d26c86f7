package form

import (
	"errors"
	"fmt"
	"strings"

	"twindeck/hub/patch"
)

var errNoObject = errors.New("an object in {} becomes properties; this is none")

// looksLikeObject reports whether pasted text is meant as an object.
func looksLikeObject(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), "{") }

// takePaste puts pasted text where it belongs: into the field that is typed into, or, an object in the
// list or in the place of a name, over the group of the cursor.
func (f *Properties) takePaste(text string) {
	t := f.typing
	switch {
	case t == nil && looksLikeObject(text):
		f.layOver(f.groupHere(), text)
	case t == nil:
		f.notice = "paste a value into a field, which " + f.keys.Form.Edit.Label + " opens; pasted here an object in {} becomes properties"
	case t.onName && t.adding() && looksLikeObject(text) && t.name.text() == "":
		f.typing = nil
		f.refresh()
		f.layOver(t.group, text)
	case t.onName && t.adding() && looksLikeObject(text):
		if f.accept() {
			f.typing.paste(text)
		}
	default:
		t.paste(text)
	}
	f.judge()
}

// groupHere returns the group into which something is added where the cursor is.
func (f *Properties) groupHere() patch.Path {
	if f.cursor == len(f.rows) {
		return patch.Path{}
	}
	r := f.rows[f.cursor]
	if r.conflict == nil && (r.group || r.has && r.now.Kind() == patch.KindObject) {
		return r.path
	}
	return r.path[:r.depth()]
}

// layOver lays a pasted object over a group: what is in it is added or changed, a null removes, and what
// is not in it stays. What cannot be taken is opened on several lines, to be corrected.
func (f *Properties) layOver(group patch.Path, text string) {
	f.typing = &typing{path: append(patch.Path{}, group...), merge: true, kind: patch.KindObject, chosen: true, name: newLine(""), value: newLine("")}
	f.typing.lines = &area{whole: true}
	f.typing.lines.set(strings.TrimSuffix(lineEnds.Replace(text), "\n"))
	if f.accept() {
		return
	}
	if _, err := f.typing.read(); err != nil {
		if e, ok := errors.AsType[*patch.SyntaxError](err); ok {
			f.typing.lines.goTo(e.Line, e.Column)
		}
	}
	f.refresh()
}

// acceptMerge lays what was pasted over its group.
func (f *Properties) acceptMerge() bool {
	t := f.typing
	v, err := t.read()
	if err != nil {
		t.err = err.Error()
		return false
	}
	before, _ := f.draft.At(t.path)
	after, note := f.merged(v)
	draft := f.draft.With(t.path, after)
	if broken := f.breaks(t.path, draft); broken != "" {
		t.err = broken
		return false
	}
	f.typing = nil
	changes := patch.Changes(before, after)
	if len(changes) == 0 {
		f.refresh()
		f.notice = note + "all that was pasted is there already"
		return true
	}
	at := append(patch.Path{}, t.path...)
	f.change(at, draft)
	f.reveal(append(at, changes[0].Path...))
	f.notice = note + pastedText(changes) + "; " + f.keys.Form.Undo.Label + " takes that back"
	return true
}

// merged returns the group of a paste with the object laid over it, and what has to be said of that.
func (f *Properties) merged(v patch.Value) (after patch.Value, note string) {
	before, _ := f.draft.At(f.typing.path)
	if before.Kind() != patch.KindObject {
		before = patch.Object()
	}
	if len(f.typing.path) == 0 {
		if part, ok := sectionIn(v, f.target.Section); ok {
			v, note = part, "of the twin that was pasted its "+f.target.Section.String()+": "
		}
	}
	return patch.Apply(before, v), note
}

// sectionIn returns the section of a twin, or of a patch for one, when v is such a document.
func sectionIn(v patch.Value, s patch.Section) (patch.Value, bool) {
	at := patch.Path{"properties", s.String()}
	if s == patch.Tags {
		at = patch.Path{"tags"}
		_, twin := v.Get("deviceId")
		if !twin && v.Len() > 1 {
			return v, false
		}
	}
	part, ok := v.At(at)
	if !ok || part.Kind() != patch.KindObject {
		return v, false
	}
	for _, own := range []string{"$metadata", "$version"} {
		part = part.Without(patch.Path{own})
	}
	return part, true
}

func pastedText(changes []patch.Change) string {
	n := map[patch.ChangeKind]int{}
	for _, c := range changes {
		n[c.Kind]++
	}
	var parts []string
	for _, k := range []patch.ChangeKind{patch.Added, patch.Changed, patch.Removed} {
		if n[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[k], k))
		}
	}
	return strings.Join(parts, ", ")
}
