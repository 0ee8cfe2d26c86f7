package roster

import (
	"cmp"
	"slices"

	"twindeck/hub"
)

// module is one module of a device.
type module struct {
	name uint32 // in modules.names
	last uint32
	tags setID
	flag flag // connected, seen and the authentication
}

// Loading says how far the modules of a device are known.
type Loading uint8

// What can be known of the modules of a device.
const (
	NotAsked Loading = iota
	Asked            // being read
	Known
	Failed // Problem says why; those known before stay
)

// moduleList is where the modules of one device are: pool[from:from+n], by name.
type moduleList struct {
	owner Slot
	from  uint32
	n     uint32
	state Loading
}

// modules are those of all devices. Lists that change are written anew at the end of the pool,
// which is packed when most of it is garbage.
type modules struct {
	names    texts
	lists    []moduleList // the first stands for not known
	pool     []module
	garbage  int
	problems map[Slot]string
	complete bool // all modules of the hub have been listed: a device without a list has none
	shared   bool // a snapshot reads lists and pool: they are copied before they change in place
}

func newModules() modules {
	return modules{names: newTexts(), lists: make([]moduleList, 1), problems: map[Slot]string{}}
}

func (m *modules) of(list uint32) []module {
	l := m.lists[list]
	return m.pool[l.from : l.from+l.n]
}

// own makes lists and pool ones that may be changed in place.
func (m *modules) own() {
	if m.shared {
		m.lists, m.pool, m.shared = slices.Clone(m.lists), slices.Clone(m.pool), false
	}
}

// set replaces what a list holds.
func (m *modules) set(list uint32, found []module, state Loading) {
	m.own()
	l := &m.lists[list]
	l.state = state
	if len(found) <= int(l.n) {
		m.garbage += int(l.n) - len(found)
		copy(m.pool[l.from:], found)
		l.n = uint32(len(found))
		return
	}
	m.garbage += int(l.n)
	l.from, l.n = uint32(len(m.pool)), uint32(len(found))
	m.pool = append(m.pool, found...)
	if m.garbage > len(m.pool)/2+1024 {
		m.pack()
	}
}

func (m *modules) pack() {
	pool := make([]module, 0, len(m.pool)-m.garbage)
	for i := range m.lists {
		l := &m.lists[i]
		from := uint32(len(pool))
		pool = append(pool, m.pool[l.from:l.from+l.n]...)
		l.from = from
	}
	m.pool, m.garbage = pool, 0
}

// needList returns the list of a device, made when it has none.
func (r *Roster) needList(s Slot) uint32 {
	if list := r.listOf(s); list != 0 {
		return list
	}
	b := r.write(s)
	if b.kids == nil {
		b.kids = new([blockSize]uint32)
	}
	list := uint32(len(r.modules.lists))
	r.modules.lists = append(r.modules.lists, moduleList{owner: s})
	b.kids[s%blockSize] = list
	return list
}

// Modules returns how far the modules of a device are known, and the sentence for the user when
// they could not be read.
func (r *Roster) Modules(s Slot) (state Loading, problem string) {
	list := r.listOf(s)
	if list == 0 {
		if r.modules.complete {
			return Known, ""
		}
		return NotAsked, ""
	}
	return r.modules.lists[list].state, r.modules.problems[s]
}

// ModuleCount returns how many modules a device has, and false while that is not known.
func (r *Roster) ModuleCount(s Slot) (int, bool) {
	list := r.listOf(s)
	if list == 0 {
		return 0, r.modules.complete
	}
	l := r.modules.lists[list]
	return int(l.n), l.state == Known || l.n > 0
}

func (r *Roster) listOf(s Slot) uint32 { return r.now().listOf(s) }

// AskModules notes that the modules of a device are being read.
func (r *Roster) AskModules(s Slot) {
	r.change([]Slot{s}, func() {
		list := r.needList(s)
		r.modules.own()
		r.modules.lists[list].state = Asked
		delete(r.modules.problems, s)
	})
}

// FailModules notes why the modules of a device could not be read. Those known before stay.
func (r *Roster) FailModules(s Slot, problem string) {
	r.change([]Slot{s}, func() {
		list := r.needList(s)
		r.modules.own()
		r.modules.lists[list].state = Failed
		r.modules.problems[s] = problem
	})
}

// SetModules replaces the modules of a device.
func (r *Roster) SetModules(s Slot, found []hub.Entry) {
	r.change([]Slot{s}, func() {
		list := r.needList(s)
		now := make([]module, 0, len(found))
		for _, e := range found {
			now = append(now, r.newModule(e))
		}
		slices.SortFunc(now, r.byName)
		for _, m := range r.modules.of(list) {
			r.tags.release(m.tags)
			if _, there := slices.BinarySearchFunc(now, m, r.byName); !there {
				r.MarkModule(hub.ID{Device: r.ID(s), Module: r.modules.names.all[m.name]}, false)
			}
		}
		r.modules.set(list, now, Known)
		delete(r.modules.problems, s)
	})
}

