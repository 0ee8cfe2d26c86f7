package ui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

const (
	captionDims = 1400 * time.Millisecond // after the last key
	captionGoes = 2 * time.Second
	maxCaptions = 3
)

// captions tell an audience which keys were pressed and what they do, the newest last.
type captions struct {
	list []caption
	id   uint64 // of the last press, whose timers alone count
	dim  bool
}

type caption struct {
	key, does string // what it does may be empty
	times     int
}

type captionMsg struct {
	id   uint64
	gone bool
}

func (c *captions) clear() { c.list, c.dim = nil, false }

// add takes a key that was pressed.
func (c *captions) add(key, does string) {
	c.id++
	c.dim = false
	if n := len(c.list); n > 0 && c.list[n-1].key == key && c.list[n-1].does == does {
		c.list[n-1].times++
		return
	}
	c.list = append(c.list, caption{key, does, 1})
	if n := len(c.list); n > maxCaptions {
		c.list = c.list[n-maxCaptions:]
	}
}

// fade takes the time that a caption has been shown for.
func (c *captions) fade(msg captionMsg) {
	switch {
	case msg.id != c.id:
	case msg.gone:
		c.clear()
	default:
		c.dim = true
	}
}

// view is the captions on one line of at most w cells, the oldest given up first; "" for none.
func (c *captions) view(th theme.Theme, w int) string {
	for from := range c.list {
		var parts []string
		for _, one := range c.list[from:] {
			text := one.key
			if one.does != "" {
				text += " " + one.does
			}
			if one.times > 1 {
				text += fmt.Sprintf(" ×%d", one.times)
			}
			parts = append(parts, text)
		}
		text := " " + cell.Safe(strings.Join(parts, " · ")) + " "
		if cell.Width(text) > w {
			continue
		}
		if c.dim {
			return th.Badge.Render(text)
		}
		return th.ButtonOn.Render(text)
	}
	return ""
}

// caption tells of a key that is about to be handled. What is typed into a field is not told: it may
// be a secret.
func (d *Deck) caption(key tea.KeyPressMsg) tea.Cmd {
	b, does := d.hub.keys.Global.Presenter, true
	if !b.Matches(key) {
		b, does = d.hub.meaning(key)
	}
	switch {
	case does && b.Refused != "":
		d.captions.add(keyName(b, key), b.Refused)
	case does:
		d.captions.add(keyName(b, key), b.Short)
	case key.Text == "":
		d.captions.add(key.String(), "")
	default:
		return nil
	}
	id := d.captions.id
	return tea.Batch(after(d.ctx, captionDims, captionMsg{id, false}), after(d.ctx, captionGoes, captionMsg{id, true}))
}

// arrows are the keys that are shown as what is printed on them.
var arrows = map[string]string{"up": "↑", "down": "↓", "left": "←", "right": "→", "pgdown": "pgdn"}

// keyName is how a key is written; one that has a name alone as the binding writes it.
func keyName(b keymap.Binding, key tea.KeyPressMsg) string {
	if name, ok := arrows[key.String()]; ok {
		return name
	}
	if len(b.Keys) == 1 {
		return b.Label
	}
	return key.String()
}

// captioned lays the captions over the right end of the line above the footer.
func (d *Deck) captioned(content string) string {
	m := d.hub
	text := d.captions.view(m.theme, m.width-2)
	if text == "" || m.height < 4 {
		return content
	}
	lines := strings.Split(content, "\n")
	at := len(lines) - 2
	w := cell.Width(text)
	lines[at] = cell.Fit(cell.Clip(lines[at], m.width-w-1), m.width-w-1) + text + " "
	return strings.Join(lines, "\n")
}
