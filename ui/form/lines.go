package form

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Above these a value is typed on several lines from the start.
const (
	longString = 60 // characters
	longJSON   = 40 // characters of compact JSON
)

// roomy reports whether a value is better typed on several lines.
func roomy(v patch.Value) bool {
	switch v.Kind() {
	case patch.KindString:
		return strings.Contains(v.Text(), "\n") || utf8.RuneCountInString(v.Text()) > longString
	case patch.KindArray, patch.KindObject:
		return len(v.JSON()) > longJSON
	}
	return false
}

// begin puts a value into the field, on one line or on several.
func (t *typing) begin(v patch.Value, several bool) {
	if !several {
		t.lines = nil
		t.start = literal(v)
		t.value.set(t.start)
		return
	}
	t.lines = &area{whole: true}
	t.start = written(v)
	t.lines.set(t.start)
	t.lines.at, t.lines.col = 0, 0
}

// written returns the text to edit v on several lines: a string as it is, anything else as JSON.
func written(v patch.Value) string {
	if v.Kind() == patch.KindString {
		return v.Text()
	}
	return v.Indent("", "  ")
}

// unfold goes on typing on several lines.
func (t *typing) unfold() {
	touched := t.touched()
	v, err := t.read()
	text := t.value.text()
	switch {
	case err != nil:
		t.lines = &area{whole: true}
		t.lines.set(text)
		return
	case !t.chosen && v.Kind() == patch.KindString: // written out it might look like something else
		if back, err := infer(v.Text()); err != nil || !patch.Equal(back, v) {
			t.kind, t.chosen = v.Kind(), true
		}
	}
	start := t.start
	t.begin(v, true)
	if touched {
		t.start = start // it differs still
	}
	t.lines.goTo(len(t.lines.lines), 1<<30)
}

// fold goes on typing on one line, where the value can be typed on one.
func (t *typing) fold() {
	if t.merge || t.section() {
		return
	}
	touched := t.touched()
	v, err := t.read()
	if err != nil {
		if text := t.text(); !strings.ContainsFunc(text, isControl) {
			t.lines = nil
			t.value.set(text)
		}
		return
	}
	start := t.start
	t.begin(v, false)
	if touched {
		t.start = start
	}
}

// pressLines answers a key while a value is typed on several lines.
func (f *Properties) pressLines(key tea.KeyPressMsg) {
	t, k := f.typing, f.keys.Lines
	sure := t.sure
	t.sure = false
	switch {
	case k.Back.Matches(key):
		if t.text() != t.start && !sure {
			t.sure = true
			f.notice = "what was typed here would be lost; " + k.Back.Label + " once more takes it back"
			return
		}
		f.endTyping()
	case k.Accept.Matches(key):
		f.accept()
	case k.Prev.Matches(key):
		if t.adding() {
			t.onName = true
		} else {
			f.accept()
		}
	case k.Review.Matches(key):
		if f.accept() && f.typing == nil {
			f.startReview()
		}
	case k.Type.Matches(key):
		t.nextKind()
	case k.OneLine.Matches(key):
		t.fold()
	default:
		t.err = ""
		t.lines.update(key)
	}
}

// gutter is how many cells stand before the lines of a value: their numbers where they are JSON.
func (t *typing) gutter(w int) int {
	switch {
	case w < 24:
		return 0
	case t.json():
		return max(len(fmt.Sprint(len(t.lines.lines))), 2) + 4
	}
	return 5
}

// json reports whether what is typed is JSON, or is to be.
func (t *typing) json() bool {
	if t.chosen {
		return kindName(t.kind) == "JSON"
	}
	text := strings.TrimLeft(t.text(), " \t\n")
	return text != "" && strings.ContainsRune("{[", rune(text[0]))
}

// linesRoom is how many of w cells the lines of a value have.
func (t *typing) linesRoom(w int) int { return max(w-t.gutter(w)-1, 2) }

// valueLine draws row i of a value of several lines in w cells.
func (t *typing) valueLine(th theme.Theme, i, w int) string {
	room := t.linesRoom(w)
	drawn := t.lines.drawSpan(th, i, room)
	g := t.gutter(w)
	if g == 0 {
		return drawn
	}
	spans := t.lines.wrap(room)
	style, number := th.Muted, ""
	if s := spans[min(i, len(spans)-1)]; t.json() && s.from == 0 {
		number = fmt.Sprint(s.line + 1)
		if line, ok := t.badLine(); ok && line == s.line+1 {
			style, number = th.Bad, theme.Rejected+number
		}
	} else if !t.json() {
		number = "│"
	}
	return style.Render(cell.FitRight(number, g-1)) + " " + drawn
}

// badLine returns the line, from 1, at which what is typed stops to be JSON.
func (t *typing) badLine() (int, bool) {
	_, err := t.read()
	if e, ok := errors.AsType[*patch.SyntaxError](err); ok {
		return e.Line, true
	}
	return 0, false
}

// linesText stands for the value in the row of a property while it is typed below.
func (t *typing) linesText() string {
	n := utf8.RuneCountInString(t.text())
	return count(len(t.lines.lines), "line") + ", " + count(n, "character")
}

// typeJSON begins to type what is at a path as JSON; the empty path is the whole section.
func (f *Properties) typeJSON(p patch.Path, v patch.Value) {
	if f.refuseWhole(v) {
		return
	}
	if k := kindName(v.Kind()); k != "JSON" {
		f.notice = "a " + k + " is no JSON of several lines; " + f.keys.Form.Edit.Label + " edits it, " + f.keys.Form.Type.Label + " changes its type"
		return
	}
	f.typing = &typing{path: p, kind: v.Kind(), chosen: true, value: newLine(""), old: &v}
	f.typing.begin(v, true)
	f.refresh()
}
