package theme

import (
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// tints are the colours that a hub can have by name, for both backgrounds. Like the palettes they
// keep a contrast of 4.5:1, as text and below the text of a badge.
var tints = map[string]struct{ dark, light string }{
	"red":    {"#ff7b6e", "#bd1f2a"},
	"orange": {"#f2a86f", "#99430b"},
	"yellow": {"#e6d06a", "#6b5a00"},
	"green":  {"#5fcb7a", "#147333"},
	"teal":   {"#5cd0c4", "#0b6e66"},
	"blue":   {"#5cb2ff", "#0760c4"},
	"purple": {"#d6a8ff", "#7033b8"},
	"pink":   {"#ff8fb8", "#ad2263"},
}

// Tint returns the style of a hub's name in the colour of the hub. Without colour, or for a colour
// that there is not, it is that of any other name.
func (t Theme) Tint(color string) Style {
	tint, ok := tints[color]
	switch {
	case !ok || t.palette == nil:
		return t.Accent
	case t.palette == &darkPalette:
		return style(ansi.Style{}.Bold().ForegroundColor(lipgloss.Color(tint.dark)))
	}
	return style(ansi.Style{}.Bold().ForegroundColor(lipgloss.Color(tint.light)))
}

// Tinted returns the theme of a hub that has a colour: the frame that has the focus and the titles
// are drawn in it. It is t itself without colour, or for a colour that there is not.
func (t Theme) Tinted(color string) Theme {
	if _, ok := tints[color]; !ok || t.palette == nil {
		return t
	}
	t.Title = t.Tint(color)
	t.FocusBorder = t.Title
	return t
}
