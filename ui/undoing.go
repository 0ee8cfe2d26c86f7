package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/form"
	"twindeck/ui/theme"
)

// maxUndos bounds how many saves can be taken back.
const maxUndos = 100

// undo is what it takes to take a save back.
type undo struct {
	place
	before, after patch.Value // the section
	etag          string      // of the twin after the save
}

// undoes remembers a save that came through, which left the section as after under an etag.
func (m *Model) undoes(s form.Save, after patch.Value, etag string) {
	if s.Undo {
		m.forgetUndo(place{s.ID, s.Section})
		return
	}
	m.undos = append(m.undos, undo{place{s.ID, s.Section}, s.Before, after, etag})
	if len(m.undos) > maxUndos {
		m.undos = m.undos[1:]
	}
}

// forgetUndo drops the newest save of a section, which was just taken back.
func (m *Model) forgetUndo(at place) {
	for i := len(m.undos) - 1; i >= 0; i-- {
		if m.undos[i].place == at {
			m.undos = append(m.undos[:i], m.undos[i+1:]...)
			return
		}
	}
}

// undoLast opens the review of what takes the newest save to the selected twin back. When the twin
// has moved on since, the form shows leaf by leaf what of it can still be taken back.
func (m *Model) undoLast(id hub.ID) tea.Cmd {
	t := m.twin.Twin()
	for i := len(m.undos) - 1; i >= 0; i-- {
		u := m.undos[i]
		if u.id != id {
			continue
		}
		if t == nil {
			return m.say(info, "reading the twin"+theme.Pending+" try again in a moment")
		}
		f := form.NewUndo(form.Target{ID: id, Section: u.section, Value: u.after, ETag: u.etag}, u.before, m.keys, m.theme)
		f.Rebase(sectionOf(*t, u.section), t.ETag)
		if !f.Dirty() { // somebody else has taken it back: what came before it is next
			m.undos = slices.Delete(m.undos, i, i+1)
			continue
		}
		m.undoing = f
		m.openProperties(f, u.place, *t) // what is kept from an earlier run is another edit
		return nil
	}
	return m.say(info, "nothing was saved here in this run that could be taken back")
}

// leftUndo is told of a form that the user leaves. Whoever has let all stand that an undo would have
// taken back is asked about what came before it the next time.
func (m *Model) leftUndo(f *form.Properties, at place) {
	if f == m.undoing && !f.Dirty() {
		m.forgetUndo(at)
	}
}

// forgetUndos drops the saves to an identity that is no more, and to the modules of a device.
func (m *Model) forgetUndos(id hub.ID) {
	m.undos = slices.DeleteFunc(m.undos, func(u undo) bool { return u.id == id || u.id.Parent() == id })
}

// sectionOf returns one section of a twin.
func sectionOf(t hub.Twin, s patch.Section) patch.Value {
	switch s {
	case patch.Tags:
		return t.Tags
	case patch.Reported:
		return t.Reported.Value
	default:
		return t.Desired.Value
	}
}
