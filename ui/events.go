package ui

import (
	tea "charm.land/bubbletea/v2"

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
