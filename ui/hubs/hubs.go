// Package hubs is the overlay that lists the hubs one can switch to, and waits while one of them is
// opened.
package hubs

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/keymap"
	"twindeck/ui/grid"
	"twindeck/ui/theme"
)

// Choice is a hub that can be opened. The zero Choice but for its Host is one that was named on the
// command line.
type Choice struct {
	Profile    string // its name among the user's profiles; empty when it is none of them
	Embedded   bool   // the hub in this process
	Host       string // known of a hub that is or was open only
	Color      string // empty for none
	ReadOnly   bool
	Production bool
}

// Name is what the hub is called.
func (c Choice) Name() string {
	switch {
	case c.Profile != "":
		return c.Profile
	case c.Embedded:
		return "embedded hub"
	case c.Host != "":
		return c.Host
	}
	return "the hub of the command line"
}

// Same reports whether two choices are one hub, however it is to be opened.
func (c Choice) Same(d Choice) bool { return c.Profile == d.Profile && c.Embedded == d.Embedded }

// Action is what the list wants done: [Open], [Stop], [Leave], or nil.
type Action = any

// Open asks for the hub to be opened in the place of the one that is open.
type Open struct{ Choice Choice }

// Stop asks for the opening under way to be called off. [Picker.SetError] says when it has been.
type Stop struct{}

// Leave asks for the list to be taken away.
type Leave struct{}

// Picker is the list. Make one with [New]. It does no I/O and belongs to the goroutine of the program.
type Picker struct {
	choices []Choice
	current int // index of the hub that is open; -1 when it is not in the list
	source  string
	keys    keymap.Map
	theme   theme.Theme
	grid    grid.Grid
	now     func() time.Time

	opening *Choice
	since   time.Time
	err     string
}

// Source says where the list comes from, for who would like to have more in it.
type Source struct {
	File string // the file of profiles, whether it is there or not; empty: there is no place for one
	Now  func() time.Time
}

// New lists choices, of which current is open.
func New(choices []Choice, current Choice, src Source, keys keymap.Map, th theme.Theme) *Picker {
	p := &Picker{choices: choices, current: slices.IndexFunc(choices, current.Same), source: src.File, now: src.Now, keys: keys, theme: th}
	p.grid.SetLen(len(choices))
	p.grid.Select(max(p.current, 0))
	return p
}

// Title names the list.
func (p *Picker) Title() string { return "Hubs" }

// SetTheme changes how it looks.
func (p *Picker) SetTheme(th theme.Theme) { p.theme = th }

// SetOpening says that a hub is being opened. Meanwhile the list takes no key but the one that
// calls that off.
func (p *Picker) SetOpening(c Choice) { p.opening, p.since, p.err = &c, p.now(), "" }

// SetError says why a hub could not be opened, in text that may be untrusted; "" says that it was
// called off. It ends the wait.
func (p *Picker) SetError(text string) { p.opening, p.err = nil, text }

// Update takes a key press; its actions are [Open], [Stop] and [Leave].
func (p *Picker) Update(msg tea.Msg) Action {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	k := p.keys.Hubs
	if p.opening != nil {
		if k.Cancel.Matches(key) {
			return Stop{}
		}
		return nil
	}
	switch {
	case k.Cancel.Matches(key):
		return Leave{}
	case k.Open.Matches(key) && len(p.choices) > 0:
		p.err = ""
		if p.grid.Cursor() == p.current {
			return Leave{}
		}
		return Open{p.choices[p.grid.Cursor()]}
	default:
		p.grid.Press(p.keys.Move, key)
	}
	return nil
}

// Keys returns the keys that the list takes now.
func (p *Picker) Keys() []keymap.Binding {
	if p.opening != nil {
		return []keymap.Binding{p.keys.Hubs.Cancel}
	}
	return slices.Concat(keymap.Bindings(p.keys.Hubs), keymap.Bindings(p.keys.Move))
}
