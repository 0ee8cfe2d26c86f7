// Package devices is the pane on the left: the identity registry as a tree of devices and what is
// below them, loaded page by page, filtered while one types, sorted and marked. A million devices
// are as quick to move in as ten.
package devices

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/devices/roster"
	"twindeck/ui/grid"
)

// Action is what the pane wants done, nil for nothing: [LoadModules], [LoadAllModules], [Work],
// [Search], [ChooseColumns], [ChooseSort], [Tell] or [Both].
type Action interface{ action() }

type (
	// Both is two things at once.
	Both struct{ First, Second Action }

	// LoadModules asks for the modules of a device; [Pane.SetModules] or [Pane.FailModules] answers.
	LoadModules struct{ Device string }

	// LoadAllModules asks for the modules of all devices by one query; [Pane.AddModules] or
	// [Pane.FailAllModules] answers.
	LoadAllModules struct{}

	// Work is work that takes longer than a key press may wait for. Run may be called from any
	// goroutine and returns what [Pane.Done] takes; it does no I/O.
	Work struct{ Run func() Done }

	// Search asks the hub for devices that are not loaded: those that the condition of the query
	// language finds, which [Pane.AddFound] takes. When Reveal is set, the first of them is to be
	// shown with [Pane.Goto].
	Search struct {
		Where  string
		What   string // what is looked for, for a sentence: "the parent of pump-01"
		Reveal bool
	}

	// ChooseColumns asks for a dialog to choose columns in; see [Pane.ColumnChoices].
	ChooseColumns struct{}

	// ChooseSort asks for a dialog to choose what to sort by in; see [Pane.SortChoices].
	ChooseSort struct{}

	// Tell has a sentence for the user.
	Tell struct{ Text string }
)

func (Both) action()           {}
func (LoadModules) action()    {}
func (LoadAllModules) action() {}
func (Work) action()           {}
func (Search) action()         {}
func (ChooseColumns) action()  {}
func (ChooseSort) action()     {}
func (Tell) action()           {}

// Done is the outcome of [Work].
type Done struct{ result roster.Result }

// Pane is the state of the pane. Make one with [New]. It does no I/O and is not safe for
// concurrent use.
type Pane struct {
	keys     keymap.Map
	roster   *roster.Roster
	grid     grid.Grid
	at       roster.Key // the row of the cursor; zero while there is none
	lastMark roster.Key // the row that was marked last

	filter textinput.Model
	typing bool
	want   roster.Show // what is to be shown; the roster may still show what was before
	job    *roster.Job // that prepares it; nil: none

	columns []roster.Column // nil: those that fit

	loading  bool
	complete bool // a listing has run to its end
	progress Progress
	allMods  bool // the modules of all devices are being read
	problem  string
	revision uint64
	body     int // line of the last View that the rows began on
}

// New returns an empty pane.
func New(keys keymap.Map) *Pane {
	f := textinput.New()
	f.Prompt = ""
	f.CharLimit = 256
	return &Pane{keys: keys, roster: roster.New(), filter: f, progress: Progress{Total: -1}}
}

// Revision changes whenever the pane may look different.
func (p *Pane) Revision() uint64 { return p.revision }

// Selected returns the identity under the cursor, and false when there is none.
func (p *Pane) Selected() (hub.ID, bool) {
	if p.at.Child != "" {
		return hub.ID{Device: p.at.Child}, true
	}
	return hub.ID{Device: p.at.Device, Module: p.at.Module}, p.at.Device != ""
}

// Len returns how many devices are loaded.
func (p *Pane) Len() int { return p.roster.Len() }

// Shown returns how many devices the filter lets through.
func (p *Pane) Shown() int { return p.roster.Shown() }

// Entry returns a device or module as it was loaded, and false when it is not.
func (p *Pane) Entry(id hub.ID) (hub.Entry, bool) { return p.roster.Entry(id) }

// TagPaths returns the paths of the most frequent tags of what is loaded, such as "building.floor",
// at most max of them and the most frequent first.
func (p *Pane) TagPaths(max int) []string { return p.roster.TagPaths(max) }

// Edges returns the edge devices that are loaded, by id, at most limit.
func (p *Pane) Edges(limit int) []string { return p.roster.Edges(limit) }

// Looking reports whether what the filter lets through, or its order, is still being worked on: the
// rows are those of before.
func (p *Pane) Looking() bool { return p.job != nil }

// Matching returns the ids of the devices that the filter lets through, in the order they are shown
// in; without a filter those of all that are loaded. While [Pane.Looking] they are those of before.
func (p *Pane) Matching() []hub.ID {
	ids := make([]hub.ID, p.roster.Shown())
	for i := range ids {
		ids[i].Device = p.roster.ID(p.roster.ShownAt(i))
	}
	return ids
}

// Update takes a key press, and text that was pasted while a filter is typed.
func (p *Pane) Update(msg tea.Msg) Action {
	p.revision++
	if p.typing {
		return p.updateFilter(msg)
	}
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch k := p.keys.Devices; {
	case k.Filter.Matches(press):
		p.typing = true
		p.filter.CursorEnd()
		p.filter.Focus()
	case k.Clear.Matches(press):
		return p.clear()
	case k.Expand.Matches(press):
		return p.expand(press.String() == "enter")
	case k.Collapse.Matches(press):
		p.collapse()
	case k.Parent.Matches(press):
		return p.toParent()
	case k.AllModules.Matches(press):
		return p.loadAll()
	case k.Mark.Matches(press):
		p.markHere()
	case k.MarkRange.Matches(press):
		p.markRange()
	case k.MarkAll.Matches(press):
		p.roster.MarkShown()
	case k.Sort.Matches(press):
		return ChooseSort{}
	case k.Columns.Matches(press):
		return ChooseColumns{}
	case p.grid.Press(p.keys.Move, press):
		p.moved()
	}
	return nil
}

// follow puts the cursor on the row it was on, on the line of the screen it was on. When that row
// is not there any more, the cursor stays in its place, on another row.
func (p *Pane) follow() {
	n := p.roster.Rows()
	p.grid.SetLen(n)
	if n == 0 {
		if !p.Filtered() {
			p.at = roster.Key{}
		}
		return
	}
	if p.at.Device != "" {
		if p.at.Note && p.roster.Where(p.at) < 0 {
			p.at = roster.Key{Device: p.at.Device} // which the line stood for
		}
		if row := p.roster.Where(p.at); row >= 0 {
			p.grid.Shift(row - p.grid.Cursor())
			return
		}
		if p.job != nil {
			return // it may be among what will be shown
		}
	}
	p.moved()
}

// moved makes the row under the cursor the selected one.
func (p *Pane) moved() {
	if p.roster.Rows() > 0 {
		p.at = p.roster.KeyOf(p.roster.Row(p.grid.Cursor()))
	}
}

// row returns the row under the cursor, and false when there is none.
func (p *Pane) row() (roster.Row, bool) {
	if p.roster.Rows() == 0 {
		return roster.Row{}, false
	}
	return p.roster.Row(p.grid.Cursor()), true
}

// jump puts the cursor on a row, wherever that is.
func (p *Pane) jump(k roster.Key) {
	row := p.roster.Where(k)
	if row < 0 {
		return
	}
	p.at = k
	p.grid.SetLen(p.roster.Rows())
	p.grid.Select(row)
}
