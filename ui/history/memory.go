package history

import (
	"slices"

	"twindeck/hub"
	"twindeck/hub/patch"
)

const (
	entryBytes  = 512 // an entry besides its values
	valueBytes  = 80  // a value besides its text
	memberBytes = 96  // a member of an object besides its key
)

// weigh lets an entry share what it has in common with the one before it, and counts the rest.
func (b *Book) weigh(p *page, i int) {
	if i >= len(p.entries) {
		return
	}
	e := &p.entries[i]
	var before Entry
	if i > 0 {
		before = p.entries[i-1]
	}
	bytes := entryBytes
	for _, s := range []struct {
		side *Side
		from Side
	}{{&e.Desired, before.Desired}, {&e.Reported, before.Reported}, {&e.Tags, before.Tags}} {
		if s.side.Known {
			var n int
			s.side.Value, n = share(s.from.Value, s.side.Value)
			bytes += n
		}
	}
	b.bytes += bytes - e.bytes
	e.bytes = bytes
}

// share returns v with the parts of another value that are the same in place of its own, and how many
// bytes are left that are its own alone.
func share(from, v patch.Value) (patch.Value, int) {
	if v.Kind() == patch.KindObject && from.Kind() == patch.KindObject && v.Len() > 0 {
		return shareObject(from, v)
	}
	if patch.Equal(from, v) && !from.IsNull() {
		return from, 0
	}
	return v, weight(v)
}

func shareObject(from, v patch.Value) (patch.Value, int) {
	was := from.Members()
	at := func(i int, key string) (patch.Value, bool) { // mostly in the same order
		if i < len(was) && was[i].Key == key {
			return was[i].Value, true
		}
		return from.Get(key)
	}
	members := make([]patch.Member, v.Len())
	bytes, same := valueBytes+memberBytes*v.Len(), v.Len() == from.Len()
	for i, m := range v.Members() {
		old, ok := at(i, m.Key)
		shared, n := m.Value, 0
		if ok {
			shared, n = share(old, m.Value)
		} else {
			n = weight(m.Value)
		}
		same = same && ok && n == 0 && was[i].Key == m.Key
		bytes += n + len(m.Key)
		members[i] = patch.Member{Key: m.Key, Value: shared}
	}
	if same {
		return from, 0
	}
	return patch.Object(members...), bytes
}

// weight is about how much memory a value takes.
func weight(v patch.Value) int {
	n := valueBytes + len(v.Text())
	for _, e := range v.Elems() {
		n += weight(e)
	}
	for _, m := range v.Members() {
		n += memberBytes + len(m.Key) + weight(m.Value)
	}
	return n
}

// shrink lets the versions go that were seen first, until there is room again. The newest version of
// a twin is the last to go: it is what the next one is compared with.
func (b *Book) shrink() {
	for pass := range 2 {
		kept := b.order[:0:0]
		for i, r := range b.order {
			if b.bytes <= b.limit {
				if len(kept) == 0 {
					b.order = b.order[i:]
				} else {
					b.order = append(kept, b.order[i:]...)
				}
				return
			}
			p := b.pages[r.id]
			at := slices.IndexFunc(p.entries, func(e Entry) bool { return e.Number == r.number })
			if only := len(p.entries) == 1; at >= 0 && only && pass == 0 {
				kept = append(kept, r)
				continue
			}
			if at >= 0 {
				b.drop(r.id, at)
			}
		}
		b.order = kept
	}
}

// drop lets one version go. The one behind it no longer shares its memory, so it weighs more.
func (b *Book) drop(id hub.ID, at int) {
	p := b.pages[id]
	b.bytes -= p.entries[at].bytes
	p.entries = slices.Delete(p.entries, at, at+1)
	if at < p.lives {
		p.lives--
	}
	p.letGo++
	p.revision++
	b.weigh(p, at)
}
