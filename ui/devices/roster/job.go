package roster

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Job is filtering and sorting that has been prepared. Run it on any goroutine.
type Job struct {
	id       uint64
	show     Show
	match    *matcher
	view     *view
	byID     []Slot
	ordered  bool // order is what is wanted
	order    []Slot
	narrow   bool // what is let through can only be among within
	within   []Slot
	ranked   bool // within is in an order of its own
	canceled atomic.Bool
}

// Result is what a [Job] found; [Roster.Apply] takes it.
type Result struct {
	id     uint64
	show   Show
	match  *matcher
	sorted bool // order is new
	order  []Slot
	found  []Slot  // when the filter does not let everything through
	below  []extra // the modules of devices in found that are there for their modules alone
	ok     bool
}

// Prepare returns the job of showing something else, or nil when it costs next to nothing and has
// been done already. A job that was prepared before and not applied yet is called off.
func (r *Roster) Prepare(show Show) *Job {
	show.Sort = show.Sort.normal()
	r.jobs++
	r.running = false
	m := newMatcher(show.Filter)
	sameOrder := show.Sort == r.show.Sort.normal()
	if m.all() && (sameOrder || show.Sort.byIDAlone()) {
		r.showAll(show, m)
		return nil
	}
	j := &Job{id: r.jobs, show: show, match: m, view: r.snapshot(), byID: r.byID.slots}
	r.byID.shared = true
	switch {
	case sameOrder:
		j.order, j.ordered = r.order.slots, true
		r.order.shared = true
	case show.Sort.byIDAlone():
		j.order, j.ordered = j.byID, true
	}
	if sameOrder && r.filtered() && show.Filter.narrows(r.show.Filter) {
		j.narrow, j.within, j.ranked = true, r.found.slots, r.match.ranked()
		r.found.shared = true
	}
	r.running = true
	r.touched, r.changed = newBitmap(j.view.size()), false
	return j
}

// showAll shows every device, in the order that they are in already.
func (r *Roster) showAll(show Show, m *matcher) {
	if show.Sort.byIDAlone() {
		r.order = &r.byID
	}
	r.found, r.show, r.match = r.order, show, m
	r.unfold()
}

// unfold counts the rows below all open devices.
func (r *Roster) unfold() {
	r.byID.extras = nil
	r.order.extras = nil
	for s := range r.open {
		r.refits = append(r.refits, s)
	}
	r.refit()
}

// touch notes that a job under way has read something else of a device than there is now.
func (r *Roster) touch(s Slot) {
	if r.running {
		r.touched = r.touched.with(s)
		r.changed = true
	}
}

// Apply shows what a job found, brought up to date with what has changed meanwhile. It reports
// false when the job was called off.
func (r *Roster) Apply(res Result) bool {
	if !res.ok || res.id != r.jobs || !r.running {
		return false
	}
	r.running = false
	r.show, r.match = res.show, res.match
	if res.sorted {
		r.order = &list{slots: res.order}
	}
	if r.show.Sort.byIDAlone() {
		r.order = &r.byID
	}
	r.found = r.order
	if !res.match.all() {
		r.found = &list{slots: res.found}
	}
	r.order.extras, r.byID.extras = nil, nil
	r.found.extras = res.below
	r.found.sum(0)
	r.catchUp(res.sorted)
	for s := range r.open {
		r.refits = append(r.refits, s)
	}
	r.refit()
	r.touched = nil
	return true
}

// catchUp puts the devices that have changed while a job ran where they belong in its result.
func (r *Roster) catchUp(sorted bool) {
	if !r.changed {
		return
	}
	var slots []Slot
	for s := range r.slots() {
		if r.touched.has(s) && !r.flags(s).is(gone) {
			slots = append(slots, s)
		}
	}
	old := func(s Slot) bool { return !r.touched.has(s) }
	if sorted && r.order != &r.byID {
		r.order.keep(old)
		r.give(r.order, slots, r.compareOrder)
	}
	if r.filtered() {
		r.found.keep(old)
		r.give(r.found, r.letThrough(slots), r.compareFound)
	}
}

// Cost says how much there is to do: the number of devices to be looked at, or less when that is
// all there is to do with them.
func (j *Job) Cost() int {
	const plain = 8 // as many devices are compared with plain terms in the time that one is rated
	switch {
	case !j.narrow || !j.ordered:
		return j.view.size()
	case j.match.ranked():
		return len(j.within)
	}
	return len(j.within) / plain
}

// Cancel lets Run return soon. It may be called from any goroutine.
func (j *Job) Cancel() { j.canceled.Store(true) }

// Run does the work, with as many goroutines as there are processors; it returns when all have
// ended. It takes some ten milliseconds for a million devices, longer for a fuzzy filter.
func (j *Job) Run() Result {
	res := Result{id: j.id, show: j.show, match: j.match}
	order := j.order
	if !j.ordered {
		order = j.sort()
		res.sorted, res.order = true, order
	}
	if !j.match.all() && !j.canceled.Load() {
		res.found, res.below = j.find(order)
	}
	res.ok = !j.canceled.Load()
	return res
}

func (j *Job) sort() []Slot {
	s := j.show.Sort
	if s.Column == ColumnID {
		order := slices.Clone(j.byID)
		if s.Reverse {
			slices.Reverse(order)
		}
		return order
	}
	keys := j.view.keys(s, j.canceled.Load)
	if j.canceled.Load() {
		return nil
	}
	return stable(j.byID, keys)
}

// each calls do for 0 <= i < n from several goroutines, until it is canceled.
func each(n int, canceled func() bool, do func(i int)) {
	eachWith(n, canceled, func(_ *scorer, i int) { do(i) })
}

// eachWith gives every goroutine a scorer of its own.
func eachWith(n int, canceled func() bool, do func(sc *scorer, i int)) {
	var next atomic.Int64
	work := func() {
		sc := &scorer{}
		for {
			i := int(next.Add(1)) - 1
			if i >= n || canceled() {
				return
			}
			do(sc, i)
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
}
