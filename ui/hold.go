package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/ui/twin"
)

// holdFor is how long the twin pane keeps the picture of the twin before, name and all, while the
// one the cursor has come to is being read. Most are there by then, so that a move of the cursor
// changes what differs between two twins instead of emptying the pane and filling it again.
const holdFor = 150 * time.Millisecond

// hold is a picture that is kept for a moment.
type hold struct {
	on       bool
	id       uint64 // of the moment
	revision uint64 // of the twin pane; when that has changed there is something to show
}

type holdOverMsg struct{ id uint64 }

// keepPicture holds the picture of the twin pane, which is about to show another identity. A
// picture that has keys on it is never held.
func (m *Model) keepPicture() tea.Cmd {
	switch {
	case m.twin.Tab() == twin.Identity:
		m.hold.on = false
		return nil
	case m.hold.on || m.twin.Twin() == nil:
		return nil // what is held already is held no longer for that
	}
	m.hold.on = true
	m.hold.id++
	return after(m.ctx, holdFor, holdOverMsg{m.hold.id})
}

func (m *Model) holdOver(msg holdOverMsg) {
	if msg.id == m.hold.id {
		m.hold.on = false
	}
}

// held reports whether the twin pane is to be shown as it was drawn last.
func (m *Model) held() bool {
	return m.hold.on && m.hold.revision == m.twin.Revision() && m.twin.Twin() == nil
}
