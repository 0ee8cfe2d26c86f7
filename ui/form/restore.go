package form

import (
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// NewRestore returns the form that makes a section again what it was at an earlier version: over the
// section as it is now, with value as the draft, in its review.
func NewRestore(t Target, value patch.Value, version string, keys keymap.Map, th theme.Theme) *Properties {
	f := NewProperties(t, keys, th)
	f.restores = cell.Safe(version)
	f.draft = value
	f.refresh()
	f.startReview()
	return f
}
