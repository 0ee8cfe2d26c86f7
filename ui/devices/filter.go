package devices

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Typing reports whether a filter is being typed, when every printable key belongs to it.
func (p *Pane) Typing() bool { return p.typing }

// Filter returns the filter as it is typed.
func (p *Pane) Filter() string { return p.filter.Value() }

// Filtered reports whether a filter hides some of the devices.
func (p *Pane) Filtered() bool { return p.store.query != "" }

// updateFilter takes a key press or a paste while the filter is typed.
func (p *Pane) updateFilter(msg tea.Msg) Action {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch k := p.keys.Filter; {
		case k.Accept.Matches(press):
			p.typing = false
			p.filter.Blur()
			return nil
		case k.Clear.Matches(press):
			p.typing = false
			p.filter.Blur()
			return p.setFilter("")
		case k.Up.Matches(press):
			p.grid.Move(-1)
			p.moved()
			return nil
		case k.Down.Matches(press):
			p.grid.Move(1)
			p.moved()
			return nil
		}
	}
	// The command would only make a cursor blink.
	p.filter, _ = p.filter.Update(msg)
	return p.setFilter(p.filter.Value())
}

// setFilter shows only what contains a text, upper and lower case alike.
func (p *Pane) setFilter(text string) Action {
	if p.filter.Value() != text {
		p.filter.SetValue(text)
	}
	query := strings.ToLower(strings.TrimSpace(text))
	if query == p.store.query {
		return nil
	}
	p.store.query = query
	p.store.rewind()
	return p.walk()
}
