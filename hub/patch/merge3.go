package patch

// Conflict is one place that two editors have changed differently.
type Conflict struct {
	Path                        Path
	Base, Theirs, Mine          Value // null where the member is absent
	HasBase, HasTheirs, HasMine bool
}

// Merge3 merges two edits of the same base. What only one side changed is taken from that
// side, objects that both have are merged inside, and a change both made alike is taken
// once. What both changed differently is a conflict, in which merged holds theirs:
// nobody's work is overwritten until someone decides. Put mine in with [Value.With], or
// with [Value.Without] when HasMine is false.
//
// Conflicts come in tree order. Without any, exchanging theirs and mine gives an [Equal]
// result.
func Merge3(base, theirs, mine Value) (merged Value, conflicts []Conflict) {
	m := merger{}
	merged, _ = m.merge(nil, side{base, true}, side{theirs, true}, side{mine, true})
	return merged, m.conflicts
}

// side is what one of the three documents has at a path.
type side struct {
	value Value
	has   bool
}

func (f *follower) side(key string) side {
	v, ok := f.get(key)
	return side{v, ok}
}

func (s side) same(o side) bool { return s.has == o.has && Equal(s.value, o.value) }

func (s side) isObject() bool { return s.has && s.value.kind == KindObject }

type merger struct{ conflicts []Conflict }

// merge returns the outcome at a path and whether there is a value at all.
func (m *merger) merge(at Path, base, theirs, mine side) (Value, bool) {
	switch {
	case theirs.same(mine) || mine.same(base):
		return theirs.value, theirs.has
	case theirs.same(base):
		return mine.value, mine.has
	case theirs.isObject() && mine.isObject():
		return m.object(at, base.value, theirs.value, mine.value), true
	}
	m.conflicts = append(m.conflicts, Conflict{
		Path: at,
		Base: base.value, HasBase: base.has,
		Theirs: theirs.value, HasTheirs: theirs.has,
		Mine: mine.value, HasMine: mine.has,
	})
	return theirs.value, theirs.has
}

func (m *merger) object(at Path, base, theirs, mine Value) Value {
	was := follower{members: base.members}
	out := make([]Member, 0, max(len(theirs.members), len(mine.members)))
	for p := range align(mine.members, theirs.members) {
		v, ok := m.merge(at.Child(p.key), was.side(p.key), side{p.right, p.hasRight}, side{p.left, p.hasLeft})
		if ok {
			out = append(out, Member{p.key, v})
		}
	}
	return Value{kind: KindObject, members: out}
}
