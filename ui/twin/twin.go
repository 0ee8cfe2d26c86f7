// Package twin is the pane in the middle: the selected device or module with its desired
// and reported properties side by side, its tags, its identity, the whole document and the versions
// of it that were seen.
package twin

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/history"
	"twindeck/ui/jsonview"
	"twindeck/ui/theme"
)

const absent = theme.Absent

// Tab is one way to look at a twin.
type Tab int

// The tabs, from left to right.
const (
	Properties Tab = iota
	Tags
	Identity
	JSON
	History
	tabCount
)

// String returns what the tab is called.
func (t Tab) String() string {
	return [tabCount]string{"Properties", "Tags", "Identity", "JSON", "History"}[t]
}

// Action is what the pane wants done: [ReadIdentity], [Restore], [Say] or nil.
type Action interface{ action() }

// ReadIdentity asks for the registry entry, with its keys; [Pane.SetIdentity] or
// [Pane.FailIdentity] answers. It is asked for only when somebody wants to see it.
type ReadIdentity struct{ ID hub.ID }

func (ReadIdentity) action() {}

// Restore asks for a section of the twin shown to be made what it was, once the user has reviewed what
// that changes.
type Restore struct {
	ID      hub.ID
	Section patch.Section // Tags or Desired
	Value   patch.Value   // the section as it is to be
	Version string        // whose value that is, in words
}

func (Restore) action() {}

// Say asks for the user to be told something about the last key.
type Say struct{ Text string }

func (Say) action() {}

// Pane is the state of the pane. Make one with [New]. It does no I/O and is not safe for
// concurrent use.
type Pane struct {
	keys     keymap.Map
	host     string
	id       hub.ID
	twin     *hub.Twin
	identity *hub.Identity
	problem  string // why the twin could not be read
	idFailed string // why the identity could not be read
	stale    bool
	unsaved  []string // what is kept of edits that were not saved
	revealed bool
	tab      Tab
	props    tree
	tags     tree
	facts    facts
	json     *jsonview.Model
	jsonOf   *hub.Twin // what json shows
	history  historyTab
	search   search
	meters   []meter
	revision uint64
	body     int // line of the last View that the rows of the tab began on
}

// New returns an empty pane. host is what connection strings name, book has the versions that the
// History tab shows; it is read alone, and only by methods of the pane.
func New(keys keymap.Map, host string, book *history.Book) *Pane {
	return &Pane{
		keys:    keys,
		host:    host,
		props:   newTree(),
		tags:    newTree(),
		json:    jsonview.New(),
		history: newHistoryTab(book),
		search:  newSearch(),
	}
}

// Revision changes whenever the pane may look different, the ages aside.
func (p *Pane) Revision() uint64 {
	p.followBook()
	return p.revision
}

// ID returns the identity shown; the zero ID when there is none.
func (p *Pane) ID() hub.ID { return p.id }

// Twin returns the twin shown, and nil while it has not been read.
func (p *Pane) Twin() *hub.Twin { return p.twin }

// Identity returns the registry entry shown, and nil while it has not been read.
func (p *Pane) Identity() *hub.Identity { return p.identity }

// Tab returns the tab in front.
func (p *Pane) Tab() Tab { return p.tab }

// Title names what is shown.
func (p *Pane) Title() string {
	switch {
	case p.id.Device == "":
		return "Twin"
	case p.id.IsModule():
		return cell.Safe(p.id.Device) + " / " + cell.Safe(p.id.Module)
	}
	return cell.Safe(p.id.Device)
}

// Show turns to another identity. known is its twin as it was last seen, nil when it never
// was. Keys that were revealed are masked again.
func (p *Pane) Show(id hub.ID, known *hub.Twin) {
	p.revision++
	p.id = id
	p.identity = nil
	p.problem, p.idFailed = "", ""
	p.stale = false
	p.revealed = false
	p.unsaved = nil
	p.clearSearch()
	p.history.show(id)
	p.setTwin(known)
}

// SetUnsaved says, a line each, which edits of this twin are kept from an earlier run.
func (p *Pane) SetUnsaved(lines []string) {
	p.revision++
	p.unsaved = lines
}

// SetTwin takes the twin as it was read now. A twin of another identity is ignored.
func (p *Pane) SetTwin(t hub.Twin) {
	if t.ID != p.id {
		return
	}
	p.revision++
	p.problem = ""
	p.stale = false
	p.setTwin(&t)
}

