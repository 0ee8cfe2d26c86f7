package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// gap is what separates two columns.
const gap = 2

// slot is a column on the screen.
type slot struct{ column, width int }

// slots returns which columns stand where in a width, and scrolls so that the one of the cursor is
// among them. The first column stays when it names the rows and leaves room.
func (r *Results) slots(width int) []slot {
	if len(r.columns) == 0 {
		return nil
	}
	at := r.columnAt()
	held := r.held(width)
	room := width
	for i := range held {
		room -= r.columns[i].width + gap
	}
	r.left = min(max(r.left, held), max(len(r.columns)-1, held))
	if at < held {
		r.left = held
	} else {
		r.left = min(r.left, at)
		for r.left < at && r.span(r.left, at) > room {
			r.left++
		}
	}
	for r.left > held && r.span(r.left-1, len(r.columns)-1) <= room { // no room is wasted on the right
		r.left--
	}
	var slots []slot
	left := width
	for i := 0; i < len(r.columns); i++ {
		if i >= held && i < r.left {
			continue
		}
		w := min(r.columns[i].width, left)
		if w < min(minWidth, r.columns[i].width) {
			break
		}
		slots = append(slots, slot{i, w})
		left -= w + gap
	}
	return slots
}

// held returns how many columns do not scroll.
func (r *Results) held(width int) int {
	first := r.columns[0]
	if len(r.columns) > 1 && first.Name == "deviceId" && width >= 36 && first.width <= width/2 {
		return 1
	}
	return 0
}

// span returns how wide the columns from one to another are together.
func (r *Results) span(from, to int) int {
	w := -gap
	for i := from; i <= to; i++ {
		w += r.columns[i].width + gap
	}
	return w
}

// View draws the table: exactly height lines of width cells.
func (r *Results) View(th theme.Theme, width, height int, focused bool) []string {
	if width <= 0 || height <= 0 {
		return make([]string, max(height, 0))
	}
	lines := make([]string, 0, height)
	if r.typing || r.Filtered() {
		lines = append(lines, cell.Fit(r.filterLine(th, width), width))
	}
	v := view{r: r, th: th, focused: focused, slots: r.slots(width - margin), current: r.columnAt()}
	if height >= 3 && len(r.columns) > 0 {
		lines = append(lines, cell.Fit(v.head(), width))
	}
	var foot []string
	switch {
	case r.problem != "":
		foot = th.Problem(r.problem, width, max(height/4, 1))
	case height >= 12:
		foot = []string{r.foot(width), ""}
	case height >= 5:
		foot = []string{r.foot(width)}
	}
	if height-len(lines) <= len(foot) {
		foot = nil
	}
	body := height - len(lines) - len(foot)
	if body > 0 && r.length() == 0 {
		lines = append(lines, cell.Fit(th.Muted.Render(r.empty()), width))
		body--
	}
	r.height = max(body, 1)
	r.body = len(lines)
	lines = append(lines, r.grid.View(v, width, max(body, 0))...)
	if n := len(foot); n > 0 && r.problem == "" { // known only now that the rows of the frame are
		foot[0] = th.Muted.Render(foot[0])
		foot[n-1] += v.legend()
	}
	for _, l := range foot {
		lines = append(lines, cell.Fit(l, width))
	}
	return lines[:min(len(lines), height)]
}

func (r *Results) filterLine(th theme.Theme, width int) string {
	slash := r.keys.Results.Filter.Label
	r.filter.SetWidth(max(width-3, 1))
	if !r.typing {
		return th.Accent.Render(slash+" "+cell.Safe(r.filter.Value())) + th.Muted.Render("  "+r.keys.Filter.Clear.Label+" clears")
	}
	return th.Accent.Render(slash) + " " + r.filter.View()
}

func (r *Results) empty() string {
	switch {
	case r.arrange.working:
		return " looking" + theme.Pending
	case r.Filtered() && r.continuation != "":
		return " nothing loaded matches; " + r.keys.Results.LoadAll.Label + " loads all rows"
	case r.Filtered():
		return " nothing matches; " + r.keys.Filter.Clear.Label + " clears the filter"
	case r.loading:
		return " loading" + theme.Pending
	case r.continuation != "":
		return " no rows yet; " + r.keys.Results.LoadAll.Label + " goes on"
	}
	return " no rows"
}

