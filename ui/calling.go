package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/calls"
)

// calling is what the dashboard knows of its exchanges with the hub: the call log while it is open,
// and the failures of late.
type calling struct {
	stop     context.CancelFunc // ends the wait for calls of the log that is open; nil when none is
	failures []calls.Failure    // oldest first
	last     bool               // a failure is the last that was heard
}

type (
	callsMsg struct {
		log   *calls.Log // the one that asked; it may have been closed meanwhile
		calls hub.Calls
		err   error
	}
	lookupMsg struct {
		details *calls.Details // the ones that asked
		number  uint64
		call    hub.Call
		ok      bool
	}
)

// where is how a shell reaches the hub.
func (m *Model) where() calls.Where {
	return calls.Where{Host: m.opts.Host, CAFile: m.opts.CAFile, Insecure: m.opts.Embedded}
}

// openCalls shows the call log, and what is added to it for as long as it is open.
func (m *Model) openCalls() tea.Cmd {
	log := calls.NewLog(m.where(), m.opts.Now().Location(), m.keys, m.theme)
	m.open(log)
	return m.nextCalls(log)
}

// nextCalls waits for calls that a log does not have yet.
func (m *Model) nextCalls(log *calls.Log) tea.Cmd {
	m.stopCalls()
	ctx, cancel := context.WithCancel(m.ctx)
	m.calling.stop = cancel
	b, since := m.backend, log.Since()
	return func() tea.Msg {
		batch, err := b.NextCalls(ctx, since)
		return callsMsg{log, batch, err}
	}
}

func (m *Model) stopCalls() {
	if m.calling.stop != nil {
		m.calling.stop()
		m.calling.stop = nil
	}
}

func (m *Model) gotCalls(msg callsMsg) tea.Cmd {
	if !m.shows(msg.log) || msg.err != nil {
		return nil
	}
	msg.log.Add(msg.calls)
	return m.nextCalls(msg.log)
}

// maxFailures is how many failures are kept to be looked at.
const maxFailures = 50

// failed keeps a failure for whoever wants to know more. One that repeats itself is kept once.
func (m *Model) failed(text string, err error) {
	m.calling.last = true
	f := calls.Failure{Text: text, At: m.opts.Now(), Times: 1}
	if refused, ok := errors.AsType[*hub.Error](err); ok {
		f.Status, f.Code, f.Number, f.Message, f.TrackingID = refused.Status, string(refused.Code), refused.Number, refused.Message, refused.TrackingID
	}
	f.Call, _ = hub.CallOf(err)
	all := m.calling.failures
	if last := len(all) - 1; last >= 0 && all[last].Text == text && all[last].Status == f.Status {
		f.Times += all[last].Times
		all[last] = f
		return
	}
	all = append(all, f)
	m.calling.failures = all[max(len(all)-maxFailures, 0):]
}

// openDetails shows the last failure, or the last of those that the focused pane tells of.
func (m *Model) openDetails() tea.Cmd {
	all := m.calling.failures
	if len(all) == 0 {
		return m.say(info, "nothing has failed")
	}
	details, action := calls.NewDetails(append([]calls.Failure(nil), all...), len(all)-1, m.where(), m.opts.Now().Location(), m.keys, m.theme)
	m.open(details)
	return m.callsActed(details, action)
}

// callsActed does what an overlay over the calls wants done.
func (m *Model) callsActed(from any, a calls.Action) tea.Cmd {
	switch a := a.(type) {
	case calls.Copy:
		said := "copied " + a.What
		if a.Note != "" {
			said += "; " + a.Note
		}
		if a.Text == "" {
			return m.say(info, said)
		}
		return tea.Batch(tea.SetClipboard(a.Text), m.say(info, said))
	case calls.Lookup:
		details, ok := from.(*calls.Details)
		if !ok {
			return nil
		}
		b := m.backend
		return func() tea.Msg {
			msg := lookupMsg{details: details, number: a.Call}
			if list := b.Calls(a.Call - 1).List; len(list) > 0 && list[0].Seq == a.Call {
				msg.call, msg.ok = list[0], true
			}
			return msg
		}
	case calls.Close:
		if _, ok := from.(*calls.Log); ok {
			m.stopCalls()
		}
	}
	return nil
}

func (m *Model) gotLookup(msg lookupMsg) { msg.details.SetCall(msg.number, msg.call, msg.ok) }

// wantsDetails reports whether a key that comes now asks for the details of a failure: always where it
// types nothing, and otherwise by the one of them that types nothing.
func (m *Model) wantsDetails(key tea.KeyPressMsg) bool {
	if !m.keys.Global.Details.Matches(key) {
		return false
	}
	switch m.front().(type) {
	case nil:
		return !m.devices.Typing() && !m.live.Typing() && m.query.bar == nil && !m.resultsTyping() || key.Text == ""
	case *calls.Details:
		return false
	}
	return key.Text == ""
}

// detailsKey is the binding that shows the details of a failure, with the keys that do so now: those
// that type nothing where a dialog or a text would take the others.
func (m *Model) detailsKey() keymap.Binding {
	b := m.keys.Global.Details
	if m.front() == nil && m.query.bar == nil && !m.devices.Typing() && !m.resultsTyping() {
		return b
	}
	b.Keys = slices.DeleteFunc(slices.Clone(b.Keys), func(k string) bool { return utf8.RuneCountInString(k) == 1 })
	b.Label = strings.Join(b.Keys, "/")
	return b
}

// canDetail reports whether the footer should name the key: while the status line tells of a failure,
// and until something has succeeded.
func (m *Model) canDetail() bool {
	return len(m.calling.failures) > 0 && (m.calling.last || m.status.tone == bad && m.status.text != "")
}

// withDetails is what a pane tells of an error that stays in it.
func (m *Model) withDetails(err error) string {
	k := m.keys.Global.Details
	return sentence(err) + " (" + k.Label + " " + k.Short + ")"
}
