package roster

import (
	"bytes"
	"slices"
)

// Slot is the place of a device in a roster. A device keeps its slot as long as the roster lives,
// also when it has gone and comes back.
type Slot = uint32

// flag is what a device has or is, a bit or two each.
type flag uint16

const (
	connected flag = 1 << iota
	edge
	gone // not in the registry any more
	open // the user has unfolded it
	enabled
	disabled // neither of the two: not known
	seen     // the listing under way has contained it

	// Two bits count the listings that may still be without it; see [Roster.Sweep].
	freshShift = 7
	freshMask  = 3 << freshShift
	// Four bits are a number in the names of authentication types.
	authShift = 9
	authMask  = 15 << authShift
)

func (f flag) fresh() int           { return int(f&freshMask) >> freshShift }
func (f flag) withFresh(n int) flag { return f&^freshMask | flag(n)<<freshShift }
func (f flag) auth() uint8          { return uint8(f & authMask >> authShift) }
func (f flag) withAuth(n uint8) flag {
	return f&^authMask | flag(min(n, 15))<<authShift
}

// blockSize is how many devices a block holds. What changes in one of them while somebody reads
// costs a copy of the block, without its texts.
const blockSize = 2048

// block holds the devices of blockSize slots, a column each. Texts are only ever appended to, so
// copies of a block share them; the other columns are copied before they change; see [Roster.write].
type block struct {
	epoch uint64
	n     int

	ids  []byte            // one after the other, a newline behind each
	ends [blockSize]uint32 // behind the newline
	fold *foldedIDs        // ids as a filter searches them; nil: as they are
	tags [blockSize]setID
	last [blockSize]uint32 // activity in Unix seconds, 0 for never
	flag [blockSize]flag

	// Columns that few fleets need; nil until they do.
	place *placement
	kids  *[blockSize]uint32 // of the device's modules in modules.lists; 0: not known
}

// placement is where devices stand below edge devices, as numbers of interned texts; 0: nowhere.
type placement struct {
	scope   [blockSize]uint32
	parents [blockSize]uint32
}

type foldedIDs struct {
	ids  []byte
	ends [blockSize]uint32
}

func (b *block) id(i int) []byte {
	from := uint32(0)
	if i > 0 {
		from = b.ends[i-1]
	}
	return b.ids[from : b.ends[i]-1]
}

// searched returns the texts that a filter searches and where they end, a newline behind each.
func (b *block) searched() ([]byte, *[blockSize]uint32) {
	if b.fold != nil {
		return b.fold.ids, &b.fold.ends
	}
	return b.ids, &b.ends
}

// searchedID returns the id of a device as a filter searches it.
func (b *block) searchedID(i uint32) []byte {
	ids, ends := b.searched()
	from := uint32(0)
	if i > 0 {
		from = ends[i-1]
	}
	return ids[from : ends[i]-1]
}

// append adds a device without any attributes.
func (b *block) append(id string) {
	if b.fold == nil && !folded(id) {
		b.fold = &foldedIDs{ids: bytes.Clone(b.ids), ends: b.ends}
	}
	b.ids = append(append(b.ids, id...), '\n')
	b.ends[b.n] = uint32(len(b.ids))
	if b.fold != nil {
		b.fold.ids = append(appendFold(b.fold.ids, id), '\n')
		b.fold.ends[b.n] = uint32(len(b.fold.ids))
	}
	b.n++
	if b.n == blockSize { // without what the texts could have grown by
		b.ids = slices.Clip(bytes.Clone(b.ids))
		if b.fold != nil {
			b.fold.ids = slices.Clip(bytes.Clone(b.fold.ids))
		}
	}
}

// clone returns a copy whose columns can be changed.
func (b *block) clone(epoch uint64) *block {
	c := *b
	c.epoch = epoch
	if b.fold != nil {
		fold := *b.fold
		c.fold = &fold
	}
	if b.place != nil {
		place := *b.place
		c.place = &place
	}
	if b.kids != nil {
		kids := *b.kids
		c.kids = &kids
	}
	return &c
}
