package ordered

// indexFrom is the number of members from which finding one by a map is cheaper than looking
// through them; it also keeps a hostile object from costing the square of its size.
const indexFrom = 24

// objectBuilder edits the members of an object, in order.
type objectBuilder struct {
	members []Member
	index   map[string]int // nil while there are few members
	deleted map[int]bool
}

func newObjectBuilder(members []Member) *objectBuilder {
	b := &objectBuilder{members: append(make([]Member, 0, len(members)+1), members...)}
	b.indexWhenLarge()
	return b
}

func (b *objectBuilder) indexWhenLarge() {
	if b.index != nil || len(b.members) < indexFrom {
		return
	}
	b.index = make(map[string]int, 2*len(b.members))
	for i, m := range b.members {
		if !b.deleted[i] {
			b.index[m.Key] = i
		}
	}
}

func (b *objectBuilder) find(key string) int {
	if b.index != nil {
		if i, ok := b.index[key]; ok {
			return i
		}
		return -1
	}
	for i, m := range b.members {
		if m.Key == key && !b.deleted[i] {
			return i
		}
	}
	return -1
}

func (b *objectBuilder) get(key string) Value {
	if i := b.find(key); i >= 0 {
		return b.members[i].Value
	}
	return Value{}
}

func (b *objectBuilder) set(key string, v Value) {
	if i := b.find(key); i >= 0 {
		b.members[i].Value = v
		return
	}
	b.members = append(b.members, Member{key, v})
	if b.index != nil {
		b.index[key] = len(b.members) - 1
	} else {
		b.indexWhenLarge()
	}
}

func (b *objectBuilder) delete(key string) {
	i := b.find(key)
	if i < 0 {
		return
	}
	if b.deleted == nil {
		b.deleted = map[int]bool{}
	}
	b.deleted[i] = true
	delete(b.index, key)
}

func (b *objectBuilder) value() Value {
	if len(b.deleted) == 0 {
		return Value{kind: Object, members: b.members}
	}
	kept := make([]Member, 0, len(b.members)-len(b.deleted))
	for i, m := range b.members {
		if !b.deleted[i] {
			kept = append(kept, m)
		}
	}
	return Value{kind: Object, members: kept}
}

// Merge applies a JSON merge patch (RFC 7396): null removes a key, an object merges into an
// object, anything else replaces. A key keeps its place, a new one goes last. Null below a
// missing object creates that object, empty.
func Merge(target, patch Value) Value {
	if patch.kind != Object {
		return patch
	}
	b := newObjectBuilder(target.Members())
	for _, m := range patch.Members() {
		switch m.Value.kind {
		case Null:
			b.delete(m.Key)
		case Object:
			b.set(m.Key, Merge(b.get(m.Key), m.Value))
		default:
			b.set(m.Key, m.Value)
		}
	}
	return b.value()
}

// Edit returns object with one change per member of changes: a null value removes the key,
// any other replaces it as a whole. Unlike Merge it does not look inside.
func Edit(object Value, changes ...Member) Value {
	b := newObjectBuilder(object.Members())
	for _, m := range changes {
		if m.Value.kind == Null {
			b.delete(m.Key)
		} else {
			b.set(m.Key, m.Value)
		}
	}
	return b.value()
}

// Index returns a function that finds the members of an object by key, in constant time.
func (v Value) Index() func(key string) (Value, bool) {
	b := newObjectBuilder(v.Members())
	return func(key string) (Value, bool) {
		if i := b.find(key); i >= 0 {
			return b.members[i].Value, true
		}
		return Value{}, false
	}
}
