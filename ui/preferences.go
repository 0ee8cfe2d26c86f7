package ui

import (
	"sync"

	tea "charm.land/bubbletea/v2"

	"twindeck/ui/profile"
)

// preferences are what the user chose for this hub.
type preferences struct {
	profile.State
	keeper *keeper
}

// keeper writes them, the newest last, from whichever goroutine gets to it.
type keeper struct {
	store profile.Store

	writing sync.Mutex // held while the store is used

	mu    sync.Mutex // guards what follows
	state profile.State
	dirty bool // state has yet to be written
}

// set says what is to be written. It does not block.
func (k *keeper) set(s profile.State) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state, k.dirty = s, true
}

// take returns what has yet to be written, and counts it as written.
func (k *keeper) take() (s profile.State, dirty bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, dirty = k.state, k.dirty
	k.dirty = false
	return s, dirty
}

// load reads what was written in an earlier run. It blocks on the store.
func (k *keeper) load() (profile.State, error) {
	k.writing.Lock()
	defer k.writing.Unlock()
	return k.store.Load()
}

// flush writes what has yet to be written. It blocks on the store.
func (k *keeper) flush() error {
	k.writing.Lock()
	defer k.writing.Unlock()
	s, dirty := k.take()
	if !dirty {
		return nil
	}
	return k.store.Save(s)
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
	k := m.prefs.keeper
	return func() tea.Msg {
		s, err := k.load()
		return preferencesMsg{s, err}
	}
}

func (m *Model) gotPreferences(msg preferencesMsg) tea.Cmd {
	if msg.err != nil {
		m.log.Warn("preferences not read", "error", msg.err)
		m.prefs.keeper = &keeper{store: &profile.Memory{}} // what could not be read is not to be written over
		return m.say(bad, "the choices of earlier runs cannot be read: "+sentence(msg.err))
	}
	m.prefs.State = msg.state
	return m.arrange()
}

// keep writes the preferences as they are now.
func (m *Model) keep() tea.Cmd {
	k := m.prefs.keeper
	k.set(m.prefs.State)
	return func() tea.Msg { return keptMsg{k.flush()} }
}

func (m *Model) kept(msg keptMsg) tea.Cmd {
	if msg.err != nil {
		m.log.Warn("preferences not kept", "error", msg.err)
		return m.say(bad, "what you chose is not kept for the next run: "+sentence(msg.err))
	}
	return nil
}
