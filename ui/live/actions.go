package live

import (
	"twindeck/hub/patch"
	"twindeck/keymap"
)

// Action is what the pane wants done, nil for nothing: [Work], [Open], [Compare] or [Tell].
type Action interface{ action() }

type (
	// Work is work that takes longer than a key press may wait for. Run may be called from any
	// goroutine and returns what [Pane.Done] takes; it does no I/O.
	Work struct{ Run func() Sifted }

	// Open asks for an event to be shown whole.
	Open struct {
		Title string // safe text
		Value patch.Value
	}

	// Compare asks for a comparison to be shown, which is a dialog.
	Compare struct{ Of *Comparison }

	// Tell has a sentence for the user.
	Tell struct{ Text string }

	// Copy is a text for the clipboard.
	Copy struct {
		Text string
		What string // what it is, in a few words
	}
)

func (Work) action()    {}
func (Open) action()    {}
func (Compare) action() {}
func (Tell) action()    {}

// Keys are the keys that do something now, the most useful first.
func (p *Pane) Keys() []keymap.Binding {
	k := p.keys.Live
	var keys []keymap.Binding
	if !p.Following() {
		keys = append(keys, k.Follow)
	}
	pause := k.Pause
	if p.paused {
		pause.Short = "go on"
	}
	if p.rows() > 0 || p.paused {
		keys = append(keys, pause)
	}
	if p.Searched() {
		keys = append(keys, k.Older, k.Newer)
	}
	if p.Searched() || p.Filtered() || p.marked != nil {
		keys = append(keys, k.Clear)
	}
	if p.Len() > 0 {
		keys = append(keys, k.Filter, k.Search)
	}
	if p.rows() > 0 {
		keys = append(keys, k.Open, k.Expand, k.Compare)
	}
	return keys
}
