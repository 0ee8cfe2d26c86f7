package devices

import (
	"slices"

	"twindeck/hub"
)

// Entry returns an identity as it is loaded, its tags excepted; false when it is not.
func (p *Pane) Entry(id hub.ID) (hub.Entry, bool) {
	d := p.store.byID[id.Device]
	if d == nil || id.IsModule() {
		return hub.Entry{}, false
	}
	status := hub.Enabled
	if d.disabled {
		status = hub.Disabled
	}
	return hub.Entry{ID: id, Status: status, Connected: d.connected, Auth: d.auth, Edge: d.edge}, true
}

// Remove lets go of an identity that was deleted, a device with its modules. The next row is
// selected in its place.
func (p *Pane) Remove(id hub.ID) {
	d := p.store.byID[id.Device]
	if d == nil {
		return
	}
	if id.IsModule() {
		if d.children != nil {
			c := &children{err: d.children.err}
			for _, m := range d.children.modules {
				if m.id != id.Module {
					c.modules = append(c.modules, m)
				}
			}
			p.replace(d, c)
		}
		return
	}
	p.revision++
	delete(p.store.byID, id.Device)
	at := slices.Index(p.store.devices, d)
	p.store.devices = slices.Delete(p.store.devices, at, at+1)
	if at < p.store.scan {
		p.store.scan--
	}
	before := len(p.store.rows)
	p.store.rows = slices.DeleteFunc(p.store.rows, func(r row) bool { return r.d == d })
	if len(p.store.rows) < before {
		p.store.shown--
	}
	p.follow(p.store.scan == len(p.store.devices))
}

// Edges returns the edge devices that are loaded, at most limit.
func (p *Pane) Edges(limit int) []string {
	var ids []string
	for _, d := range p.store.devices {
		if d.edge {
			if ids = append(ids, d.id); len(ids) == limit {
				break
			}
		}
	}
	return ids
}
