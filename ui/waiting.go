package ui

import tea "charm.land/bubbletea/v2"

// waits keeps a key that is about all devices that match, while the filter is still looking for them,
// and every key behind it: they mean what will be on the screen then, a moment later. It reports
// whether it has kept the key.
func (m *Model) waits(key tea.KeyPressMsg) bool {
	k := m.keys.Devices
	about := m.front() == nil && m.query.bar == nil && m.query.results == nil && m.focus == paneDevices && !m.devices.Typing() &&
		(k.MarkAll.Matches(key) || k.Export.Matches(key))
	if len(m.waiting) == 0 && (!about || !m.devices.Looking()) {
		return false
	}
	m.waiting = append(m.waiting, key)
	return true
}

// pressWaiting presses the keys that were kept, once there is nothing more to wait for.
func (m *Model) pressWaiting() tea.Cmd {
	if m.devices.Looking() {
		return nil
	}
	keys := m.waiting
	m.waiting = nil
	var cmds []tea.Cmd
	for _, key := range keys {
		cmds = append(cmds, m.press(key))
	}
	return tea.Batch(cmds...)
}
