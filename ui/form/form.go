// Package form holds the overlays that are typed into: the form for a new device or
// module, and the form over the properties of a twin with its review. A form is a plain
// struct that keeps everything typed until its owner drops it: a failed call or a twin that
// changed meanwhile is shown inside it. It does no I/O; what it wants done is an [Action].
package form

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Action is what a form wants done: [Submit], [Save], [Stop], [Cancel], or nil for nothing. It is
// an alias, so that a form is a dialog without knowing that package.
type Action = any

// Cancel asks for the form to be taken away; the user has agreed to lose what is in it.
type Cancel struct{}

// Stop asks for the call that the form is waiting for to be called off. The form stays, with all
// that is in it, and waits for SetError to say how the call ended: it may have been carried out.
type Stop struct{}

// waiting is Update while a call is under way: there is no way but out of it.
func waiting(msg tea.Msg, stop keymap.Binding) Action {
	if press, ok := msg.(tea.KeyPressMsg); ok && stop.Matches(press) {
		return Stop{}
	}
	return nil
}

// short returns a binding with another text in the hints, for a key whose effect depends
// on what the cursor is on.
func short(b keymap.Binding, text string) keymap.Binding {
	b.Short = text
	return b
}

// wrap breaks untrusted text into lines of at most w cells, at most n of them.
func wrap(text string, w, n int) []string {
	if text == "" || w < 1 || n < 1 {
		return nil
	}
	lines := strings.Split(ansi.Wrap(cell.Safe(text), w, ""), "\n")
	if len(lines) > n {
		lines[n-1] = cell.Truncate(lines[n-1]+" "+lines[n], w)
		lines = lines[:n]
	}
	return lines
}

// hintLine returns on one line of w cells the key that does most, the key that leads out
// behind it, and between them what else there is room for. A leave without a label is left out.
func hintLine(th theme.Theme, w int, hints []keymap.Binding, leave keymap.Binding) string {
	end := th.Hints(w, leave)
	left := th.Hints(w-cell.Width(end)-2, hints...)
	if left == "" || end == "" {
		return " " + th.Hints(w, append(hints, leave)...)
	}
	return " " + left + "  " + end
}

// window returns the first of the h lines to show of n, given the first one shown so far
// and the one that has to be in view.
func window(top, cursor, n, h int) int {
	top = min(top, cursor)
	top = max(top, cursor-h+1)
	return max(min(top, n-h), 0)
}

// frame draws a form: head, the part of body that keeps the lines up to focus in view, the
// message and the hints, giving up the least important first where there is no room.
type frame struct {
	title   string
	head    []string           // may be left out
	body    int                // how many lines the body has
	line    func(i int) string // draws one of them
	top     int                // first line of the body shown so far
	focus   int                // line of the body that must be seen
	message []string
	hints   string
}

// plan says how many lines each part of a form gets.
type plan struct{ head, body, message, hints int }

// arrange shares out h lines: first to the line that is worked on, then to the message,
// the hints, more of the body, and the head.
func arrange(h, head, body, message int) plan {
	var p plan
	take := func(want int) int {
		got := max(min(want, h), 0)
		h -= got
		return got
	}
	p.body = take(1)
	p.message = take(min(message, 1))
	p.hints = take(1)
	p.body += take(min(body-1, 3))
	p.message += take(message - p.message)
	if h > head {
		p.head = take(head)
	}
	p.body += h
	return p
}

// draw puts a form together in a box of w by h cells. It returns the first line of the body
// that is shown, too, so that the next one scrolls from there.
func draw(th theme.Theme, f frame, w, h int) (view string, top int) {
	_, ih := theme.Inner(w, h)
	p := arrange(ih, len(f.head), f.body, len(f.message))
	lines := make([]string, 0, max(ih, 0))
	lines = append(lines, f.head[:p.head]...)
	top = window(f.top, f.focus, f.body, p.body)
	for i := top; i < top+p.body; i++ {
		if i < f.body {
			lines = append(lines, f.line(i))
		} else {
			lines = append(lines, "")
		}
	}
	lines = append(lines, f.message[:p.message]...)
	if p.hints > 0 {
		lines = append(lines, f.hints)
	}
	return th.Box(f.title, lines, w, h, true), top
}
