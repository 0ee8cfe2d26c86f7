package devices

import (
	"fmt"
	"strconv"
	"time"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// columns is where the parts of a row stand.
type columns struct {
	name, tags, seen, edge, auth int // widths in cells; 0 leaves the column out
}

// split divides a row. The name gets what the others leave, and never less than a third.
func split(width int) columns {
	var c columns
	left := width
	take := func(col *int, w, atLeast int) {
		if left-w-1 >= atLeast {
			*col = w
			left -= w + 1
		}
	}
	take(&c.auth, 4, 16)
	take(&c.edge, 4, 24)
	take(&c.seen, 8, 34)
	if left >= 48 {
		take(&c.tags, left/2, 20)
	}
	c.name = left
	return c
}

// view draws the rows of one frame.
type view struct {
	pane    *Pane
	theme   theme.Theme
	focused bool
	now     time.Time
}

func (v view) Len() int { return len(v.pane.store.rows) }

func (v view) Row(i, width int, selected bool) string {
	r := v.pane.store.rows[i]
	line := v.row(r, split(width))
	line = cell.Fit(line, width)
	switch {
	case selected && v.focused:
		return v.theme.Selected.Over(line)
	case selected:
		return v.theme.Unfocused.Over(line)
	}
	return line
}

func (v view) row(r row, c columns) string {
	switch {
	case r.note:
		return v.note(r.d)
	case r.m != nil:
		return v.module(r.m, c)
	}
	return v.device(r.d, c)
}

func (v view) device(d *device, c columns) string {
	fold := theme.Folded
	if d.open {
		fold = theme.Unfolded
	}
	line := v.theme.Muted.Render(fold) + " " + v.dot(d.connected, d.disabled) + " " + cell.Fit(cell.Safe(d.id), c.name-4)
	if c.tags > 0 {
		line += " " + v.theme.Muted.Render(cell.Fit(cell.Safe(d.tags), c.tags))
	}
	if c.seen > 0 {
		line += " " + v.theme.Muted.Render(cell.FitRight(seen(d.activity, v.now), c.seen))
	}
	if c.edge > 0 {
		badge := cell.Spaces(c.edge)
		if d.edge {
			badge = v.theme.Badge.Render("edge")
		}
		line += " " + badge
	}
	if c.auth > 0 {
		line += " " + v.theme.Muted.Render(cell.Fit(authName(d.auth), c.auth))
	}
	return line
}

func (v view) module(m *module, c columns) string {
	// A module stands below its device's name and has fewer columns.
	width := c.name - 6
	for _, w := range []int{c.tags, c.seen, c.edge} {
		if w > 0 {
			width += w + 1
		}
	}
	line := "    " + v.dot(m.connected, false) + " " + cell.Fit(cell.Safe(m.id), width)
	if c.auth > 0 {
		line += " " + v.theme.Muted.Render(cell.Fit(authName(m.auth), c.auth))
	}
	return line
}

func (v view) note(d *device) string {
	switch c := d.children; {
	case c == nil || c.loading:
		return v.theme.Muted.Render("    reading modules" + theme.Pending)
	case c.err != "":
		return "    " + v.theme.Bad.Render(theme.Rejected+" "+cell.Safe(c.err))
	}
	return v.theme.Muted.Render("    no modules; " + v.pane.keys.Selection.NewModule.Label + " creates one")
}

func (v view) dot(connected, disabled bool) string {
	switch {
	case disabled:
		return v.theme.Bad.Render(theme.Disabled)
	case connected:
		return v.theme.Good.Render(theme.Connected)
	}
	return v.theme.Muted.Render(theme.Disconnected)
}

// authName is the short name of an authentication type.
func authName(a hub.AuthType) string {
	switch a {
	case hub.AuthSelfSigned:
		return "x509"
	case hub.AuthCA:
		return "ca"
	case "":
		return theme.Absent
	}
	return cell.Safe(string(a))
}

// seen says how long ago a device was active, in two figures and a unit.
func seen(activity int64, now time.Time) string {
	if activity == 0 {
		return ""
	}
	d := now.Sub(time.Unix(activity, 0))
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m ago"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h ago"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + "d ago"
}

// View draws the pane's content: exactly height lines of width cells. now is what ages are
// measured against.
func (p *Pane) View(th theme.Theme, width, height int, focused bool, now time.Time) []string {
	lines := make([]string, 0, max(height, 0))
	tall := height >= 8
	if p.typing || p.Filtered() || tall {
		lines = append(lines, cell.Fit(p.filterLine(th, width), width))
	}
	var foot []string
	switch {
	case p.problem != "":
		foot = th.Problem(p.problem, width, max(height/4, 1))
	case tall:
		foot = []string{p.footLine(th)}
	}
	body := height - len(lines)
	if body > len(foot) {
		body -= len(foot)
	} else {
		foot = nil
	}
	if body > 0 && len(p.store.rows) == 0 {
		lines = append(lines, cell.Fit(th.Muted.Render(p.emptyLine()), width))
		body--
	}
	lines = append(lines, p.grid.View(view{p, th, focused, now}, width, max(body, 0))...)
	for _, l := range foot {
		lines = append(lines, cell.Fit(l, width))
	}
	return lines[:min(len(lines), max(height, 0))]
}

func (p *Pane) filterLine(th theme.Theme, width int) string {
	slash := p.keys.Devices.Filter.Label
	if !p.typing && !p.Filtered() {
		return th.Muted.Render(slash + " filter")
	}
	p.filter.SetWidth(max(width-3, 1))
	if !p.typing {
		return th.Accent.Render(slash+" "+cell.Safe(p.filter.Value())) + th.Muted.Render("  "+p.keys.Filter.Clear.Label+" clears")
	}
	return th.Accent.Render(slash) + " " + p.filter.View()
}

func (p *Pane) emptyLine() string {
	switch {
	case p.store.scan < len(p.store.devices):
		return " looking" + theme.Pending
	case p.Filtered() && p.loading:
		return " nothing matches yet; still loading" + theme.Pending
	case p.Filtered():
		return " nothing matches; " + p.keys.Filter.Clear.Label + " clears the filter"
	case p.loading || !p.complete && p.problem == "":
		return " loading" + theme.Pending
	case p.problem != "":
		return ""
	}
	return " no devices; " + p.keys.Selection.NewDevice.Label + " creates one"
}

// footLine tells how much of the registry is loaded.
func (p *Pane) footLine(th theme.Theme) string {
	n := Count(len(p.store.devices))
	text := ""
	switch total := p.progress.Total; {
	case p.Filtered() && p.complete:
		text = fmt.Sprintf(" %s of %s devices", Count(p.store.shown), n)
	case p.progress.Paused:
		text = " paused at " + n
	case p.loading && !p.complete && total > len(p.store.devices):
		text = " loaded " + n + " of " + Count(total) + theme.Pending
	case p.loading && !p.complete:
		text = " loaded " + n + theme.Pending
	case len(p.store.devices) > 0:
		text = " loaded " + n + " of " + n
	}
	if p.progress.Note != "" {
		text = " " + p.progress.Note + " ·" + text
	}
	return th.Muted.Render(text)
}

// Count writes a number with thousands separated, as people read them: 1,204.
func Count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
