package dialog

import (
	"slices"
	"unicode/utf8"

	"twindeck/keymap"
)

// Keys returns the keys that the question takes; while a name is typed, those that do something else
// than to type.
func (c *Confirm) Keys() []keymap.Binding {
	k := c.keys.Dialog
	if c.typing() {
		no, other := k.No, k.Switch
		no.Keys, other.Keys = slices.DeleteFunc(slices.Clone(no.Keys), types), slices.DeleteFunc(slices.Clone(other.Keys), types)
		return []keymap.Binding{no, other, k.Accept}
	}
	return append([]keymap.Binding{k.Yes, k.No, k.Switch, k.Accept}, keymap.Bindings(c.keys.Move)...)
}

// Keys returns the keys that the message takes.
func (m *Message) Keys() []keymap.Binding {
	return slices.Concat([]keymap.Binding{m.keys.Dialog.Close}, keymap.Bindings(m.keys.Move))
}

// Keys returns the keys that the help takes.
func (h *Help) Keys() []keymap.Binding {
	return slices.Concat([]keymap.Binding{h.keys.Dialog.Close}, keymap.Bindings(h.keys.Move))
}

// types reports whether a key types a character.
func types(key string) bool { return utf8.RuneCountInString(key) == 1 || key == "space" }
