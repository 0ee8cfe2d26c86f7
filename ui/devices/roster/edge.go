package roster

import (
	"slices"
	"strings"

	"twindeck/hub"
)

// An edge device has a scope of its own. A device below it names that scope: an edge device as a
// parent scope, another one as its own scope and as a parent scope (Azure docs: iot-edge,
// "Understand how Azure IoT Edge can be used as a gateway", parent and child relationships).

// locate notes where a device stands below edge devices.
func (r *Roster) locate(s Slot, e hub.Entry, isNew bool) {
	scope := r.scopes.intern(e.DeviceScope)
	parents := r.scopes.intern(strings.Join(e.ParentScopes, "\n"))
	b, i := r.blocks[s/blockSize], s%blockSize
	if b.place == nil && scope == 0 && parents == 0 {
		return
	}
	if b.place == nil || b.place.scope[i] != scope || b.place.parents[i] != parents {
		b = r.write(s)
		if b.place == nil {
			b.place = &placement{}
		}
		b.place.scope[i], b.place.parents[i] = scope, parents
		isNew = true
	}
	if e.Edge && scope != 0 {
		r.edges[scope] = s
	}
	if isNew {
		r.moved()
	}
}

// moved forgets who is below whom, as that has changed.
func (r *Roster) moved() {
	clear(r.children)
	for s := range r.open {
		if r.flags(s).is(edge) {
			r.refits = append(r.refits, s)
		}
	}
}

// above returns the scopes that a device is directly below.
func (r *Roster) above(s Slot) []string {
	b, i := r.blocks[s/blockSize], s%blockSize
	if b.place == nil {
		return nil
	}
	own := r.scopes.all[b.place.scope[i]]
	if p := r.scopes.all[b.place.parents[i]]; p != "" {
		return strings.Split(p, "\n")
	}
	if own == "" || b.flag[i].is(edge) {
		return nil
	}
	return []string{own}
}

// Parent returns the edge device above a device. Without one scope is empty; when it is not
// loaded, ok is false and scope is what it is known by.
func (r *Roster) Parent(s Slot) (parent Slot, scope string, ok bool) {
	for _, p := range r.above(s) {
		if scope == "" {
			scope = p
		}
		e, known := r.edges[r.scopes.number[p]]
		if known && e != s && r.flags(e)&(gone|edge) == edge && r.Scope(e) == p {
			return e, p, true
		}
	}
	return 0, scope, false
}

// Edges returns the ids of the edge devices there are, in order, at most limit of them.
func (r *Roster) Edges(limit int) []string {
	var ids []string
	for _, s := range r.byID.slots {
		if r.flags(s).is(edge) {
			if ids = append(ids, r.ID(s)); len(ids) >= limit {
				break
			}
		}
	}
	return ids
}

// Scope returns the scope of an edge device, by which the devices below it name it; empty for others.
func (r *Roster) Scope(s Slot) string {
	b, i := r.blocks[s/blockSize], s%blockSize
	if b.place == nil || !b.flag[i].is(edge) {
		return ""
	}
	return r.scopes.all[b.place.scope[i]]
}

// Children returns the devices directly below an edge device, by id, as far as they are loaded.
// The caller must not change them.
func (r *Roster) Children(s Slot) []Slot {
	scope := r.Scope(s)
	if scope == "" {
		return nil
	}
	children, known := r.children[s]
	if !known {
		children = r.childrenOf(s, scope)
		r.children[s] = children
	}
	return children
}

func (r *Roster) childrenOf(parent Slot, scope string) []Slot {
	under := make(map[uint32]bool) // numbers of parent scopes that name it
	for n, text := range r.scopes.all {
		if n > 0 && (text == scope || strings.Contains(text, "\n") && slices.Contains(strings.Split(text, "\n"), scope)) {
			under[uint32(n)] = true
		}
	}
	var children []Slot
	for at, b := range r.blocks {
		if b.place == nil {
			continue
		}
		for i := range b.n {
			s := Slot(at*blockSize + i)
			p := b.place.parents[i]
			if p == 0 && !b.flag[i].is(edge) {
				p = b.place.scope[i]
			}
			if p != 0 && under[p] && s != parent && !b.flag[i].is(gone) {
				children = append(children, s)
			}
		}
	}
	slices.SortFunc(children, r.compareID)
	return children
}
