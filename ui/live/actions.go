package live

import (
	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
)

// Action is what the pane wants done, nil for nothing: [Work], [Open], [Compare], [ShowVersion], [As] or [Tell].
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

	// ShowVersion asks for a version of the desired properties to be shown in the history.
	ShowVersion struct {
		ID      hub.ID
		Version int64
	}

	// As asks for something to be done as one of the attached clients; see [Pane.Actors].
	As struct{ Do Act }

	// Tell has a sentence for the user.
	Tell struct{ Text string }

	// Copy is a text for the clipboard.
	Copy struct {
		Text string
		What string // what it is, in a few words
	}
)

func (Work) action()        {}
func (Open) action()        {}
func (Compare) action()     {}
func (As) action()          {}
func (ShowVersion) action() {}
func (Tell) action()        {}

// showVersion asks for the version that an event is about.
func showVersion(e *entry) Action {
	version := e.Version
	switch e.Kind {
	case hub.EventAcknowledged:
		version = e.answer.version
	case hub.EventPatch, hub.EventSynced, hub.EventGap, hub.EventObserved:
	default:
		version = 0
	}
	if version <= 0 {
		return Tell{"this event is of no version of the desired properties"}
	}
	return ShowVersion{e.ID, version}
}

// Act is what can be done as an attached client.
type Act uint8

// The acts.
const (
	Acknowledge Act = iota // choose how it reports back what is desired
	Report                 // report a property
	Answer                 // choose what it answers to direct methods
)

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
		keys = append(keys, k.Open, k.Expand, k.Compare, k.Version)
	}
	if len(p.Actors(hub.ID{})) > 0 {
		keys = append(keys, k.Acknowledge, k.Report, k.Answer)
	}
	return keys
}
