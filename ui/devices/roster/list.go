package roster

import (
	"slices"
	"sort"
)

// list is devices in an order, some of which have rows of their own below them. Finding the device
// of a row, or the row of a device, costs the same however long the list is.
type list struct {
	slots  []Slot
	shared bool    // a snapshot reads slots: they are copied before they change in place
	extras []extra // by index
}

// extra is the rows below one device.
type extra struct {
	at    int // index of the device in slots
	n     int // rows below it
	above int // the n of those before it
}

// rows returns how many rows there are.
func (l *list) rows() int {
	if len(l.extras) == 0 {
		return len(l.slots)
	}
	e := l.extras[len(l.extras)-1]
	return len(l.slots) + e.above + e.n
}

// at returns the device that a row belongs to, and which of the rows below it the row is; -1 for
// the device itself.
func (l *list) at(row int) (index, below int) {
	i := sort.Search(len(l.extras), func(i int) bool { return l.extras[i].at+l.extras[i].above >= row }) - 1
	if i < 0 {
		return row, -1
	}
	e := l.extras[i]
	if d := row - e.at - e.above; d <= e.n {
		return e.at, d - 1
	}
	return row - e.above - e.n, -1
}

// row returns the row of the device at an index.
func (l *list) row(index int) int {
	i := l.extraAt(index) - 1
	if i < 0 {
		return index
	}
	return index + l.extras[i].above + l.extras[i].n
}

// extraAt returns the first of the extras that is not before an index.
func (l *list) extraAt(index int) int {
	return sort.Search(len(l.extras), func(i int) bool { return l.extras[i].at >= index })
}

// setBelow says how many rows there are below the device at an index.
func (l *list) setBelow(index, n int) {
	i := l.extraAt(index)
	there := i < len(l.extras) && l.extras[i].at == index
	switch {
	case there && n == 0:
		l.extras = slices.Delete(l.extras, i, i+1)
	case there:
		l.extras[i].n = n
	case n == 0:
		return
	default:
		l.extras = slices.Insert(l.extras, i, extra{at: index, n: n})
	}
	l.sum(i)
}

// sum brings up to date what is above the extras from the i-th on.
func (l *list) sum(i int) {
	above := 0
	if i > 0 {
		above = l.extras[i-1].above + l.extras[i-1].n
	}
	for ; i < len(l.extras); i++ {
		l.extras[i].above = above
		above += l.extras[i].n
	}
}

func (l *list) own() {
	if l.shared {
		l.slots = append(make([]Slot, 0, len(l.slots)+len(l.slots)/16+64), l.slots...)
		l.shared = false
	}
}

// remove takes out the devices at indexes, which ascend and differ, with the rows below them.
func (l *list) remove(indexes []int) {
	if len(indexes) == 0 {
		return
	}
	l.own()
	to := indexes[0]
	for k, at := range indexes {
		end := len(l.slots)
		if k+1 < len(indexes) {
			end = indexes[k+1]
		}
		to += copy(l.slots[to:], l.slots[at+1:end])
	}
	l.slots = l.slots[:to]

	first, k := l.extraAt(indexes[0]), 0
	kept := l.extras[:first]
	for _, e := range l.extras[first:] {
		for k < len(indexes) && indexes[k] < e.at {
			k++
		}
		if k < len(indexes) && indexes[k] == e.at {
			continue
		}
		e.at -= k
		kept = append(kept, e)
	}
	l.extras = kept
	l.sum(first)
}

// insert puts devices in, which are in order by compare as the list is; below tells how many rows
// are below each.
func (l *list) insert(devices []Slot, compare func(a, b Slot) int, below func(Slot) int) {
	if len(devices) == 0 {
		return
	}
	at := make([]int, len(devices)) // where each goes, in the list as it is
	from := 0
	for k, s := range devices {
		from += sort.Search(len(l.slots)-from, func(i int) bool { return compare(l.slots[from+i], s) > 0 })
		at[k] = from
	}
	if at[0] < len(l.slots) { // behind the end one may append to what is shared
		l.own()
	}
	l.spread(devices, at)

	first, k := l.extraAt(at[0]), 0
	old := slices.Clone(l.extras[first:])
	l.extras = l.extras[:first]
	add := func() {
		if n := below(devices[k]); n > 0 {
			l.extras = append(l.extras, extra{at: at[k] + k, n: n})
		}
		k++
	}
	for _, e := range old {
		for k < len(devices) && at[k] <= e.at {
			add()
		}
		e.at += k
		l.extras = append(l.extras, e)
	}
	for k < len(devices) {
		add()
	}
	l.sum(first)
}

// spread makes room in slots and puts the devices there.
func (l *list) spread(devices []Slot, at []int) {
	end := len(l.slots)
	l.slots = slices.Grow(l.slots, len(devices))[:end+len(devices)]
	for k := len(devices) - 1; k >= 0; k-- {
		copy(l.slots[at[k]+k+1:], l.slots[at[k]:end])
		l.slots[at[k]+k] = devices[k]
		end = at[k]
	}
}

// keep takes out every device that keep refuses.
func (l *list) keep(keep func(Slot) bool) {
	var out []int
	for i, s := range l.slots {
		if !keep(s) {
			out = append(out, i)
		}
	}
	l.remove(out)
}

// index returns where a device is in the list, which is in order by compare; -1 when it is not.
func (l *list) index(s Slot, compare func(a, b Slot) int) int {
	i, ok := slices.BinarySearchFunc(l.slots, s, compare)
	if !ok || l.slots[i] != s {
		return -1
	}
	return i
}
