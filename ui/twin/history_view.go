package twin

import (
	"strings"
	"time"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/history"
	"twindeck/ui/theme"
)

// historyLines draws the History tab on exactly height lines: the versions, and below them, when there
// is room, what differs between two.
func (p *Pane) historyLines(th theme.Theme, width, height int, focused bool, now time.Time) []string {
	h := &p.history
	h.listAt, h.rowsAt = 0, 0
	if h.mode == theDocument {
		e := h.entry(h.list.Cursor())
		if h.shown != e.Number {
			h.open()
		}
		var lines []string
		if height >= 3 {
			lines = append(lines, rule(th, width, versionName(e)+" at "+clock(e.At, now)+", "+e.Sources.String()))
			h.listAt = 1
		}
		return append(lines, documentLines(h.document, th, width, height-len(lines), focused)...)
	}
	split := height >= 10
	var lines []string
	if h.mode == theList || split {
		lines = p.versionLines(th, width, listHeight(height, len(h.versions()), split), focused && h.mode == theList, now)
	}
	if h.mode == theChanges || split {
		left := height - len(lines)
		h.rowsAt = len(lines) + min(left/3, 1)
		lines = append(lines, p.changeLines(th, width, left, focused && h.mode == theChanges, now)...)
	}
	return lines
}

// listHeight is how many of the lines the versions have.
func listHeight(height, versions int, split bool) int {
	if !split {
		return height
	}
	return min(versions+1, max(height/2, 5))
}

// versionLines draws the list of the versions with its header.
func (p *Pane) versionLines(th theme.Theme, width, height int, focused bool, now time.Time) []string {
	h := &p.history
	rows := versionRows{tab: h, theme: th, focused: focused, now: now, age: width >= 56, source: width >= 76}
	var lines []string
	if height > min(len(h.versions()), 2) {
		lines = append(lines, th.Header.Render(cell.Fit(rows.line("version", "seen", "age", "source", "what changed", width), width)))
		h.listAt = 1
	}
	return append(lines, h.list.View(rows, width, height-len(lines))...)
}

// versionRows draws the versions.
type versionRows struct {
	tab         *historyTab
	theme       theme.Theme
	focused     bool
	now         time.Time
	age, source bool // whether there is room for them
}

func (v versionRows) Len() int { return len(v.tab.versions()) }

// sourceWidth has room for three ways in which a version was seen.
const sourceWidth = 21

// line puts the parts of a row side by side.
func (v versionRows) line(name, at, ago, source, what string, width int) string {
	gap := cell.Spaces(columnGap)
	line := cell.Spaces(3) + cell.Fit(name, max(v.tab.names, len("version")))
	if width >= 36 {
		line += gap + cell.Fit(at, 8)
	}
	if v.age {
		line += gap + cell.FitRight(ago, noteWidth)
	}
	if v.source {
		line += gap + cell.Fit(source, sourceWidth)
	}
	return line + gap + what
}

func (v versionRows) Row(i, width int, selected bool) string {
	e := v.tab.entry(i)
	ago := age(v.now.Sub(e.At))
	line := v.line(versionName(e), clock(e.At, v.now), ago, e.Sources.String(), v.tab.brief(i), width)
	if v.tab.picked == e.Number {
		line = " " + v.theme.Accent.Render(theme.Mark) + " " + strings.TrimPrefix(line, "   ")
	}
	return underCursor(v.theme, cell.Fit(line, width), selected, v.focused)
}

// clock writes a time of today, and of another day that day.
func clock(at, now time.Time) string {
	at = at.In(now.Location())
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format(time.TimeOnly)
	}
	return at.Format("2 Jan")
}

// rule is a line with a title in it.
func rule(th theme.Theme, width int, title string) string {
	title = cell.Truncate(title, max(width-4, 0))
	line := th.Border.Render("─ ") + th.Accent.Render(title) + th.Border.Render(" "+strings.Repeat("─", max(width-3-cell.Width(title), 0)))
	return cell.Fit(line, width)
}

// changeLines draws what differs between the two versions that are compared, under a line that names
// them.
func (p *Pane) changeLines(th theme.Theme, width, height int, focused bool, now time.Time) []string {
	h := &p.history
	h.compare()
	older, newer, ok := h.pair()
	e := h.entry(h.list.Cursor())
	title := versionName(e) + ", seen at " + clock(e.At, now) + ": " + e.Sources.String()
	if ok {
		title = h.nameOf(older) + " " + theme.Arrow + " " + h.nameOf(newer)
	}
	var lines []string
	if height >= 3 {
		lines = append(lines, rule(th, width, title))
	}
	if len(h.rows) == 0 {
		text := "the versions are the same but for their numbers"
		if !ok {
			text = "the only version seen so far"
		}
		return append(lines, filled([]string{th.Muted.Render(" " + text)}, width, height-len(lines))...)
	}
	rows := changeRows{tab: h, theme: th, focused: focused}
	return append(lines, h.changes.View(rows, width, height-len(lines))...)
}

// changeRows draws what differs, section by section.
type changeRows struct {
	tab     *historyTab
	theme   theme.Theme
	focused bool
}

func (v changeRows) Len() int { return len(v.tab.rows) }

func (v changeRows) Row(i, width int, selected bool) string {
	row := v.tab.rows[i]
	if row.change == nil {
		return underCursor(v.theme, cell.Fit(v.section(row.diff), width), selected && v.focused, v.focused)
	}
	symbol, style := changeMark(v.theme, row.change.Kind)
	text := changeText(row.change)
	if !selected || !v.focused {
		return cell.Fit("   "+style.Render(symbol)+" "+style.Render(text), width)
	}
	// What is under the cursor is shown whole.
	text = cell.Safe(row.change.Path.String()) + "  " + wholeOr(row.change.Old, row.change.Kind != patch.Added, 8*width) +
		" " + theme.Arrow + " " + wholeOr(row.change.New, row.change.Kind != patch.Removed, 8*width)
	var lines []string
	for lead := "   " + symbol + " "; text != "" && len(lines) < 8; lead = "     " {
		head, rest := cell.Cut(text, max(width-5, 1))
		if rest != "" && len(lines) == 7 {
			head = cell.Truncate(text, max(width-5, 1))
		}
		lines = append(lines, v.theme.Selected.Over(cell.Fit(style.Render(lead+head), width)))
		text = rest
	}
	return strings.Join(lines, "\n")
}

func wholeOr(v patch.Value, has bool, most int) string {
	if !has {
		return absent
	}
	return whole(v, most)
}

// section is the line above the changes of a section.
func (v changeRows) section(d *history.Difference) string {
	text := " " + v.theme.Header.Render(d.Section.String())
	if d.Old.Version > 0 && d.New.Version > 0 {
		text += v.theme.Muted.Render("  " + digits(d.Old.Version) + " " + theme.Arrow + " " + digits(d.New.Version))
	}
	switch n := len(d.Changes); {
	case d.Unknown():
		text += "  " + v.theme.Warn.Render("not all of it was seen")
	case n == 1:
		text += v.theme.Muted.Render("  1 difference")
	default:
		text += v.theme.Muted.Render("  " + cell.Count(n) + " differences")
	}
	return text
}

// changeMark is how a kind of change is shown.
func changeMark(th theme.Theme, k patch.ChangeKind) (string, theme.Style) {
	switch k {
	case patch.Added:
		return theme.ReportedOnly, th.Added
	case patch.Removed:
		return theme.Absent, th.Removed
	case patch.Changed:
	}
	return theme.Changed, th.Changed
}
