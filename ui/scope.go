package ui

import (
	"slices"

	"twindeck/keymap"
)

// scope returns the bindings that a key is looked up in when no overlay and no text takes it, in
// that order.
func (m *Model) scope() []keymap.Binding {
	k := m.keys
	all := slices.Concat(keymap.Bindings(k.Global), keymap.Bindings(k.Selection))
	switch m.focus {
	case paneDevices:
		if m.query.results != nil {
			all = append(all, keymap.Bindings(k.Results)...)
			break
		}
		all = append(all, keymap.Bindings(k.Devices)...)
	case paneTwin:
		all = append(all, keymap.Bindings(k.Twin)...)
	case paneLive:
		all = append(all, keymap.Bindings(k.Live)...)
	case paneCount:
	}
	return append(all, keymap.Bindings(k.Move)...)
}

// scopes names the scopes of the keys that work in the focused pane, those that work there alone first.
func (m *Model) scopes() []string {
	own := [paneCount]string{"Devices", "Twin", "Live"}[m.focus]
	if m.focus == paneDevices && m.query.results != nil {
		own = "Results"
	}
	return []string{own, "Selection"}
}

// meaning returns the binding that a key press is about to trigger, and false when it does nothing
// or types.
func (m *Model) meaning(key keymap.Press) (keymap.Binding, bool) {
	var all []keymap.Binding
	switch front := m.front(); {
	case front != nil:
		all = append(slices.Clone(front.Keys()), m.keys.Global.Interrupt)
	case m.query.bar != nil:
		all = keymap.Bindings(m.keys.Query)
	case m.devices.Typing(), m.resultsTyping(), m.live.Typing():
		all = keymap.Bindings(m.keys.Filter)
	case m.twin.Typing():
		all = keymap.Bindings(m.keys.Search)
	default:
		all = m.scope()
	}
	i := slices.IndexFunc(all, func(b keymap.Binding) bool { return b.Matches(key) })
	if i < 0 {
		return keymap.Binding{}, false
	}
	return all[i], true
}
