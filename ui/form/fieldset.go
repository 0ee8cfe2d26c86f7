package form

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// fieldset is a form of a few lines of text under some sentences, of which enter on any line
// submits all. What it is about is its owner's: what is wrong with it, and what is done with it.
type fieldset struct {
	title  string // safe text
	verb   string // of the key that submits
	doing  string // while that is under way
	intro  string // may be untrusted
	labels []string
	lines  []line
	focus  int
	busy   bool
	tried  bool
	err    string
	keys   keymap.Map
	theme  theme.Theme
	top    int
}

// Title implements the dialog's interface.
func (f *fieldset) Title() string { return f.title }

// SetTheme changes how the form looks.
func (f *fieldset) SetTheme(th theme.Theme) { f.theme = th }

// SetBusy says that what was submitted is under way. Meanwhile the form takes no key but the one
// that calls it off.
func (f *fieldset) SetBusy() { f.busy, f.err = true, "" }

// SetError ends the waiting and shows why it was in vain; everything typed stays. The text may be untrusted.
func (f *fieldset) SetError(text string) { f.busy, f.err = false, text }

func (f *fieldset) text(i int) string { return strings.TrimSpace(f.lines[i].text()) }

// update takes a key press or a paste. It reports whether the form is to be submitted.
func (f *fieldset) update(msg tea.Msg) (action Action, submit bool) {
	if f.busy {
		return waiting(msg, f.keys.Field.Back), false
	}
	switch msg := msg.(type) {
	case tea.PasteMsg:
		f.err = ""
		f.lines[f.focus].update(tea.PasteMsg{Content: oneLine(msg.Content)})
	case tea.KeyPressMsg:
		f.err = ""
		switch k := f.keys.Field; {
		case k.Back.Matches(msg):
			return Cancel{}, false
		case k.Accept.Matches(msg):
			f.tried = true
			return nil, true
		case k.Next.Matches(msg):
			f.focus = (f.focus + 1) % len(f.lines)
		case k.Prev.Matches(msg):
			f.focus = (f.focus + len(f.lines) - 1) % len(f.lines)
		default:
			f.lines[f.focus].update(msg)
		}
	}
	return nil, false
}

// Keys implements the dialog's interface.
func (f *fieldset) Keys() []keymap.Binding {
	k := f.keys.Field
	if f.busy {
		return []keymap.Binding{short(k.Back, "stop")}
	}
	keys := []keymap.Binding{short(k.Accept, f.verb), short(k.Back, "cancel")}
	if len(f.lines) > 1 {
		keys = append(keys, k.Next, k.Prev)
	}
	return keys
}

// Size returns the size the form would like on a screen of w by h cells.
func (f *fieldset) Size(w, h int) (int, int) {
	width := min(max(w, 1), 72)
	return width, min(len(wrap(f.intro, width-4, most))+len(f.lines)+7, max(h, 1))
}

// draw draws the form with what there is to say: exactly h lines of exactly w cells.
func (f *fieldset) draw(w, h int, text string, style theme.Style, mark string) string {
	iw, ih := theme.Inner(w, h)
	th := f.theme
	switch {
	case f.busy:
		text, style, mark = f.doing+cell.Ellipsis, th.Accent, theme.Mark
	case f.err != "":
		text, style, mark = f.err, th.Bad, theme.Rejected
	}
	keys := f.Keys()
	leave := keys[0]
	var hints []keymap.Binding
	if !f.busy {
		hints, leave = append([]keymap.Binding{keys[0]}, keys[min(2, len(keys)):min(3, len(keys))]...), keys[1]
	}
	fr := frame{title: f.title, body: len(f.lines), focus: f.focus, top: f.top, hints: hintLine(th, iw-2, hints, leave)}
	for _, l := range wrap(f.intro, iw-2, max(ih-len(f.lines)-4, 0)) {
		fr.head = append(fr.head, " "+l)
	}
	if len(fr.head) > 0 {
		fr.head = append(fr.head, "")
	}
	fr.line = func(i int) string { return inputRow(th, iw, i == f.focus && !f.busy, f.labels[i], &f.lines[i]) }
	fr.message = messageLines(iw, max(ih/3, 1), text, style, mark)
	view, top := draw(th, fr, w, h)
	f.top = top
	return view
}
