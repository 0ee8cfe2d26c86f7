package query

import (
	"slices"

	"twindeck/keymap"
)

// Keys returns the keys that the list takes now; while a name is typed, those that do something else
// than to type.
func (s *Saved) Keys() []keymap.Binding {
	if s.name != nil {
		return []keymap.Binding{s.keys.Field.Accept, s.keys.Field.Back}
	}
	return slices.Concat(keymap.Bindings(s.keys.Saved), keymap.Bindings(s.keys.Move))
}

// Keys returns the keys that the row takes.
func (d *Document) Keys() []keymap.Binding {
	return slices.Concat(keymap.Bindings(d.keys.Document), keymap.Bindings(d.keys.Move))
}
