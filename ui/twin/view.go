package twin

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// View draws the pane's content: exactly height lines of width cells. now is what ages are
// measured against, and its zone the one times are shown in.
func (p *Pane) View(th theme.Theme, width, height int, focused bool, now time.Time) []string {
	height = max(height, 0)
	lines := make([]string, 0, height)
	put := func(line string) { lines = append(lines, cell.Fit(line, width)) }
	body := height
	if height >= 3 {
		put(p.tabLine(th, width))
		body--
	}
	var foot []string
	if p.problem != "" && p.twin != nil {
		foot = th.Problem(p.problem, width, max(height/4, 1))
	}
	for _, l := range p.unsaved {
		foot = append(foot, " "+th.Warn.Render(theme.Changed+" "+cell.Truncate(l, width-3)))
	}
	if height >= 4 {
		foot = append(foot, p.footLine(th, width))
	}
	if len(foot) >= body {
		foot = nil
	}
	p.body = len(lines)
	lines = append(lines, p.content(th, width, body-len(foot), focused, now)...)
	for _, l := range foot {
		put(l)
	}
	return lines[:min(len(lines), height)]
}

func (p *Pane) tabLine(th theme.Theme, width int) string {
	var b strings.Builder
	for t := range tabCount {
		if t == p.tab {
			b.WriteString(th.ButtonOn.Render(p.tabName(t, width)))
		} else {
			b.WriteString(th.Muted.Render(p.tabName(t, width)))
		}
	}
	return b.String()
}

// tabName is what a tab is called on the line of tabs; a letter where there is no room.
func (p *Pane) tabName(t Tab, width int) string {
	name := t.String()
	if width < 34 && t != p.tab {
		name = name[:1]
	}
	return " " + name + " "
}

// content draws the tab in front on exactly height lines.
func (p *Pane) content(th theme.Theme, width, height int, focused bool, now time.Time) []string {
	if height <= 0 {
		return nil
	}
	if lines := p.instead(th, width); len(lines) > 0 {
		if height > len(lines) {
			lines = append([]string{""}, lines...)
		}
		return filled(lines, width, height)
	}
	switch p.tab {
	case Properties:
		return p.properties(th, width, height, focused, now)
	case Tags:
		return p.tags.grid.View(treeRows{pane: p, tree: &p.tags, theme: th, focused: focused, now: now, columns: tagColumns(&p.tags, width)}, width, height)
	case Identity:
		return p.facts.grid.View(factRows{&p.facts, th, focused, now.Location()}, width, height)
	case JSON:
		return p.jsonLines(th, width, height, focused)
	case tabCount:
	}
	return filled(nil, width, height)
}

// instead says why there is nothing to show; nil when there is something.
func (p *Pane) instead(th theme.Theme, width int) []string {
	muted := func(text string) []string { return []string{th.Muted.Render(" " + text)} }
	switch {
	case p.id.Device == "":
		return muted("nothing is selected")
	case p.tab == Identity && len(p.facts.list) > 0:
		return nil
	case p.twin == nil && p.problem != "":
		return th.Problem(p.problem, width, 6)
	case p.twin == nil:
		return muted("reading" + theme.Pending)
	case p.tab == Properties && len(p.props.rows) == 0:
		return muted("no properties yet" + offer(p.keys.Selection.EditDesired, "adds desired ones"))
	case p.tab == Tags && len(p.tags.rows) == 0:
		return muted("no tags yet" + offer(p.keys.Selection.EditTags, "adds some"))
	}
	return nil
}

// offer says behind a sentence what a key does; nothing when it does not now.
func offer(b keymap.Binding, does string) string {
	if b.Refused != "" {
		return ""
	}
	return "; " + b.Label + " " + does
}

func filled(lines []string, width, height int) []string {
	out := make([]string, 0, height)
	for _, l := range lines {
		out = append(out, cell.Fit(l, width))
	}
	for len(out) < height {
		out = append(out, cell.Spaces(width))
	}
	return out[:height]
}

