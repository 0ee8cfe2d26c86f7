package ui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/dialog"
	"twindeck/ui/theme"
)

// attachAnyway is the tag of the question that is asked before a client takes the place of
// whoever is connected.
type attachAnyway struct{ id hub.ID }

// promptly is how soon after a key what it opens is still expected.
const promptly = 250 * time.Millisecond

// toggleClient attaches a client as the identity, or detaches it. On a real hub that may
// throw a device off that somebody depends on, so the connection is looked at and the user
// asked first.
func (m *Model) toggleClient(id hub.ID) tea.Cmd {
	switch {
	case m.leaving[id]:
		return nil
	case m.live.Attached(id):
		m.leaving[id] = true
		return detach(m.ctx, m.backend, id)
	case m.opts.Embedded:
		return m.attach(id)
	}
	said := m.say(info, "asking who is connected as "+shortName(id)+theme.Pending)
	ctx, gen := m.asking.start(m.ctx)
	return tea.Batch(said, readConnection(ctx, m.backend, connectionMsg{gen: gen, id: id, asked: m.opts.Now(), said: m.status.id}))
}

func (m *Model) attach(id hub.ID) tea.Cmd {
	m.live.Attach(id)
	return attach(m.ctx, m.backend, id)
}

func (m *Model) gotConnection(msg connectionMsg) tea.Cmd {
	if !m.asking.done(msg.gen) {
		return nil
	}
	m.hush(msg.said)
	m.heard(msg.err)
	if msg.err != nil {
		m.alert("Attach a client", msg.err)
		return nil
	}
	name := cell.Safe(msg.id.String())
	text := "Nobody is connected as " + name + " right now.\n" +
		"While the client is attached, the real one cannot connect without throwing it off, and the hub lets them take turns."
	if msg.connected {
		text = name + " is connected right now.\n" +
			"The hub allows one connection per identity: attaching disconnects the real one, which will try to come back."
	}
	q := dialog.Question{
		Title: "Attach a client as " + msg.id.String() + "?",
		Text:  text,
		Yes:   "Attach",
		No:    "Leave it",
		Tag:   attachAnyway{msg.id},
	}
	if m.opts.Production {
		q.Firm, q.Title = true, "PRODUCTION: attach a client as "+msg.id.String()+"?"
		q.Text += "\n\nThis is a production hub. To read along without taking anybody's place, press " +
			m.keys.Selection.Refresh.Label + " to read the twin again instead."
	}
	if m.opts.Now().Sub(msg.asked) > promptly {
		q.Now = m.opts.Now // it comes as a surprise: the next key may be meant for something else
	}
	m.open(dialog.NewConfirm(q, m.keys, m.theme))
	return nil
}

func (m *Model) attached(msg attachedMsg) tea.Cmd {
	m.heard(msg.err)
	if !m.live.Attached(msg.id) || errors.Is(msg.err, context.Canceled) { // detached before it was attached
		return nil
	}
	if msg.err != nil {
		m.live.Detach(msg.id)
		m.alert("Attach a client", msg.err)
		return nil
	}
	return m.say(good, "attached "+shortName(msg.id))
}

func (m *Model) detached(msg detachedMsg) tea.Cmd {
	delete(m.leaving, msg.id)
	m.heard(msg.err)
	if msg.err != nil {
		m.alert("Detach the client", msg.err)
		return nil
	}
	m.live.Detach(msg.id)
	m.devices.SetConnected(msg.id, false)
	return m.say(info, "detached "+shortName(msg.id))
}

// shortName is what an identity is called where it is clear whose module it is.
func shortName(id hub.ID) string {
	if id.IsModule() {
		return id.Module
	}
	return id.Device
}

func (m *Model) copyID(id hub.ID) tea.Cmd {
	return tea.Batch(tea.SetClipboard(id.String()), m.say(info, "copied "+id.String()))
}

// copyConnectionString copies the connection string of the identity, with its key. It is
// read for that, unless it is on the screen.
func (m *Model) copyConnectionString(id hub.ID) tea.Cmd {
	if i := m.twin.Identity(); i != nil && i.ID == id {
		return m.gotForCopy(copyMsg{id: id, identity: *i})
	}
	return readForCopy(m.ctx, m.backend, id)
}

func (m *Model) gotForCopy(msg copyMsg) tea.Cmd {
	if msg.err != nil {
		m.heard(msg.err)
		m.alert("Copy the connection string", msg.err)
		return nil
	}
	if msg.identity.PrimaryKey.IsZero() {
		return m.say(bad, msg.id.String()+" has no symmetric key that this policy may read; there is nothing to copy")
	}
	cs := hub.ConnectionString{HostName: m.opts.Host, DeviceID: msg.id.Device, ModuleID: msg.id.Module, Key: msg.identity.PrimaryKey}
	return tea.Batch(tea.SetClipboard(cs.Reveal()), m.say(info, "copied the connection string of "+msg.id.String()+", which holds its key"))
}
