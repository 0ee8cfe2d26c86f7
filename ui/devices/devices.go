// Package devices is the pane on the left: the identity registry as a tree of devices and
// their modules, loaded page by page and filtered while one types.
package devices

import (
	"cmp"
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/grid"
)

// Action is what the pane wants done: [LoadModules], [Continue] or nil.
type Action interface{ action() }

// LoadModules asks for the modules of a device; [Pane.SetModules] or [Pane.FailModules] answers.
type LoadModules struct{ Device string }

// Continue asks for a call of [Pane.Continue] after the screen has had its turn.
type Continue struct{}

func (LoadModules) action() {}
func (Continue) action()    {}

// Pane is the state of the pane. Make one with [New]. It does no I/O and is not safe for
// concurrent use.
type Pane struct {
	keys     keymap.Map
	store    store
	grid     grid.Grid
	selected hub.ID // the zero ID while there is nothing to select
	filter   textinput.Model
	typing   bool
	loading  bool
	complete bool // a listing has run to its end
	progress Progress
	problem  string
	revision uint64
	walking  bool // a Continue is on its way
}

// New returns an empty pane.
func New(keys keymap.Map) *Pane {
	f := textinput.New()
	f.Prompt = ""
	f.CharLimit = 256
	return &Pane{keys: keys, store: newStore(), filter: f}
}

// Revision changes whenever the pane may look different.
func (p *Pane) Revision() uint64 { return p.revision }

// Selected returns the identity under the cursor, and false when there is none.
func (p *Pane) Selected() (hub.ID, bool) { return p.selected, p.selected.Device != "" }

// Len returns how many devices are loaded.
func (p *Pane) Len() int { return len(p.store.devices) }

// Complete reports whether the whole registry has been listed at least once.
func (p *Pane) Complete() bool { return p.complete }

// Loading reports whether a listing is running.
func (p *Pane) Loading() bool { return p.loading }

// Begin starts a listing. What is loaded stays until the listing has ended.
func (p *Pane) Begin() {
	p.revision++
	p.loading = true
	p.store.listing++
}

// Add takes a page of a listing; last ends it and lets go of devices it did not contain.
func (p *Pane) Add(entries []hub.Entry, last bool) Action {
	p.revision++
	p.problem = ""
	p.loading = !last
	p.put(entries)
	if last {
		p.complete = true
		p.store.sweep()
	}
	return p.walk()
}

// AddFound takes devices that a search or a direct read of the hub brought. They belong to no
// listing: one that is without them lags behind for a while before they go. Of an entry without
// tags, which is one whose tags were not read, those of before stay.
func (p *Pane) AddFound(entries []hub.Entry) Action {
	p.revision++
	p.put(entries)
	for _, e := range entries {
		p.store.byID[e.Device].fresh = lag
	}
	return p.walk()
}

func (p *Pane) put(entries []hub.Entry) {
	outdated := false
	for _, e := range entries {
		outdated = p.store.put(e) || outdated
	}
	if outdated {
		p.store.rewind()
	}
}

// Progress is how far the loading has come.
type Progress struct {
	Total  int    // devices there are, as far as that is known; -1: not known
	Paused bool   // the user has it rest
	Note   string // what it waits for, in a few words; may be empty
}

// SetProgress says how far the listing has come.
func (p *Pane) SetProgress(now Progress) {
	if p.progress != now {
		p.revision++
		p.progress = now
	}
}

// Fail ends a listing that broke off, with a sentence for the user. What is loaded stays.
func (p *Pane) Fail(problem string) {
	p.revision++
	p.loading = false
	p.problem = problem
}

// Continue goes on looking through the devices.
func (p *Pane) Continue() Action {
	p.walking = false
	p.revision++
	return p.walk()
}

// walk lets the rows catch up with the devices, one slice of them, and keeps the cursor on
// the selected identity.
func (p *Pane) walk() Action {
	more := false
	if p.store.scan < len(p.store.devices) {
		more = p.store.advance()
	}
	p.follow(!more)
	if more && !p.walking {
		p.walking = true
		return Continue{}
	}
	return nil
}

// follow puts the cursor on the selected identity, on the line of the screen it was on. When that has no row, and final says
// that none is still to come, the row under the cursor becomes the selected one.
func (p *Pane) follow(final bool) {
	p.grid.SetLen(len(p.store.rows))
	if len(p.store.rows) == 0 {
		if final && !p.Filtered() {
			p.selected = hub.ID{}
		}
		return
	}
	if p.selected.Device != "" {
		near := p.grid.Cursor()
		if at := p.store.find(p.selected, near); at >= 0 {
			if !p.store.rows[near].note || p.store.rows[near].d.id != p.selected.Device {
				p.grid.Shift(at - near)
			}
			return
		}
		if !final {
			return
		}
	}
	p.selected = p.store.rows[p.grid.Cursor()].id()
}

// moved makes the row under the cursor the selected one.
func (p *Pane) moved() {
	if len(p.store.rows) > 0 {
		p.selected = p.store.rows[p.grid.Cursor()].id()
	}
}

// SetModules takes the modules of a device.
func (p *Pane) SetModules(id string, found []hub.Identity) Action {
	d := p.store.byID[id]
	if d == nil {
		return nil
	}
	c := &children{}
	for _, f := range found {
		if f.IsModule() {
			c.modules = append(c.modules, newModule(f))
		}
	}
	slices.SortFunc(c.modules, func(a, b module) int { return cmp.Compare(a.id, b.id) })
	return p.replace(d, c)
}

