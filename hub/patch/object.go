package patch

// indexAbove is the number of members above which a key is looked up in a map. Twin
// sections hold a few keys per object, where walking them is faster.
const indexAbove = 12

// keyIndex finds the position of a key in a list of members.
type keyIndex struct {
	members []Member
	byKey   map[string]int // nil for short lists
}

func indexOf(members []Member) keyIndex {
	ix := keyIndex{members: members}
	if len(members) > indexAbove {
		ix.byKey = make(map[string]int, len(members))
		for i, m := range members {
			ix.byKey[m.Key] = i
		}
	}
	return ix
}

// find returns the position of key, or -1.
func (ix keyIndex) find(key string) int {
	if ix.byKey != nil {
		if i, ok := ix.byKey[key]; ok {
			return i
		}
		return -1
	}
	for i := range ix.members {
		if ix.members[i].Key == key {
			return i
		}
	}
	return -1
}

// get returns the value of key and whether it is there.
func (ix keyIndex) get(key string) (Value, bool) {
	if i := ix.find(key); i >= 0 {
		return ix.members[i].Value, true
	}
	return Value{}, false
}

// objectBuilder collects members in linear time: a repeated key takes its last value
// at its first position.
type objectBuilder struct {
	ix keyIndex
}

func newObjectBuilder(size int) *objectBuilder {
	if size == 0 {
		return &objectBuilder{}
	}
	return &objectBuilder{ix: keyIndex{members: make([]Member, 0, size)}}
}

func (b *objectBuilder) set(key string, val Value) {
	if i := b.ix.find(key); i >= 0 {
		b.ix.members[i].Value = val
		return
	}
	b.ix.members = append(b.ix.members, Member{key, val})
	switch {
	case b.ix.byKey != nil:
		b.ix.byKey[key] = len(b.ix.members) - 1
	case len(b.ix.members) > indexAbove:
		b.ix = indexOf(b.ix.members)
	}
}

func (b *objectBuilder) value() Value {
	return Value{kind: KindObject, members: b.ix.members}
}
