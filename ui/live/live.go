// Package live is the pane on the right: what the attached clients receive, newest first,
// with what changed and how long it took to arrive.
package live

import (
	"fmt"
	"slices"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/grid"
)

// Pane is the state of the pane. Make one with [New]. It does no I/O and is not safe for
// concurrent use.
type Pane struct {
	keys     keymap.Map
	journal  journal
	clients  []client
	colours  int // clients ever attached, so that each keeps its colour
	grid     grid.Grid
	follow   bool
	missed   int // events that came while not following
	body     int // line of the last View that the events began on
	revision uint64
}

// client is an identity that is attached, or about to be.
type client struct {
	id      hub.ID
	state   hub.EventKind
	waiting bool // asked for, nothing heard yet
	version int64
	colour  int
}

// New returns an empty pane that follows the newest event.
func New(keys keymap.Map) *Pane {
	return &Pane{keys: keys, journal: newJournal(), follow: true}
}

// Revision changes whenever the pane may look different.
func (p *Pane) Revision() uint64 { return p.revision }

// Title names the pane and counts the attached clients.
func (p *Pane) Title() string {
	if len(p.clients) == 0 {
		return "Live"
	}
	return fmt.Sprintf("Live: %d attached", len(p.clients))
}

// Attached reports whether a client is attached as id, or on its way to be.
func (p *Pane) Attached(id hub.ID) bool { return p.find(id) >= 0 }

// Clients returns how many clients are attached, or on their way to be.
func (p *Pane) Clients() int { return len(p.clients) }

// Len returns how many events are kept.
func (p *Pane) Len() int { return p.journal.len() }

// Following reports whether the newest event is kept in view.
func (p *Pane) Following() bool { return p.follow }

func (p *Pane) find(id hub.ID) int {
	return slices.IndexFunc(p.clients, func(c client) bool { return c.id == id })
}

// Attach shows that a client is about to be attached.
func (p *Pane) Attach(id hub.ID) {
	p.revision++
	if p.find(id) >= 0 {
		return
	}
	p.clients = append(p.clients, client{id: id, waiting: true, colour: p.colours})
	p.colours++
}

// Detach forgets a client, after it was detached or could not be attached. Its events stay.
func (p *Pane) Detach(id hub.ID) {
	p.revision++
	if i := p.find(id); i >= 0 {
		p.clients = slices.Delete(p.clients, i, i+1)
	}
}

// Add takes events in the order in which they happened, and how many were let go before
// they reached the pane.
func (p *Pane) Add(events []hub.Event, dropped uint64) {
	p.revision++
	p.journal.letGo += dropped
	for _, ev := range events {
		p.journal.add(ev)
		p.note(ev)
	}
	p.grid.SetLen(p.journal.len())
	if p.follow {
		p.grid.Home()
		return
	}
	p.missed += len(events)
	p.grid.Shift(len(events))
}

// note keeps the state of the client that an event tells of.
func (p *Pane) note(ev hub.Event) {
	i := p.find(ev.ID)
	if i < 0 {
		return
	}
	c := &p.clients[i]
	c.waiting = false
	if ev.Version > 0 {
		c.version = ev.Version
	}
	switch ev.Kind {
	case hub.EventConnecting, hub.EventConnected, hub.EventLost, hub.EventRefused, hub.EventDetached:
		c.state = ev.Kind
	case hub.EventSynced, hub.EventPatch, hub.EventGap, hub.EventAcknowledged, hub.EventMethod:
		c.state = hub.EventConnected
	}
}

// AddReceipt takes the receipt of a write made here, so that its arrival can be recognised
// whichever of the two is first.
func (p *Pane) AddReceipt(r hub.Receipt) {
	p.revision++
	p.journal.remember(r)
}

// Update takes a key press.
func (p *Pane) Update(press keymap.Press) {
	p.revision++
	switch k := p.keys; {
	case k.Live.Follow.Matches(press):
		p.setFollow(!p.follow)
	case k.Live.Expand.Matches(press):
		p.expand(press.String() == "enter")
	case k.Live.Collapse.Matches(press):
		p.set(folded)
	case p.grid.Press(k.Move, press):
		// Leaving the newest event stops following; coming back resumes it.
		p.setFollow(p.grid.Cursor() == 0)
	}
}

// Click selects the event that was drawn on a line of the last View.
func (p *Pane) Click(line int) {
	row, ok := p.grid.At(line - p.body)
	if !ok {
		return
	}
	p.revision++
	p.grid.Select(row)
	p.setFollow(row == 0)
}

func (p *Pane) expand(toggle bool) {
	if p.journal.len() == 0 {
		return
	}
	if toggle && p.journal.newest(p.grid.Cursor()).detail == full {
		p.set(brief)
		return
	}
	p.set(full)
}

func (p *Pane) set(d detail) {
	if p.journal.len() > 0 {
		p.journal.newest(p.grid.Cursor()).detail = d
	}
}

func (p *Pane) setFollow(follow bool) {
	p.follow = follow
	if follow {
		p.missed = 0
		p.grid.Home()
	}
}
