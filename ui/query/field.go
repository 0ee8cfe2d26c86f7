package query

import (
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"twindeck/ui/cell"
	"twindeck/ui/query/language"
	"twindeck/ui/theme"
)

// field is a text that is typed. It edits as a bubbles text input does and draws itself, on as many
// lines as it takes: the text is untrusted, and the cursor is always in view.
type field struct{ input textinput.Model }

func newField(text string) field {
	in := textinput.New()
	in.Prompt = ""
	in.KeyMap.Paste = key.NewBinding(key.WithDisabled()) // it would read the clipboard; terminals paste by themselves
	in.Focus()
	f := field{in}
	f.set(text)
	return f
}

func (f *field) text() string { return f.input.Value() }

// set replaces the text and puts the cursor behind it.
func (f *field) set(text string) {
	f.input.SetValue(text)
	f.input.CursorEnd()
}

// put replaces the text and puts the cursor on a byte of it.
func (f *field) put(text string, at int) {
	f.input.SetValue(text)
	f.input.SetCursor(utf8.RuneCountInString(text[:at]))
}

// at returns the byte that the cursor is on.
func (f *field) at() int {
	n := 0
	for i := range f.text() {
		if n == f.input.Position() {
			return i
		}
		n++
	}
	return len(f.text())
}

// update takes a key press or a paste. Lines that are pasted become one.
func (f *field) update(msg tea.Msg) {
	if paste, ok := msg.(tea.PasteMsg); ok {
		msg = tea.PasteMsg{Content: strings.TrimSpace(strings.ReplaceAll(paste.Content, "\r\n", "\n"))}
	}
	f.input, _ = f.input.Update(msg) // its commands only make the cursor blink
}

// piece is a part of the text in one style.
type piece struct {
	text  string
	style theme.Style
}

// pieces cuts the text at its tokens, each in the style of its kind, and at the cursor.
func (f *field) pieces(th theme.Theme, tokens []language.Token) []piece {
	text, cursor := f.text(), f.at()
	var all []piece
	add := func(from, to int, style theme.Style) {
		if from < cursor && cursor < to {
			all = append(all, piece{text[from:cursor], style})
			from = cursor
		}
		if from == cursor && from < to {
			_, size := utf8.DecodeRuneInString(text[from:])
			all = append(all, piece{text[from : from+size], th.FieldCursor})
			from += size
		}
		if from < to {
			all = append(all, piece{text[from:to], style})
		}
	}
	at := 0
	for _, t := range tokens {
		add(at, t.Start, theme.Style{})
		add(t.Start, t.End, tokenStyle(th, t, text))
		at = t.End
	}
	add(at, len(text), theme.Style{})
	if cursor == len(text) {
		all = append(all, piece{" ", th.FieldCursor})
	}
	return all
}

func tokenStyle(th theme.Theme, t language.Token, text string) theme.Style {
	switch t.Kind {
	case language.Word:
		if language.Reserved(text[t.Start:t.End]) {
			return th.Accent
		}
	case language.Text:
		return th.String
	case language.Number:
		return th.Number
	case language.Other:
		return th.Bad
	case language.Odd, language.Symbol:
	}
	return theme.Style{}
}

// lines draws the text in lines of exactly w cells and returns the one that the cursor is on.
func (f *field) lines(th theme.Theme, w int, tokens []language.Token) (lines []string, cursor int) {
	var b strings.Builder
	used := 0
	end := func() {
		lines = append(lines, b.String()+cell.Spaces(w-used))
		b.Reset()
		used = 0
	}
	for _, p := range f.pieces(th, tokens) {
		text := cell.Safe(p.text)
		for text != "" {
			head, rest := cell.Cut(text, max(w-used, 1))
			n := cell.Width(head)
			if used > 0 && used+n > w {
				end()
				continue
			}
			if n > w { // a wide character in a single cell
				head, n = cell.Ellipsis, 1
			}
			if p.style == th.FieldCursor && p.style != (theme.Style{}) {
				cursor = len(lines)
			}
			b.WriteString(p.style.Render(head))
			used += n
			text = rest
		}
	}
	end()
	return lines, cursor
}
