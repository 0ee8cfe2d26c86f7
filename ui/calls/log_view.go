package calls

import (
	"fmt"
	"strconv"
	"strings"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Size returns the size it would like on a screen of w by h cells: nearly all of it, so that what
// lies behind is still known.
func (l *Log) Size(w, h int) (int, int) { return fullSize(w, h) }

func fullSize(w, h int) (int, int) {
	if w > 60 {
		w -= 4
	}
	if h > 16 {
		h -= 2
	}
	return max(w, 1), max(h, 1)
}

// View draws the log, frame included: exactly h lines of exactly w cells.
func (l *Log) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	if iw < 1 || ih < 1 {
		return l.theme.Box(l.Title(), nil, w, h, true)
	}
	if l.open != nil {
		return l.theme.Box(l.Title(), l.viewOpen(iw, ih), w, h, true)
	}
	head, foot := 0, 0
	if ih >= 4 || l.typing || !l.filter.all() && ih >= 2 {
		head = 1
	}
	if ih >= 3 {
		foot = 1
	}
	lines := make([]string, 0, ih)
	if head > 0 {
		lines = append(lines, l.filterLine(iw))
	}
	lines = append(lines, l.list(iw, ih-head-foot)...)
	if foot > 0 {
		lines = append(lines, l.hints(iw, l.listKeys()))
	}
	return l.theme.Box(l.Title()+l.count(), lines, w, h, true)
}

func (l *Log) viewOpen(w, h int) []string {
	if h < 3 {
		return l.open.view(l.theme, w, h, l.zone)
	}
	k := l.keys.Calls
	return append(l.open.view(l.theme, w, h-1, l.zone),
		l.hints(w, []keymap.Binding{k.Back, k.CopyCurl, k.CopyBody, k.Older, k.Newer, k.Expand, k.Collapse}))
}

// count says how many calls there are, and how many of them the filter lets through.
func (l *Log) count() string {
	n := len(l.all) - l.hidden
	if l.filter.all() {
		return ": " + strconv.Itoa(n)
	}
	return fmt.Sprintf(": %d of %d", len(l.shown), n)
}

// filterLine shows the filter, or how the list stands.
func (l *Log) filterLine(w int) string {
	th := l.theme
	kind := ""
	if l.filter.some {
		kind = th.Badge.Render(" "+l.filter.kind.String()+" ") + " "
	}
	if l.filter.failed {
		kind += th.Badge.Render(" failed ") + " "
	}
	if l.typing || l.input.Value() != "" {
		return cell.Fit(th.Shortcut.Render("/")+" "+kind+l.typedText(w-3-cell.Width(kind)), w)
	}
	right := "following"
	switch {
	case !l.follow && l.missed > 0:
		right = fmt.Sprintf("%d newer", l.missed)
	case !l.follow:
		right = "not following"
	}
	if l.lost > 0 && w > 60 {
		right = fmt.Sprintf("%d earlier ones let go · ", l.lost) + right
	}
	left := kind
	if kind == "" {
		left = th.Muted.Render(cell.Truncate(l.order(), max(w-cell.Width(right)-2, 0)))
	}
	gap := w - cell.Width(left) - cell.Width(right)
	if gap < 1 {
		return cell.Fit(left, w)
	}
	return left + cell.Spaces(gap) + th.Muted.Render(right)
}

// order says how the list is ordered and what it leaves out by itself.
func (l *Log) order() string {
	const text = "newest first"
	switch n := l.hidden; {
	case n > 0:
		return fmt.Sprintf("%s · %d in the background hidden, %s shows them", text, n, l.keys.Calls.Routine.Label)
	case l.filter.routine:
		return fmt.Sprintf("%s · those marked %s are in the background, %s hides them", text, routineMark, l.keys.Calls.Routine.Label)
	}
	return text
}

// routineMark stands before a call that the program made by itself.
const routineMark = "·"