func (p *Pane) setTwin(t *hub.Twin) {
	before := p.twin
	p.twin = t
	switch {
	case t == nil:
		p.props.set(nil, nil)
		p.tags.set(nil, nil)
		p.measure()
	case before == nil || before.ID != t.ID || before.ETag != t.ETag || before.Version != t.Version:
		p.props.set(patch.CompareVersions(t.Desired.Value, t.Desired.Metadata, t.Reported.Value), metadataOf(t))
		p.tags.set(patch.Compare(t.Tags, patch.Object()), nil)
		p.measure()
		p.count()
	}
	p.facts.set(p)
}

// Fail says why the twin could not be read. What was known of it stays on the screen.
func (p *Pane) Fail(problem string) {
	p.revision++
	p.problem = problem
}

// MarkStale says that the twin has moved on since it was read; it is being read again, until
// [Pane.Fail] says that this did not work.
func (p *Pane) MarkStale() {
	p.revision++
	p.problem = ""
	p.stale = true
}

// Stale reports whether the twin is known to have moved on.
func (p *Pane) Stale() bool { return p.stale }

// Pending reports whether the device has yet to follow some of the desired properties.
func (p *Pane) Pending() bool {
	return slices.ContainsFunc(p.props.leaves, func(l patch.Leaf) bool { return l.State == patch.Pending })
}

// SetIdentity takes the registry entry. One of another identity is ignored.
func (p *Pane) SetIdentity(i hub.Identity) {
	if i.ID != p.id {
		return
	}
	p.revision++
	p.identity = &i
	p.idFailed = ""
	p.facts.set(p)
}

// FailIdentity says why the registry entry could not be read.
func (p *Pane) FailIdentity(problem string) {
	p.revision++
	p.idFailed = problem
	p.facts.set(p)
}

// ToggleReveal shows the keys, or masks them again. It turns to the Identity tab, where they are.
func (p *Pane) ToggleReveal() Action {
	p.revision++
	if p.tab != Identity {
		p.tab = Identity
		p.revealed = true
	} else {
		p.revealed = !p.revealed
	}
	p.facts.set(p)
	return p.Wanted()
}

// Conceal masks the keys and lays everything out again, for when what may be shown has changed, and
// with it which of the keymap's keys work.
func (p *Pane) Conceal(keys keymap.Map) {
	p.keys = keys
	p.revision++
	p.revealed = false
	p.facts.set(p)
	p.props.rebuild()
	p.tags.rebuild()
	clear(p.history.briefs)
	p.history.follow()
}

// Wanted asks for what the tab in front needs and does not have; nil when it has it all.
func (p *Pane) Wanted() Action {
	if p.tab == Identity && p.identity == nil && p.id.Device != "" {
		return ReadIdentity{p.id}
	}
	return nil
}

// Update takes a key press; while a search is typed, a paste too.
func (p *Pane) Update(msg tea.Msg) Action {
	p.revision++
	p.followBook()
	if p.search.typing {
		p.updateSearch(msg)
		return nil
	}
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch k := p.keys.Twin; {
	case k.NextTab.Matches(press):
		return p.turn(1)
	case k.PrevTab.Matches(press):
		return p.turn(-1)
	case k.Search.Matches(press):
		p.startSearch()
		return nil
	case k.NextMatch.Matches(press):
		p.match(1)
		return nil
	case k.PrevMatch.Matches(press):
		p.match(-1)
		return nil
	case k.NextDrift.Matches(press):
		return p.toDrift(1)
	case k.PrevDrift.Matches(press):
		return p.toDrift(-1)
	case k.Back.Matches(press) && p.Searching():
		p.clearSearch()
		return nil
	}
	return p.updateTab(press)
}

func (p *Pane) updateTab(press keymap.Press) Action {
	switch p.tab {
	case Properties:
		p.props.update(p.keys, press)
	case Tags:
		p.tags.update(p.keys, press)
	case Identity:
		p.facts.grid.Press(p.keys.Move, press)
	case JSON:
		p.layDocument()
		p.updateDocument(p.json, press)
	case History:
		return p.updateHistory(press)
	case tabCount:
	}
	p.count()
	return nil
}

func (p *Pane) turn(d int) Action {
	p.tab = (p.tab + Tab(d) + tabCount) % tabCount
	if p.tab != Identity {
		p.revealed = false
		p.facts.set(p)
	}
	if view := p.documentInFront(); view != nil && p.Searching() {
		view.Search(p.search.input.Value())
	}
	p.count()
	return p.Wanted()
}
