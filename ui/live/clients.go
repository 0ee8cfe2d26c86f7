package live

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"twindeck/hub"
)

// clients are the identities that are attached or observed, or about to be, in the order in which
// they were asked for.
type clients struct {
	all     []*client
	byID    map[hub.ID]*client
	colours int // clients ever there, so that each keeps its colour
}

// client is one of them.
type client struct {
	id      hub.ID
	state   hub.EventKind
	waiting bool // asked for, nothing heard yet
	synced  bool // its twin was read once
	version int64
	colour  int
	ack     hub.AckMode
	answer  *hub.MethodAnswer // to direct methods; nil: it knows none
	every   time.Duration     // between two reads, when it is observed; 0: a client is attached
	reading hub.Observation   // how the observation goes
	retry   time.Time         // when it connects again, or is read again after a failure
}

func newClients() clients { return clients{byID: map[hub.ID]*client{}} }

// Title names the pane and counts the attached clients.
func (p *Pane) Title() string {
	title := "Live"
	var parts []string
	attached, observed := p.Clients(), len(p.clients.all)-p.Clients()
	if attached > 0 {
		parts = append(parts, fmt.Sprintf("%d attached", attached))
	}
	if observed > 0 {
		parts = append(parts, fmt.Sprintf("%d observed", observed))
	}
	if len(parts) > 0 {
		title += ": " + strings.Join(parts, ", ")
	}
	switch {
	case p.recording.Err != nil:
		title += " · NOT REC"
	case p.recorded:
		title += " · rec"
	}
	if p.paused {
		title += " · paused"
	}
	return title
}

// Attached reports whether a client is attached as id, or on its way to be.
func (p *Pane) Attached(id hub.ID) bool {
	c := p.clients.byID[id]
	return c != nil && c.every == 0
}

// Observed reports whether an identity is observed.
func (p *Pane) Observed(id hub.ID) bool {
	c := p.clients.byID[id]
	return c != nil && c.every > 0
}

// Clients returns how many clients are attached, or on their way to be.
func (p *Pane) Clients() int {
	n := 0
	for _, c := range p.clients.all {
		n += boolInt(c.every == 0)
	}
	return n
}

// AttachedBelow returns the clients that are attached as id or, when it is a device, as one of its
// modules.
func (p *Pane) AttachedBelow(id hub.ID) []hub.ID {
	var ids []hub.ID
	for _, c := range p.clients.all {
		if c.every == 0 && (c.id == id || c.id.Parent() == id) {
			ids = append(ids, c.id)
		}
	}
	return ids
}

// Attach shows that a client is about to be attached.
func (p *Pane) Attach(id hub.ID) {
	p.revision++
	p.clients.add(id)
}

// Observe shows that an identity is about to be observed, in the place of a client if there was one.
func (p *Pane) Observe(id hub.ID, every time.Duration) {
	p.revision++
	c := p.clients.add(id)
	c.every, c.waiting, c.ack, c.answer = every, true, hub.AckOff, nil
}

// SetObservations takes how the observations go.
func (p *Pane) SetObservations(all []hub.Observation) {
	for _, o := range all {
		if c := p.clients.byID[o.ID]; c != nil && c.every > 0 {
			c.reading = o
		}
	}
}

// Detach forgets a client or an observation, after it ended or could not begin. Its events stay.
func (p *Pane) Detach(id hub.ID) {
	p.revision++
	p.clients.remove(id)
}

// Actors returns as which of the attached clients something can be done: the one whose event the
// cursor was put on, or else the one that is selected, or else all there are.
func (p *Pane) Actors(selected hub.ID) []hub.ID {
	if e := p.current(); e != nil && !p.Following() && p.Attached(e.ID) {
		return []hub.ID{e.ID}
	}
	var ids []hub.ID
	for _, c := range p.clients.all {
		if c.every > 0 {
			continue
		}
		if c.id == selected {
			return []hub.ID{selected}
		}
		ids = append(ids, c.id)
	}
	return ids
}

// Standing returns how a client acknowledges and what it answers to direct methods, nil for none.
func (p *Pane) Standing(id hub.ID) (hub.AckMode, *hub.MethodAnswer) {
	if c := p.clients.byID[id]; c != nil {
		return c.ack, c.answer
	}
	return hub.AckOff, nil
}

// SetAck shows how a client acknowledges.
func (p *Pane) SetAck(id hub.ID, mode hub.AckMode) {
	p.revision++
	if c := p.clients.byID[id]; c != nil {
		c.ack = mode
	}
}

// SetAnswer keeps what a client answers to direct methods.
func (p *Pane) SetAnswer(id hub.ID, answer hub.MethodAnswer) {
	p.revision++
	if c := p.clients.byID[id]; c != nil {
		c.answer = &answer
	}
}

func (cs *clients) add(id hub.ID) *client {
	if c := cs.byID[id]; c != nil {
		return c
	}
	c := &client{id: id, waiting: true, colour: cs.colours}
	cs.all = append(cs.all, c)
	cs.byID[id] = c
	cs.colours++
	return c
}

func (cs *clients) remove(id hub.ID) {
	delete(cs.byID, id)
	cs.all = slices.DeleteFunc(cs.all, func(c *client) bool { return c.id == id })
}

// note keeps the state of the client that an event tells of.
func (cs *clients) note(e *entry) {
	c := cs.byID[e.ID]
	if c == nil || e.Observing != (c.every > 0) {
		return
	}
	c.waiting = false
	switch e.Kind {
	case hub.EventAcknowledged:
	default:
		if c.version > 0 {
			e.skipped = e.Version - c.version
		}
		if e.Version > 0 {
			c.version = e.Version
		}
	}
	switch e.Kind {
	case hub.EventConnecting:
		c.state, c.retry = e.Kind, e.At.Add(e.Wait)
	case hub.EventLost:
		c.state, c.retry = e.Kind, e.At.Add(e.Wait)
	case hub.EventConnected, hub.EventTakenOver, hub.EventRefused, hub.EventDetached:
		c.state = e.Kind
	case hub.EventSynced:
		e.again = c.synced
		c.state, c.synced = hub.EventConnected, true
	case hub.EventObserved:
		e.again = c.synced
		c.state, c.synced = hub.EventConnected, true
	case hub.EventPatch, hub.EventGap, hub.EventAcknowledged, hub.EventMethod, hub.EventRenewed:
		c.state = hub.EventConnected
	}
}

// troubled reports whether a client is not as it should be.
func (c *client) troubled() bool { return c.waiting || c.state != hub.EventConnected }

// Ticks reports whether the pane shows something that changes by time alone.
func (p *Pane) Ticks() bool {
	return slices.ContainsFunc(p.clients.all, func(c *client) bool { return c.state == hub.EventConnecting || c.every > 0 })
}

// ambiguous reports whether another attached module has the same name on another device.
func (cs *clients) ambiguous(id hub.ID) bool {
	return slices.ContainsFunc(cs.all, func(c *client) bool { return c.id.Module == id.Module && c.id.Device != id.Device })
}
