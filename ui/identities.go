package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/dialog"
	"twindeck/ui/form"
	"twindeck/ui/history"
)

// changing is a form that changes an identity it has read.
type changing interface {
	dialog.Dialog
	SetIdentity(hub.Identity)
	SetConflict(hub.Identity)
	SetBusy(bool)
	SetError(string)
}

// reading is a form that wants an identity read for it.
type reading interface {
	dialog.Dialog
	SetIdentity(hub.Identity)
	SetError(string)
}

type (
	readForMsg struct {
		form     reading // the one that asked; it may have been closed meanwhile
		identity hub.Identity
		err      error
	}
	changedMsg struct {
		form     changing
		change   form.Change
		identity hub.Identity // after the change, or as it is now when the etag was stale
		err      error        // why it was not changed
		readErr  error        // why it could not be read after a conflict
	}
	finishedMsg struct {
		form    *form.Identity
		finish  form.Finish
		twin    hub.Twin
		receipt hub.Receipt
		err     error
	}
	signedMsg struct {
		form  *form.Token
		sign  form.Sign
		token hub.Token
		err   error
	}
)

// agreement is the tag of a question about a change: Yes sends it.
type agreement struct {
	form   changing
	change form.Change
}

// identityResult takes what the commands below brought back.
func (m *Model) identityResult(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case readForMsg:
		m.gotIdentityFor(msg)
	case changedMsg:
		return m.changed(msg)
	case finishedMsg:
		return m.finished(msg)
	case signedMsg:
		return m.signed(msg)
	case dependentsMsg:
		m.gotDependents(msg)
	case deletedMsg:
		return m.deleted(msg)
	}
	return nil
}

// identityAction does what a form about an identity wants done.
func (m *Model) identityAction(from dialog.Dialog, a dialog.Action) tea.Cmd {
	switch a := a.(type) {
	case form.WantParents:
		if f, ok := from.(*form.Identity); ok {
			f.SetParents(m.devices.Edges(maxParents))
		}
	case form.Finish:
		if f, ok := from.(*form.Identity); ok {
			f.SetBusy(true)
			return finish(m.beginWrite(), m.backend, f, a)
		}
	case form.Change:
		if f, ok := from.(changing); ok {
			return m.change(f, a)
		}
	case form.Ask:
		if f, ok := from.(changing); ok {
			q := dialog.Question{Title: a.Title, Text: a.Text, Yes: a.Yes, No: "Leave it", Tag: agreement{f, a.Change}}
			m.open(dialog.NewConfirm(q, m.keys, m.theme))
		}
	case form.Reauthenticate:
		m.close(from)
		m.open(form.NewAuthentication(a.Identity, m.keys, m.theme))
	case form.Sign:
		if f, ok := from.(*form.Token); ok {
			return sign(m.backend, f, a, m.opts.Now)
		}
	case form.CopyConnectionString:
		return tea.Batch(tea.SetClipboard(a.Credential.Reveal()), m.copied(from, "copied the connection string of "+a.Credential.ID().String()+", which holds its key"))
	}
	return nil
}

// maxParents bounds how many edge devices a form offers as parents.
const maxParents = 200

// openStatus opens the form that disables or enables a device.
func (m *Model) openStatus(id hub.ID) tea.Cmd {
	if id.IsModule() {
		return m.say(info, "a module has no status of its own; "+m.keys.Selection.Status.Label+" on its device is for both")
	}
	return m.openFor(id, form.NewStatus(id, m.keys, m.theme))
}

func (m *Model) openKeys(id hub.ID) tea.Cmd {
	if id.IsSystem() {
		return m.say(bad, ofIoTEdge(id))
	}
	return m.openFor(id, form.NewKeys(id, m.keys, m.theme))
}

// openToken opens the dialog that signs SAS tokens.
func (m *Model) openToken(id hub.ID) tea.Cmd {
	source := form.TokenSource{ID: id, Host: m.opts.Host, Policy: m.opts.Policy, Now: m.opts.Now}
	return m.openFor(id, form.NewToken(source, m.keys, m.theme))
}

// ofIoTEdge says why a system module stays as it is.
func ofIoTEdge(id hub.ID) string {
	return shortName(id) + " belongs to IoT Edge, which alone changes and deletes it"
}

// openFor opens a form and reads the identity that it is about.
func (m *Model) openFor(id hub.ID, f reading) tea.Cmd {
	m.open(f)
	return readFor(m.ctx, m.backend, f, id)
}

func (m *Model) gotIdentityFor(msg readForMsg) {
	m.heard(msg.err)
	switch {
	case !m.shows(msg.form):
	case msg.err != nil:
		msg.form.SetError(sentence(msg.err))
	default:
		msg.form.SetIdentity(msg.identity)
	}
}

// change sends a change that a form wants.
func (m *Model) change(f changing, c form.Change) tea.Cmd {
	f.SetBusy(true)
	return change(m.beginWrite(), m.backend, f, c)
}

// changed shows how a change went. Only success closes the form.
func (m *Model) changed(msg changedMsg) tea.Cmd {
	m.stopWrite()
	m.heard(msg.err)
	switch {
	case msg.err == nil:
	case !m.shows(msg.form):
		m.alert(msg.form.Title(), msg.err)
		return nil
	case !hub.Conflict(msg.err):
		msg.form.SetError(sentence(msg.err))
		return nil
	case msg.readErr != nil:
		msg.form.SetError("it was changed by somebody else, and reading it again failed: " + sentence(msg.readErr))
		return nil
	default:
		msg.form.SetConflict(msg.identity)
		return m.took(msg.identity)
	}
	m.close(msg.form)
	return tea.Batch(m.took(msg.identity), m.say(good, done(msg.change)))
}

