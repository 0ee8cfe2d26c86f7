package bulk

import (
	"slices"

	"twindeck/keymap"
)

// Keys returns the keys that the overlay takes now; while a text is typed into, those that do
// something else than to type.
func (r *Run) Keys() []keymap.Binding {
	k, d := r.keys.Bulk, r.keys.Dialog
	move := keymap.Bindings(r.keys.Move)
	switch {
	case r.stage == choosing:
		return slices.Concat([]keymap.Binding{k.Accept, k.Leave}, move)
	case r.stage == describing:
		return []keymap.Binding{k.Accept, k.Leave, k.Next, k.Prev, k.Type, k.Complete, k.Review}
	case r.stage == previewing:
		return slices.Concat([]keymap.Binding{k.Accept, k.Leave}, move)
	case r.stage == confirming && r.confirmed != nil:
		return []keymap.Binding{k.Accept, k.Leave}
	case r.stage == confirming, r.stage == running && r.asking:
		return []keymap.Binding{d.Yes, d.No, d.Accept}
	case r.stage == running:
		return slices.Concat([]keymap.Binding{k.Pause, k.Stop, k.Leave}, move)
	case r.target != nil:
		return []keymap.Binding{k.Accept, k.Type, k.Leave}
	}
	return slices.Concat([]keymap.Binding{k.Filter, k.Save, k.Rest, k.Leave}, move)
}

// Keys returns the keys that the overlay takes now; while the path is typed, those that do
// something else than to type.
func (e *Export) Keys() []keymap.Binding {
	k := e.keys.Bulk
	switch {
	case e.busy:
		return []keymap.Binding{k.Leave}
	case e.sure:
		return []keymap.Binding{e.keys.Dialog.Yes, e.keys.Dialog.No}
	case e.focus == partPath:
		return []keymap.Binding{k.Accept, k.Type, k.Next, k.Prev, k.Leave}
	}
	return []keymap.Binding{k.Accept, k.Choose, k.Type, k.Next, k.Prev, k.Leave}
}
