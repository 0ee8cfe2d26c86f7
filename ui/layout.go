package ui

// pane names one of the three panes, in the order of the keys that lead to them.
type pane int

const (
	paneDevices pane = iota
	paneTwin
	paneLive
	paneCount
)

// rect is a place on the screen in cells. A rect without width or height is not drawn.
type rect struct{ x, y, w, h int }

func (r rect) empty() bool { return r.w <= 0 || r.h <= 0 }

// screen says what goes where.
type screen struct {
	header rect
	tabs   rect // names the three panes when only the focused one is visible
	panes  [paneCount]rect
	ticker rect // the newest event, when the live pane is not visible
	footer rect
	framed bool // panes have a border; without one there is room for nothing but content
}

// sideBySide is the width from which the three panes stand side by side.
const sideBySide = 100

// layout divides a terminal of w by h cells. Every cell belongs to at most one part, and
// what matters least gives way first: the ticker, the header, the borders, the names of
// the panes, the footer. The focused pane always has at least one line.
func layout(w, h int, focus pane) screen {
	var s screen
	if w <= 0 || h <= 0 {
		return s
	}
	body := rect{0, 0, w, h}
	takeTop := func() rect {
		r := rect{0, body.y, w, 1}
		body.y++
		body.h--
		return r
	}
	takeBottom := func() rect {
		body.h--
		return rect{0, body.y + body.h, w, 1}
	}
	wide := w >= sideBySide && h >= 8
	if h >= 3 {
		s.footer = takeBottom()
	}
	if h >= 6 {
		s.header = takeTop()
	}
	if !wide && h >= 4 {
		s.tabs = takeTop()
	}
	s.framed = body.h >= 6 && w >= 16
	if wide {
		s.panes = columns(body)
		return s
	}
	if focus != paneLive && body.h >= 14 {
		s.ticker = takeBottom()
	}
	s.panes[focus] = body
	return s
}

// dropTicker gives the line of the newest event to the focused pane, for as long as nothing is to come.
func (s *screen) dropTicker(focus pane) {
	s.panes[focus].h += s.ticker.h
	s.ticker = rect{}
}

// widen gives a table in the place of the devices the room that a table needs, when the panes stand
// side by side.
func (s *screen) widen() {
	d, t, l := &s.panes[paneDevices], &s.panes[paneTwin], &s.panes[paneLive]
	if d.empty() || t.empty() || l.empty() {
		return
	}
	all := d.w + t.w + l.w
	d.w = all * 44 / 100
	l.w = max(all*22/100, 24)
	t.w = all - d.w - l.w
	t.x, l.x = d.x+d.w, d.x+d.w+t.w
}

// columns puts the panes side by side. The twin has the most to show, the devices the least.
func columns(body rect) [paneCount]rect {
	left := min(max(body.w*26/100, 28), 52)
	right := min(max(body.w*35/100, 34), 76)
	middle := body.w - left - right
	return [paneCount]rect{
		paneDevices: {body.x, body.y, left, body.h},
		paneTwin:    {body.x + left, body.y, middle, body.h},
		paneLive:    {body.x + left + middle, body.y, right, body.h},
	}
}
