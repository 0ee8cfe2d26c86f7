package ui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/keymap"
	"twindeck/ui/dialog"
)

const (
	wheelLines = 3                     // that one notch scrolls
	wheelBeat  = 16 * time.Millisecond // between two scrolls: more cannot be drawn
)

type (
	mouseKeyMsg struct{} // take the mouse, or give it back
	wheelMsg    struct{} // time for the next scroll
)

// wheel joins what a mouse wheel sends, which is far more than can be drawn.
type wheel struct {
	at      tea.Mouse // where the pointer was last
	pending int       // notches that have not been scrolled yet, down counting up
	rolling bool      // a wheelMsg is on its way
}

// toggleMouse takes the mouse or gives it back to the terminal.
func (d *Deck) toggleMouse() tea.Cmd {
	d.mouse = !d.mouse
	text := "the mouse clicks and scrolls; " + d.hub.keys.Global.Mouse.Label + " lets it select text again"
	if !d.mouse {
		text = "the mouse selects text again"
	}
	return owned(d.gen, d.hub.say(info, text))
}

// joinWheel holds back turns of the wheel that come before the last one has been drawn. It runs on
// the goroutine of Update.
func (d *Deck) joinWheel(msg tea.Msg) tea.Msg {
	turn, ok := msg.(tea.MouseWheelMsg)
	if !ok {
		return msg
	}
	at := turn.Mouse()
	switch at.Button {
	case tea.MouseWheelDown:
		d.wheel.pending++
	case tea.MouseWheelUp:
		d.wheel.pending--
	default:
		return nil
	}
	d.wheel.at = at
	if d.wheel.rolling {
		return nil
	}
	return msg
}

// mouseDid answers a click, and the first turn of the wheel.
func (d *Deck) mouseDid(msg tea.MouseMsg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.MouseWheelMsg:
		return d.wheelTurned()
	case tea.MouseClickMsg:
		if msg.Button == tea.MouseLeft {
			return owned(d.gen, d.hub.click(msg.X, msg.Y))
		}
	}
	return nil
}

// wheelTurned scrolls by all that has come, and looks again after a beat.
func (d *Deck) wheelTurned() tea.Cmd {
	n := d.wheel.pending
	d.wheel.pending, d.wheel.rolling = 0, n != 0
	if n == 0 {
		return nil
	}
	return tea.Batch(owned(d.gen, d.hub.scroll(d.wheel.at.X, d.wheel.at.Y, n*wheelLines)), after(d.ctx, wheelBeat, wheelMsg{}))
}

// under returns the pane at a cell of the screen, and the place of its content there.
func (m *Model) under(x, y int) (p pane, content rect, ok bool) {
	s := m.places()
	for p := range paneCount {
		if r := s.panes[p]; r.has(x, y) {
			if s.framed {
				r = rect{r.x + 1, r.y + 1, r.w - 2, r.h - 2}
			}
			return p, r, true
		}
	}
	return 0, rect{}, false
}

func (r rect) has(x, y int) bool { return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h }

// scroll moves what is under the pointer by lines, down counting up.
func (m *Model) scroll(x, y, lines int) tea.Cmd {
	key := tea.KeyPressMsg{Code: tea.KeyDown}
	if lines < 0 {
		key, lines = tea.KeyPressMsg{Code: tea.KeyUp}, -lines
	}
	if front := m.front(); front != nil {
		if m.scrolls(front) {
			for range lines {
				front.Update(key)
			}
		}
		return nil
	}
	p, _, ok := m.under(x, y)
	if !ok || m.query.bar != nil { // where up and down go through the history
		return nil
	}
	var cmd tea.Cmd
	for range lines {
		switch p {
		case paneDevices:
			cmd = tea.Batch(cmd, m.listActed(key))
		case paneTwin:
			cmd = m.twinActed(m.twin.Update(key))
		case paneLive:
			cmd = tea.Batch(cmd, m.liveActed(m.live.Update(key)))
		case paneCount:
		}
	}
	return cmd
}

// scrolls reports whether an overlay has something that goes up and down with the keys for that. A
// field that is typed into would take them for something else.
func (m *Model) scrolls(d dialog.Dialog) bool {
	return slices.ContainsFunc(d.Keys(), func(b keymap.Binding) bool { return slices.Equal(b.Keys, m.keys.Move.Down.Keys) })
}

// listActed gives a key to what stands on the left.
func (m *Model) listActed(key tea.KeyPressMsg) tea.Cmd {
	if m.keys.Devices.Export.Matches(key) {
		return m.openExport(m.rows())
	}
	if r := m.query.results; r != nil {
		return m.resultsActed(r.Update(key))
	}
	if cmd, done := m.loading(key); done {
		return cmd
	}
	return m.devicesActed(m.devices.Update(key))
}

// click focuses what is under the pointer, and does what stands there.
func (m *Model) click(x, y int) tea.Cmd {
	if m.front() != nil || m.query.bar != nil {
		return nil
	}
	s := m.places()
	if s.footer.has(x, y) {
		if b, ok := m.hintAt(x, s.footer.w); ok {
			if key, ok := pressOf(b.Keys[0]); ok {
				return m.press(key)
			}
		}
		return nil
	}
	if s.tabs.has(x, y) {
		if p, ok := m.paneTabAt(x, s.tabs.w); ok {
			m.focus = p
		}
		return nil
	}
	p, content, ok := m.under(x, y)
	if !ok {
		return nil
	}
	m.focus = p
	if !content.has(x, y) {
		return nil
	}
	switch line := y - content.y; p {
	case paneDevices:
		if r := m.query.results; r != nil {
			return m.resultsActed(r.Click(line))
		}
		return m.devicesActed(m.devices.Click(line))
	case paneTwin:
		return m.twinActed(m.twin.Click(x-content.x, line, content.w))
	case paneLive:
		m.live.Click(line)
	case paneCount:
	}
	return nil
}

// special are the keys that have a name alone.
var special = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "space": tea.KeySpace,
	"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
}

// pressOf returns the press of a key that a hint was clicked for.
func pressOf(name string) (tea.KeyPressMsg, bool) {
	if code, ok := special[name]; ok {
		return tea.KeyPressMsg{Code: code}, true
	}
	if r := []rune(name); len(r) == 1 {
		return tea.KeyPressMsg{Code: r[0], Text: name}, true
	}
	return tea.KeyPressMsg{}, false
}

// hintAt returns what stands at a column of the footer.
func (m *Model) hintAt(x, w int) (keymap.Binding, bool) {
	first, always := m.footerKeys()
	room := m.hintRoom(w)
	if room < 6 {
		return keymap.Binding{}, false
	}
	return m.theme.HintAt(x-1, room, first, always)
}
