package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/dialog"
	"twindeck/ui/theme"
)

// deletion is the tag of the question whether an identity is to be deleted.
type deletion struct {
	id      hub.ID
	etag    string // under which it was shown; empty until it has been read
	modules int    // that go with it
	asked   time.Time
	said    uint64 // the status line that says it is under way
}

type (
	dependentsMsg struct {
		question *dialog.Confirm // the one that is asked; it may have been closed meanwhile
		about    *deletion
		found    hub.Dependents
		err      error
	}
	deletedMsg struct {
		deletion
		detached []hub.ID // clients of ours that were attached as what is gone
		err      error    // why it is still there
		found    hub.Dependents
		readErr  error // why it could not be read after a conflict
	}
)

// askToDelete asks whether an identity is to be deleted, and says what goes with it as soon as that
// has been read.
func (m *Model) askToDelete(id hub.ID) tea.Cmd {
	if id.IsSystem() {
		return m.say(bad, ofIoTEdge(id))
	}
	about := &deletion{id: id, asked: m.opts.Now()}
	question := m.deletionQuestion(about, "Reading what goes with it"+theme.Pending)
	return readDependents(m.ctx, m.backend, question, about)
}

// deletionQuestion opens the question, which waits to be told the rest.
func (m *Model) deletionQuestion(about *deletion, text string) *dialog.Confirm {
	q := dialog.Question{Title: "Delete " + about.id.String() + "?", Text: text, Yes: "Delete", No: "Keep it", Tag: about, Wait: true}
	if m.opts.Production {
		q.Type = about.id.String()
	}
	question := dialog.NewConfirm(q, m.keys, m.theme)
	m.open(question)
	return question
}

func (m *Model) gotDependents(msg dependentsMsg) {
	m.heard(msg.err)
	if !m.shows(msg.question) {
		return
	}
	if msg.err != nil {
		m.close(msg.question)
		m.alert("Delete "+msg.about.id.String(), msg.err)
		return
	}
	var clock func() time.Time
	if m.opts.Now().Sub(msg.about.asked) > promptly {
		clock = m.opts.Now // the next key may be meant for something else
	}
	msg.about.saw(msg.found)
	msg.question.Tell(whatGoes(msg.found)+m.oursGo(msg.about.id), clock)
}

// oursGo says that clients attached here are detached, "" when there are none.
func (m *Model) oursGo(id hub.ID) string {
	n := len(m.live.AttachedBelow(id))
	if n == 0 {
		return ""
	}
	return "\n" + plural(n, "client") + " attached here " + verb(n, "is", "are") + " detached."
}

// saw notes what the question is about now.
func (d *deletion) saw(found hub.Dependents) {
	d.etag, d.modules = found.Identity.ETag, len(found.Modules)
}

// delete sends what the user has agreed to.
func (m *Model) delete(d deletion) tea.Cmd {
	said := m.say(info, "deleting "+shortName(d.id)+theme.Pending)
	d.said = m.status.id
	return tea.Batch(said, deleteIdentity(m.ctx, m.backend, d, m.live.AttachedBelow(d.id)))
}

// deleted takes an identity off the screen, or says why it is still there. When it was changed in
// the meantime it is asked about again.
func (m *Model) deleted(msg deletedMsg) tea.Cmd {
	m.hush(msg.said)
	m.heard(msg.err)
	switch {
	case msg.err == nil || hub.NotFound(msg.err):
		return m.gone(msg)
	case !hub.Conflict(msg.err):
		m.alert("Delete "+msg.id.String(), msg.err)
		return nil
	case msg.readErr != nil:
		m.alert("Delete "+msg.id.String(), msg.readErr)
		return nil
	}
	again := &deletion{id: msg.id, asked: msg.asked}
	again.saw(msg.found)
	question := m.deletionQuestion(again, "")
	question.Tell("It was changed by somebody else in the meantime, is still there and has been read again.\n\n"+whatGoes(msg.found)+m.oursGo(msg.id), m.opts.Now)
	return m.took(msg.found.Identity)
}

