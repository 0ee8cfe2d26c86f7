// Package theme is how the dashboard looks: the palette for dark and light terminals, the
// styles made from it, the symbols, and the frame around a pane. No meaning is carried by
// colour alone: every state has a symbol or a word as well.
package theme

import (
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// Theme is a set of styles by what they mean. The zero Theme prints plain text. It is a
// value and is never changed after [New].
type Theme struct {
	Title       Style // name of the program, of a focused pane, of a dialog
	Header      Style // column titles, names of groups
	Muted       Style // what matters less: hints, ages, units
	Accent      Style // what the eye should find first
	Border      Style
	FocusBorder Style
	Selected    Style // row of the cursor in the focused pane; use Over for a row with colours
	Unfocused   Style // row of the cursor in a pane without focus
	Button      Style // a button that is not chosen
	ButtonOn    Style // the chosen button
	Match       Style // what was searched for, in a text
	Badge       Style // a short label beside a name: edge, stale
	Shortcut    Style // a key in the footer
	Danger      Style // a badge: what is done here matters to others
	Locked      Style // a badge: nothing can be changed here

	Good Style // connected, in sync, saved
	Warn Style // pending, stale, masked
	Bad  Style // errors, rejected, disabled

	Added   Style // in a diff
	Removed Style
	Changed Style

	Key    Style // JSON, by token
	String Style
	Number Style
	Bool   Style
	Null   Style

	Field       Style // a value that can be typed into
	FieldCursor Style // the cell of the text cursor

	clients [6]Style
	heavy   bool // draw the focused frame with heavy lines, for want of colour
	palette *palette
}

// New returns the theme for a dark or a light background. Without color, which is what
// NO_COLOR asks for (https://no-color.org), only bold, underline and reverse are used, and
// the focused pane has a heavier frame.
func New(dark, color bool) Theme {
	if !color {
		return monochrome()
	}
	p := &lightPalette
	if dark {
		p = &darkPalette
	}
	fg := func(hex string) Style { return style(ansi.Style{}.ForegroundColor(lipgloss.Color(hex))) }
	bold := func(hex string) Style { return style(ansi.Style{}.Bold().ForegroundColor(lipgloss.Color(hex))) }
	on := func(a ansi.Style, fg, bg string) Style {
		if fg != "" {
			a = a.ForegroundColor(lipgloss.Color(fg))
		}
		return style(a.BackgroundColor(lipgloss.Color(bg)))
	}
	t := Theme{
		Title:       bold(p.accent),
		Header:      bold(p.muted),
		Muted:       fg(p.muted),
		Accent:      fg(p.accent),
		Border:      fg(p.border),
		FocusBorder: fg(p.accent),
		Selected:    on(ansi.Style{}, "", p.selection),
		Unfocused:   on(ansi.Style{}, "", p.surface),
		Button:      on(ansi.Style{}, "", p.surface),
		ButtonOn:    on(ansi.Style{}.Bold(), p.onAccent, p.accent),
		Match:       bold(p.accent),
		Badge:       on(ansi.Style{}, p.muted, p.surface),
		Shortcut:    bold(p.accent),
		Danger:      on(ansi.Style{}.Bold(), p.onAccent, p.bad),
		Locked:      on(ansi.Style{}.Bold(), p.onAccent, p.warn),
		Good:        fg(p.good),
		Warn:        fg(p.warn),
		Bad:         fg(p.bad),
		Added:       fg(p.good),
		Removed:     fg(p.bad),
		Changed:     fg(p.warn),
		Key:         fg(p.key),
		String:      fg(p.text),
		Number:      fg(p.number),
		Bool:        fg(p.boolean),
		Null:        fg(p.muted),
		Field:       on(ansi.Style{}, "", p.surface),
		FieldCursor: style(ansi.Style{}.Reverse(true)),
		palette:     p,
	}
	for i := range t.clients {
		t.clients[i] = fg(p.clients[i])
	}
	return t
}

// Client returns the style of the i-th attached client, i ≥ 0. There are six; they repeat.
func (t Theme) Client(i int) Style { return t.clients[i%len(t.clients)] }

// monochrome is the theme without colours.
func monochrome() Theme {
	bold, under, reverse := style(ansi.Style{}.Bold()), style(ansi.Style{}.Underline(true)), style(ansi.Style{}.Reverse(true))
	return Theme{
		Title:       bold,
		Header:      bold,
		Accent:      bold,
		FocusBorder: bold,
		Selected:    reverse,
		Unfocused:   under,
		ButtonOn:    reverse,
		Match:       style(ansi.Style{}.Bold().Underline(true)),
		Shortcut:    bold,
		Danger:      reverse,
		Locked:      reverse,
		Bad:         bold,
		Warn:        bold,
		Added:       bold,
		Changed:     bold,
		Field:       under,
		FieldCursor: reverse,
		heavy:       true,
	}
}

// palette is the colours of one background, as hexadecimal RGB. Bubble Tea reduces them to
// what the terminal can show.
type palette struct {
	text, muted, border, surface, selection string
	accent, onAccent, good, warn, bad       string
	key, number, boolean                    string
	clients                                 [6]string
}

// Both palettes keep a contrast of at least 4.5:1 between text and background, lines and
// frames excepted, so that a projector does not swallow them, and keep apart what must be
// told apart where a terminal has sixteen colours only.
var (
	darkPalette = palette{
		text: "#d8dee4", muted: "#a0a4a8", border: "#4b5561", surface: "#2b2b2f", selection: "#152f66",
		accent: "#5cb2ff", onAccent: "#0b1a2a", good: "#5fcb7a", warn: "#e6b450", bad: "#ff7b6e",
		key: "#8fc7f5", number: "#d6a8ff", boolean: "#f2a86f",
		clients: [6]string{"#5cd0c4", "#f2a86f", "#d6a8ff", "#a8d66a", "#ff8fb8", "#e6d06a"},
	}
	lightPalette = palette{
		text: "#24292f", muted: "#5a636d", border: "#aeb7c0", surface: "#ebebeb", selection: "#d2ecfb",
		accent: "#0760c4", onAccent: "#ffffff", good: "#147333", warn: "#845500", bad: "#bd1f2a",
		key: "#0a508f", number: "#7033b8", boolean: "#99430b",
		clients: [6]string{"#0b6e66", "#99430b", "#7033b8", "#3f6b0e", "#ad2263", "#6b5a00"},
	}
)
