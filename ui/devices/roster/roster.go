// Package roster holds the devices of a hub, up to a million of them, and which of them are shown
// in what order. It knows no screen: it finds, filters, sorts and counts.
//
// A million devices take some fifty bytes each, in few pieces without pointers, so that they
// neither fill the memory nor keep the garbage collector busy. What takes longer than a key press
// may wait for, filtering and sorting, is prepared by [Roster.Prepare] as a [Job] that runs on
// another goroutine over a snapshot: what changes meanwhile is copied first, in blocks.
package roster

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// Roster holds devices and their modules. Make one with [New]. It belongs to one goroutine; only a
// [Job] may run on another.
type Roster struct {
	epoch  uint64 // rises with every snapshot; blocks of an older one are copied before they change
	blocks []*block
	index  index
	seed   maphash.Seed
	live   int

	current view // what now returns

	tags    tagSets
	auths   texts
	scopes  texts
	edges   map[uint32]Slot // edge devices by their scope
	modules modules

	children map[Slot][]Slot // of edge devices that were asked for; forgotten when any device moves
	refits   []Slot          // devices the rows below which are to be counted again

	marks marks

	byID  list     // all devices, by id
	order *list    // all devices as sorted; byID when sorted by id
	found *list    // those of order that the filter lets through; order when there is none
	show  Show     // what order and found are of
	match *matcher // of show.Filter
	open  map[Slot]bool

	jobs    uint64
	running bool // a job whose result may still be taken
	scorer  scorer
	touched bitmap // devices that have changed since its snapshot
	changed bool   // touched is not empty
}

// New returns an empty roster.
func New() *Roster {
	r := &Roster{
		seed: maphash.MakeSeed(), tags: newTagSets(), auths: newTexts(), scopes: newTexts(), modules: newModules(),
		edges: map[uint32]Slot{}, children: map[Slot][]Slot{}, open: map[Slot]bool{},
	}
	r.order, r.found = &r.byID, &r.byID
	r.match = newMatcher(Filter{})
	return r
}

// Len returns how many devices there are.
func (r *Roster) Len() int { return r.live }

// Find returns the slot of a device, and false when it is not known or has gone.
func (r *Roster) Find(device string) (Slot, bool) {
	s, ok := r.lookup(device)
	return s, ok && !r.flags(s).is(gone)
}

func (r *Roster) lookup(device string) (Slot, bool) {
	return r.index.find(maphash.String(r.seed, device), func(n uint32) bool { return string(r.id(n)) == device })
}

func (r *Roster) id(s Slot) []byte { return r.blocks[s/blockSize].id(int(s % blockSize)) }

// ID returns the id of a device.
func (r *Roster) ID(s Slot) string { return string(r.id(s)) }

func (r *Roster) flags(s Slot) flag { return r.blocks[s/blockSize].flag[s%blockSize] }

func (f flag) is(x flag) bool { return f&x != 0 }

func (f flag) with(x flag, on bool) flag {
	if on {
		return f | x
	}
	return f &^ x
}

// write returns the block of a slot as one that may be changed.
func (r *Roster) write(s Slot) *block {
	b := r.blocks[s/blockSize]
	if b.epoch != r.epoch {
		b = b.clone(r.epoch)
		r.blocks[s/blockSize] = b
	}
	return b
}

func (r *Roster) setFlags(s Slot, f flag) {
	if r.flags(s) != f {
		r.write(s).flag[s%blockSize] = f
	}
}

// Device is what a row shows of a device. Its texts are untrusted.
type Device struct {
	ID        string
	Connected bool
	Status    hub.Status
	Auth      hub.AuthType
	Edge      bool
	Activity  int64 // Unix seconds, 0 for never
	Open      bool  // its modules are unfolded
}