// took shows an identity as a write of ours found or left it.
func (m *Model) took(i hub.Identity) tea.Cmd {
	var cmd tea.Cmd
	if e, ok := m.devices.Entry(i.ID); ok {
		e.Status, e.Auth, e.Connected, e.Edge = i.Status, i.Auth, i.Connected, i.Edge
		cmd = m.devicesActed(m.devices.AddFound([]hub.Entry{e}))
	}
	if i.ID == m.twin.ID() {
		m.identity.stop() // a reading that left before would bring back the past
		m.twin.SetIdentity(i)
		cmd = tea.Batch(cmd, m.readTwin())
	}
	return cmd
}

// done says what a change did.
func done(c form.Change) string {
	name := shortName(c.ID)
	switch change := c.Change.(type) {
	case hub.SetStatus:
		return string(change.Status) + " " + name
	case hub.SwapKeys:
		return "swapped the keys of " + name
	case hub.NewKeys:
		switch {
		case change.Primary && change.Secondary:
			return "regenerated both keys of " + name
		case change.Primary:
			return "regenerated the primary key of " + name
		}
		return "regenerated the secondary key of " + name
	}
	return "changed the authentication of " + name
}

// createdByHalf shows an identity that was created while something that belongs to it was not
// done. First tags and properties that are not written stay in the form.
func (m *Model) createdByHalf(msg createdMsg, half *hub.IncompleteError) tea.Cmd {
	m.log.Warn("identity created by half", "id", msg.wanted.String(), "error", half)
	cmd := m.reveal(half.Identity)
	switch {
	case !half.Twin:
		m.close(msg.form)
		return tea.Batch(cmd, m.say(bad, sentence(half)))
	case m.shows(msg.form):
		msg.form.SetCreated(sentence(half))
	default:
		m.alert("New "+kindOf(msg.wanted.ID), half)
	}
	return cmd
}

// finished shows how it went to write what a creation had left out.
func (m *Model) finished(msg finishedMsg) tea.Cmd {
	m.stopWrite()
	m.heard(msg.err)
	switch {
	case msg.err == nil:
	case m.shows(msg.form):
		msg.form.SetError(sentence(msg.err))
		return nil
	default:
		m.alert(msg.form.Title(), msg.err)
		return nil
	}
	m.close(msg.form)
	m.known.put(msg.twin)
	if msg.twin.ID == m.twin.ID() {
		m.overtake(msg.twin, history.Saved)
	} else {
		m.saw(msg.twin, history.Saved)
	}
	if msg.receipt.DesiredVersion > 0 {
		m.live.AddReceipt(msg.receipt)
	}
	return m.say(good, "wrote the first tags and properties of "+shortName(msg.finish.ID))
}

// signed shows or copies a token.
func (m *Model) signed(msg signedMsg) tea.Cmd {
	if !m.shows(msg.form) { // whoever closed it does not want it any more
		return nil
	}
	switch {
	case msg.err != nil:
		msg.form.SetError(sentence(msg.err))
		return nil
	case !msg.sign.Copy:
		msg.form.Signed(msg.token)
		return nil
	}
	expires := msg.token.Expires.In(m.opts.Now().Location()).Format("2006-01-02 15:04:05")
	return tea.Batch(tea.SetClipboard(msg.token.Reveal()), m.copied(msg.form, "copied a SAS token for "+msg.token.Resource+" that expires "+expires))
}

// copied says that something is on the clipboard, also in the dialog, which may cover the status.
func (m *Model) copied(from dialog.Dialog, text string) tea.Cmd {
	if f, ok := from.(*form.Token); ok {
		f.SetNotice(text)
	}
	return m.say(info, text)
}

func readFor(ctx context.Context, b Backend, f reading, id hub.ID) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		identity, err := b.Identity(ctx, id)
		return readForMsg{f, identity, err}
	}
}

// change sends a change under the etag that the form has seen. When the identity has moved on it
// is read again, for the user to look at.
func change(ctx context.Context, b Backend, f changing, c form.Change) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		identity, err := b.ChangeIdentity(ctx, c.ID, c.Change, c.ETag)
		msg := changedMsg{form: f, change: c, identity: identity, err: err}
		if hub.Conflict(err) {
			msg.identity, msg.readErr = b.Identity(ctx, c.ID)
		}
		return msg
	}
}

func finish(ctx context.Context, b Backend, f *form.Identity, a form.Finish) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		twin, receipt, err := b.InitTwin(ctx, a.ID, a.Twin)
		return finishedMsg{f, a, twin, receipt, err}
	}
}

func sign(b Backend, f *form.Token, s form.Sign, now func() time.Time) tea.Cmd {
	return func() tea.Msg {
		msg := signedMsg{form: f, sign: s}
		if expires := now().Add(s.Life); s.Policy {
			msg.token, msg.err = b.PolicyToken(expires)
		} else {
			msg.token, msg.err = s.Credential.Token(expires)
		}
		return msg
	}
}
