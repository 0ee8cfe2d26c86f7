package dialog

import (
	"slices"
	"unicode/utf8"

	"twindeck/keymap"
)

// Keys implements [Dialog].
func (c *Confirm) Keys() []keymap.Binding {
	k := c.keys.Dialog
	if c.typing() {
		no, other := k.No, k.Switch
		no.Keys, other.Keys = slices.DeleteFunc(slices.Clone(no.Keys), types), slices.DeleteFunc(slices.Clone(other.Keys), types)
		return []keymap.Binding{no, other, k.Accept}
	}
	return append([]keymap.Binding{k.Yes, k.No, k.Switch, k.Accept}, keymap.Bindings(c.keys.Move)...)
}

// Keys implements [Dialog].
func (m *Message) Keys() []keymap.Binding {
	return slices.Concat([]keymap.Binding{m.keys.Dialog.Close}, keymap.Bindings(m.keys.Move))
}

// Keys implements [Dialog].
func (h *Help) Keys() []keymap.Binding {
	return slices.Concat([]keymap.Binding{h.keys.Dialog.Close}, keymap.Bindings(h.keys.Move))
}

// Keys implements [Dialog].
func (p *Pick) Keys() []keymap.Binding {
	k := p.keys.List
	keys := []keymap.Binding{k.Accept, k.Cancel}
	if p.choice.Many {
		keys = append(keys, k.Toggle, k.Earlier, k.Later)
	}
	return append(keys, keymap.Bindings(p.keys.Move)...)
}

// types reports whether a key types a character.
func types(key string) bool { return utf8.RuneCountInString(key) == 1 || key == "space" }
