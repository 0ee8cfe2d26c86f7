package ui

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/form"
	"twindeck/ui/history"
)

// savedMsg is how a save went.
type savedMsg struct {
	form    *form.Properties // the one that asked; it may have been closed meanwhile
	save    form.Save
	twin    hub.Twin // after the write, or as it is now when the write failed and it was read
	receipt hub.Receipt
	err     error // why it was not written, as far as is known
	readErr error // why the twin could not be read after that
}

// save sends a patch under the etag that the user reviewed it with. Afterwards the twin is read when
// it has moved on, for the user to decide what to do with the change, and when nothing tells whether
// the patch was applied.
func (m *Model) save(f *form.Properties, s form.Save) tea.Cmd {
	f.SetBusy(true)
	write, read, b := m.beginWrite(), m.ctx, m.backend
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(write, callTimeout)
		defer cancel()
		twin, receipt, err := b.PatchTwin(ctx, s.ID, s.TwinPatch(), s.ETag)
		msg := savedMsg{form: f, save: s, twin: twin, receipt: receipt, err: err}
		if hub.Conflict(err) || hub.Unsure(err) {
			ctx, cancel := context.WithTimeout(read, callTimeout) // esc called the write off, not this
			defer cancel()
			msg.twin, msg.readErr = b.Twin(ctx, s.ID)
		}
		return msg
	}
}

// holds reports whether the twin that was read has all of the patch. Before the save it had not, or
// there would have been nothing to save.
func (msg savedMsg) holds() bool {
	now := sectionOf(msg.twin, msg.save.Section)
	return patch.Equal(patch.Apply(now, msg.save.Patch), now)
}

// saved shows how a save went. Only success closes the form: after a conflict it goes on from the twin
// as it is now, after any other failure it keeps the draft and says why.
func (m *Model) saved(msg savedMsg) tea.Cmd {
	m.stopWrite()
	m.heard(msg.err)
	if msg.err == nil {
		return m.written(msg)
	}
	m.log.Warn("twin not saved", "id", msg.save.ID.String(), "error", msg.err)
	unsure, read := hub.Unsure(msg.err), msg.readErr == nil && msg.twin.ETag != ""
	doubted := unsure
	if k := m.drafting.open[msg.form]; k != nil {
		doubted = doubted || k.doubt
		k.doubt = doubted
	}
	switch {
	case doubted && read && msg.holds():
		return m.written(msg)
	case !m.shows(msg.form):
		m.alert("Save "+msg.save.ID.String(), msg.err)
		return nil
	case unsure && read && msg.twin.ETag == msg.save.ETag:
		msg.form.SetError(cell.Safe(hub.Reason(msg.err)) + "; the twin was read again and does not have the change: save it again")
	case unsure && !read:
		msg.form.SetError(cell.Safe(hub.Reason(msg.err)) + "; whether it was saved is not known, since the twin cannot be read: save again later, nothing is overwritten by that")
	case !unsure && !hub.Conflict(msg.err):
		msg.form.SetError(sentence(msg.err))
	case !read:
		msg.form.SetError("the twin was changed by somebody else, and reading it again failed: " + sentence(msg.readErr))
	default:
		msg.form.SetBase(sectionOf(msg.twin, msg.save.Section), msg.twin.ETag)
		m.overtake(msg.twin, history.Read)
	}
	return m.keepDraft(msg.form)
}

// written shows a twin that was patched here, and lets the live pane recognise the patch.
func (m *Model) written(msg savedMsg) tea.Cmd {
	m.close(msg.form)
	left, source, note := sectionOf(msg.twin, msg.save.Section), history.Saved, ""
	if msg.err != nil { // others may have written meanwhile
		left, source, note = msg.save.Edited, history.Read, ": the hub's answer was lost, but the twin has the change"
	}
	m.overtake(msg.twin, source)
	if msg.err == nil && msg.save.Section == patch.Desired {
		m.live.AddReceipt(msg.receipt)
	}
	m.undoes(msg.save, left, msg.twin.ETag)
	dropped := m.dropDraft(msg.form)
	if msg.save.Section == patch.Tags {
		return tea.Batch(dropped, m.say(good, "saved the tags"+note))
	}
	cmds := []tea.Cmd{dropped, m.say(good, fmt.Sprintf("saved v%d", msg.twin.Desired.Version)+note)}
	for _, d := range looksAfterSave {
		cmds = append(cmds, after(m.ctx, d, convergedMsg{msg.save.ID}))
	}
	return tea.Batch(cmds...)
}

// looksAfterSave are the times after a write at which a twin that is still pending is read
// again, for the user to see the device follow. A hub tells nobody but the device itself.
var looksAfterSave = []time.Duration{time.Second, 3 * time.Second, 10 * time.Second}
