package ui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/dialog"
	"twindeck/ui/form"
	"twindeck/ui/theme"
)

// attachAnyway is the tag of the question that is asked before a client takes the place of
// whoever is connected.
type attachAnyway struct{ id hub.ID }

// promptly is how soon after a key what it opens is still expected.
const promptly = 250 * time.Millisecond

// toggleClient attaches a client as the identity, or detaches it. On a real hub that may
// throw a device off that somebody depends on, so the connection is looked at and the user
// asked first; where others depend on the whole hub, observing is offered instead.
func (m *Model) toggleClient(id hub.ID) tea.Cmd {
	switch {
	case m.leaving[id]:
		return nil
	case m.live.Attached(id):
		m.leaving[id] = true
		return detach(m.ctx, m.backend, id)
	case m.opts.Embedded:
		return m.attach(id)
	case m.opts.Production && !m.live.Observed(id):
		m.offerWatching(id)
		return nil
	}
	return m.askToAttach(id)
}

// askToAttach looks who is connected as the identity, for a question.
func (m *Model) askToAttach(id hub.ID) tea.Cmd {
	said := m.say(info, "asking who is connected as "+shortName(id)+theme.Pending)
	ctx, gen := m.asking.start(m.ctx)
	return tea.Batch(said, readConnection(ctx, m.backend, connectionMsg{gen: gen, id: id, asked: m.opts.Now(), said: m.status.id}))
}

// attach attaches a client with a key that the policy may read; when it may not, its credentials are
// asked for.
func (m *Model) attach(id hub.ID) tea.Cmd {
	return m.attachAs(m.ctx, id, hub.AttachOptions{}, nil)
}

// attachAs attaches a client. An observation in its place ends. f is the form that its credentials come from, nil
// for none.
func (m *Model) attachAs(ctx context.Context, id hub.ID, opts hub.AttachOptions, f credentials) tea.Cmd {
	observed := m.live.Observed(id)
	if observed {
		m.live.Detach(id)
	}
	m.live.Attach(id)
	return attach(ctx, m.backend, attachedMsg{id: id, form: f}, opts, observed)
}

// credentials is a form for the credentials of a client.
type credentials interface {
	dialog.Dialog
	SetBusy()
	SetError(text string)
}

func (m *Model) gotConnection(msg connectionMsg) tea.Cmd {
	if !m.asking.done(msg.gen) {
		return nil
	}
	m.hush(msg.said)
	hidden := hub.Unauthorized(msg.err)
	if !hidden {
		m.heard(msg.err)
	}
	if msg.err != nil && !hidden {
		m.alert("Attach a client", msg.err)
		return nil
	}
	name := cell.Safe(msg.id.String())
	text := "Nobody is connected as " + name + " right now.\n" +
		"While the client is attached, the real one cannot connect without throwing it off, and the hub lets them take turns."
	switch {
	case hidden:
		text = "This policy may not see whether " + name + " is connected.\n" +
			"The hub allows one connection per identity: attaching disconnects the real one (error 400027), which will try to come back."
	case msg.connected:
		text = name + " is connected right now.\n" +
			"The hub allows one connection per identity: attaching disconnects the real one (error 400027), which will try to come back."
	}
	q := dialog.Question{
		Title: "Attach a client as " + msg.id.String() + "?",
		Text:  text + "\nTo disturb nobody, observe it instead, with " + m.keys.Selection.Observe.Label + ".",
		Yes:   "Attach",
		No:    "Leave it",
		Tag:   attachAnyway{msg.id},
	}
	if m.opts.Production {
		q.Firm, q.Title = true, "PRODUCTION: attach a client as "+msg.id.String()+"?"
	}
	if m.opts.Now().Sub(msg.asked) > promptly {
		q.Now = m.opts.Now // it comes as a surprise: the next key may be meant for something else
	}
	m.open(dialog.NewConfirm(q, m.keys, m.theme))
	return nil
}

// attached shows how attaching went. Where only the credentials were missing, they are asked for.
func (m *Model) attached(msg attachedMsg) tea.Cmd {
	open := msg.form != nil && m.shows(msg.form)
	if msg.form != nil {
		m.stopWrite()
	}
	if !m.live.Attached(msg.id) { // detached before it was attached
		return nil
	}
	if msg.err == nil {
		m.heard(nil)
		if open {
			m.close(msg.form)
		}
		return m.say(good, "attached "+shortName(msg.id))
	}
	m.live.Detach(msg.id)
	switch {
	case open && errors.Is(msg.err, context.Canceled):
		msg.form.SetError("called off; nothing is attached")
	case errors.Is(msg.err, context.Canceled):
	case open:
		m.heard(msg.err)
		msg.form.SetError(sentence(msg.err))
	case errors.Is(msg.err, hub.ErrKeysHidden):
		m.open(form.NewCredentials(msg.id, m.opts.Host, m.keys, m.theme))
	case errors.Is(msg.err, hub.ErrCertificate):
		m.open(form.NewCertificate(msg.id, m.keys, m.theme))
	default:
		m.heard(msg.err)
		m.alert("Attach a client", msg.err)
	}
	return nil
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
