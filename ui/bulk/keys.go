package bulk

import (
	"twindeck/hub/bulk"
	"twindeck/keymap"
)

// Keys returns the keys that the overlay takes now; while a text is typed into, those that do
// something else than to type.
func (r *Run) Keys() []keymap.Binding {
	k, d := r.keys.Bulk, r.keys.Dialog
	list := func(keys ...keymap.Binding) []keymap.Binding { return append(keys, keymap.Bindings(r.keys.Move)...) }
	switch {
	case r.stage == choosing, r.stage == previewing:
		return list(k.Accept, k.Leave)
	case r.stage == describing && r.op.Kind == bulk.PatchDesired:
		return []keymap.Binding{k.Review, k.Leave}
	case r.stage == describing:
		return []keymap.Binding{k.Accept, k.Review, k.Next, k.Prev, k.Complete, k.Type, k.Leave}
	case r.stage == confirming && r.confirmed != nil:
		return []keymap.Binding{k.Accept, k.Leave}
	case r.stage == confirming:
		return []keymap.Binding{d.Yes, d.No, d.Accept}
	case r.stage == running && r.asking:
		return []keymap.Binding{d.Yes}
	case r.stage == running:
		return []keymap.Binding{k.Pause, k.Stop, k.Leave}
	case r.target != nil:
		return []keymap.Binding{k.Accept, k.Type, k.Leave}
	}
	return list(k.Filter, k.Save, k.Rest, k.Resolve, k.Leave)
}

// Keys returns the keys that the dialog takes now; while a path is typed, those that do something
// else than to type.
func (e *Export) Keys() []keymap.Binding {
	k := e.keys.Bulk
	switch {
	case e.busy:
		return []keymap.Binding{k.Leave}
	case e.sure:
		return []keymap.Binding{e.keys.Dialog.Yes}
	case e.focus == partPath:
		return []keymap.Binding{k.Accept, k.Next, k.Prev, k.Type, k.Leave}
	}
	return []keymap.Binding{k.Accept, k.Next, k.Prev, k.Choose, k.Type, k.Leave}
}
