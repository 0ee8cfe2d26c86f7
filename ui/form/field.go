package form

import (
	tea "charm.land/bubbletea/v2"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Field is one line of text that is typed into, for the overlays of other packages. It does no
// I/O and is not safe for concurrent use.
type Field struct{ line line }

// NewField returns a field with the cursor behind text, which must be one line.
func NewField(text string) *Field { return &Field{newLine(text)} }

// Text returns what has been typed.
func (f *Field) Text() string { return f.line.text() }

// Set replaces the text and puts the cursor behind it.
func (f *Field) Set(text string) { f.line.set(text) }

// AtEnd reports whether the cursor is behind the text.
func (f *Field) AtEnd() bool { return f.line.input.Position() >= len([]rune(f.line.text())) }

// Update takes a key press, or a paste, of which control characters and space around it are left out.
func (f *Field) Update(msg tea.Msg) {
	if paste, ok := msg.(tea.PasteMsg); ok {
		msg = tea.PasteMsg{Content: oneLine(paste.Content)}
	}
	f.line.update(msg)
}

// View draws the field in exactly w cells, with its cursor when it has the focus.
func (f *Field) View(th theme.Theme, w int, focused bool) string {
	if focused {
		return f.line.view(th, w)
	}
	return th.Field.Render(cell.Fit(cell.Safe(f.Text()), w))
}

// Area is text of several lines that is typed into, such as JSON, for the overlays of other packages. It
// does no I/O and is not safe for concurrent use.
type Area struct {
	area area
	top  int // first line drawn
}

// NewArea returns an empty area.
func NewArea() *Area { return &Area{area: newArea()} }

// Text returns what has been typed.
func (a *Area) Text() string { return a.area.text() }

// Update takes a key press or a paste.
func (a *Area) Update(msg tea.Msg) { a.area.update(msg) }

// View draws the lines around the cursor: exactly h of exactly w cells, none for w < 1.
func (a *Area) View(th theme.Theme, w, h int) []string {
	if w < 1 || h < 1 {
		return nil
	}
	a.top = window(a.top, a.area.row(), a.area.height(), h)
	lines := make([]string, h)
	for i := range lines {
		lines[i] = a.area.line(th, a.top+i, w)
	}
	return lines
}

// ReadValue reads typed text as a value: of the kind given, in which KindObject stands for arrays
// too, or with KindNull as what it looks like: 122 is a number, true a boolean, {…} and […] are
// JSON, text in double quotes is the string inside, anything else a string as it stands.
func ReadValue(text string, kind patch.Kind) (patch.Value, error) {
	if kind == patch.KindNull {
		return infer(text)
	}
	return read(text, kind)
}

// KindName names a kind of value as forms offer it.
func KindName(k patch.Kind) string { return kindName(k) }

// NextKind returns the kind that is offered after k; behind the last comes the first.
func NextKind(k patch.Kind) patch.Kind {
	for i, kind := range kinds {
		if kind == k && i+1 < len(kinds) {
			return kinds[i+1]
		}
	}
	return kinds[0]
}
