package roster

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Column names what devices can be sorted by and what a row can show: one of the constants, or
// tags. and the path of a tag.
type Column string

// The columns that every device has.
const (
	ColumnID         Column = "id"
	ColumnConnection Column = "connection"
	ColumnStatus     Column = "status"
	ColumnAuth       Column = "auth"
	ColumnEdge       Column = "edge"
	ColumnActivity   Column = "activity"
	ColumnModules    Column = "modules"
	ColumnTags       Column = "tags" // all of them; sorted by as one text
)

const tagPrefix = "tags."

// TagColumn returns the column of the tag at a path.
func TagColumn(path string) Column { return Column(tagPrefix + path) }

// Tag returns the path of a column of one tag, and false for others.
func (c Column) Tag() (path string, ok bool) { return strings.CutPrefix(string(c), tagPrefix) }

// Sort says in which order devices are shown. Devices that are equal are ordered by id, so the
// order is the same each time. Devices without a value come last, reversed or not.
type Sort struct {
	Column  Column // empty: by id
	Reverse bool
}

func (s Sort) normal() Sort {
	if s.Column == "" {
		s.Column = ColumnID
	}
	return s
}

// byIDAlone reports whether the order is the one of byID.
func (s Sort) byIDAlone() bool { return s.normal() == Sort{Column: ColumnID} }

// absent is the key of a device without a value.
const absent = math.MaxUint32

// key returns what a device is sorted by as a number; only for columns that are not text.
func (v *view) key(s Slot, c Column) uint32 {
	b, i := v.blocks[s/blockSize], s%blockSize
	f := b.flag[i]
	switch c {
	case ColumnConnection:
		return first(f.is(connected))
	case ColumnStatus:
		switch {
		case f.is(enabled):
			return 0
		case f.is(disabled):
			return 1
		}
	case ColumnAuth:
		if n := f.auth(); n > 0 {
			return uint32(n)
		}
	case ColumnEdge:
		return first(f.is(edge))
	case ColumnActivity:
		if last := b.last[i]; last > 0 {
			return last
		}
	case ColumnModules:
		return v.lists[v.listOf(s)].n // those that are not known count as none
	}
	return absent
}

// first orders those of which something is true before the others.
func first(yes bool) uint32 {
	if yes {
		return 0
	}
	return 1
}

// text returns the text that a device is sorted by, folded, and false when it has none.
func (v *view) text(set setID, c Column) (string, bool) {
	flat := v.tags.fold(set)
	if path, ok := c.Tag(); ok {
		return valueOf(flat, Fold(path))
	}
	return string(flat), len(flat) > 0
}

func (c Column) isText() bool {
	_, tag := c.Tag()
	return tag || c == ColumnTags
}

// compare orders two devices of a view.
func (v *view) compare(s Sort, a, b Slot) int {
	d := 0
	switch {
	case s.Column == ColumnID:
		if s.Reverse {
			a, b = b, a
		}
	case s.Column.isText():
		ta, oka := v.text(v.blocks[a/blockSize].tags[a%blockSize], s.Column)
		tb, okb := v.text(v.blocks[b/blockSize].tags[b%blockSize], s.Column)
		if !oka || !okb {
			d = cmp.Compare(first(oka), first(okb))
			break
		}
		d = s.flip(compareValues(ta, tb))
	default:
		ka, kb := v.key(a, s.Column), v.key(b, s.Column)
		if d = cmp.Compare(ka, kb); ka != absent && kb != absent {
			d = s.flip(d)
		}
	}
	if d != 0 {
		return d
	}
	return bytes.Compare(v.id(a), v.id(b))
}

func (v *view) id(s Slot) []byte { return v.blocks[s/blockSize].id(int(s % blockSize)) }

func (s Sort) flip(d int) int {
	if s.Reverse {
		return -d
	}
	return d
}

// compareValues orders the values of a tag: numbers as numbers and before texts.
func compareValues(a, b string) int {
	x, numA := number(a)
	y, numB := number(b)
	switch {
	case numA && numB:
		return cmp.Compare(x, y)
	case numA:
		return -1
	case numB:
		return 1
	}
	return strings.Compare(a, b)
}

func number(s string) (float64, bool) {
	if s == "" || s[0] != '-' && s[0] != '+' && s[0] != '.' && (s[0] < '0' || s[0] > '9') {
		return 0, false // words such as inf
	}
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil
}

// keys returns what each slot is sorted by as a number, the lowest first.
func (v *view) keys(s Sort, canceled func() bool) []uint32 {
	keys := make([]uint32, v.size())
	var ranks []uint32
	if s.Column.isText() {
		ranks = v.ranks(s.Column)
	}
	each(len(v.blocks), canceled, func(at int) {
		b := v.blocks[at]
		for i := range b.n {
			slot := Slot(at*blockSize + i)
			var k uint32
			if ranks != nil {
				k = ranks[b.tags[i]]
			} else {
				k = v.key(slot, s.Column)
			}
			if s.Reverse && k != absent {
				k = absent - 1 - k
			}
			keys[slot] = k
		}
	})
	return keys
}

// ranks returns for each set of tags the place of its value among all values.
func (v *view) ranks(c Column) []uint32 {
	sets := make(map[string][]setID)
	ranks := make([]uint32, len(v.tags)*chunkSize)
	for at, ch := range v.tags {
		for i := range ch.n {
			id := setID(at*chunkSize + i)
			ranks[id] = absent
			if text, ok := v.text(id, c); ok {
				sets[text] = append(sets[text], id)
			}
		}
	}
	values := make([]string, 0, len(sets))
	for value := range sets {
		values = append(values, value)
	}
	slices.SortFunc(values, compareValues)
	rank := uint32(0)
	for i, value := range values {
		if i > 0 && compareValues(values[i-1], value) != 0 {
			rank++
		}
		for _, id := range sets[value] {
			ranks[id] = rank
		}
	}
	return ranks
}

// stable returns slots in the order of their keys; those of equal keys stay as they are.
func stable(slots []Slot, keys []uint32) []Slot {
	const digit = 11
	from, to := slices.Clone(slots), make([]Slot, len(slots))
	for shift := 0; shift < 32; shift += digit {
		var count [1<<digit + 1]int
		for _, s := range from {
			count[keys[s]>>shift&(1<<digit-1)+1]++
		}
		if slices.Contains(count[1:], len(from)) {
			continue // all have the same digit
		}
		for i := 1; i < len(count); i++ {
			count[i] += count[i-1]
		}
		for _, s := range from {
			d := keys[s] >> shift & (1<<digit - 1)
			to[count[d]] = s
			count[d]++
		}
		from, to = to, from
	}
	return from
}
