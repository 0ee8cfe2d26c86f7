package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/dialog"
	"twindeck/ui/form"
)

const (
	maxMails = 50
	// feedbackPause is the time between two looks for feedback on the embedded hub, and
	// feedbackLooks how many there are.
	feedbackPause = 2 * time.Second
	feedbackLooks = 150
)

type (
	sentMsg struct {
		form *form.Message // the one that asked; it may have been closed meanwhile
		mail form.Mail
		err  error
	}
	// waitingMsg says how many messages wait for a device that is to be purged.
	waitingMsg struct {
		form   *form.Message
		device string
		n      int
		err    error
	}
	purgedMsg struct {
		form   *form.Message
		device string
		n      int
		err    error
	}
	feedbackMsg struct {
		form  *form.Message // who asked; nil for a look that nobody waits for
		found []hub.Feedback
		left  int // looks that may follow
		err   error
	}
	feedbackDueMsg struct{ left int }
)

// purgeQueue is the tag of the question before a queue is purged.
type purgeQueue struct {
	form   *form.Message
	device string
}

// openMessage opens the form for a device, with what was typed in it the last time.
func (m *Model) openMessage(id hub.ID) tea.Cmd {
	f := m.drafts[id.Device]
	if f == nil {
		f = form.NewMessage(id, m.mails, m.opts.Now, m.keys, m.theme)
		m.drafts[id.Device] = f
	}
	f.Reopen(id, m.mails, m.theme)
	m.open(f)
	return nil
}

// messageActed does what the form for messages wants done.
func (m *Model) messageActed(f *form.Message, a form.Action) tea.Cmd {
	switch a := a.(type) {
	case form.Send:
		f.SetBusy()
		return sendMessage(m.beginWrite(), m.backend, f, a)
	case form.Purge:
		f.SetBusy()
		return countMessages(m.beginWrite(), m.backend, f, a.Device)
	case form.ReadFeedback:
		f.SetBusy()
		return readFeedback(m.beginWrite(), m.backend, f, m.awaiting(), 0)
	}
	return nil
}

func sendMessage(ctx context.Context, b Backend, f *form.Message, s form.Send) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		sent, err := b.SendMessage(ctx, s.Device, s.Message)
		return sentMsg{f, form.Mail{Device: s.Device, Message: s.Message, Sent: sent}, err}
	}
}

// sent shows how a message went. A failure leaves the form as it was, with the reason.
func (m *Model) sent(msg sentMsg) tea.Cmd {
	m.stopWrite()
	m.heard(msg.err)
	if msg.err != nil {
		if m.shows(msg.form) {
			msg.form.SetError(sentence(msg.err))
			return nil
		}
		m.alert("Message to "+msg.mail.Device, msg.err)
		return nil
	}
	msg.form.Arrived()
	m.mails = append([]form.Mail{msg.mail}, m.mails[:min(len(m.mails), maxMails-1)]...)
	text := "queued message " + msg.mail.Sent.ID
	cmd := m.tellSender(msg.form, text+" for "+cell.Safe(msg.mail.Device))
	if m.opts.Embedded && msg.mail.Awaits() && !m.looking {
		m.looking = true
		return tea.Batch(cmd, after(m.ctx, feedbackPause/4, feedbackDueMsg{feedbackLooks}))
	}
	return cmd
}

// tellSender says what was done in the form that asked for it, or on the status line.
func (m *Model) tellSender(f *form.Message, text string) tea.Cmd {
	if f != nil && m.shows(f) {
		f.SetMails(m.mails)
		f.SetDone(text)
		return nil
	}
	return m.say(good, text)
}

// countMessages reads how many messages wait for a device.
func countMessages(ctx context.Context, b Backend, f *form.Message, device string) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		identity, err := b.Identity(ctx, hub.ID{Device: device})
		return waitingMsg{f, device, identity.CloudToDeviceMessageCount, err}
	}
}

