package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/ui/cell"
	"twindeck/ui/dialog"
	"twindeck/ui/theme"
)

// View implements tea.Model.
func (m *Model) View() tea.View {
	v := tea.NewView(m.screen())
	v.AltScreen = true
	v.WindowTitle = "twindeck"
	return v
}

// screen draws everything: exactly height lines of exactly width cells.
func (m *Model) screen() string {
	if m.width <= 0 || m.height <= 0 {
		return ""
	}
	content := m.background()
	if bar := m.query.bar; bar != nil {
		content = atBottom(content, bar.View(m.theme, m.width, m.height))
	}
	for _, d := range m.overlays {
		content = dialog.Over(content, m.width, m.height, d)
	}
	return content
}

// frame holds the panes as they were last drawn. A pane is drawn again when it has changed,
// or its place, or what it is measured against.
type frame struct{ panes [paneCount]drawn }

// drawn is one pane on the screen.
type drawn struct {
	revision uint64
	place    rect
	focused  bool
	clock    int64
	lines    []string
}

// forget makes everything be drawn again.
func (f *frame) forget() { *f = frame{} }

func (m *Model) background() string {
	s := m.places()
	var b strings.Builder
	b.Grow(m.width * m.height * 2)
	line := func(text string) { // none is empty, as every part is at least a cell wide
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(text)
	}
	if !s.header.empty() {
		line(m.header(s.header.w))
	}
	if !s.tabs.empty() {
		line(m.paneTabs(s.tabs.w))
	}
	var side [][]string
	for p := range paneCount {
		if !s.panes[p].empty() {
			side = append(side, m.pane(p, s.panes[p], s.framed))
		}
	}
	for i := range side[0] {
		line(side[0][i])
		for _, lines := range side[1:] {
			b.WriteString(lines[i])
		}
	}
	if !s.ticker.empty() {
		line(cell.Fit(m.live.Latest(m.theme, s.ticker.w, m.clock.Location()), s.ticker.w))
	}
	if !s.footer.empty() {
		line(m.footer(s.footer.w))
	}
	return b.String()
}

// places says what of the dashboard stands where.
func (m *Model) places() screen {
	s := layout(m.width, m.height, m.focus)
	if m.query.results != nil {
		s.widen()
	}
	if m.live.Len() == 0 && m.live.Clients() == 0 {
		s.dropTicker(m.focus)
	}
	return s
}

// atBottom lays lines over the last ones of a screen.
func atBottom(content string, lines []string) string {
	under := strings.Split(content, "\n")
	return strings.Join(append(under[:max(len(under)-len(lines), 0)], lines...), "\n")
}

// pane draws one pane, or returns it as it was drawn before.
func (m *Model) pane(p pane, place rect, framed bool) []string {
	now := drawn{place: place, focused: p == m.focus, clock: m.clock.Unix()}
	switch p {
	case paneDevices:
		now.revision = m.devices.Revision()
		if r := m.query.results; r != nil {
			now.revision = r.Revision()
		}
		now.clock /= 60 // it says how many minutes ago
	case paneTwin:
		now.revision = m.twin.Revision()
	case paneLive:
		now.revision = m.live.Revision()
		if !m.live.Ticks() {
			now.clock = 0
		}
	case paneCount:
	}
	was := &m.frame.panes[p]
	if p == paneTwin && m.held() && was.lines != nil && was.place == now.place && was.focused == now.focused {
		return was.lines
	}
	if was.lines != nil && was.revision == now.revision && was.place == now.place && was.focused == now.focused && was.clock == now.clock {
		return was.lines
	}
	w, h := place.w, place.h
	if framed {
		w, h = theme.Inner(w, h)
	}
	now.lines = m.content(p, w, h)
	if framed {
		now.lines = strings.Split(m.theme.Box(m.title(p), now.lines, place.w, place.h, now.focused), "\n")
	}
	*was = now
	return now.lines
}

func (m *Model) content(p pane, w, h int) []string {
	focused := p == m.focus
	switch p {
	case paneTwin:
		return m.twin.View(m.theme, w, h, focused, m.clock)
	case paneLive:
		return m.live.View(m.theme, w, h, focused, m.clock)
	case paneDevices, paneCount:
	}
	if r := m.query.results; r != nil {
		return r.View(m.theme, w, h, focused)
	}
	return m.devices.View(m.theme, w, h, focused, m.clock)
}

