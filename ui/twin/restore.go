package twin

import (
	"strconv"

	"twindeck/hub/patch"
	"twindeck/ui/history"
)

func digits(n int64) string { return strconv.FormatInt(n, 10) }

// sectionNow is a section of the twin shown.
func (p *Pane) sectionNow(s patch.Section) patch.Value {
	switch s {
	case patch.Tags:
		return p.twin.Tags
	case patch.Desired:
		return p.twin.Desired.Value
	case patch.Reported:
	}
	return p.twin.Reported.Value
}

// restore asks for the older one of the two versions compared to be restored: the section that is
// another one now. Where both are, the user chooses among the changes.
func (p *Pane) restore() Action {
	older, _, ok := p.history.pair()
	if !ok {
		return Say{"this is the only version that was seen: there is none to restore"}
	}
	if p.twin == nil {
		return Say{"the twin is still being read; try again in a moment"}
	}
	var differ []patch.Section
	unknown := false
	for _, s := range []patch.Section{patch.Desired, patch.Tags} {
		side := older.Section(s)
		unknown = unknown || !side.Known
		if side.Known && !patch.Equal(side.Value, p.sectionNow(s)) {
			differ = append(differ, s)
		}
	}
	switch {
	case len(differ) == 1:
		return p.restoreSection(older, differ[0], older.Section(differ[0]).Value)
	case len(differ) == 0 && unknown:
		return Say{"not all of " + versionName(older) + " was seen, so it cannot be restored"}
	case len(differ) == 0:
		return Say{"desired properties and tags are now what they were in " + versionName(older)}
	}
	p.history.compare()
	if len(p.history.rows) > 0 {
		p.history.mode = theChanges
	}
	return Say{"desired properties and tags both differ: choose what to restore, then " + p.keys.Twin.Restore.Label}
}

// restoreRow asks for what the cursor is on among the changes to be restored: a section or a property.
func (p *Pane) restoreRow() Action {
	h := &p.history
	older, _, ok := h.pair()
	if !ok || h.changes.Cursor() >= len(h.rows) {
		return nil
	}
	row := h.rows[h.changes.Cursor()]
	s := row.diff.Section
	switch {
	case s == patch.Reported:
		return Say{"reported properties are the device's own: nobody else can set them"}
	case p.twin == nil:
		return Say{"the twin is still being read; try again in a moment"}
	case !row.diff.Old.Known:
		return Say{"what the section was in " + versionName(older) + " was not seen, so it cannot be restored"}
	}
	value := row.diff.Old.Value
	if c := row.change; c != nil {
		value = p.sectionNow(s)
		if c.Kind == patch.Added {
			value = value.Without(c.Path)
		} else {
			value = value.With(c.Path, c.Old)
		}
	}
	if patch.Equal(value, p.sectionNow(s)) {
		return Say{"that is now what it was in " + versionName(older)}
	}
	return p.restoreSection(older, s, value)
}

func (p *Pane) restoreSection(older *history.Entry, s patch.Section, value patch.Value) Action {
	return Restore{ID: p.id, Section: s, Value: value, Version: versionName(older)}
}
