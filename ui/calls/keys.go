package calls

import (
	"slices"

	"twindeck/keymap"
)

// Keys returns the keys that the log takes now; while a filter is typed, those that do something
// else than to type.
func (l *Log) Keys() []keymap.Binding {
	k := l.keys.Calls
	switch {
	case l.typing:
		return keymap.Bindings(l.keys.Filter)
	case l.open != nil:
		return slices.Concat([]keymap.Binding{k.Back, k.Older, k.Newer, k.Expand, k.Collapse, k.CopyCurl, k.CopyBody}, keymap.Bindings(l.keys.Move))
	}
	return slices.Concat([]keymap.Binding{k.Open, k.Filter, k.Failed, k.Kind, k.Follow, k.CopyCurl, k.CopyBody, k.Close}, keymap.Bindings(l.keys.Move))
}

// Keys returns the keys that the details take.
func (d *Details) Keys() []keymap.Binding {
	k := d.keys.Calls
	keys := []keymap.Binding{k.Close, k.Older, k.Newer, k.CopyText}
	if d.record != nil {
		keys = append(keys, k.CopyCurl, k.CopyBody, k.Expand, k.Collapse)
	}
	return append(keys, keymap.Bindings(d.keys.Move)...)
}