// typedText draws what was typed, with its cursor while it is being typed.
func (l *Log) typedText(w int) string {
	if w < 1 {
		return ""
	}
	runes := []rune(l.input.Value())
	at := min(l.input.Position(), len(runes))
	if !l.typing {
		return cell.Truncate(cell.Safe(string(runes)), w)
	}
	if len(runes) == 0 {
		return l.theme.FieldCursor.Render(" ") + l.theme.Muted.Render(cell.Truncate(" text, 404, 4xx, failed, mqtt, !not", w-1))
	}
	before, under, behind := cell.Safe(string(runes[:at])), " ", ""
	if at < len(runes) {
		under, behind = cell.Safe(string(runes[at])), cell.Safe(string(runes[at+1:]))
	}
	for room := w - cell.Width(under); cell.Width(before) > room && before != ""; {
		_, before = cell.Cut(before, 1)
	}
	return cell.Truncate(before+l.theme.FieldCursor.Render(under)+behind, w)
}

func (l *Log) list(w, h int) []string {
	if h < 1 {
		return nil
	}
	if len(l.shown) == 0 {
		text := "  nothing was exchanged yet"
		switch {
		case l.hidden > 0 && l.filter.all():
			text = "  nothing but calls in the background yet; " + l.keys.Calls.Routine.Label + " shows them"
		case len(l.all) > 0:
			text = "  no call fits the filter; " + l.keys.Filter.Clear.Label + " shows all"
		}
		lines := make([]string, h)
		lines[0] = l.theme.Muted.Render(cell.Truncate(text, w))
		return lines
	}
	return l.grid.View(rows{l}, w, h)
}

// rows are the calls of a log, the newest first.
type rows struct{ log *Log }

// Len implements grid.Rows.
func (r rows) Len() int { return len(r.log.shown) }

// Row implements grid.Rows.
func (r rows) Row(i, width int, selected bool) string {
	line := cell.Fit(r.log.row(r.log.newest(i), width), width)
	if selected {
		return r.log.theme.Selected.Over(line)
	}
	return line
}

// row draws a call on one line. What matters least gives way first: the fraction of the second, the
// protocol, the duration.
func (l *Log) row(c *hub.Call, w int) string {
	th := l.theme
	clock, protocol, duration := "15:04:05.000", cell.Fit(c.Protocol.String(), 5), cell.FitRight(took(*c), 9)+"  "
	if w < 90 {
		clock = "15:04:05"
	}
	if w < 70 {
		protocol = ""
	}
	if w < 60 {
		duration = ""
	}
	end := th.Good.Render(cell.Fit(outcome(*c), 7))
	if c.Failed() {
		end = th.Bad.Render(theme.Rejected + cell.Fit(outcome(*c), 6))
	}
	if w < 36 {
		clock = ""
	} else {
		clock = th.Muted.Render(c.At.In(l.zone).Format(clock)) + " "
	}
	method := cell.Fit(cell.Safe(c.Method), 10) + " "
	if w < 60 {
		method = cell.Fit(cell.Safe(c.Method), 6) + " "
	}
	line := clock + th.Muted.Render(protocol) + th.Accent.Render(method) + end + " " + th.Muted.Render(duration)
	if c.Failed() && w >= 60 {
		why := string(c.Code)
		if why == "" {
			why = c.Problem
		}
		if why != "" {
			line += th.Bad.Render(cell.Truncate(cell.Safe(why), 32)) + "  "
		}
	}
	if c.Routine {
		line += th.Muted.Render(routineMark) + " "
	}
	return line + cell.Safe(target(c))
}

// target is what a call was about, without what every call has.
func target(c *hub.Call) string {
	if c.Protocol == hub.MQTT {
		return c.ID.String() + "  " + c.Target
	}
	path, query, ok := strings.Cut(c.Target, "?")
	if !ok || strings.HasPrefix(query, "api-version=") && !strings.Contains(query, "&") {
		return path
	}
	return c.Target
}

func (l *Log) listKeys() []keymap.Binding {
	k := l.keys
	if l.typing {
		return []keymap.Binding{k.Filter.Accept, k.Filter.Clear, k.Filter.Up, k.Filter.Down}
	}
	first := []keymap.Binding{k.Calls.Close}
	if !l.filter.all() {
		first = []keymap.Binding{k.Filter.Clear}
	}
	return append(first, k.Calls.Open, k.Calls.Filter, k.Calls.CopyCurl, k.Calls.CopyBody, k.Calls.Routine, k.Calls.Failed, k.Calls.Kind, k.Calls.Follow)
}

func (l *Log) hints(w int, keys []keymap.Binding) string { return " " + l.theme.Hints(w-1, keys...) }
