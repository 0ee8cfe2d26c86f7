package live

import (
	"strings"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/hub/record"
	"twindeck/ui/cell"
)

// text is an event as it stands in a record: what is copied of it.
func text(ev hub.Event) string { return strings.TrimSuffix(string(record.Append(nil, ev)), "\n") }

// document is the same as a value: what is shown whole, and compared where an event brought no
// properties.
func document(ev hub.Event) patch.Value {
	v, err := patch.Parse([]byte(text(ev)))
	if err != nil { // deeper than values may be
		return patch.String(text(ev))
	}
	return v
}

// titleOf names an event in safe text: who and what.
func (p *Pane) titleOf(e *entry) string {
	return cell.Safe(e.ID.String()) + " " + cell.Safe(word(e))
}
