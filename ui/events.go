package ui

import (
	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/live"
	"twindeck/ui/query"
)

// siftedMsg is the outcome of the live pane's work.
type siftedMsg live.Sifted

// liveActed does what the live pane wants.
func (m *Model) liveActed(a live.Action) tea.Cmd {
	switch a := a.(type) {
	case live.Work:
		return func() tea.Msg { return siftedMsg(a.Run()) }
	case live.Tell:
		return m.say(info, a.Text)
	case live.ShowVersion:
		return m.showVersion(a.ID, a.Version)
	case live.As:
		return m.actor(a.Do)
	case live.Open:
		m.open(query.NewDocument(a.Title, a.Value, m.keys, m.theme))
	case live.Compare:
		a.Of.SetTheme(m.theme)
		a.Of.In(m.clock.Location())
		m.open(a.Of)
	}
	return nil
}

// recordingIs tells how the recording goes, when that has changed.
func (m *Model) recordingIs(state hub.RecordState) tea.Cmd {
	was := m.live.Recording()
	m.live.SetRecording(state)
	switch {
	case state.Err != nil && was.Err == nil:
		m.log.Warn("recording failed", "error", state.Err)
		return m.say(bad, sentence(state.Err))
	case state.Err == nil && was.Err != nil:
		return m.say(good, "recording again")
	}
	return nil
}
