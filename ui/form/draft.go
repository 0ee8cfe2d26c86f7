package form

import (
	"fmt"
	"time"

	"twindeck/hub/patch"
	"twindeck/ui/draft"
)

// Draft returns what closing the form would lose, and false when that is nothing. Name, Hub and At
// are left to its owner.
func (f *Properties) Draft() (draft.Draft, bool) {
	if !f.Dirty() {
		return draft.Draft{}, false
	}
	d := draft.Draft{
		Device: f.target.ID.Device, Module: f.target.ID.Module, Section: f.target.Section,
		ETag: f.target.ETag, Base: f.target.Value, Edited: f.draft,
	}
	for _, c := range f.conflicts {
		d.Undecided = append(d.Undecided, draft.Undecided{Path: c.Path, Old: c.Base, HasOld: c.HasBase, Mine: c.Mine, HasMine: c.HasMine})
	}
	if t := f.typing; t != nil && t.touched() {
		d.Typing = &draft.Typing{
			Path: t.path, Group: t.group, OnName: t.onName,
			Name: t.name.text(), Value: t.text(), Kind: t.kind, Chosen: t.chosen, Lines: t.lines != nil,
			Section: t.section(), Rename: t.rename, Merge: t.merge, Old: t.old,
		}
	}
	return d, true
}

// Restore goes on with a draft of the form's target: it is laid over the twin as it is now, as
// [Properties.SetBase] does, and a field that was being typed into is open again. now is what the
// time of the draft is told against.
func (f *Properties) Restore(d draft.Draft, now time.Time) {
	current := f.target
	f.target.Value, f.target.ETag, f.draft = d.Base, d.ETag, d.Edited
	f.conflicts = nil
	for _, u := range d.Undecided {
		c := patch.Conflict{Path: u.Path, Base: u.Old, HasBase: u.HasOld, Mine: u.Mine, HasMine: u.HasMine}
		c.Theirs, c.HasTheirs = d.Base.At(u.Path)
		f.conflicts = append(f.conflicts, c)
	}
	f.refresh()
	if current.ETag != d.ETag || !patch.Equal(current.Value, d.Base) {
		f.SetBase(current.Value, current.ETag)
	}
	if d.Typing != nil {
		f.retype(*d.Typing)
	}
	since := "these are your unsaved changes of " + Clock(d.At, now)
	if f.notice != "" {
		since += "; " + f.notice
	}
	f.notice = since
}

// retype opens the field again that was typed into.
func (f *Properties) retype(d draft.Typing) {
	t := &typing{path: d.Path, group: d.Group, onName: d.OnName, kind: d.Kind, chosen: d.Chosen, rename: d.Rename, merge: d.Merge, old: d.Old, name: newLine(d.Name)}
	if d.Section {
		t.path = patch.Path{}
	}
	if !t.adding() && !t.merge {
		if v, ok := f.draft.At(t.path); ok {
			t.value = newLine("")
			t.begin(v, d.Lines)
		}
		f.reveal(t.path)
	}
	if t.value, t.lines = newLine(""), nil; d.Lines {
		t.lines = &area{whole: true}
		t.lines.set(d.Value)
	} else {
		t.value.set(d.Value)
	}
	if t.rename {
		t.start = t.path[len(t.path)-1:].String()
	}
	f.typing = t
	f.refresh()
	f.judge()
}

// Clock writes a time of today as a time, and any other with its day, in the zone of now.
func Clock(at, now time.Time) string {
	at = at.In(now.Location())
	if y, m, d := at.Date(); now.Year() == y && now.Month() == m && now.Day() == d {
		return at.Format("15:04")
	}
	return fmt.Sprintf("%s %s", at.Format("2 January"), at.Format("15:04"))
}
