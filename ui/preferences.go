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
	read   bool // State has what was chosen in earlier runs too
	told   bool // the user knows that nothing can be kept
}

// keeper writes them, the newest last, from whichever goroutine gets to it.
type keeper struct {
	store profile.Store

	writing sync.Mutex // held while the store is used

	mu    sync.Mutex // guards what follows
	state profile.State
	whole bool // state is all there is, and not only what was chosen in this run
	dirty bool // state has yet to be written
}

// set says what is to be written: all there is, or only what was chosen in this run, which goes on top of
// what was written in an earlier one. It does not block.
func (k *keeper) set(s profile.State, whole bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state, k.whole, k.dirty = s, whole, true
}

// take returns what has yet to be written, and counts it as written.
func (k *keeper) take() (s profile.State, whole, dirty bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, whole, dirty = k.state, k.whole, k.dirty
	k.dirty = false
	return s, whole, dirty
}

// load reads what was written in an earlier run. It blocks on the store.
func (k *keeper) load() (profile.State, error) {
	k.writing.Lock()
	defer k.writing.Unlock()
	return k.store.Load()
}

// flush writes what has yet to be written. It blocks on the store. After an error it is yet to be written.
func (k *keeper) flush() error {
	k.writing.Lock()
	defer k.writing.Unlock()
	s, whole, dirty := k.take()
	if !dirty {
		return nil
	}
	err := k.save(s, whole)
	if err != nil {
		k.mu.Lock()
		k.dirty = true
		k.mu.Unlock()
	}
	return err
}

// save is for flush, which holds writing.
func (k *keeper) save(s profile.State, whole bool) error {
	if !whole {
		earlier, err := k.store.Load()
		if err != nil {
			return err
		}
		s = earlier.With(s)
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
		m.prefs.told = true
		text := "your choices are neither read nor kept: " + sentence(msg.err)
		m.failed(text, msg.err) // a path may be longer than the line
		return m.say(bad, text)
	}
	m.prefs.State, m.prefs.read = msg.state.With(m.prefs.State), true
	return m.arrange()
}

// keep writes the preferences as they are now.
func (m *Model) keep() tea.Cmd {
	k := m.prefs.keeper
	k.set(m.prefs.State, m.prefs.read)
	return func() tea.Msg { return keptMsg{k.flush()} }
}

func (m *Model) kept(msg keptMsg) tea.Cmd {
	if msg.err != nil {
		m.log.Warn("preferences not kept", "error", msg.err)
	}
	told := m.prefs.told
	m.prefs.told = msg.err != nil
	if msg.err != nil && !told {
		return m.say(bad, "what you chose is not kept for the next run: "+sentence(msg.err))
	}
	return nil
}
