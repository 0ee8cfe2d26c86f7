package bulk

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// panel is what an overlay shows: what it is about, what is worked on, what there is to say, and
// the keys. Where there is no room, the head gives way first, then the words.
type panel struct {
	title   string
	head    []string
	body    func(w, h int) []string // h lines of w cells
	least   int                     // lines that the body wants before the head gets any
	message []string
	hints   []keymap.Binding
	leave   keymap.Binding // the key that leads out
}

func (p panel) draw(th theme.Theme, w, h int) string {
	iw, ih := theme.Inner(w, h)
	left := ih
	take := func(want int) int {
		got := max(min(want, left), 0)
		left -= got
		return got
	}
	body := take(1)
	hints := take(1)
	message := take(min(len(p.message), 1))
	body += take(p.least - 1)
	message += take(len(p.message) - message)
	head := 0
	if left >= len(p.head) {
		head = take(len(p.head))
	}
	body += left
	lines := append(make([]string, 0, max(ih, 0)), p.head[:head]...)
	if body > 0 {
		lines = append(lines, p.body(iw, body)...)
	}
	lines = append(lines, p.message[:message]...)
	if hints > 0 {
		end := th.Hints(iw-2, p.leave)
		first := th.Hints(iw-2-cell.Width(end)-2, p.hints...)
		if first != "" && end != "" {
			first += "  "
		}
		lines = append(lines, " "+first+end)
	}
	return th.Box(p.title, lines, w, h, true)
}

// wrap breaks untrusted text into lines of at most w cells, at most n of them.
func wrap(text string, w, n int) []string {
	if text == "" || w < 1 || n < 1 {
		return nil
	}
	lines := strings.Split(ansi.Wrap(cell.Safe(text), w, ""), "\n")
	if len(lines) > n {
		lines[n-1] = cell.Truncate(strings.Join(lines[n-1:], " "), w)
		lines = lines[:n]
	}
	return lines
}

// said returns untrusted text in a style, with a mark in front, for the message of a panel.
func said(style theme.Style, mark, text string, w int) []string {
	var lines []string
	for _, l := range wrap(text, w-4, 3) {
		lines = append(lines, " "+style.Render(mark+" "+l))
		mark = " "
	}
	return lines
}

// fill makes lines exactly h.
func fill(lines []string, h int) []string {
	for len(lines) < h {
		lines = append(lines, "")
	}
	return lines[:h]
}

// labelled draws a name and what belongs to it.
func labelled(th theme.Theme, on bool, name, value string, w int) string {
	names := min(12, max(w/3, 1))
	style, mark := th.Muted, " "
	if on {
		style, mark = th.Title, th.Accent.Render(theme.Cursor)
	}
	return mark + " " + style.Render(cell.Fit(name, names)) + " " + value
}

// room is how wide the value of a labelled line may be.
func room(w int) int { return max(w-min(12, max(w/3, 1))-4, 1) }

// windowed returns h of the lines, of which the one with the focus is in view.
func windowed(lines []string, focus, h int) []string {
	top := max(min(focus-h/2, len(lines)-h), 0)
	return fill(lines[top:min(top+h, len(lines))], h)
}

// short returns a binding with another text in the hints.
func short(b keymap.Binding, text string) keymap.Binding {
	b.Short = text
	return b
}

// things says how many there are of something: "1 row", "1,204 rows".
func things(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return cell.Count(n) + " " + one + "s"
}
