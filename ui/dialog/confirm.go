package dialog

import (
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// Question is what a [Confirm] asks.
type Question struct {
	Title string // may be untrusted
	Text  string // may be untrusted and have several lines
	Yes   string // what the button that does it says; empty means "Yes"
	No    string // what the other one says; empty means "No"
	Tag   any    // comes back with the Answer, to tell one question from another

	// Type is what has to be typed before Yes is an answer, such as the name of what will be
	// gone. Empty asks for nothing; it may be untrusted.
	Type string
	// Wait says that the text proper is still to come: until [Confirm.Tell] brings it, No is the
	// only answer.
	Wait bool
	// Firm is for what others depend on: the key for yes only marks that answer, which the key that
	// accepts then gives.
	Firm bool

	// Now is the clock. With it the question ignores keys until none has come for a moment,
	// which is for questions that open by themselves; nil for those that the user asked for.
	Now func() time.Time
}

// Answer is how a question was answered. The dialog is over.
type Answer struct {
	Tag any
	Yes bool
}

// Confirm asks a question whose answer is No unless the user says otherwise.
type Confirm struct {
	q        Question
	yes      bool // which button is marked
	typed    textinput.Model
	surprise surprise
	keys     keymap.Map
	theme    theme.Theme
	text     scroll
}

// NewConfirm asks q.
func NewConfirm(q Question, keys keymap.Map, th theme.Theme) *Confirm {
	if q.Yes == "" {
		q.Yes = "Yes"
	}
	if q.No == "" {
		q.No = "No"
	}
	c := &Confirm{q: q, typed: textinput.New(), surprise: surpriseSince(q.Now), keys: keys, theme: th}
	c.typed.KeyMap.Paste = key.NewBinding(key.WithDisabled()) // it would read the clipboard; terminals paste by themselves
	c.typed.Focus()
	return c
}

// Tell ends the waiting of a question that was asked with Wait: this is what it is about. With a
// clock the question ignores keys until none has come for a moment, for one that had to wait long.
func (c *Confirm) Tell(text string, now func() time.Time) {
	c.q.Text, c.q.Wait = text, false
	c.surprise = surpriseSince(now)
}

// Waiting reports whether the text is still to come.
func (c *Confirm) Waiting() bool { return c.q.Wait }

// may reports whether Yes can be answered.
func (c *Confirm) may() bool {
	return !c.q.Wait && (c.q.Type == "" || strings.TrimSpace(c.typed.Value()) == c.q.Type)
}

// answer is the answer of a user, or nil for a Yes that cannot be given yet.
func (c *Confirm) answer(yes bool) Action {
	if yes && !c.may() {
		return nil
	}
	return Answer{c.q.Tag, yes}
}

// Title implements [Dialog].
func (c *Confirm) Title() string { return cell.Safe(c.q.Title) }

// SetTheme implements [Dialog].
func (c *Confirm) SetTheme(th theme.Theme) { c.theme = th }

// Update implements [Dialog]; its actions are [Answer].
func (c *Confirm) Update(msg tea.Msg) Action {
	if paste, ok := msg.(tea.PasteMsg); ok && c.typing() {
		c.typed, _ = c.typed.Update(tea.PasteMsg{Content: strings.TrimSpace(paste.Content)})
	}
	press, ok := msg.(tea.KeyPressMsg)
	if !ok || c.surprise.passes() {
		return nil
	}
	k := c.keys.Dialog
	switch {
	case c.typing() && press.Text != "":
		c.typed, _ = c.typed.Update(press)
	case k.Yes.Matches(press) && c.q.Firm:
		c.yes = true
	case k.Yes.Matches(press):
		return c.answer(true)
	case k.No.Matches(press):
		return c.answer(false)
	case k.Accept.Matches(press):
		return c.answer(c.yes)
	case k.Switch.Matches(press):
		c.yes = !c.yes
	case c.text.move(c.keys.Move, press):
	case c.typing():
		c.typed, _ = c.typed.Update(press)
	}
	c.yes = c.yes && c.may()
	return nil
}

// typing reports whether printable keys are text.
func (c *Confirm) typing() bool { return c.q.Type != "" && !c.q.Wait }

// Size implements [Dialog].
func (c *Confirm) Size(w, h int) (int, int) {
	width := min(max(w, 1), 64)
	lines := len(paragraphs(c.q.Text, width-4)) + 5
	if c.q.Type != "" {
		lines += 2
	}
	return width, min(lines, max(h, 1))
}

// View implements [Dialog]. The buttons keep their line however little room there is.
func (c *Confirm) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	foot := 1
	if c.q.Type != "" && ih >= 2 {
		foot = 2
	}
	textHeight := max(ih-foot, 0)
	roomy := ih >= 4+foot
	if roomy {
		textHeight -= 2
	}
	var lines []string
	if roomy {
		lines = append(lines, "")
	}
	for _, l := range c.text.window(paragraphs(c.q.Text, iw-2), textHeight) {
		lines = append(lines, " "+l)
	}
	for len(lines) < ih-foot {
		lines = append(lines, "")
	}
	if foot == 2 {
		lines = append(lines, c.field(iw))
	}
	if ih > 0 {
		lines = append(lines, c.buttons(iw))
	}
	return c.theme.Box(c.Title(), lines, w, h, true)
}

// field draws what has been typed of what has to be typed.
func (c *Confirm) field(w int) string {
	ask := " type " + cell.Safe(c.q.Type) + ": "
	room := max(w-2-cell.Width(ask), min(w/2, 16))
	ask = cell.Truncate(ask, w-1-room)
	typed := cell.Safe(c.typed.Value())
	if over := cell.Width(typed) + 1 - room; over > 0 {
		typed = ansi.TruncateLeft(typed, over, "")
	}
	return c.theme.Warn.Render(ask) + c.theme.Field.Render(typed) + c.theme.FieldCursor.Render(" ") + c.theme.Field.Render(cell.Spaces(room-1-cell.Width(typed)))
}

func (c *Confirm) buttons(w int) string {
	yes, no := " "+cell.Safe(c.q.Yes)+" ", " "+cell.Safe(c.q.No)+" "
	switch {
	case !c.may():
		yes, no = c.theme.Muted.Render(yes), c.theme.ButtonOn.Render("▸"+no[1:])
	case c.yes:
		yes, no = c.theme.ButtonOn.Render("▸"+yes[1:]), c.theme.Button.Render(no)
	default:
		yes, no = c.theme.Button.Render(yes), c.theme.ButtonOn.Render("▸"+no[1:])
	}
	line := " " + no + "  " + yes
	hints := c.theme.Hints(w-cell.Width(line)-4, c.hints()...)
	return line + strings.Repeat(" ", max(w-cell.Width(line)-cell.Width(hints)-1, 0)) + hints
}

// hints are the keys that answer now, the one that gives the marked answer first when yes takes two
// of them.
func (c *Confirm) hints() []keymap.Binding {
	k := c.keys.Dialog
	if c.typing() { // n is a letter of the name
		k.No.Label = "esc"
	}
	switch {
	case !c.may():
		return []keymap.Binding{k.No}
	case c.q.Type != "" && c.yes:
		return []keymap.Binding{k.Accept, k.No}
	case c.q.Type != "":
		return []keymap.Binding{k.No, k.Switch}
	case c.q.Firm && c.yes:
		return []keymap.Binding{k.Accept, k.No}
	case c.q.Firm:
		return []keymap.Binding{k.No, k.Switch}
	}
	return []keymap.Binding{k.Yes, k.No, k.Switch}
}
