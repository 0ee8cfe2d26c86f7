package live

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/grid"
	"twindeck/ui/theme"
)

// Close asks for a comparison to be taken away.
type Close struct{}

// compare marks an event, or compares it with the one that is marked, the older one first.
func (p *Pane) compare(e *entry) Action {
	a := p.marked
	switch a {
	case nil:
		p.marked = e
		return Tell{"marked; " + p.keys.Live.Compare.Label + " on another event compares the two"}
	case e:
		p.marked = nil
		return nil
	}
	p.marked = nil
	b := e
	if a.Seq > b.Seq {
		a, b = b, a
	}
	return Compare{newComparison(p.keys, a, b)}
}

// Comparison shows what differs between two events, leaf by leaf. It is a dialog.
type Comparison struct {
	keys    keymap.Map
	theme   theme.Theme
	a, b    *entry
	zone    *time.Location
	changes []patch.Change
	grid    grid.Grid
}

func newComparison(keys keymap.Map, a, b *entry) *Comparison {
	return &Comparison{keys: keys, a: a, b: b, zone: time.UTC, changes: patch.Changes(content(a), content(b))}
}

// content is what is compared of an event: what it brought.
func content(e *entry) patch.Value {
	if e.Value.Kind() == patch.KindObject {
		return e.Value
	}
	return document(e.Event).Without(patch.Path{"at"}).Without(patch.Path{"seq"})
}

// In tells in which zone times are shown.
func (c *Comparison) In(zone *time.Location) { c.zone = zone }

// Title implements dialog.Dialog.
func (c *Comparison) Title() string { return "Two events" }

// SetTheme implements dialog.Dialog.
func (c *Comparison) SetTheme(th theme.Theme) { c.theme = th }

// Keys implements dialog.Dialog.
func (c *Comparison) Keys() []keymap.Binding {
	return append(keymap.Bindings(c.keys.Move), c.keys.Dialog.Close)
}

// Update implements dialog.Dialog; its action is [Close].
func (c *Comparison) Update(msg tea.Msg) any {
	press, ok := msg.(tea.KeyPressMsg)
	switch {
	case !ok:
	case c.keys.Dialog.Close.Matches(press):
		return Close{}
	default:
		c.grid.Press(c.keys.Move, press)
	}
	return nil
}

// Size implements dialog.Dialog.
func (c *Comparison) Size(w, h int) (int, int) {
	return min(max(w, 1), 90), min(max(len(c.changes), 1)+7, max(h, 1))
}

// View implements dialog.Dialog.
func (c *Comparison) View(w, h int) string {
	if w < 1 || h < 1 {
		return ""
	}
	iw, ih := theme.Inner(w, h)
	th := c.theme
	var lines []string
	if ih >= 7 {
		lines = append(lines, c.head("older", c.a), c.head("newer", c.b), " "+th.Muted.Render(seconds(c.b.At.Sub(c.a.At))+" apart"), "")
	}
	body := max(ih-len(lines), 0)
	if ih >= 4 {
		body--
	}
	switch {
	case len(c.changes) > 0:
		lines = append(lines, c.grid.View(changeRows{c}, iw, body)...)
	case body > 0:
		lines = append(lines, append([]string{" " + th.Good.Render(theme.InSync+" they say the same")}, make([]string, body-1)...)...)
	}
	if ih >= 4 {
		lines = append(lines, " "+th.Hints(iw-2, c.keys.Dialog.Close))
	}
	for i := range lines {
		lines[i] = cell.Fit(lines[i], iw)
	}
	return th.Box(c.Title(), lines[:min(len(lines), max(ih, 0))], w, h, true)
}

func (c *Comparison) head(name string, e *entry) string {
	v := view{theme: c.theme}
	return " " + c.theme.Muted.Render(name+"  "+e.At.In(c.zone).Format("15:04:05.000")) + " " + cell.Safe(e.ID.String()) + " " + v.what(e)
}

type changeRows struct{ *Comparison }

func (r changeRows) Len() int { return len(r.changes) }

func (r changeRows) Row(i, width int, selected bool) string {
	line := cell.Fit(" "+view{theme: r.theme}.change(r.changes[i]), width)
	if selected && strings.TrimSpace(line) != "" {
		return r.theme.Selected.Over(line)
	}
	return line
}
