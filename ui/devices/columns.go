package devices

import (
	"slices"
	"strconv"
	"time"

	"twindeck/hub"
	"twindeck/ui/cell"
	"twindeck/ui/devices/roster"
	"twindeck/ui/theme"
)

// Choice is one line of a dialog to choose columns or what to sort by in.
type Choice struct {
	Name  string // of the column, as it is kept
	Title string // what it is called; untrusted
	On    bool
}

// fixed are the columns that every device has, in the order they are offered in.
var fixed = []roster.Column{
	roster.ColumnID, roster.ColumnConnection, roster.ColumnStatus, roster.ColumnTags, roster.ColumnActivity,
	roster.ColumnModules, roster.ColumnEdge, roster.ColumnAuth,
}

// automatic are the columns as long as the user has not chosen any, as far as there is room.
var automatic = []roster.Column{
	roster.ColumnID, roster.ColumnTags, roster.ColumnActivity, roster.ColumnEdge, roster.ColumnAuth,
}

// offeredTags bounds how many tags are offered as columns.
const offeredTags = 50

// title is what the header of a column says.
func title(c roster.Column) string {
	switch c {
	case roster.ColumnID:
		return "device"
	case roster.ColumnActivity:
		return "active"
	}
	if path, ok := c.Tag(); ok {
		return cell.Safe(path)
	}
	return string(c)
}

// ColumnChoices returns all columns there are: those that are shown, in their order, then the rest.
func (p *Pane) ColumnChoices() []Choice {
	shown := p.columns
	if shown == nil {
		shown = automatic
	}
	var choices []Choice
	for _, c := range append(slices.Clone(shown), p.offered()...) {
		if !slices.ContainsFunc(choices, func(o Choice) bool { return o.Name == string(c) }) {
			choices = append(choices, Choice{string(c), choiceTitle(c), slices.Contains(shown, c)})
		}
	}
	return choices
}

// SortChoices returns what devices can be sorted by; the one they are sorted by is on.
func (p *Pane) SortChoices() []Choice {
	var choices []Choice
	by := p.want.Sort.Column
	if by == "" {
		by = roster.ColumnID
	}
	all := p.offered()
	if !slices.Contains(all, by) {
		all = append(all, by)
	}
	for _, c := range all {
		t := choiceTitle(c)
		if c == by {
			t += " " + direction(p.want.Sort.Reverse)
		}
		choices = append(choices, Choice{string(c), t, c == by})
	}
	return choices
}

func (p *Pane) offered() []roster.Column {
	all := slices.Clone(fixed)
	for _, path := range p.roster.TagPaths(offeredTags) {
		all = append(all, roster.TagColumn(path))
	}
	return all
}

func choiceTitle(c roster.Column) string {
	switch c {
	case roster.ColumnTags:
		return "all tags"
	case roster.ColumnActivity:
		return "last activity"
	}
	if path, ok := c.Tag(); ok {
		return "tag " + path
	}
	return title(c)
}

// SetColumns says which columns to show, in their order; none means those that there is room for.
// Names that mean nothing are passed over.
func (p *Pane) SetColumns(names []string) {
	p.revision++
	p.columns = nil
	for _, n := range names {
		c := roster.Column(n)
		if _, tag := c.Tag(); tag || slices.Contains(fixed, c) {
			p.columns = append(p.columns, c)
		}
	}
}

// SetSort sorts by a column, by id when the name is empty or means nothing.
func (p *Pane) SetSort(name string, reverse bool) Action {
	c := roster.Column(name)
	if _, tag := c.Tag(); !tag && !slices.Contains(fixed, c) {
		c, reverse = roster.ColumnID, reverse && name == ""
	}
	if s := (roster.Sort{Column: c, Reverse: reverse}); s != p.want.Sort {
		p.revision++
		p.want.Sort = s
		return p.prepare()
	}
	return nil
}

// Sorted returns what is sorted by, as [Pane.SetSort] takes it; an empty name is the order of ids.
func (p *Pane) Sorted() (name string, reverse bool) {
	if p.want.Sort.Column == roster.ColumnID {
		return "", p.want.Sort.Reverse
	}
	return string(p.want.Sort.Column), p.want.Sort.Reverse
}

// PickSort sorts by a column that the user picked: the other way round when it is the one already.
// Times begin with the latest.
func (p *Pane) PickSort(name string) Action {
	by := p.want.Sort.Column
	if by == "" {
		by = roster.ColumnID
	}
	if roster.Column(name) == by {
		return p.SetSort(name, !p.want.Sort.Reverse)
	}
	return p.SetSort(name, roster.Column(name) == roster.ColumnActivity)
}

func direction(reverse bool) string {
	if reverse {
		return theme.Descending
	}
	return theme.Ascending
}

// column is one column of a frame.
type column struct {
	roster.Column
	width int
	right bool // text stands at the right edge
}

// widths of columns whose content never needs more.
var widths = map[roster.Column]int{
	roster.ColumnConnection: 12, roster.ColumnStatus: 8, roster.ColumnAuth: 4, roster.ColumnEdge: 4,
	roster.ColumnActivity: 8, roster.ColumnModules: 7,
}

// Columns of tags are as wide as what they show, within these bounds.
const (
	narrowTag = 4
	wideTag   = 20
)

// least is the least that is left to the id, its lead included.
const least = 16

// layout divides a row of a width. Columns at the end give way first; that of the ids is always
// there and has what the others leave.
func (p *Pane) layout(width int, tagWidth func(roster.Column) int) []column {
	if p.columns == nil {
		return automaticLayout(width)
	}
	var columns []column
	left := width - least
	hasID := slices.Contains(p.columns, roster.ColumnID)
	for _, c := range p.columns {
		w, known := widths[c]
		switch _, tag := c.Tag(); {
		case c == roster.ColumnID:
			columns = append(columns, column{Column: c})
			continue
		case tag:
			w = tagWidth(c)
		case !known: // all tags
			w = max(min(left-1, width/2), 0)
		}
		if w < 1 || left < w+1 {
			continue
		}
		left -= w + 1
		columns = append(columns, column{c, w, c == roster.ColumnModules || c == roster.ColumnActivity})
	}
	if !hasID {
		columns = slices.Insert(columns, 0, column{Column: roster.ColumnID})
	}
	for i := range columns {
		if columns[i].Column == roster.ColumnID {
			columns[i].width = max(least+left-lead, 1)
		}
	}
	return columns
}

// automaticLayout lets the id have what the others leave, and never less than a third.
func automaticLayout(width int) []column {
	left := width
	at := map[roster.Column]int{}
	take := func(c roster.Column, w, atLeast int) {
		if left-w-1 >= atLeast {
			at[c] = w
			left -= w + 1
		}
	}
	take(roster.ColumnAuth, 4, 16)
	take(roster.ColumnEdge, 4, 24)
	take(roster.ColumnActivity, 8, 34)
	if left >= 48 {
		take(roster.ColumnTags, left/2, 20)
	}
	at[roster.ColumnID] = max(left-lead, 1)
	var columns []column
	for _, c := range automatic {
		if at[c] > 0 {
			columns = append(columns, column{c, at[c], c == roster.ColumnActivity})
		}
	}
	return columns
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