// FailModules says why the modules of a device could not be read. Those known before stay.
func (p *Pane) FailModules(id, problem string) Action {
	d := p.store.byID[id]
	if d == nil {
		return nil
	}
	c := &children{err: problem}
	if d.children != nil {
		c.modules = d.children.modules
	}
	return p.replace(d, c)
}

func newModule(f hub.Identity) module {
	return module{id: f.Module, search: strings.ToLower(f.Module), auth: f.Auth, connected: f.Connected}
}

// replace changes the modules of a device and the rows that show them.
func (p *Pane) replace(d *device, c *children) Action {
	p.revision++
	d.children = c
	at := p.store.find(hub.ID{Device: d.id}, p.grid.Cursor())
	if at < 0 {
		if !p.Filtered() {
			return nil
		}
		p.store.rewind() // a module may match now
		return p.walk()
	}
	top := p.grid.Top()
	grown := p.store.redraw(d, at)
	p.grid.SetLen(len(p.store.rows))
	if at < top {
		p.grid.Shift(grown)
	}
	p.follow(true)
	return nil
}

// Reveal adds an identity that was just created or read, and selects it. A module opens
// its device, and a filter that would hide it is cleared.
func (p *Pane) Reveal(f hub.Identity) Action {
	p.revision++
	d := p.store.byID[f.Device]
	if d == nil {
		p.store.put(hub.Entry{ID: hub.ID{Device: f.Device}})
		d = p.store.byID[f.Device]
	}
	if f.IsModule() {
		p.adopt(d, f)
	} else {
		d.auth, d.edge, d.connected = f.Auth, f.Edge, f.Connected
		d.disabled = f.Status == hub.Disabled
	}
	p.selected = f.ID
	if !p.store.lets(d, f.Module) {
		p.setFilter("")
	}
	d.fresh = lag
	p.store.rewind()
	return p.walk()
}

func (p *Pane) adopt(d *device, f hub.Identity) {
	d.open = true
	c := &children{}
	if d.children != nil {
		c.modules = slices.Clone(d.children.modules)
	}
	m := newModule(f)
	at, found := slices.BinarySearchFunc(c.modules, m, func(a, b module) int { return cmp.Compare(a.id, b.id) })
	if found {
		c.modules[at] = m
	} else {
		c.modules = slices.Insert(c.modules, at, m)
	}
	d.children = c
}

// SetConnected shows at once what is known of a connection before the registry says so.
func (p *Pane) SetConnected(id hub.ID, connected bool) {
	d := p.store.byID[id.Device]
	if d == nil {
		return
	}
	p.revision++
	if !id.IsModule() {
		d.connected = connected
		return
	}
	if d.children == nil {
		return
	}
	for i := range d.children.modules {
		if d.children.modules[i].id == id.Module {
			d.children.modules[i].connected = connected
		}
	}
}

// Open returns the open devices around the cursor, at most limit: those whose modules a
// refresh should read again.
func (p *Pane) Open(limit int) []string {
	var ids []string
	for i := max(p.grid.Top(), 0); i < len(p.store.rows) && len(ids) < limit && i < p.grid.Top()+200; i++ {
		r := p.store.rows[i]
		if r.m == nil && !r.note && r.d.open {
			ids = append(ids, r.d.id)
		}
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
	switch k := p.keys; {
	case k.Devices.Filter.Matches(press):
		p.typing = true
		p.filter.CursorEnd()
		p.filter.Focus()
	case p.Filtered() && k.Filter.Clear.Matches(press):
		return p.setFilter("")
	case k.Devices.Expand.Matches(press):
		return p.expand(press.String() == "enter")
	case k.Devices.Collapse.Matches(press):
		p.collapse()
	case p.grid.Press(k.Move, press):
		p.moved()
	}
	return nil
}

// expand opens the device under the cursor; toggle closes it when it is open.
func (p *Pane) expand(toggle bool) Action {
	if len(p.store.rows) == 0 {
		return nil
	}
	r := p.store.rows[p.grid.Cursor()]
	if r.m != nil || r.note {
		return nil
	}
	if r.d.open {
		if toggle {
			p.setOpen(r.d, false)
		}
		return nil
	}
	p.setOpen(r.d, true)
	if r.d.children == nil || r.d.children.err != "" {
		c := &children{loading: true}
		if r.d.children != nil {
			c.modules = r.d.children.modules
		}
		p.replace(r.d, c)
		return LoadModules{Device: r.d.id}
	}
	return nil
}

// collapse closes the device under the cursor, or that of the module under it.
func (p *Pane) collapse() {
	if len(p.store.rows) == 0 {
		return
	}
	d := p.store.rows[p.grid.Cursor()].d
	p.selected = hub.ID{Device: d.id}
	if at := p.store.find(p.selected, p.grid.Cursor()); at >= 0 && at == p.grid.Cursor() {
		p.setOpen(d, false)
	} else {
		p.grid.Select(at)
	}
}

func (p *Pane) setOpen(d *device, open bool) {
	d.open = open
	if at := p.store.find(hub.ID{Device: d.id}, p.grid.Cursor()); at >= 0 {
		p.store.redraw(d, at)
	}
	p.follow(true)
}
