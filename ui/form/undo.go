package form

import (
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

// NewUndo returns the form that takes a save back: over the section as the save left it, with what
// was before it as the draft. [Properties.Rebase] opens its review.
func NewUndo(after Target, before patch.Value, keys keymap.Map, th theme.Theme) *Properties {
	f := NewProperties(after, keys, th)
	f.undo = true
	f.draft = before
	f.refresh()
	return f
}

// Rebase lays the draft over the section as it is now, under its etag. When nobody else has changed
// it the review opens at once; otherwise the form shows leaf by leaf what both have changed.
func (f *Properties) Rebase(value patch.Value, etag string) {
	if patch.Equal(f.target.Value, value) {
		f.target.ETag = etag
		f.startReview()
		return
	}
	f.SetBase(value, etag)
}