// Device returns a device.
func (r *Roster) Device(s Slot) Device {
	b, i := r.blocks[s/blockSize], s%blockSize
	f := b.flag[i]
	return Device{
		ID: string(b.id(int(i))), Connected: f.is(connected), Status: f.status(), Auth: hub.AuthType(r.auths.all[f.auth()]),
		Edge: f.is(edge), Activity: int64(b.last[i]), Open: f.is(open),
	}
}

func (f flag) status() hub.Status {
	switch {
	case f.is(enabled):
		return hub.Enabled
	case f.is(disabled):
		return hub.Disabled
	}
	return ""
}

func (f flag) withStatus(s hub.Status) flag {
	return f.with(enabled, s == hub.Enabled).with(disabled, s == hub.Disabled)
}

// Tags returns the tags of a device, an object.
func (r *Roster) Tags(s Slot) patch.Value { return r.tagsOf(r.blocks[s/blockSize].tags[s%blockSize]) }

func (r *Roster) tagsOf(id setID) patch.Value {
	v, err := patch.Parse(r.tags.view().json(id))
	if err != nil { // it was written from a value
		return patch.Object()
	}
	return v
}

// TagPaths returns the paths of the most frequent tags, such as "building.floor", at most max of
// them and the most frequent first. In a fleet with very many different tags a sample is looked at.
func (r *Roster) TagPaths(max int) []string { return r.tags.paths(max) }

// Entry returns a device or module as it was loaded, and false when it is not known.
func (r *Roster) Entry(id hub.ID) (hub.Entry, bool) {
	s, ok := r.Find(id.Device)
	if !ok {
		return hub.Entry{}, false
	}
	if id.IsModule() {
		for _, m := range r.modules.of(r.listOf(s)) {
			if r.modules.names.all[m.name] == id.Module {
				return r.moduleEntry(s, m), true
			}
		}
		return hub.Entry{}, false
	}
	b, i := r.blocks[s/blockSize], s%blockSize
	f := b.flag[i]
	e := hub.Entry{
		ID: hub.ID{Device: string(b.id(int(i)))}, Status: f.status(), Connected: f.is(connected),
		Auth: hub.AuthType(r.auths.all[f.auth()]), LastActivityTime: timeOf(b.last[i]), Edge: f.is(edge), Tags: r.Tags(s),
	}
	if b.place != nil {
		e.DeviceScope = r.scopes.all[b.place.scope[i]]
		if p := r.scopes.all[b.place.parents[i]]; p != "" {
			e.ParentScopes = strings.Split(p, "\n")
		}
	}
	return e, true
}

// Lag is how many listings in a row may be without a device that is known to be there: the
// queries of a real hub answer from an index that is some seconds behind (Azure docs:
// iot-hub-devguide-query-language, "Limitations").
const Lag = 3

// Begin starts a listing of all devices; see [Roster.Sweep].
func (r *Roster) Begin() {
	for s := range r.slots() {
		r.setFlags(s, r.flags(s)&^seen)
	}
}

// slots yields every slot, those of devices that have gone too.
func (r *Roster) slots() func(func(Slot) bool) {
	return func(yield func(Slot) bool) {
		for i, b := range r.blocks {
			for k := range b.n {
				if !yield(Slot(i*blockSize + k)) {
					return
				}
			}
		}
	}
}

// Listed takes a page of the listing under way: it adds devices and brings those that are known up
// to date.
func (r *Roster) Listed(entries []hub.Entry) { r.put(entries, true) }

// Learned takes devices from elsewhere than the listing: it may be without them for a while, as
// its index lags.
func (r *Roster) Learned(entries []hub.Entry) { r.put(entries, false) }

func (r *Roster) put(entries []hub.Entry, listed bool) {
	var moving []Slot // known devices that what is shown depends on
	for _, e := range entries {
		if s, ok := r.lookup(e.Device); ok && !r.flags(s).is(gone) && r.matters(s, e) {
			moving = append(moving, s)
		}
	}
	r.change(moving, func() {
		var fresh []Slot
		for _, e := range entries {
			s, isNew := r.putOne(e, listed)
			if isNew {
				fresh = append(fresh, s)
			}
		}
		r.enter(fresh)
	})
}

