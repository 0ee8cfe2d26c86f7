// Package dialog holds what lies over the panes and wants an answer first: questions,
// messages and the help; and the way anything is laid over the panes. A dialog is a plain
// struct: the root model hands it messages and acts on what it answers.
package dialog

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Action is what a dialog or form wants done, nil for nothing. It is an alias, so that
// forms satisfy [Dialog] without knowing this package.
type Action = any

// Dialog is one overlay. The front one of a stack gets every key, mouse and paste message.
// It does no I/O and belongs to the goroutine of the program.
type Dialog interface {
	// Title names it, in plain and safe text.
	Title() string
	// Update takes a message in and returns what is to be done about it, or nil.
	Update(msg tea.Msg) Action
	// Keys returns the keys that it takes now; while a text is typed into, those that do something else
	// than to type.
	Keys() []keymap.Binding
	// Size returns the size it would like on a screen of w by h cells, at most that and at least 1 by 1.
	Size(w, h int) (int, int)
	// View draws it, frame included: exactly h lines of exactly w cells, "" for w < 1 or h < 1.
	View(w, h int) string
	// SetTheme changes how it looks, for a terminal that tells its background late.
	SetTheme(theme.Theme)
}

// Closed asks for the front dialog to be taken away.
type Closed struct{}

// Over draws a dialog in the middle of a screen of w by h cells that shows background.
func Over(background string, w, h int, d Dialog) string {
	return Overlay(background, w, h, d.View(d.Size(w, h)))
}

// paragraphs wraps untrusted text to w cells. Its newlines are kept.
func paragraphs(text string, w int) []string {
	if text == "" || w < 1 {
		return nil
	}
	var lines []string
	for p := range strings.SplitSeq(text, "\n") {
		lines = append(lines, strings.Split(ansi.Wrap(cell.Safe(strings.TrimRight(p, "\r")), w, ""), "\n")...)
	}
	return lines
}
