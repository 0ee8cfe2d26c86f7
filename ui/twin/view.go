package twin

import (
	"fmt"
	"strings"
	"time"

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
	if line, ok := p.searchLine(th, width); ok {
		foot = append(foot, line)
	}
	if line, ok := p.meterLine(th, width); ok && height >= 10 {
		foot = append(foot, line)
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

// tabName is what a tab is called on the line of tabs: closer together, and a letter, where there is
// no room for all.
func (p *Pane) tabName(t Tab, width int) string {
	letters := 0
	for t := range tabCount {
		letters += len(t.String())
	}
	name := t.String()
	wide := width >= letters+2*int(tabCount)
	if width < letters+int(tabCount)+1 && t != p.tab {
		name = name[:1]
	} else if !wide && t != p.tab {
		return name + " "
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
		return p.tagLines(th, width, height, focused, now)
	case Identity:
		return p.facts.grid.View(factRows{&p.facts, th, focused, now.Location()}, width, height)
	case JSON:
		return p.jsonLines(th, width, height, focused)
	case History:
		return p.historyLines(th, width, height, focused, now)
	case tabCount:
	}
	return filled(nil, width, height)
}

// instead says why there is nothing to show; nil when there is something.
func (p *Pane) instead(th theme.Theme, width int) []string {
	muted := func(text string) []string {
		if what, how, two := strings.Cut(text, "; "); two && cell.Width(text)+1 > width {
			return []string{th.Muted.Render(" " + what + ";"), th.Muted.Render(" " + how)}
		}
		return []string{th.Muted.Render(" " + text)}
	}
	switch {
	case p.id.Device == "":
		return muted("nothing is selected")
	case p.tab == Identity && len(p.facts.list) > 0, p.tab == History && len(p.versions()) > 0:
		return nil
	case p.twin == nil && p.problem != "":
		return th.Problem(p.problem, width, 6)
	case p.twin == nil:
		return muted("reading" + theme.Pending)
	case p.tab == Properties && len(p.props.leaves) == 0:
		return muted("no properties yet" + offer(p.keys.Selection.EditDesired, "adds desired ones"))
	case p.tab == Tags && len(p.tags.leaves) == 0:
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
		below = p.about(th, width, height/3, c, now)
	}
	rows := treeRows{pane: p, tree: &p.props, theme: th, focused: focused, now: now, columns: c}
	lines = append(lines, p.props.grid.View(rows, width, height-len(lines)-len(below))...)
	return append(lines, below...)
}

// tagLines draws the tags, and below them the one under the cursor when it has no room in its row.
func (p *Pane) tagLines(th theme.Theme, width, height int, focused bool, now time.Time) []string {
	c := tagColumns(&p.tags, width)
	var below []string
	if height >= 12 {
		below = p.aboutTag(th, width, height/3, c)
	}
	rows := treeRows{pane: p, tree: &p.tags, theme: th, focused: focused, now: now, columns: c}
	return append(p.tags.grid.View(rows, width, height-len(below)), below...)
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