// foot says how much there is and what it cost, as far as there is room.
func (r *Results) foot(width int) string {
	rows := count(len(r.rows), "row")
	if r.Filtered() {
		rows = number(r.length()) + " of " + rows
	}
	switch {
	case r.waiting != "":
		rows += ", " + r.waiting
	case r.all:
		rows += ", loading all" + theme.Pending
	case r.loading:
		rows += ", loading" + theme.Pending
	case r.continuation != "":
		rows += ", more to load"
	}
	parts := []string{rows}
	if n := len(r.marks); n > 0 {
		parts = append(parts, number(n)+" marked")
	}
	if r.arrange.working {
		parts = append(parts, "arranging"+theme.Pending)
	}
	parts = append(parts, count(r.requests, "request")+" "+duration(r.took))
	if r.dropped > 0 {
		parts = append(parts, number(r.dropped)+" tags without a column")
	}
	line := ""
	for _, p := range parts {
		if line != "" && cell.Width(line)+cell.Width(p)+4 > width {
			break
		}
		line += " " + p + " ·"
	}
	return strings.TrimSuffix(line, " ·")
}

func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return number(n) + " " + what + "s"
}

// duration writes how long something took in two or three figures.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// margin is what stands in front of the columns: the mark, how the row stands, and a space.
const margin = 3

// view draws the rows of one frame.
type view struct {
	r       *Results
	th      theme.Theme
	focused bool
	slots   []slot
	current int // column under the cursor
}

func (v view) Len() int { return v.r.length() }

// head is the line of the column titles.
func (v view) head() string {
	var b strings.Builder
	b.WriteString(cell.Spaces(margin))
	for i, s := range v.slots {
		c := &v.r.columns[s.column]
		title, arrow := c.title, ""
		if a := v.r.arrange; a.sorted && a.column.Name == c.Name {
			arrow = theme.Ascending
			if a.reverse {
				arrow = theme.Descending
			}
		}
		title = cell.Truncate(title, s.width-cell.Width(arrow)) + arrow
		if c.numeric() {
			title = cell.FitRight(title, s.width)
		} else {
			title = cell.Fit(title, s.width)
		}
		style := v.th.Header
		if s.column == v.current && v.focused {
			style = v.th.Title
		}
		if i > 0 {
			b.WriteString(cell.Spaces(gap))
		}
		b.WriteString(style.Render(title))
	}
	return b.String()
}

func (v view) Row(i, width int, selected bool) string {
	n := v.r.number(i)
	row := v.r.value(n)
	var b strings.Builder
	mark := " "
	if v.r.marked(n) {
		mark = v.th.Accent.Render(theme.Mark)
	}
	b.WriteString(mark + v.sign(v.r.standing(n)) + " ")
	for i, s := range v.slots {
		if i > 0 {
			b.WriteString(cell.Spaces(gap))
		}
		b.WriteString(v.cell(row, s, selected && v.focused))
	}
	line := cell.Fit(b.String(), width)
	switch {
	case selected && v.focused:
		return v.th.Selected.Over(line)
	case selected:
		return v.th.Unfocused.Over(line)
	}
	return line
}

func (v view) cell(row patch.Value, s slot, selected bool) string {
	c := &v.r.columns[s.column]
	text, kind := c.cell(row)
	_, has := c.Value(row)
	text = cell.Safe(text)
	style := theme.Style{}
	switch {
	case !has:
		text, style = theme.Absent, v.th.Muted
	case kind == patch.KindNumber:
		style = v.th.Number
	case kind == patch.KindBool:
		style = v.th.Bool
	case kind != patch.KindString:
		style = v.th.Muted
	}
	if selected && s.column == v.current {
		style = v.th.Title
	}
	if c.numeric() {
		return style.Render(cell.FitRight(text, s.width))
	}
	return style.Render(cell.Fit(text, s.width))
}

// sign shows how a row stands, in one cell.
func (v view) sign(s standing) string {
	switch s {
	case indexed:
		return v.th.Muted.Render(theme.Changed)
	case outdated:
		return v.th.Warn.Render(theme.Conflict)
	case gone:
		return v.th.Bad.Render(theme.Rejected)
	case plain, confirmed:
	}
	return " "
}

// legend says what the signs mean that are on the screen.
func (v view) legend() string {
	seen := map[standing]bool{}
	top := v.r.grid.Top()
	for i := top; i < min(top+v.r.height, v.r.length()); i++ {
		seen[v.r.standing(v.r.number(i))] = true
	}
	text := ""
	for _, s := range []struct {
		standing standing
		means    string
	}{{outdated, "changed since"}, {gone, "gone since"}, {indexed, "from the index, may lag"}} {
		if seen[s.standing] {
			text += " " + v.sign(s.standing) + v.th.Muted.Render(" "+s.means) + " "
		}
	}
	return text
}
