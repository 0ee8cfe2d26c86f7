package twin

import (
	"slices"

	"twindeck/keymap"
)

// Hints returns the keys of the pane that do something now, the most useful first.
func (p *Pane) Hints() []keymap.Binding {
	k := p.keys.Twin
	var hints []keymap.Binding
	if p.tab == History && len(p.versions()) > 0 {
		hints = append(hints, p.history.hints(k)...)
	}
	if p.Searching() {
		clear := k.Back
		clear.Short = "clear search"
		hints = append(hints, k.NextMatch, k.PrevMatch, clear)
	}
	hints = append(hints, k.NextTab, k.PrevTab)
	if p.tab == Properties && slices.ContainsFunc(p.props.all, func(b branch) bool { return drifts(&b) }) {
		hints = append(hints, k.NextDrift)
	}
	if p.searchable() {
		hints = append(hints, k.Search)
	}
	return hints
}

// hints are the keys of the History tab.
func (h *historyTab) hints(k keymap.TwinKeys) []keymap.Binding {
	document, changes, back := k.Expand, k.Expand, k.Back
	document.Label, document.Keys, document.Short = "enter", []string{"enter"}, "document"
	changes.Label, changes.Keys, changes.Short = "l/→", []string{"l", "right"}, "differences"
	back.Short = "versions"
	switch _, _, several := h.pair(); {
	case h.mode == theDocument:
		return []keymap.Binding{back}
	case !several:
		return []keymap.Binding{document}
	case h.mode == theChanges:
		return []keymap.Binding{k.Restore, back, document, k.Pick}
	}
	return []keymap.Binding{document, k.Pick, changes, k.Restore}
}