// title names a pane with the key that leads to it.
func (m *Model) title(p pane) string {
	switch p {
	case paneTwin:
		return m.keys.Global.TwinPane.Label + " " + m.twin.Title()
	case paneLive:
		return m.keys.Global.LivePane.Label + " " + m.live.Title()
	case paneDevices, paneCount:
	}
	if r := m.query.results; r != nil {
		return m.keys.Global.DevicesPane.Label + " " + r.Title()
	}
	return m.keys.Global.DevicesPane.Label + " Devices"
}

// paneTabs names the panes on one line, when only the focused one is on the screen.
func (m *Model) paneTabs(w int) string {
	var b strings.Builder
	for p, name := range m.paneNames(w) {
		if pane(p) == m.focus {
			b.WriteString(m.theme.ButtonOn.Render(name))
		} else {
			b.WriteString(m.theme.Muted.Render(name))
		}
	}
	return cell.Fit(b.String(), w)
}

// paneNames are the names on that line.
func (m *Model) paneNames(w int) (names [paneCount]string) {
	room := w / int(paneCount)
	for p := range paneCount {
		name := " " + m.title(p) + " "
		if p == paneTwin {
			names[p] = cell.Truncate(name, max(w-2*min(room, 18), room))
		} else {
			names[p] = cell.Truncate(name, max(room, 3))
		}
	}
	return names
}

// paneTabAt returns the pane that is named at a column of that line.
func (m *Model) paneTabAt(x, w int) (pane, bool) {
	for p, name := range m.paneNames(w) {
		if x -= cell.Width(name); x < 0 {
			return pane(p), true
		}
	}
	return 0, false
}

// header shows which hub this is, how it is reached, how much of it is loaded and what that costs.
// What does not fit gives way from the middle: policy first, then the name of the program, then the cost.
func (m *Model) header(w int) string {
	th := m.theme
	name := " " + th.Title.Render("twindeck") + "  "
	host, brief := m.hubName(true), m.hubName(false)
	policy := ""
	if m.opts.Policy != "" {
		policy = "  " + th.Muted.Render(cell.Safe(m.opts.Policy))
	}
	link := "  " + m.reach.view(th, m.clock)
	state, short := m.badges(true)+link, m.badges(false)+link
	loaded, requests := m.loadedOf(), m.requests()
	if loaded != "" {
		loaded += " "
	}
	lefts := []string{name + host + policy + state, name + host + state, " " + host + state, " " + brief + state, " " + brief + short}
	for _, try := range [...]struct{ left, cost int }{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {2, 1}, {0, 2}, {1, 2}, {2, 2}, {3, 2}, {4, 2}} {
		left, right := lefts[try.left], loaded
		if cost := requests[try.cost]; cost != "" {
			right += "  " + cost + " "
		}
		if gap := w - cell.Width(left) - cell.Width(right); gap >= 2 {
			return left + cell.Spaces(gap) + right
		}
	}
	return cell.Fit(" "+brief+short, w)
}

// footer shows the keys that work now and, at its right end, what just happened. A message
// takes the room it needs; help and quit are shown as long as anything is.
func (m *Model) footer(w int) string {
	message := m.message(w)
	line := " "
	if room := m.hintRoom(w); m.front() == nil && room >= 6 {
		first, always := m.footerKeys()
		line += m.theme.BothHints(room, first, always)
	}
	gap := w - cell.Width(line) - cell.Width(message) - 1
	if message == "" || gap < 0 {
		return cell.Fit(line+message, w)
	}
	return cell.Fit(line+cell.Spaces(gap)+message, w)
}

// message is what just happened, and after a failure the key that tells more of it: the other keys may
// have no room beside it.
func (m *Model) message(w int) string {
	message, more := m.status.view(m.theme), ""
	if message != "" && m.status.tone == bad && m.canDetail() && w > 40 {
		more = "  " + m.theme.Hints(w, m.detailsKey())
	}
	if message == "" {
		message = m.bulkSegment()
	}
	return cell.Truncate(message, w-1-cell.Width(more)) + more
}

// hintRoom is how many cells of the footer the keys have, behind the first.
func (m *Model) hintRoom(w int) int {
	if n := cell.Width(m.message(w)); n > 0 {
		return w - 1 - n - 3
	}
	return w - 1
}

// hasColor reports whether a terminal shows colours, by the name of its profile.
func hasColor(profile string) bool { return profile != "Ascii" && profile != "NoTTY" }
