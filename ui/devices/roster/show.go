package roster

import (
	"cmp"
	"slices"

	"twindeck/hub"
)

// Show says which devices are shown, and in what order.
type Show struct {
	Filter Filter
	Sort   Sort
}

// Showing returns what is shown now. What was asked for last may still be prepared.
func (r *Roster) Showing() Show { return r.show }

// Shown returns how many devices are shown.
func (r *Roster) Shown() int { return len(r.found.slots) }

// ShownAt returns the i-th of the devices shown, 0 <= i < Shown.
func (r *Roster) ShownAt(i int) Slot { return r.found.slots[i] }

// Shows reports whether a device is among those shown.
func (r *Roster) Shows(s Slot) bool { return !r.flags(s).is(gone) && r.verdict(s).shown }

func (r *Roster) verdict(s Slot) verdict { return r.now().judge(r.match, s, &r.scorer) }

func (r *Roster) compareOrder(a, b Slot) int { return r.now().compare(r.show.Sort, a, b) }

// compareFound orders what is shown: by how well it matches when the filter ranks.
func (r *Roster) compareFound(a, b Slot) int {
	if r.match.ranked() {
		if d := cmp.Compare(r.verdict(a).rank, r.verdict(b).rank); d != 0 {
			return d
		}
	}
	return r.compareOrder(a, b)
}

// filtered reports whether found is a list of its own.
func (r *Roster) filtered() bool { return r.found != r.order }

// change lets do change what is known of some devices, and puts them where they belong then. do
// must not change what others are sorted or found by.
func (r *Roster) change(slots []Slot, do func()) {
	slots = slices.Clone(slots)
	slices.Sort(slots)
	slots = slices.Compact(slots)
	slots = slices.DeleteFunc(slots, func(s Slot) bool { return r.flags(s).is(gone) })

	resort := r.order != &r.byID && r.show.Sort.Column != ColumnID
	if resort {
		r.take(r.order, slots, r.compareOrder)
	}
	if r.filtered() {
		r.take(r.found, slots, r.compareFound)
	}
	do()
	if resort {
		r.give(r.order, slots, r.compareOrder)
	}
	if r.filtered() {
		r.give(r.found, r.letThrough(slots), r.compareFound)
	}
	for _, s := range slots {
		r.touch(s)
		if r.open[s] && !r.filtered() && !resort {
			r.refits = append(r.refits, s)
		}
	}
	r.refit()
}

// refit counts again the rows below the devices for which they may have changed.
func (r *Roster) refit() {
	for _, s := range r.refits {
		if i := r.indexOf(s); i >= 0 {
			r.found.setBelow(i, r.rowsBelow(s))
		}
	}
	r.refits = r.refits[:0]
}

// indexOf returns where a device is among those shown, -1 when it is not.
func (r *Roster) indexOf(s Slot) int {
	if r.flags(s).is(gone) {
		return -1
	}
	return r.found.index(s, r.compareFound)
}

// take takes devices out of a list.
func (r *Roster) take(l *list, slots []Slot, compare func(a, b Slot) int) {
	var at []int
	for _, s := range slots {
		if i := l.index(s, compare); i >= 0 {
			at = append(at, i)
		}
	}
	slices.Sort(at)
	l.remove(at)
}

// give puts devices into a list.
func (r *Roster) give(l *list, slots []Slot, compare func(a, b Slot) int) {
	below := func(Slot) int { return 0 }
	if l == r.found {
		below = r.rowsBelow
	}
	l.insert(r.sorted(slots, compare), compare, below)
}

func (r *Roster) letThrough(slots []Slot) []Slot {
	var through []Slot
	for _, s := range slots {
		if r.verdict(s).shown {
			through = append(through, s)
		}
	}
	return through
}

// enter puts devices that were not there into all lists.
func (r *Roster) enter(slots []Slot) {
	r.live += len(slots)
	r.give(&r.byID, slots, r.compareID)
	if r.order != &r.byID {
		r.give(r.order, slots, r.compareOrder)
	}
	if r.filtered() {
		r.give(r.found, r.letThrough(slots), r.compareFound)
	}
	for _, s := range slots {
		r.touch(s)
	}
}

// leave takes devices out of all lists and notes that they are gone.
func (r *Roster) leave(slots []Slot) {
	if len(slots) == 0 {
		return
	}
	out := newBitmap(r.now().size())
	for _, s := range slots {
		out.set(s)
	}
	stays := func(s Slot) bool { return !out.has(s) }
	r.byID.keep(stays)
	if r.order != &r.byID {
		r.order.keep(stays)
	}
	if r.filtered() {
		r.found.keep(stays)
	}
	r.live -= len(slots)
	for _, s := range slots {
		r.forget(s)
		r.touch(s)
	}
	r.refit()
}

// forget lets go of what a device that is gone had.
func (r *Roster) forget(s Slot) {
	r.mark(s, false)
	r.marks.forgetModules(r.ID(s))
	delete(r.open, s)
	if list := r.listOf(s); list != 0 {
		for _, m := range r.modules.of(list) {
			r.tags.release(m.tags)
		}
		r.modules.set(list, nil, NotAsked)
		delete(r.modules.problems, s)
	}
	b := r.write(s)
	i := s % blockSize
	b.flag[i] = gone
	r.tags.release(b.tags[i])
	b.tags[i] = noTags
	if b.place != nil && b.place.scope[i]|b.place.parents[i] != 0 {
		b.place.scope[i], b.place.parents[i] = 0, 0
		r.moved()
	}
}

// matters reports whether what is shown depends on what an entry changes of a device.
func (r *Roster) matters(s Slot, e hub.Entry) bool {
	b, i := r.blocks[s/blockSize], s%blockSize
	f := b.flag[i]
	c := r.show.Sort.Column
	if e.Tags.IsNull() {
		e.Tags, e.LastActivityTime = r.Tags(s), timeOf(b.last[i]) // they stay
	}
	if r.filtered() || c.isText() {
		if set, known := r.tags.lookup(e.Tags); !known || set != b.tags[i] {
			return true
		}
	}
	switch c {
	case ColumnConnection:
		return f.is(connected) != e.Connected
	case ColumnStatus:
		return f.status() != e.Status
	case ColumnAuth:
		return f.auth() != r.authNumber(e.Auth)
	case ColumnEdge:
		return f.is(edge) != e.Edge
	case ColumnActivity:
		return b.last[i] != unix(e.LastActivityTime)
	}
	return false
}
