package ui

import (
	tea "charm.land/bubbletea/v2"

	"twindeck/ui/profile"
)

// preferences are what the user chose for this hub, and the one write of them that may be under
// way: a choice made meanwhile is written after it.
type preferences struct {
	profile.State
	store   profile.Store
	writing bool
	again   bool
}

type (
	preferencesMsg struct {
		state profile.State
		err   error
	}
	keptMsg struct{ err error }
)

// loadPreferences reads what was chosen in an earlier run.
func (m *Model) loadPreferences() tea.Cmd {
	store := m.prefs.store
	return func() tea.Msg {
		s, err := store.Load()
		return preferencesMsg{s, err}
	}
}

func (m *Model) gotPreferences(msg preferencesMsg) tea.Cmd {
	if msg.err != nil {
		m.log.Warn("preferences not read", "error", msg.err)
		return m.say(bad, "the choices of earlier runs cannot be read: "+sentence(msg.err))
	}
	m.prefs.State = msg.state
	return m.arrange()
}

// keep writes the preferences as they are now.
func (m *Model) keep() tea.Cmd {
	if m.prefs.writing {
		m.prefs.again = true
		return nil
	}
	m.prefs.writing = true
	store, s := m.prefs.store, m.prefs.State
	return func() tea.Msg { return keptMsg{store.Save(s)} }
}

func (m *Model) kept(msg keptMsg) tea.Cmd {
	m.prefs.writing = false
	if m.prefs.again {
		m.prefs.again = false
		return m.keep()
	}
	if msg.err != nil {
		m.log.Warn("preferences not kept", "error", msg.err)
		return m.say(bad, "what you chose is not kept for the next run: "+sentence(msg.err))
	}
	return nil
}
