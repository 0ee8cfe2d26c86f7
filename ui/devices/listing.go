package devices

import (
	"twindeck/hub"
	"twindeck/ui/devices/roster"
)

// Progress is how far a listing has come.
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

// Complete reports whether the whole registry has been listed at least once.
func (p *Pane) Complete() bool { return p.complete }

// Loading reports whether a listing is running.
func (p *Pane) Loading() bool { return p.loading }

// Begin starts a listing. What is loaded stays until the listing has ended.
func (p *Pane) Begin() {
	p.revision++
	p.loading = true
	p.roster.Begin()
}

// Add takes a page of the listing; last ends it and lets go of devices it did not contain.
func (p *Pane) Add(entries []hub.Entry, last bool) Action {
	p.revision++
	p.problem = ""
	p.loading = !last
	p.roster.Listed(entries)
	if last {
		p.complete = true
		p.roster.Sweep()
	}
	p.follow()
	return nil
}

// AddFound takes devices that a search or a direct read of the hub brought. They belong to no
// listing: one that is without them lags behind for a while before they go. Of an entry without tags, which is
// one whose tags were not read, those of before stay. Modules of devices that are not loaded are
// passed over.
func (p *Pane) AddFound(entries []hub.Entry) Action {
	p.revision++
	var devices []hub.Entry
	for _, e := range entries {
		if !e.IsModule() {
			devices = append(devices, e)
		}
	}
	p.roster.Learned(devices)
	p.roster.AddModules(entries)
	p.follow()
	return nil
}

// Fail ends a listing that broke off, with a sentence for the user. What is loaded stays.
func (p *Pane) Fail(problem string) {
	p.revision++
	p.loading = false
	p.problem = problem
}

// Remove takes an identity away that was deleted; a device takes its modules along.
func (p *Pane) Remove(id hub.ID) {
	s, ok := p.roster.Find(id.Device)
	if !ok {
		return
	}
	p.revision++
	if id.IsModule() {
		p.roster.RemoveModule(s, id.Module)
	} else {
		p.roster.Remove(s)
	}
	p.follow()
}

// SetConnected shows at once what is known of a connection before the registry says so.
func (p *Pane) SetConnected(id hub.ID, connected bool) {
	s, ok := p.roster.Find(id.Device)
	if !ok {
		return
	}
	p.revision++
	if id.IsModule() {
		p.roster.ConnectModule(s, id.Module, connected)
		return
	}
	p.roster.Connect(s, connected)
	p.follow()
}

// Reveal adds an identity that was just created or read, and selects it. A module opens its
// device, and a filter that would hide it is cleared.
func (p *Pane) Reveal(f hub.Identity) Action {
	p.revision++
	s, known := p.roster.Find(f.Device)
	if !known || !f.IsModule() {
		e, _ := p.roster.Entry(hub.ID{Device: f.Device})
		e.ID = hub.ID{Device: f.Device}
		if !f.IsModule() {
			e = entryOf(f, e)
		}
		p.roster.Learned([]hub.Entry{e})
		s, _ = p.roster.Find(f.Device)
	}
	p.roster.Await(s)
	if f.IsModule() {
		p.roster.AddModule(s, entryOf(f, hub.Entry{}))
		p.roster.SetOpen(s, true)
	}
	return p.show(roster.Key{Device: f.Device, Module: f.Module})
}

// Goto selects a device that is loaded, and clears a filter that would hide it.
func (p *Pane) Goto(device string) Action {
	if _, known := p.roster.Find(device); !known {
		return nil
	}
	p.revision++
	return p.show(roster.Key{Device: device})
}

// show puts the cursor on a row, which a filter may hide now.
func (p *Pane) show(k roster.Key) Action {
	p.at = k
	if p.roster.Where(k) < 0 {
		return p.setFilter("")
	}
	p.follow()
	return nil
}

// entryOf is what a read of an identity says of it, with the tags of before.
func entryOf(f hub.Identity, before hub.Entry) hub.Entry {
	return hub.Entry{
		ID: f.ID, Status: f.Status, Connected: f.Connected, Auth: f.Auth, LastActivityTime: f.LastActivityTime,
		Edge: f.Edge, DeviceScope: f.DeviceScope, ParentScopes: f.ParentScopes, Tags: before.Tags,
	}
}
