package ui

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	overlay "twindeck/ui/bulk"
	"twindeck/ui/calls"
	"twindeck/ui/dialog"
	"twindeck/ui/form"
	"twindeck/ui/hubs"
	"twindeck/ui/live"
	"twindeck/ui/query"
	"twindeck/ui/theme"
)

// answer does what an overlay wants done.
func (m *Model) answer(from dialog.Dialog, a dialog.Action) tea.Cmd {
	switch from := from.(type) {
	case *query.Saved:
		return m.savedActed(from, a)
	case *query.Document:
		return m.documentActed(from, a)
	case *overlay.Run:
		return m.bulkAnswer(from, a)
	case *overlay.Export:
		return m.exportAnswer(from, a)
	}
	var kept tea.Cmd
	if f, ok := from.(*form.Properties); ok {
		kept = m.keepDraft(f)
	}
	return tea.Batch(kept, m.act(from, a))
}

func (m *Model) act(from dialog.Dialog, a dialog.Action) tea.Cmd {
	switch a := a.(type) {
	case dialog.Closed, form.Cancel, hubs.Leave, live.Close:
		m.close(from)
		if f, ok := from.(*form.Properties); ok {
			if f == m.marked.form {
				m.leaveMarked()
			}
			if k := m.drafting.open[f]; k != nil {
				m.leftUndo(f, k.place)
			}
			return m.dropDraft(f)
		}
	case calls.Close:
		m.close(from)
		return m.callsActed(from, a)
	case calls.Copy, calls.Lookup:
		return m.callsActed(from, a)
	case form.Copy:
		return m.callsActed(from, calls.Copy{Text: a.Text, What: a.What})
	case form.Call:
		if f, ok := from.(*form.Method); ok {
			f.SetBusy()
			return callMethod(m.beginWrite(), m.backend, f, a.Run)
		}
	case form.Send, form.Purge, form.ReadFeedback:
		if f, ok := from.(*form.Message); ok {
			return m.messageActed(f, a)
		}
	case hubs.Open:
		return m.leaveFor(a.Choice)
	case hubs.Stop:
		if p, ok := from.(*hubs.Picker); ok {
			p.SetError("")
		}
		return now(stopSwitchMsg{})
	case dialog.Answer:
		m.close(from)
		if _, ok := a.Tag.(leaveAnyway); ok {
			return m.leaveRun(a.Yes)
		}
		if a.Yes {
			return m.agreed(a.Tag)
		}
	case dialog.Picked:
		m.close(from)
		if _, ok := a.Tag.(chooseRefresh); ok {
			return m.choseRefresh(a.Keys[0])
		}
		return m.picked(a)
	case form.Submit:
		if f, ok := from.(*form.Identity); ok {
			f.SetBusy(true)
			return create(m.beginWrite(), m.backend, f, a.New)
		}
	case form.Save:
		if f, ok := from.(*form.Properties); ok {
			return m.save(f, a)
		}
	case form.SaveAll:
		return m.saveMarked(a)
	case form.OpenEditor:
		if f, ok := from.(*form.Properties); ok {
			return m.openEditor(f, a)
		}
	case form.ReportProperty, form.AnswerMethods, form.AttachWith:
		return m.actAs(from, a)
	case form.Stop:
		if from == dialog.Dialog(m.marked.form) {
			f := m.marked.form
			m.leaveMarked()
			return m.dropDraft(f)
		}
		m.stopWrite()
	default:
		return m.identityAction(from, a)
	}
	return nil
}

// agreed does what a question was asked about, to which the answer was yes.
func (m *Model) agreed(tag any) tea.Cmd {
	switch tag := tag.(type) {
	case attachAnyway:
		return m.attach(tag.id)
	case agreement:
		if m.shows(tag.form) {
			return m.change(tag.form, tag.change)
		}
	case *deletion:
		m.wrote = true
		return m.delete(*tag)
	case goOnMarked:
		return m.goOnWithMarked(tag.name)
	case purgeQueue:
		return m.purge(tag)
	case interruptedRun:
		m.showInterrupted(tag.run)
	case leaveFor:
		return now(switchMsg(tag))
	case copyAnyway:
		return now(tag)
	}
	return nil
}

// beginWrite returns the context of what a form sends. There is one form in front, so one write
// that waits for an answer.
func (m *Model) beginWrite() context.Context {
	m.wrote = true // or perhaps not, if it fails
	ctx, cancel := context.WithCancel(m.ctx)
	m.stopWrite = cancel
	return ctx
}

// created shows the identity that a form asked for, whether it was made now or was there
// already. A failure leaves the form as it was, with the reason.
func (m *Model) created(msg createdMsg) tea.Cmd {
	m.stopWrite()
	m.heard(msg.err)
	if half, ok := errors.AsType[*hub.IncompleteError](msg.err); ok {
		return m.createdByHalf(msg, half)
	}
	if msg.err != nil {
		m.log.Warn("identity not created", "id", msg.wanted.String(), "error", msg.err)
		if m.shows(msg.form) {
			msg.form.SetError(sentence(msg.err))
			return nil
		}
		m.alert("New "+kindOf(msg.wanted.ID), msg.err)
		return nil
	}
	cmd := m.reveal(msg.identity)
	if msg.existed && msg.form.HasTwin() && m.shows(msg.form) {
		msg.form.SetError(shortName(msg.identity.ID) + " exists already and was left as it is; what was typed here is not in it")
		return cmd
	}
	m.close(msg.form)
	text, t := "created "+shortName(msg.identity.ID), good
	if msg.existed {
		text, t = shortName(msg.identity.ID)+" already exists: opened it", info
	}
	return tea.Batch(cmd, m.say(t, text))
}

// reveal selects an identity that was created or found.
func (m *Model) reveal(i hub.Identity) tea.Cmd {
	m.leaveResults() // it is not among them
	m.focus = paneDevices
	cmd := m.devicesActed(m.devices.Reveal(i))
	if i.IsModule() {
		// Any reading of the modules that left before cannot know this one, and the device
		// may have others that were never asked for.
		cmd = tea.Batch(cmd, m.readModulesOf(i.Device))
	}
	return cmd
}

func kindOf(id hub.ID) string {
	if id.IsModule() {
		return "module"
	}
	return "device"
}

// editSection opens the form over a section of the twin as it is on the screen; when there
// is none yet, as soon as it has been read, unless another key comes first.
func (m *Model) editSection(s patch.Section) tea.Cmd {
	t := m.twin.Twin()
	if t == nil {
		m.awaited = &s
		cmd := m.say(info, "reading the twin"+theme.Pending)
		if m.reading.busy {
			return cmd
		}
		return tea.Batch(cmd, m.readTwin())
	}
	f := form.NewProperties(form.Target{ID: t.ID, Section: s, Value: sectionOf(*t, s), ETag: t.ETag}, m.keys, m.theme)
	m.openProperties(f, place{t.ID, s}, *t)
	return m.goOn(f)
}

// shows reports whether an overlay is still open.
func (m *Model) shows(d dialog.Dialog) bool {
	for _, o := range m.overlays {
		if o == d {
			return true
		}
	}
	return false
}