// AddModules takes a page of a listing of all modules. Devices that are not known are skipped.
// A device keeps modules that were known before until [Roster.SweepModules].
func (r *Roster) AddModules(entries []hub.Entry) {
	var slots []Slot
	var of []hub.Entry
	for _, e := range entries {
		if s, ok := r.Find(e.Device); ok && e.IsModule() {
			slots = append(slots, s)
			of = append(of, e)
		}
	}
	r.change(slots, func() {
		for i, e := range of {
			r.adopt(slots[i], e)
		}
	})
}

// AddModule adds or replaces one module of a device, which becomes known if it was not; whether
// its device has others is not told by that.
func (r *Roster) AddModule(s Slot, e hub.Entry) { r.change([]Slot{s}, func() { r.adopt(s, e) }) }

func (r *Roster) adopt(s Slot, e hub.Entry) {
	list := r.needList(s)
	m := r.newModule(e)
	now := slices.Clone(r.modules.of(list))
	at, found := slices.BinarySearchFunc(now, m, r.byName)
	if found {
		r.tags.release(now[at].tags)
		now[at] = m
	} else {
		now = slices.Insert(now, at, m)
	}
	r.modules.set(list, now, r.modules.lists[list].state)
}

// BeginModules starts a listing of all modules.
func (r *Roster) BeginModules() {
	r.modules.own()
	for i := range r.modules.pool {
		r.modules.pool[i].flag &^= seen
	}
}

// SweepModules ends a listing of all modules: those it did not contain go, and every device's are
// known now.
func (r *Roster) SweepModules() {
	m := &r.modules
	m.own()
	var lose []Slot // devices with modules that go
	for i := range m.lists {
		l := &m.lists[i]
		if i == 0 || r.flags(l.owner).is(gone) {
			continue
		}
		l.state = Known
		if slices.ContainsFunc(m.pool[l.from:l.from+l.n], unseen) {
			lose = append(lose, l.owner)
		}
		if r.open[l.owner] {
			r.refits = append(r.refits, l.owner)
		}
	}
	m.complete = true
	clear(m.problems)
	r.change(lose, func() {
		for _, s := range lose {
			r.dropModules(s, unseen)
		}
	})
}

func unseen(m module) bool { return m.flag&seen == 0 }

// dropModules takes modules of a device away.
func (r *Roster) dropModules(s Slot, which func(module) bool) {
	list := r.listOf(s)
	kept := slices.DeleteFunc(slices.Clone(r.modules.of(list)), func(m module) bool {
		if !which(m) {
			return false
		}
		r.tags.release(m.tags)
		r.MarkModule(hub.ID{Device: r.ID(s), Module: r.modules.names.all[m.name]}, false)
		return true
	})
	r.modules.set(list, kept, r.modules.lists[list].state)
}

// RemoveModule takes one module away.
func (r *Roster) RemoveModule(s Slot, name string) {
	if r.listOf(s) == 0 {
		return
	}
	r.change([]Slot{s}, func() {
		r.dropModules(s, func(m module) bool { return r.modules.names.all[m.name] == name })
	})
}

// ConnectModule notes whether a module is connected.
func (r *Roster) ConnectModule(s Slot, name string, up bool) {
	r.modules.own()
	of := r.modules.of(r.listOf(s))
	for i := range of {
		if r.modules.names.all[of[i].name] == name {
			of[i].flag = of[i].flag.with(connected, up)
		}
	}
}

// newModule counts as seen by a listing under way, which may have passed its device by before.
func (r *Roster) newModule(e hub.Entry) module {
	m := module{name: r.modules.names.intern(e.Module), last: unix(e.LastActivityTime), tags: r.tags.intern(e.Tags)}
	m.flag = seen.with(connected, e.Connected).withAuth(r.authNumber(e.Auth))
	return m
}

func (r *Roster) byName(a, b module) int {
	return cmp.Compare(r.modules.names.all[a.name], r.modules.names.all[b.name])
}

// moduleEntry returns a module as it was loaded.
func (r *Roster) moduleEntry(s Slot, m module) hub.Entry {
	return hub.Entry{
		ID:               hub.ID{Device: r.ID(s), Module: r.modules.names.all[m.name]},
		Connected:        m.flag&connected != 0,
		Auth:             hub.AuthType(r.auths.all[m.flag.auth()]),
		LastActivityTime: timeOf(m.last),
		Tags:             r.tagsOf(m.tags),
	}
}