func (m *Model) gone(msg deletedMsg) tea.Cmd {
	for _, id := range msg.detached {
		m.live.Detach(id)
	}
	m.known.drop(msg.id)
	m.book.End(msg.id)
	m.forgetUndos(msg.id)
	m.devices.Remove(msg.id)
	cmd := m.retarget()
	if t := m.twin.ID(); t == msg.id || t.Parent() == msg.id { // a row of a query, which stays
		m.twin.Show(t, nil)
		cmd = tea.Batch(cmd, m.readTwin())
	}
	if t := m.modules[msg.id.Device]; t != nil && t.busy { // a reading that left before still knows it
		if t.stop(); msg.id.IsModule() {
			cmd = tea.Batch(cmd, m.readModulesOf(msg.id.Device))
		}
	}
	text := "deleted " + shortName(msg.id)
	switch {
	case msg.err != nil:
		text = shortName(msg.id) + " was gone already"
	case msg.modules > 0:
		text += " with " + plural(msg.modules, "module")
	}
	if n := len(msg.detached); n > 0 {
		text += "; detached " + plural(n, "client")
	}
	return tea.Batch(cmd, m.say(good, text))
}

// namedAtMost bounds how many names a question lists of a kind.
const namedAtMost = 12

// whatGoes says what the deletion of an identity takes along and changes.
func whatGoes(d hub.Dependents) string {
	id := d.Identity.ID
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if id.IsModule() {
		say("The module goes with its twin: tags, desired and reported properties. They cannot be brought back.")
	} else {
		say("The device goes with its twin: tags, desired and reported properties. They cannot be brought back.")
	}
	switch n := len(d.Modules); {
	case d.ModulesErr != nil:
		say("Its modules go with it. Which they are cannot be read: %s", sentence(d.ModulesErr))
	case n > 0:
		names := make([]string, 0, n)
		for _, m := range d.Modules {
			names = append(names, m.Module)
		}
		say("%s %s with it: %s.", plural(n, "module"), verb(n, "goes", "go"), listed(names, false))
	}
	switch n := len(d.Children); {
	case d.ChildrenErr != nil:
		say("Devices that connect through it lose their parent. Which they are cannot be read: %s", sentence(d.ChildrenErr))
	case n > 0:
		names := make([]string, 0, n)
		for _, c := range d.Children {
			names = append(names, c.Device)
		}
		count := plural(n, "device")
		if d.More {
			count = "More than " + count
		}
		say("%s %s through it and %s without a parent then: %s.", count, verb(n, "connects", "connect"), verb(n, "is", "are"), listed(names, d.More))
	}
	if n := d.Identity.CloudToDeviceMessageCount; n > 0 {
		say("%s %s for it and %s never delivered.", plural(n, "message"), verb(n, "waits", "wait"), verb(n, "is", "are"))
	}
	if d.Identity.Connected {
		say("It is connected right now and is thrown off.")
	}
	return strings.Join(lines, "\n")
}

// listed joins names, the first of them when there are many.
func listed(names []string, more bool) string {
	rest := len(names) - namedAtMost
	names = names[:min(len(names), namedAtMost)]
	safe := make([]string, len(names))
	for i, name := range names {
		safe[i] = cell.Safe(name)
	}
	text := strings.Join(safe, ", ")
	switch {
	case rest > 0 && more:
		text += fmt.Sprintf(" and more than %d others", rest)
	case rest > 0:
		text += fmt.Sprintf(" and %s", plural(rest, "other"))
	case more:
		text += " and others"
	}
	return text
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func readDependents(ctx context.Context, b Backend, question *dialog.Confirm, about *deletion) tea.Cmd {
	id := about.id
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		found, err := b.Dependents(ctx, id)
		return dependentsMsg{question, about, found, err}
	}
}

// deleteIdentity deletes an identity under the etag it was shown with, and then ends the clients
// that are attached as what is gone. When the identity has moved on it is read again.
func deleteIdentity(ctx context.Context, b Backend, d deletion, clients []hub.ID) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		msg := deletedMsg{deletion: d, err: b.DeleteIdentity(ctx, d.id, d.etag)}
		switch {
		case hub.Conflict(msg.err):
			msg.found, msg.readErr = b.Dependents(ctx, d.id)
			return msg
		case msg.err != nil && !hub.NotFound(msg.err):
			return msg
		}
		for _, id := range clients {
			if b.Detach(ctx, id) == nil {
				msg.detached = append(msg.detached, id)
			}
		}
		return msg
	}
}