// putOne writes what a device has, and reports whether it was not there before.
func (r *Roster) putOne(e hub.Entry, listed bool) (s Slot, isNew bool) {
	s, known := r.lookup(e.Device)
	if !known {
		s = r.append(e.Device)
	}
	f := r.flags(s)
	isNew = !known || f.is(gone)
	now := f.with(connected, e.Connected).withStatus(e.Status).with(edge, e.Edge).withAuth(r.authNumber(e.Auth)) &^ gone
	if listed {
		now = now.withFresh(0) | seen
	} else if !now.is(seen) {
		now = now.withFresh(Lag)
	}
	b, i := r.blocks[s/blockSize], s%blockSize
	last, tags := b.last[i], b.tags[i]
	if isNew || !e.Tags.IsNull() {
		last, tags = unix(e.LastActivityTime), r.tags.intern(e.Tags)
		r.tags.release(b.tags[i])
	}
	if now != f || last != b.last[i] || tags != b.tags[i] {
		b = r.write(s)
		b.flag[i], b.last[i], b.tags[i] = now, last, tags
		r.touch(s)
	}
	r.locate(s, e, isNew || (f^now).is(edge))
	return s, isNew
}

func (r *Roster) append(device string) Slot {
	if n := len(r.blocks); n == 0 || r.blocks[n-1].n == blockSize {
		r.blocks = append(r.blocks, &block{epoch: r.epoch})
	}
	at := Slot(len(r.blocks)-1) * blockSize
	b := r.write(at)
	s := at + Slot(b.n)
	b.append(device)
	r.index.add(maphash.String(r.seed, device), s, func(n uint32) uint64 { return maphash.Bytes(r.seed, r.id(n)) })
	return s
}

// Sweep ends a listing: devices it did not contain go, but for those that it may lag behind with.
func (r *Roster) Sweep() {
	var out []Slot
	for s := range r.slots() {
		f := r.flags(s)
		switch {
		case f.is(gone):
		case f.is(seen):
			r.setFlags(s, f.withFresh(0))
		case f.fresh() > 0:
			r.setFlags(s, f.withFresh(f.fresh()-1))
		default:
			out = append(out, s)
		}
	}
	r.leave(out)
}

// Remove takes a device away, with its modules.
func (r *Roster) Remove(s Slot) {
	if !r.flags(s).is(gone) {
		r.leave([]Slot{s})
	}
}

// Await lets the next listings be without a device for a while.
func (r *Roster) Await(s Slot) { r.setFlags(s, r.flags(s).withFresh(Lag)) }

// Connect notes whether a device is connected.
func (r *Roster) Connect(s Slot, up bool) {
	if r.flags(s).is(connected) == up {
		return
	}
	moving := []Slot{s}
	if r.show.Sort.Column != ColumnConnection {
		moving = nil
	}
	r.change(moving, func() { r.setFlags(s, r.flags(s).with(connected, up)) })
	r.touch(s)
}

func (r *Roster) authNumber(a hub.AuthType) uint8 {
	if _, known := r.auths.number[string(a)]; !known && len(r.auths.all) > 14 {
		return 0 // no hub has so many
	}
	return uint8(r.auths.intern(string(a)))
}

// compareID orders devices by id.
func (r *Roster) compareID(a, b Slot) int { return bytes.Compare(r.id(a), r.id(b)) }

func (r *Roster) sorted(slots []Slot, compare func(a, b Slot) int) []Slot {
	if !slices.IsSortedFunc(slots, compare) {
		slots = slices.Clone(slots)
		slices.SortFunc(slots, compare)
	}
	return slots
}

// unix returns a time in seconds, which fit for another eighty years; 0 for never.
func unix(t time.Time) uint32 {
	if s := t.Unix(); s > 0 && s <= 1<<32-1 {
		return uint32(s)
	}
	return 0
}

func timeOf(seconds uint32) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}
