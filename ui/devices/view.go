package devices

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/devices/roster"
	"twindeck/ui/theme"
)

// view draws the rows of one frame.
type view struct {
	pane    *Pane
	theme   theme.Theme
	focused bool
	now     time.Time
	columns []column
	terms   []roster.Term
	fuzzy   bool
	cursor  theme.Style // what the cursor puts beneath the name; of the row that is drawn
}

func (v view) Len() int { return v.pane.roster.Rows() }

func (v view) Row(i, width int, selected bool) string {
	// The cursor is over the name alone: a move of it changes few cells, which is what one waits
	// for on a slow line.
	v.cursor = theme.Style{}
	switch {
	case selected && v.focused:
		v.cursor = v.theme.Selected
	case selected:
		v.cursor = v.theme.Unfocused
	}
	return cell.Fit(v.row(v.pane.roster.Row(i), width), width)
}

func (v view) row(r roster.Row, width int) string {
	switch r.Kind {
	case roster.NoteRow:
		return v.note(r)
	case roster.ModuleRow:
		return v.module(r, width)
	case roster.ChildRow:
		return v.child(r, width)
	case roster.DeviceRow:
	}
	return v.device(r)
}

// lead is the cells before the first column: the fold or mark, the connection, and spaces.
const lead = 4

// flag is the first cell of a row that can be marked.
func (v view) flag(r roster.Row, otherwise string) string {
	if v.pane.marked(r) {
		return v.theme.Accent.Render(theme.Mark)
	}
	return otherwise
}

func (v view) device(r roster.Row) string {
	d := v.pane.roster.Device(r.Device)
	fold := theme.Folded
	if d.Open {
		fold = theme.Unfolded
	}
	tags := roster.FlatTags(v.pane.roster.Tags(r.Device))
	var b strings.Builder
	b.WriteString(v.flag(r, v.theme.Muted.Render(fold)) + " " + v.dot(d.Connected, d.Status == hub.Disabled))
	for _, c := range v.columns {
		b.WriteString(" " + v.cell(c, r, d, tags))
	}
	return b.String()
}

// cell draws one column of a device.
func (v view) cell(c column, r roster.Row, d roster.Device, tags []roster.Tag) string {
	text := ""
	switch c.Column {
	case roster.ColumnID:
		return v.cursor.Over(v.id(d.ID, tags, c.width))
	case roster.ColumnTags:
		return v.allTags(tags, c.width)
	case roster.ColumnConnection:
		text = "disconnected"
		if d.Connected {
			text = "connected"
		}
	case roster.ColumnStatus:
		text = cell.Safe(string(d.Status))
		if d.Status == hub.Disabled {
			return v.theme.Bad.Render(cell.Fit(text, c.width))
		}
	case roster.ColumnAuth:
		text = authName(d.Auth)
	case roster.ColumnEdge:
		if d.Edge {
			return v.theme.Badge.Render("edge") + cell.Spaces(c.width-4)
		}
	case roster.ColumnActivity:
		text = seen(d.Activity, v.now)
	case roster.ColumnModules:
		if n, known := v.pane.roster.ModuleCount(r.Device); known {
			text = strconv.Itoa(n)
		}
	default:
		path, _ := c.Tag()
		for _, t := range tags {
			if t.Path == path {
				return v.tag(t, c.width)
			}
		}
	}
	if c.right {
		return v.theme.Muted.Render(cell.FitRight(text, c.width))
	}
	return v.theme.Muted.Render(cell.Fit(text, c.width))
}

// id draws the id of a device. A tag that it was found by follows it when no column shows tags.
func (v view) id(id string, tags []roster.Tag, w int) string {
	safe := cell.Safe(id)
	found := spans(safe, v.terms, v.fuzzy)
	width := cell.Width(safe)
	room := w - width - 2
	if len(v.terms) == 0 || room < 4 || v.showsTags() {
		return render(safe, found, w, theme.Style{}, v.theme.Match)
	}
	elsewhere := slices.DeleteFunc(slices.Clone(v.terms), func(t roster.Term) bool {
		return len(spans(safe, []roster.Term{t}, v.fuzzy)) > 0
	})
	for _, t := range tags {
		text := cell.Safe(t.Path + "=" + t.Value)
		if hit := spans(text, elsewhere, v.fuzzy); len(hit) > 0 {
			return render(safe, found, width, theme.Style{}, v.theme.Match) + "  " + render(text, hit, room, v.theme.Muted, v.theme.Match)
		}
	}
	return render(safe, found, w, theme.Style{}, v.theme.Match)
}

func (v view) showsTags() bool {
	for _, c := range v.columns {
		if c.isTag() {
			return true
		}
	}
	return false
}

func (c column) isTag() bool {
	_, tag := c.Tag()
	return tag || c.Column == roster.ColumnTags
}

// allTags draws all tags of a device, those that it was found by first when there is no room for all.
func (v view) allTags(tags []roster.Tag, w int) string {
	texts := make([]string, 0, len(tags))
	for _, t := range tags {
		texts = append(texts, cell.Safe(t.Path+"="+t.Value))
	}
	text := strings.Join(texts, tagGap)
	if cell.Width(text) > w && len(v.terms) > 0 {
		slices.SortStableFunc(texts, func(a, b string) int {
			return cmp.Compare(len(spans(b, v.terms, v.fuzzy)), len(spans(a, v.terms, v.fuzzy)))
		})
		text = strings.Join(texts, tagGap)
	}
	var found []span
	at := 0
	for _, t := range texts {
		for _, s := range spans(t, v.terms, v.fuzzy) {
			found = append(found, span{at + s.from, at + s.to})
		}
		at += len(t) + len(tagGap)
	}
	return render(text, found, w, v.theme.Muted, v.theme.Match)
}

