package form

import (
	"strings"
	"unicode"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// line is one line of text that is typed into. It edits as a bubbles text input does, and
// draws itself: the text is untrusted, wide characters keep the columns aligned, and the
// cursor is always in view.
type line struct {
	input  textinput.Model
	masked bool // a secret: show its length alone
}

// newLine returns a field with the cursor behind text, which must be one line.
func newLine(text string) line {
	in := textinput.New()
	in.Prompt = ""
	in.KeyMap.Paste = key.NewBinding(key.WithDisabled()) // it would read the clipboard; terminals paste by themselves
	in.Focus()
	in.SetValue(text)
	in.CursorEnd()
	return line{input: in}
}

// text returns what has been typed.
func (l *line) text() string { return l.input.Value() }

// set replaces the text and puts the cursor behind it.
func (l *line) set(text string) {
	l.input.SetValue(text)
	l.input.CursorEnd()
}

// update takes a key press or a paste.
func (l *line) update(msg tea.Msg) {
	l.input, _ = l.input.Update(msg) // its commands only make the cursor blink
}

// split returns the text before the cursor, the character under it and what follows.
func (l *line) split() (before, at, after string) {
	r := []rune(l.input.Value())
	i := min(l.input.Position(), len(r))
	if l.masked {
		r = []rune(strings.Repeat(theme.Cover, len(r)))
	} else if covered := []rune(cell.Cover(string(r))); len(covered) == len(r) {
		r = covered
	}
	if i == len(r) {
		return string(r), " ", ""
	}
	return string(r[:i]), string(r[i]), string(r[i+1:])
}

// view draws the field with its cursor in exactly w cells.
func (l *line) view(th theme.Theme, w int) string {
	if w < 1 {
		return ""
	}
	before, at, after := l.split()
	return typedText(th, w, before, at, after)
}

// typedText draws text with the cursor on the character between before and after, in exactly w
// cells, w ≥ 1.
func typedText(th theme.Theme, w int, before, at, after string) string {
	before, at, after = cell.Safe(before), cell.Truncate(cell.Safe(at), w), cell.Safe(after)
	room := w - cell.Width(at)
	ahead := min(cell.Width(after), w/3) // keep some of what follows in view
	if n := cell.Width(before) - (room - ahead); n > 0 {
		before = lastCells(before, room-ahead)
	}
	after = cell.Fit(after, room-cell.Width(before))
	return th.Field.Render(before) + th.FieldCursor.Render(at) + th.Field.Render(after)
}

// lastCells returns at most w cells from the end of s, with an ellipsis in front.
func lastCells(s string, w int) string {
	if w < 1 {
		return ""
	}
	cut := cell.Width(s) - w + 1
	rest := ansi.TruncateLeft(s, cut, "")
	if cell.Width(rest) > w-1 { // the cut went through a wide character
		rest = ansi.TruncateLeft(s, cut+1, "")
	}
	return cell.Ellipsis + rest
}

// oneLine returns pasted text without what a name cannot hold anyway: surrounding space and
// control characters.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
}
