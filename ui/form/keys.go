package form

import (
	"slices"

	"twindeck/keymap"
)

// Keys returns the keys that the form takes now; while a field is typed into, those that do
// something else than to type.
func (f *Properties) Keys() []keymap.Binding {
	k := f.keys
	switch {
	case f.busy:
		return []keymap.Binding{k.Field.Back}
	case f.leaving:
		return []keymap.Binding{k.Dialog.Yes, k.Dialog.No, k.Dialog.Accept}
	case f.review != nil:
		return slices.Concat(keymap.Bindings(k.Review), keymap.Bindings(k.Move))
	case f.typing != nil && f.typing.onName:
		return keymap.Bindings(k.Name)
	case f.typing != nil && f.typing.several():
		return keymap.Bindings(k.Lines)
	case f.typing != nil:
		return keymap.Bindings(k.Field)
	}
	return slices.Concat(keymap.Bindings(k.Move), keymap.Bindings(k.Form))
}

// Keys returns the keys that the form takes now; while a field is typed into, those that do
// something else than to type.
func (f *Identity) Keys() []keymap.Binding {
	k := f.keys.Identity
	switch {
	case f.busy:
		return []keymap.Binding{k.Cancel}
	case f.leaving:
		return []keymap.Binding{f.keys.Dialog.Yes, f.keys.Dialog.No, f.keys.Dialog.Accept}
	case f.area() != nil:
		return []keymap.Binding{k.SubmitText, k.Next, k.Prev, k.Cancel}
	case f.field(f.focus) != nil:
		return []keymap.Binding{k.Submit, k.SubmitText, k.Next, k.Prev, k.Cancel}
	}
	return keymap.Bindings(k)
}

// Dirty reports whether there is anything that closing the form would lose.
func (f *Identity) Dirty() bool { return f.id.text() != "" || f.HasTwin() }

// Keys returns the keys that do something else than to type the reason.
func (f *Status) Keys() []keymap.Binding {
	k := f.keys.Field
	if f.busy {
		return []keymap.Binding{k.Back}
	}
	return []keymap.Binding{k.Accept, k.Back}
}

// Keys returns the keys that the form takes now; while a field is typed into, those that do
// something else than to type.
func (f *Authentication) Keys() []keymap.Binding {
	k := f.keys.Identity
	switch {
	case f.busy:
		return []keymap.Binding{k.Cancel}
	case f.auth.field(f.focus) != nil:
		return []keymap.Binding{k.Submit, k.SubmitText, k.Next, k.Prev, k.Cancel}
	}
	return keymap.Bindings(k)
}

// Keys returns the keys that the menu takes now.
func (f *Keys) Keys() []keymap.Binding {
	if f.busy {
		return []keymap.Binding{f.keys.Dialog.Close}
	}
	return append([]keymap.Binding{f.keys.Dialog.Accept, f.keys.Dialog.Close}, keymap.Bindings(f.keys.Move)...)
}

// Keys returns the keys that the dialog takes.
func (f *Token) Keys() []keymap.Binding { return keymap.Bindings(f.keys.Token) }

// Keys returns the keys that the form takes now; while a field is typed into, those that do
// something else than to type.
func (f *Method) Keys() []keymap.Binding {
	k := f.keys.Method
	switch {
	case f.busy:
		return []keymap.Binding{k.Cancel}
	case f.focus == methodRuns:
		return append([]keymap.Binding{k.SubmitAnywhere, k.Expand, k.Collapse, k.Again, k.Edit, k.Copy, k.Next, k.Prev, k.Cancel}, keymap.Bindings(f.keys.Move)...)
	case f.focus == methodPayload:
		return []keymap.Binding{k.SubmitAnywhere, k.Next, k.Prev, k.Cancel}
	}
	return []keymap.Binding{k.Submit, k.SubmitAnywhere, k.Next, k.Prev, k.Complete, k.Cancel}
}

// Keys returns the keys that the form takes now; while a field is typed into, those that do
// something else than to type.
func (f *Message) Keys() []keymap.Binding {
	k := f.keys.Message
	switch {
	case f.busy:
		return []keymap.Binding{k.Cancel}
	case f.area() != nil:
		return []keymap.Binding{k.SubmitAnywhere, k.Next, k.Prev, k.Cancel}
	}
	return keymap.Bindings(k)
}