const tagGap = "  "

// tag draws the value of one tag. A term may name its path as well.
func (v view) tag(t roster.Tag, w int) string {
	path, value := cell.Safe(t.Path)+"=", cell.Safe(t.Value)
	var found []span
	for _, s := range spans(path+value, v.terms, v.fuzzy) {
		if s.to > len(path) {
			found = append(found, span{max(s.from-len(path), 0), s.to - len(path)})
		}
	}
	return render(value, found, w, v.theme.Muted, v.theme.Match)
}

func (v view) module(r roster.Row, width int) string {
	m := r.Module
	name := cell.Safe(m.Name)
	line := v.flag(r, " ") + "   " + v.dot(m.Connected, false) + " "
	const before = 6
	room := width - before
	badge := ""
	if roster.System(m.Name) && room >= 20 {
		badge = " " + v.theme.Badge.Render("system")
		room -= 7
	}
	auth := ""
	if room >= 16 {
		auth = " " + v.theme.Muted.Render(cell.Fit(authName(m.Auth), 4))
		room -= 5
	}
	name = render(name, spans(name, v.terms, v.fuzzy), room, theme.Style{}, v.theme.Match)
	return line + v.cursor.Over(name) + badge + auth
}

// child draws a device below an edge device, as a link to it.
func (v view) child(r roster.Row, width int) string {
	d := v.pane.roster.Device(r.Child)
	line := v.flag(r, " ") + "   " + v.dot(d.Connected, d.Status == hub.Disabled) + " "
	room := width - 6
	badge := ""
	if d.Edge && room >= 20 {
		badge = " " + v.theme.Badge.Render("edge")
		room -= 5
	}
	return line + v.cursor.Over(v.theme.Muted.Render(theme.Arrow+" ")+cell.Fit(cell.Safe(d.ID), room-2)) + badge
}

func (v view) note(r roster.Row) string {
	state, problem := v.pane.roster.Modules(r.Device)
	switch state {
	case roster.NotAsked, roster.Asked:
		return "    " + v.cursor.Over(v.theme.Muted.Render("reading modules"+theme.Pending))
	case roster.Failed:
		return "    " + v.cursor.Over(v.theme.Bad.Render(theme.Rejected+" "+cell.Safe(problem)))
	case roster.Known:
	}
	return "    " + v.cursor.Over(v.theme.Muted.Render("no modules"+creates(v.pane.keys.Selection.NewModule)))
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

// header names the columns, and marks the one that is sorted by.
func (v view) header(width int) string {
	by, reverse := v.pane.want.Sort.Column, v.pane.want.Sort.Reverse
	if by == "" {
		by = roster.ColumnID
	}
	var b strings.Builder
	b.WriteString(cell.Spaces(lead - 1))
	for _, c := range v.columns {
		name := title(c.Column)
		if c.Column == by {
			name = cell.Truncate(name, c.width-2) + " " + direction(reverse)
		}
		if c.right {
			name = cell.FitRight(name, c.width)
		} else {
			name = cell.Fit(name, c.width)
		}
		b.WriteString(" " + name)
	}
	return v.theme.Header.Render(cell.Fit(b.String(), width))
}

// tagWidth returns how wide a column of a tag must be for the rows that are on the screen.
func (p *Pane) tagWidth(height int) func(roster.Column) int {
	return func(c roster.Column) int {
		w := max(cell.Width(title(c)), narrowTag)
		if p.want.Sort.Column == c {
			w += 2
		}
		path, _ := c.Tag()
		for i := p.grid.Top(); i < min(p.grid.Top()+height, p.roster.Rows()) && w < wideTag; i++ {
			r := p.roster.Row(i)
			if r.Kind != roster.DeviceRow {
				continue
			}
			for _, t := range roster.FlatTags(p.roster.Tags(r.Device)) {
				if t.Path == path {
					w = max(w, cell.Width(cell.Safe(t.Value)))
				}
			}
		}
		return min(w, wideTag)
	}
}

// View draws the pane's content: exactly height lines of width cells. now is what ages are
// measured against.
func (p *Pane) View(th theme.Theme, width, height int, focused bool, now time.Time) []string {
	v := view{
		pane: p, theme: th, focused: focused, now: now, columns: p.layout(width, p.tagWidth(height)),
		terms: p.terms(), fuzzy: p.roster.Showing().Filter.Fuzzy,
	}
	lines := make([]string, 0, max(height, 0))
	tall := height >= 8
	if p.typing || p.Filtered() || tall {
		lines = append(lines, cell.Fit(p.filterLine(th, width), width))
	}
	if height >= 12 && p.Len() > 0 {
		lines = append(lines, v.header(width))
	}
	var foot []string
	switch {
	case p.problem != "":
		foot = th.Problem(p.problem, width, max(height/4, 1))
	case tall || p.MarkedCount() > 0 && height >= 4:
		foot = []string{p.footLine(th, width, v.columns)}
	}
	body := height - len(lines)
	if body > len(foot) {
		body -= len(foot)
	} else {
		foot = nil
	}
	if body > 0 && p.roster.Rows() == 0 {
		lines = append(lines, cell.Fit(th.Muted.Render(p.emptyLine()), width))
		body--
	}
	p.body = len(lines)
	lines = append(lines, p.grid.View(v, width, max(body, 0))...)
	for _, l := range foot {
		lines = append(lines, cell.Fit(l, width))
	}
	return lines[:min(len(lines), max(height, 0))]
}
