package dialog

import (
	tea "charm.land/bubbletea/v2"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/grid"
	"twindeck/ui/theme"
)

// Item is one line to choose.
type Item struct {
	Key  string // comes back when it is chosen
	Text string // may be untrusted
	On   bool   // chosen now
}

// Choice is what a [Pick] lets the user choose.
type Choice struct {
	Title string // may be untrusted
	Items []Item
	Many  bool   // several can be on, in an order of the user's; otherwise one is picked
	None  string // what it means that none is on, in a few words; only with Many
	Tag   any    // comes back with the [Picked]
}

// Picked is what was chosen. The dialog is over.
type Picked struct {
	Tag  any
	Keys []string // of what is on, in their order
}

// Pick lets the user choose from a list.
type Pick struct {
	choice Choice
	items  []Item
	grid   grid.Grid
	keys   keymap.Map
	theme  theme.Theme
}

// NewPick offers a choice. It keeps nothing of it that the caller may not change.
func NewPick(c Choice, keys keymap.Map, th theme.Theme) *Pick {
	p := &Pick{choice: c, items: append([]Item(nil), c.Items...), keys: keys, theme: th}
	p.grid.SetLen(len(p.items))
	for i, item := range p.items {
		if item.On && !c.Many {
			p.grid.Select(i)
		}
	}
	return p
}

// Title implements [Dialog].
func (p *Pick) Title() string { return cell.Safe(p.choice.Title) }

// SetTheme implements [Dialog].
func (p *Pick) SetTheme(th theme.Theme) { p.theme = th }

// Update implements [Dialog]; its actions are [Picked] and [Closed].
func (p *Pick) Update(msg tea.Msg) Action {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	k := p.keys.List
	switch {
	case k.Cancel.Matches(key):
		return Closed{}
	case k.Accept.Matches(key):
		return p.picked()
	case p.choice.Many && k.Toggle.Matches(key) && len(p.items) > 0:
		p.items[p.grid.Cursor()].On = !p.items[p.grid.Cursor()].On
		p.grid.Move(1)
	case p.choice.Many && k.Earlier.Matches(key):
		p.shift(-1)
	case p.choice.Many && k.Later.Matches(key):
		p.shift(1)
	default:
		p.grid.Press(p.keys.Move, key)
	}
	return nil
}

// shift moves the line of the cursor, and the cursor with it.
func (p *Pick) shift(d int) {
	from := p.grid.Cursor()
	to := from + d
	if to < 0 || to >= len(p.items) {
		return
	}
	p.items[from], p.items[to] = p.items[to], p.items[from]
	p.grid.Select(to)
}

func (p *Pick) picked() Action {
	if len(p.items) == 0 {
		return Closed{}
	}
	if !p.choice.Many {
		return Picked{p.choice.Tag, []string{p.items[p.grid.Cursor()].Key}}
	}
	var keys []string
	for _, item := range p.items {
		if item.On {
			keys = append(keys, item.Key)
		}
	}
	return Picked{p.choice.Tag, keys}
}

// Size implements [Dialog].
func (p *Pick) Size(w, h int) (int, int) {
	return min(max(w, 1), 56), min(len(p.items)+4, max(h, 1))
}

// View implements [Dialog]. The keys that work give way before the list does.
func (p *Pick) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	body := ih
	if ih >= 4 {
		body -= 2
	}
	lines := p.grid.View(items{p}, iw, body)
	if body < ih {
		lines = append(lines, "", " "+p.hints(iw-2))
	}
	return p.theme.Box(p.Title(), lines, w, h, true)
}

func (p *Pick) hints(w int) string {
	k := p.keys.List
	if !p.choice.Many {
		return p.theme.Hints(w, k.Accept, k.Cancel)
	}
	for _, item := range p.items {
		if item.On {
			return p.theme.Hints(w, k.Accept, k.Cancel, k.Toggle, k.Earlier, k.Later)
		}
	}
	return p.theme.Muted.Render(cell.Truncate(p.choice.None, w))
}

// items draws the list.
type items struct{ *Pick }

func (l items) Len() int { return len(l.items) }

func (l items) Row(i, width int, selected bool) string {
	item := l.items[i]
	lead := " "
	if l.choice.Many {
		lead = " [ ] "
		if item.On {
			lead = " [x] "
		}
	}
	line := cell.Fit(lead+cell.Safe(item.Text), width)
	if selected {
		return l.theme.Selected.Over(line)
	}
	return line
}