// askPurge asks before a queue is purged. A policy that may not read the registry can purge all the same.
func (m *Model) askPurge(msg waitingMsg) tea.Cmd {
	m.stopWrite()
	if !m.shows(msg.form) {
		return nil
	}
	if msg.err != nil && !hub.Unauthorized(msg.err) {
		m.heard(msg.err)
		msg.form.SetError(sentence(msg.err))
		return nil
	}
	name := cell.Safe(msg.device)
	msg.form.SetDone("")
	var text string
	switch {
	case msg.err != nil:
		text = "How many messages wait for " + name + " is not known with this policy."
	case msg.n == 0:
		msg.form.SetDone("no message waits for " + name)
		return nil
	case msg.n == 1:
		text = "1 message waits for " + name + "."
	default:
		text = fmt.Sprintf("%d messages wait for %s.", msg.n, name)
	}
	text += "\nPurging removes all that wait; the device will never see them."
	m.open(dialog.NewConfirm(dialog.Question{
		Title: "Purge the queue of " + msg.device + "?", Text: text, Yes: "Purge", No: "Leave them", Tag: purgeQueue{msg.form, msg.device},
	}, m.keys, m.theme))
	return nil
}

func messages(n int) string {
	if n == 1 {
		return "1 message"
	}
	return fmt.Sprintf("%d messages", n)
}

func (m *Model) purge(q purgeQueue) tea.Cmd {
	q.form.SetBusy()
	ctx, b := m.beginWrite(), m.backend
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		n, err := b.PurgeMessages(ctx, q.device)
		return purgedMsg{q.form, q.device, n, err}
	}
}

func (m *Model) purged(msg purgedMsg) tea.Cmd {
	m.stopWrite()
	m.heard(msg.err)
	if msg.err == nil {
		return m.tellSender(msg.form, fmt.Sprintf("purged %s for %s", messages(msg.n), cell.Safe(msg.device)))
	}
	if m.shows(msg.form) {
		msg.form.SetError(sentence(msg.err))
		return nil
	}
	m.alert("Purge the queue of "+msg.device, msg.err)
	return nil
}

// awaiting returns the ids of the messages whose feedback is not there yet.
func (m *Model) awaiting() []string {
	var ids []string
	for _, mail := range m.mails {
		if mail.Awaits() {
			ids = append(ids, mail.Sent.ID)
		}
	}
	return ids
}

// readFeedback looks once what became of messages. f is who waits for it, nil for nobody.
func readFeedback(ctx context.Context, b Backend, f *form.Message, ids []string, left int) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		found, err := b.Feedback(ctx, ids)
		return feedbackMsg{f, found, left, err}
	}
}

// lookForFeedback is done by itself on the embedded hub alone: nobody else waits for feedback there.
func (m *Model) lookForFeedback(msg feedbackDueMsg) tea.Cmd {
	ids := m.awaiting()
	if len(ids) == 0 || msg.left == 0 {
		m.looking = false
		return nil
	}
	return readFeedback(hub.Routine(m.ctx), m.backend, nil, ids, msg.left-1)
}

func (m *Model) gotFeedback(msg feedbackMsg) tea.Cmd {
	if msg.form != nil {
		m.stopWrite()
	}
	for _, f := range msg.found {
		for i := range m.mails {
			if m.mails[i].Sent.ID == f.MessageID && m.mails[i].Awaits() {
				m.mails = slices.Clone(m.mails) // the forms have the one before
				m.mails[i].Feedback = f.Outcome
			}
		}
	}
	for _, d := range m.overlays {
		if f, ok := d.(*form.Message); ok {
			f.SetMails(m.mails)
		}
	}
	switch {
	case msg.form == nil:
		if msg.err != nil && !errors.Is(msg.err, context.Canceled) {
			m.log.Debug("feedback not read", "error", msg.err)
		}
		return after(m.ctx, feedbackPause, feedbackDueMsg{msg.left})
	case msg.err != nil:
		m.heard(msg.err)
		msg.form.SetError(sentence(msg.err))
	case len(msg.found) == 0:
		msg.form.SetDone("there is no feedback of these messages yet")
	default:
		msg.form.SetDone(fmt.Sprintf("feedback of %s", messages(len(msg.found))))
	}
	return nil
}
