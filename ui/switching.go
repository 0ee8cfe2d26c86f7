package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/dialog"
	"twindeck/ui/form"
	"twindeck/ui/hubs"
)

// What a dashboard wants of the deck it is on.
type (
	askHubsMsg    struct{}                 // list the hubs
	switchMsg     struct{ to hubs.Choice } // open one in the place of this
	stopSwitchMsg struct{}                 // do not open it after all
	leaveFor      struct{ to hubs.Choice } // the tag of the question before
)

// What comes back to the deck.
type (
	hubsMsg struct {
		gen  uint64
		list []hubs.Choice
		err  error
	}
	openedMsg struct {
		gen   uint64
		to    hubs.Choice
		lease *lease
		err   error
	}
	closedMsg struct{ err error }
)

// listHubs reads which hubs there are.
func (d *Deck) listHubs() tea.Cmd {
	if d.opts.Hubs == nil {
		return owned(d.gen, d.hub.say(info, "there is no other hub to switch to"))
	}
	list := d.opts.Hubs
	ctx, gen := d.listing.start(d.ctx)
	return func() tea.Msg {
		choices, err := list(ctx)
		return hubsMsg{gen, choices, err}
	}
}

// gotHubs shows them, the one that is open among them.
func (d *Deck) gotHubs(msg hubsMsg) {
	if !d.listing.done(msg.gen) || errors.Is(msg.err, context.Canceled) {
		return
	}
	if msg.err != nil {
		d.hub.alert("Hubs", msg.err)
		return
	}
	listed := false
	for _, c := range msg.list {
		listed = listed || c.Same(d.current)
	}
	if !listed {
		msg.list = append([]hubs.Choice{d.current}, msg.list...)
	}
	m := d.hub
	m.open(hubs.New(msg.list, d.current, hubs.Source{File: d.opts.HubsFile, Now: m.opts.Now}, m.keys, m.theme))
}

// switchTo opens a hub. The one on the screen stays until the other has answered.
func (d *Deck) switchTo(c hubs.Choice) tea.Cmd {
	open := d.opts.Open
	ctx, gen := d.opening.start(d.ctx)
	if p := d.hub.picker(); p != nil {
		p.SetOpening(c)
	}
	return func() tea.Msg {
		if !d.leases.begin() {
			return nil
		}
		defer d.leases.pending.Done()
		h, err := open(ctx, c)
		if err != nil {
			return openedMsg{gen: gen, to: c, err: err}
		}
		l := d.leases.add(h)
		if err := answers(ctx, h.Backend); err != nil {
			return openedMsg{gen: gen, to: c, err: errors.Join(err, d.leases.close(l))}
		}
		return openedMsg{gen: gen, to: c, lease: l}
	}
}

// answers reports why there is no working with a hub. One that is throttling or has a problem of its
// own is there, and its dashboard will tell.
func answers(ctx context.Context, b Backend) error {
	err := b.Reach(ctx)
	var refusal *hub.Error
	if errors.As(err, &refusal) && !hub.Unauthorized(err) {
		return nil
	}
	return err
}

// gotOpened puts the hub that was opened on the screen and closes the one before.
func (d *Deck) gotOpened(msg openedMsg) tea.Cmd {
	if !d.opening.done(msg.gen) {
		return d.closing(msg.lease)
	}
	if msg.err != nil {
		d.hub.log.Warn("hub not opened", "hub", msg.to.Name(), "error", msg.err)
		if p := d.hub.picker(); p != nil {
			p.SetError(sentence(msg.err))
			return nil
		}
		d.hub.alert("Open "+msg.to.Name(), msg.err)
		return nil
	}
	old, before := d.hub, d.lease
	old.quit() // the rest of its end may take a while
	d.show(msg.lease, msg.to)
	d.hub.width, d.hub.height = old.width, old.height
	d.hub.restyle(old.dark, old.color)
	return tea.Batch(
		d.closing(before),
		owned(d.gen, d.hub.Init()),
		owned(d.gen, d.hub.say(good, "switched to "+msg.to.Name())),
	)
}

// closing closes a hub that is not on the screen, in a command.
func (d *Deck) closing(l *lease) tea.Cmd {
	if l == nil {
		return nil
	}
	return func() tea.Msg { return closedMsg{d.leases.close(l)} }
}

// picker returns the list of hubs when it is open.
func (m *Model) picker() *hubs.Picker {
	for _, o := range m.overlays {
		if p, ok := o.(*hubs.Picker); ok {
			return p
		}
	}
	return nil
}

// leaveFor asks before the hub is left when that would lose something.
func (m *Model) leaveFor(c hubs.Choice) tea.Cmd {
	lost := m.unfinished()
	if len(lost) == 0 {
		return now(switchMsg{c})
	}
	m.open(dialog.NewConfirm(dialog.Question{
		Title: "Leave for " + c.Name() + "?",
		Text:  strings.Join(lost, "\n"),
		Yes:   "Leave",
		No:    "Stay",
		Tag:   leaveFor{c},
	}, m.keys, m.theme))
	return nil
}

// unsent names the closed forms for methods and messages that wait with something typed to be opened
// again, a sentence each. Many are one sentence.
func (m *Model) unsent() []string {
	var titles []string
	add := func(f interface {
		dialog.Dialog
		Dirty() bool
	},
	) {
		if f.Dirty() && !m.shows(f) {
			titles = append(titles, f.Title())
		}
	}
	for _, f := range m.methods {
		add(f)
	}
	for _, f := range m.drafts {
		add(f)
	}
	if len(titles) > 3 {
		return []string{fmt.Sprintf("What was typed into %d forms for methods and messages has not been sent, and will be lost.", len(titles))}
	}
	slices.Sort(titles)
	for i, title := range titles {
		titles[i] = "What was typed into \"" + title + "\" has not been sent, and will be lost."
	}
	return titles
}

// unfinished lists what is lost when the hub is left, a sentence each.
func (m *Model) unfinished() []string {
	var lost []string
	switch n := m.live.Clients(); {
	case n == 1:
		lost = append(lost, "A client is attached, and will be detached.")
	case n > 1:
		lost = append(lost, fmt.Sprintf("%d clients are attached, and will be detached.", n))
	}
	for _, o := range m.overlays {
		if f, ok := o.(*form.Properties); ok && f.Dirty() {
			lost = append(lost, "What was typed into \""+o.Title()+"\" has not been saved; it is kept for the next start.")
		} else if form, ok := o.(interface{ Dirty() bool }); ok && form.Dirty() {
			lost = append(lost, "What was typed into \""+o.Title()+"\" has not been saved, and will be lost.")
		}
	}
	lost = append(lost, m.unsent()...)
	if m.bulk.run != nil {
		lost = append(lost, "A bulk run is under way, and will stop; its report waits for the next start.")
	}
	if m.opts.Embedded && m.wrote {
		lost = append(lost, "The embedded hub lives in memory: what you created and changed in it will be gone.")
	}
	return lost
}
