package theme

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

const reset = "\x1b[m"

// Style is a way to print a piece of one line. The zero Style changes nothing. It only
// wraps text in two escape sequences, which is all that a frame of many small cells can afford.
type Style struct{ open string }

// Render returns text in the style, and "" for "". The text must hold no style of its own; see [Style.Over].
func (s Style) Render(text string) string {
	if s.open == "" || text == "" {
		return text
	}
	return s.open + text + reset
}

// Over returns a line that has styles of its own with this style beneath them: whatever
// they leave open, for example the background, is this style's. It is how the cursor's
// row keeps the colours of its columns.
func (s Style) Over(line string) string {
	if s.open == "" || line == "" {
		return line
	}
	return s.open + strings.ReplaceAll(line, reset, reset+s.open) + reset
}

// style makes a Style of attributes.
func style(a ansi.Style) Style {
	if len(a) == 0 {
		return Style{}
	}
	return Style{a.String()}
}
