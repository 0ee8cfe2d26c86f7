package dialog

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Note is what a [Message] says.
type Note struct {
	Title   string // may be untrusted
	Text    string // one sentence: what happened and what to do next; may be untrusted
	Details string // for whoever asks further: code, tracking id; several lines, may be empty and untrusted
	Bad     bool   // it is about a failure

	// Now is the clock. With it the message ignores keys until none has come for a moment, so
	// that one that opens by itself is not closed unread; nil for one that the user asked for.
	Now func() time.Time
}

// Message says something that the user should have read before going on.
type Message struct {
	note     Note
	surprise surprise
	keys     keymap.Map
	theme    theme.Theme
	body     scroll
}

// NewMessage says note.
func NewMessage(note Note, keys keymap.Map, th theme.Theme) *Message {
	return &Message{note: note, surprise: surpriseSince(note.Now), keys: keys, theme: th}
}

// Title implements [Dialog].
func (m *Message) Title() string { return cell.Safe(m.note.Title) }

// SetTheme implements [Dialog].
func (m *Message) SetTheme(th theme.Theme) { m.theme = th }

// Update implements [Dialog]; its action is [Closed].
func (m *Message) Update(msg tea.Msg) Action {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok || m.surprise.passes() {
		return nil
	}
	if m.keys.Dialog.Close.Matches(key) {
		return Closed{}
	}
	m.body.move(m.keys.Move, key)
	return nil
}

// Size implements [Dialog].
func (m *Message) Size(w, h int) (int, int) {
	width := min(max(w, 1), 72)
	return width, min(len(m.lines(width-4))+5, max(h, 1))
}

// View implements [Dialog].
func (m *Message) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	lines := []string{}
	body := max(ih-1, 1)
	if ih >= 5 {
		lines, body = append(lines, ""), ih-3
	}
	for _, l := range m.body.window(m.lines(iw-2), body) {
		lines = append(lines, " "+l)
	}
	for len(lines) < ih-1 {
		lines = append(lines, "")
	}
	if ih > 1 {
		lines = append(lines, " "+m.theme.Hints(iw-2, m.hints()...))
	}
	return m.theme.Box(m.Title(), lines, w, h, true)
}

func (m *Message) hints() []keymap.Binding {
	if m.body.more() {
		return []keymap.Binding{m.keys.Dialog.Close, m.keys.Move.Down, m.keys.Move.Up}
	}
	return []keymap.Binding{m.keys.Dialog.Close}
}

func (m *Message) lines(w int) []string {
	var lines []string
	for i, l := range paragraphs(m.note.Text, w-2) {
		switch {
		case i > 0:
			l = "  " + l
		case m.note.Bad:
			l = m.theme.Bad.Render(theme.Rejected) + " " + l
		default:
			l = m.theme.Accent.Render(theme.Mark) + " " + l
		}
		lines = append(lines, l)
	}
	if m.note.Details != "" {
		lines = append(lines, "")
		for _, l := range paragraphs(m.note.Details, w-2) {
			lines = append(lines, "  "+m.theme.Muted.Render(l))
		}
	}
	return lines
}
