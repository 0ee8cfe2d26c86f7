package dialog

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

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
	return &Confirm{q: q, surprise: surpriseSince(q.Now), keys: keys, theme: th}
}

// Title implements [Dialog].
func (c *Confirm) Title() string { return cell.Safe(c.q.Title) }

// SetTheme implements [Dialog].
func (c *Confirm) SetTheme(th theme.Theme) { c.theme = th }

// Update implements [Dialog]; its actions are [Answer].
func (c *Confirm) Update(msg tea.Msg) Action {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok || c.surprise.passes() {
		return nil
	}
	k := c.keys.Dialog
	switch {
	case k.Yes.Matches(key):
		return Answer{c.q.Tag, true}
	case k.No.Matches(key):
		return Answer{c.q.Tag, false}
	case k.Accept.Matches(key):
		return Answer{c.q.Tag, c.yes}
	case k.Switch.Matches(key):
		c.yes = !c.yes
	default:
		c.text.move(c.keys.Move, key)
	}
	return nil
}

// Size implements [Dialog].
func (c *Confirm) Size(w, h int) (int, int) {
	width := min(max(w, 1), 64)
	return width, min(len(paragraphs(c.q.Text, width-4))+5, max(h, 1))
}

// View implements [Dialog]. The buttons keep their line however little room there is.
func (c *Confirm) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	textHeight := max(ih-1, 0)
	roomy := ih >= 5
	if roomy {
		textHeight = ih - 3
	}
	var lines []string
	if roomy {
		lines = append(lines, "")
	}
	for _, l := range c.text.window(paragraphs(c.q.Text, iw-2), textHeight) {
		lines = append(lines, " "+l)
	}
	for len(lines) < ih-1 {
		lines = append(lines, "")
	}
	if ih > 0 {
		lines = append(lines, c.buttons(iw))
	}
	return c.theme.Box(c.Title(), lines, w, h, true)
}

func (c *Confirm) buttons(w int) string {
	yes, no := " "+cell.Safe(c.q.Yes)+" ", " "+cell.Safe(c.q.No)+" "
	if c.yes {
		yes, no = c.theme.ButtonOn.Render("▸"+yes[1:]), c.theme.Button.Render(no)
	} else {
		yes, no = c.theme.Button.Render(yes), c.theme.ButtonOn.Render("▸"+no[1:])
	}
	line := " " + no + "  " + yes
	k := c.keys.Dialog
	hints := c.theme.Hints(w-cell.Width(line)-4, k.Yes, k.No, k.Switch)
	return line + strings.Repeat(" ", max(w-cell.Width(line)-cell.Width(hints)-1, 0)) + hints
}
