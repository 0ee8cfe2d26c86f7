package devices

import (
	"twindeck/hub"
	"twindeck/ui/devices/roster"
)

// Protected reports whether an identity is one of the modules that IoT Edge itself runs: deleting
// it would break the device.
func Protected(id hub.ID) bool { return roster.System(id.Module) }

// SetModules takes the modules of a device.
func (p *Pane) SetModules(id string, found []hub.Identity) Action {
	s, ok := p.roster.Find(id)
	if !ok {
		return nil
	}
	p.revision++
	var modules []hub.Entry
	for _, f := range found {
		if f.IsModule() {
			before, _ := p.roster.Entry(f.ID)
			modules = append(modules, entryOf(f, before))
		}
	}
	p.roster.SetModules(s, modules)
	p.follow()
	return nil
}

// FailModules says why the modules of a device could not be read. Those known before stay.
func (p *Pane) FailModules(id, problem string) Action {
	s, ok := p.roster.Find(id)
	if !ok {
		return nil
	}
	p.revision++
	p.roster.FailModules(s, problem)
	p.follow()
	return nil
}

// AddModules takes a page of a listing of all modules; last ends it: what it did not contain goes.
func (p *Pane) AddModules(entries []hub.Entry, last bool) Action {
	p.revision++
	p.roster.AddModules(entries)
	if last {
		p.allMods = false
		p.roster.SweepModules()
	}
	p.follow()
	return nil
}

// FailAllModules says that the listing of all modules broke off. What it brought stays.
func (p *Pane) FailAllModules() {
	p.revision++
	p.allMods = false
}

// loadAll asks for the modules of all devices, unless they are being read.
func (p *Pane) loadAll() Action {
	if p.allMods {
		return nil
	}
	p.allMods = true
	p.roster.BeginModules()
	return LoadAllModules{}
}

// Open returns the open devices around the cursor, at most limit: those whose modules a refresh
// should read again.
func (p *Pane) Open(limit int) []string {
	var ids []string
	for i := p.grid.Top(); i < p.roster.Rows() && len(ids) < limit && i < p.grid.Top()+200; i++ {
		if r := p.roster.Row(i); r.Kind == roster.DeviceRow && p.roster.IsOpen(r.Device) {
			ids = append(ids, p.roster.ID(r.Device))
		}
	}
	return ids
}

// expand opens the device under the cursor, or goes to the device that the row under it is a link
// to; toggle closes a device that is open.
func (p *Pane) expand(toggle bool) Action {
	r, ok := p.row()
	switch {
	case !ok, r.Kind == roster.ModuleRow, r.Kind == roster.NoteRow:
		return nil
	case r.Kind == roster.ChildRow:
		return p.Goto(p.roster.ID(r.Child))
	case p.roster.IsOpen(r.Device):
		if toggle {
			p.setOpen(r.Device, false)
		}
		return nil
	}
	p.setOpen(r.Device, true)
	children := p.searchChildren(r.Device)
	if state, _ := p.roster.Modules(r.Device); state == roster.NotAsked || state == roster.Failed {
		p.roster.AskModules(r.Device)
		p.follow()
		load := LoadModules{Device: p.roster.ID(r.Device)}
		if children == nil {
			return load
		}
		return Both{load, children}
	}
	return children
}

// searchChildren asks the hub for the devices below an edge device, as long as not all devices have
// been listed.
func (p *Pane) searchChildren(s roster.Slot) Action {
	scope := p.roster.Scope(s)
	if p.complete || scope == "" {
		return nil
	}
	return Search{Where: "ARRAY_CONTAINS(parentScopes, " + hub.Literal(scope) + ")", What: "the devices below " + p.roster.ID(s)}
}

// collapse closes the device under the cursor, or goes to that of the row under it.
func (p *Pane) collapse() {
	r, ok := p.row()
	if !ok {
		return
	}
	if r.Kind == roster.DeviceRow {
		p.setOpen(r.Device, false)
		return
	}
	p.jump(roster.Key{Device: p.roster.ID(r.Device)})
}

func (p *Pane) setOpen(s roster.Slot, open bool) {
	p.roster.SetOpen(s, open)
	p.follow()
}

// toParent goes to the edge device above the one under the cursor, which the hub is asked for when
// it is not loaded.
func (p *Pane) toParent() Action {
	id, ok := p.Selected()
	if !ok {
		return nil
	}
	s, ok := p.roster.Find(id.Device)
	if !ok {
		return nil
	}
	parent, scope, loaded := p.roster.Parent(s)
	switch {
	case loaded:
		return p.Goto(p.roster.ID(parent))
	case scope == "":
		return Tell{id.Device + " is below no edge device"}
	}
	return Search{
		Where:  "deviceScope = " + hub.Literal(scope) + " AND capabilities.iotEdge = true",
		What:   "the edge device above " + id.Device,
		Reveal: true,
	}
}
