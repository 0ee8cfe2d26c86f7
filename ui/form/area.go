package form

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// area is text of several lines that is typed into, with the keys of [line] and those that go from
// line to line. Drawn by line it never wraps, because what is typed there is JSON or one property a
// line; drawn by span it does. A bubbles text area would lose tabs and control characters, and draws
// all of the text for every key.
type area struct {
	lines   [][]rune // at least one
	at, col int      // line and column of the cursor; col may be one behind the last character
	whole   bool     // the text is a value: tabs and control characters are part of it
	room    int      // cells of a span; 0 until the text is drawn by spans
	spans   []span   // for room; nil when the text has changed since
	edits   int      // how often the text was changed
}

func (a *area) changed() { a.spans, a.edits = nil, a.edits+1 }

func newArea() area { return area{lines: make([][]rune, 1)} }

// text returns what has been typed.
func (a *area) text() string {
	var b strings.Builder
	for i, l := range a.lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(string(l))
	}
	return b.String()
}

// set replaces the text and puts the cursor behind it.
func (a *area) set(text string) {
	a.lines, a.at, a.col = [][]rune{nil}, 0, 0
	a.insert(text)
}

// insert types text at the cursor. Where the text is not a value, tabs become two spaces, and other
// control characters are left out.
func (a *area) insert(text string) {
	a.changed()
	if !a.whole {
		text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", "  ").Replace(text)
	}
	for i, l := range strings.Split(text, "\n") {
		if i > 0 {
			a.split()
		}
		typed := make([]rune, 0, len(l))
		for _, r := range l {
			if a.whole || r != utf8.RuneError && !unicode.IsControl(r) {
				typed = append(typed, r)
			}
		}
		a.lines[a.at] = slices.Insert(a.lines[a.at], a.col, typed...)
		a.col += len(typed)
	}
}

// split breaks the line at the cursor.
func (a *area) split() {
	a.changed()
	rest := slices.Clone(a.lines[a.at][a.col:])
	a.lines[a.at] = a.lines[a.at][:a.col]
	a.at, a.col = a.at+1, 0
	a.lines = slices.Insert(a.lines, a.at, rest)
}

// join puts the next line behind the one of the cursor.
func (a *area) join() {
	a.changed()
	if a.at+1 < len(a.lines) {
		a.lines[a.at] = append(a.lines[a.at], a.lines[a.at+1]...)
		a.lines = slices.Delete(a.lines, a.at+1, a.at+2)
	}
}

// remove takes the characters from to to out of the line of the cursor, which it leaves at from.
func (a *area) remove(from, to int) {
	a.changed()
	a.lines[a.at] = slices.Delete(a.lines[a.at], from, to)
	a.col = from
}

// update takes a key press or a paste.
func (a *area) update(msg tea.Msg) {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		a.insert(lineEnds.Replace(msg.Content))
	case tea.KeyPressMsg:
		a.press(msg)
	}
}

func (a *area) press(key tea.KeyPressMsg) {
	line := a.lines[a.at]
	switch key.String() {
	case "enter":
		a.split()
	case "backspace", "ctrl+h":
		if a.col > 0 {
			a.remove(a.col-1, a.col)
		} else if a.at > 0 {
			a.at--
			a.col = len(a.lines[a.at])
			a.join()
		}
	case "delete", "ctrl+d":
		if a.col < len(line) {
			a.remove(a.col, a.col+1)
		} else {
			a.join()
		}
	case "left", "ctrl+b":
		if a.col--; a.col < 0 && a.at > 0 {
			a.at--
			a.col = len(a.lines[a.at])
		}
	case "right", "ctrl+f":
		if a.col++; a.col > len(line) && a.at+1 < len(a.lines) {
			a.at, a.col = a.at+1, 0
		}
	case "up":
		a.vertical(-1)
	case "down":
		a.vertical(1)
	case "pgup":
		a.vertical(-10)
	case "pgdown":
		a.vertical(10)
	case "home", "ctrl+a":
		a.col = 0
	case "end", "ctrl+e":
		a.col = len(line)
	case "ctrl+u":
		a.remove(0, a.col)
	case "ctrl+k":
		a.remove(a.col, len(line))
	case "ctrl+w", "alt+backspace":
		a.remove(a.wordBefore(), a.col)
	default:
		if key.Text != "" {
			a.insert(key.Text)
		}
	}
	a.at = min(max(a.at, 0), len(a.lines)-1)
	a.col = min(max(a.col, 0), len(a.lines[a.at]))
}

// wordBefore returns where the word before the cursor begins.
func (a *area) wordBefore() int {
	line, col := a.lines[a.at], a.col
	for col > 0 && unicode.IsSpace(line[col-1]) {
		col--
	}
	for col > 0 && !unicode.IsSpace(line[col-1]) {
		col--
	}
	return col
}

// height is how many lines the text has, and row the one that the cursor is on, from 0.
func (a *area) height() int { return len(a.lines) }
func (a *area) row() int    { return a.at }

// atTop and atBottom report whether up or down would leave the text.
func (a *area) atTop() bool    { return a.at == 0 }
func (a *area) atBottom() bool { return a.at == len(a.lines)-1 }

// line draws line i in exactly w cells, with the cursor when it is there.
func (a *area) line(th theme.Theme, i, w int) string {
	if i != a.at {
		return a.plain(th, i, w)
	}
	line, most := a.shown(i), a.most(w)
	before := string(line[max(a.col-most, 0):a.col])
	if a.col == len(line) {
		return typedText(th, w, before, " ", "")
	}
	return typedText(th, w, before, string(line[a.col]), string(line[a.col+1:min(len(line), a.col+1+most)]))
}

// plain draws line i in exactly w cells without the cursor.
func (a *area) plain(th theme.Theme, i, w int) string {
	if i >= len(a.lines) {
		return th.Field.Render(cell.Spaces(w))
	}
	line := a.shown(i)
	return th.Field.Render(cell.Fit(cell.Safe(string(line[:min(len(line), a.most(w))])), w))
}

// shown returns line i as it may be shown, character by character.
func (a *area) shown(i int) []rune {
	line := a.lines[i]
	if covered := []rune(cell.Cover(string(line))); len(covered) == len(line) {
		return covered
	}
	return line
}

// most is as many characters as could fill w cells, so that a long line costs no more than a line.
func (*area) most(w int) int { return 4*w + 64 }

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
