package form

import (
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// area is a few lines of text that are typed into. It edits as a bubbles text area does, and
// draws itself as [line] does.
type area struct{ input textarea.Model }

func newArea() area {
	in := textarea.New()
	in.Prompt, in.ShowLineNumbers = "", false
	in.MaxHeight, in.CharLimit = 0, 0
	in.SetWidth(400) // lines are cut when they are drawn; longer ones only move the cursor oddly
	off := key.NewBinding(key.WithDisabled())
	k := &in.KeyMap
	k.Paste, k.CopySelection = off, off // they would use the clipboard; terminals paste by themselves
	k.SelectCharacterForward, k.SelectCharacterBackward, k.SelectWordForward, k.SelectWordBackward = off, off, off, off
	k.SelectLineUp, k.SelectLineDown, k.SelectAll = off, off, off
	in.Focus()
	return area{input: in}
}

// text returns what has been typed.
func (a *area) text() string { return a.input.Value() }

// update takes a key press or a paste.
func (a *area) update(msg tea.Msg) {
	if paste, ok := msg.(tea.PasteMsg); ok {
		msg = tea.PasteMsg{Content: strings.ReplaceAll(lineEnds.Replace(paste.Content), "\t", "  ")}
	}
	a.input, _ = a.input.Update(msg) // its commands only make the cursor blink
}

// height is how many lines the text has.
func (a *area) height() int { return a.input.LineCount() }

// row is the line that the cursor is on, from 0.
func (a *area) row() int { return a.input.Line() }

// line draws one line of the text in exactly w cells, with the cursor when it is there.
func (a *area) line(th theme.Theme, i, w int) string {
	lines := strings.Split(a.text(), "\n")
	if i >= len(lines) {
		return th.Field.Render(cell.Spaces(w))
	}
	if i != a.row() {
		return th.Field.Render(cell.Fit(cell.Safe(lines[i]), w))
	}
	r := []rune(lines[i])
	at := min(a.input.Column(), len(r))
	if at == len(r) {
		return typedText(th, w, string(r), " ", "")
	}
	return typedText(th, w, string(r[:at]), string(r[at]), string(r[at+1:]))
}

// section reads the text as a section of a twin: nil for none, or what is wrong with it, in words
// and with the place.
func (a *area) section(s patch.Section) (value *patch.Value, problem string) {
	if strings.TrimSpace(a.text()) == "" {
		return nil, ""
	}
	v, err := patch.Parse([]byte(a.text()))
	if err != nil {
		return nil, err.Error()
	}
	if v.Kind() != patch.KindObject {
		return nil, "type an object in {}, with a value for each name"
	}
	if err := checkNulls(v); err != nil {
		return nil, err.Error()
	}
	if broken := patch.CheckSection(s, v); len(broken) > 0 {
		return nil, broken[0].String()
	}
	if v.Len() == 0 {
		return nil, ""
	}
	return &v, ""
}
