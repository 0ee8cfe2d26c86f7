package live

import "twindeck/hub"

// AttachedBelow returns the clients that are attached as id or, when it is a device, as one of its
// modules.
func (p *Pane) AttachedBelow(id hub.ID) []hub.ID {
	var ids []hub.ID
	for _, c := range p.clients {
		if c.id == id || c.id.Parent() == id {
			ids = append(ids, c.id)
		}
	}
	return ids
}