// properties draws desired and reported side by side, and below them, when there is room,
// all there is to say about the leaf under the cursor.
func (p *Pane) properties(th theme.Theme, width, height int, focused bool, now time.Time) []string {
	c := propertyColumns(&p.props, width)
	var lines []string
	if height >= 4 {
		lines = append(lines, cell.Fit(c.header(th), width))
		p.body++
	}
	var below []string
	if height >= 12 {
		below = p.about(th, width, now)
	}
	rows := treeRows{pane: p, tree: &p.props, theme: th, focused: focused, now: now, columns: c}
	lines = append(lines, p.props.grid.View(rows, width, height-len(lines)-len(below))...)
	return append(lines, below...)
}

// footLine shows the versions on the left and the etag on the right, which is what a write
// is conditional on.
func (p *Pane) footLine(th theme.Theme, width int) string {
	if p.twin == nil {
		return ""
	}
	t := p.twin
	right := th.Muted.Render("etag ") + th.Accent.Render(cell.Safe(t.ETag)) + " "
	versions := []string{
		fmt.Sprintf(" desired v%d · reported v%d", t.Desired.Version, t.Reported.Version),
		fmt.Sprintf(" desired v%d", t.Desired.Version),
		fmt.Sprintf(" v%d", t.Desired.Version),
	}
	switch {
	case p.stale && p.problem == "":
		versions = []string{" stale, reading again" + theme.Pending, " stale"}
	case p.stale:
		versions = []string{" stale"}
	}
	for _, left := range versions {
		if gap := width - cell.Width(left) - cell.Width(right); gap >= 1 {
			if p.stale {
				return th.Warn.Render(left) + cell.Spaces(gap) + right
			}
			return th.Muted.Render(left) + cell.Spaces(gap) + right
		}
	}
	return cell.Truncate(right, width)
}

// about explains the leaf under the cursor: its whole path, both values, what the device
// said and when.
func (p *Pane) about(th theme.Theme, width int, now time.Time) []string {
	b, ok := p.props.current()
	if !ok || b.group {
		return nil
	}
	leaf := b.leaf
	symbol, style := mark(th, leaf.State)
	first := " " + style.Render(symbol+" "+leaf.State.String())
	if a := leaf.Ack; a != nil {
		first += th.Muted.Render("  ac ") + strconv.Itoa(a.Code)
		if a.HasVersion {
			first += th.Muted.Render("  av ") + strconv.FormatInt(a.Version, 10)
		}
		if a.Text != "" {
			first += "  " + cell.Safe(a.Text)
		}
	}
	times := p.times(leaf, now)
	return []string{
		th.Border.Render(strings.Repeat("─", width)),
		cell.Fit(" "+th.Key.Render(cell.Safe(leaf.Path.String()))+"  "+th.Muted.Render(times), width),
		cell.Fit(first, width),
	}
}

// times says when each side last changed a leaf.
func (p *Pane) times(leaf patch.Leaf, now time.Time) string {
	var parts []string
	if at, ok := updated(p.twin.Desired.Metadata, leaf.Path); ok && leaf.HasDesired {
		parts = append(parts, "desired "+age(now.Sub(at))+" ago")
	}
	if at, ok := updated(p.twin.Reported.Metadata, leaf.Path); ok && leaf.HasReported {
		parts = append(parts, "reported "+age(now.Sub(at))+" ago")
	}
	return strings.Join(parts, ", ")
}

// updated reads when a leaf was last written out of a $metadata tree: its own
// $lastUpdated, or that of the nearest object around it (Azure docs:
// iot-hub-devguide-device-twins, "Device twin metadata").
func updated(metadata patch.Value, path patch.Path) (time.Time, bool) {
	var at time.Time
	for i := 0; ; i++ {
		if text, ok := metadata.Get("$lastUpdated"); ok {
			if t, err := time.Parse(time.RFC3339Nano, text.Text()); err == nil {
				at = t
			}
		}
		if i == len(path) {
			break
		}
		next, ok := metadata.Get(path[i])
		if !ok {
			break
		}
		metadata = next
	}
	return at, !at.IsZero() && at.Year() > 1
}

// age writes a duration in one figure and a unit.
func age(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + "d"
}

// mark is how a state is shown.
func mark(th theme.Theme, s patch.State) (string, theme.Style) {
	switch s {
	case patch.InSync:
		return theme.InSync, th.Good
	case patch.Pending:
		return theme.Pending, th.Warn
	case patch.Rejected:
		return theme.Rejected, th.Bad
	case patch.ReportedOnly:
	}
	return theme.ReportedOnly, th.Muted
}
