package patch

// ChangeKind says what happened to a leaf.
type ChangeKind uint8

// The kinds of change.
const (
	Added ChangeKind = iota
	Removed
	Changed
)

// String returns added, removed or changed.
func (k ChangeKind) String() string {
	switch k {
	case Added:
		return "added"
	case Removed:
		return "removed"
	default:
		return "changed"
	}
}

// Change is one leaf that differs between two values.
type Change struct {
	Path Path
	Kind ChangeKind
	Old  Value // null when Kind is Added
	New  Value // null when Kind is Removed
}

// Changes returns what differs between two trees, leaf by leaf: in the order of after,
// with what was removed in the place where it stood. A leaf is anything but an object
// with members; arrays and empty objects are leaves. Where a leaf became an object or the
// reverse there is one change that holds both whole. The result is empty exactly when the
// two are [Equal].
func Changes(before, after Value) []Change {
	var out []Change
	collectChanges(&out, nil, before, after)
	return out
}

func collectChanges(out *[]Change, at Path, before, after Value) {
	if before.kind != KindObject || after.kind != KindObject {
		if !Equal(before, after) {
			*out = append(*out, Change{at, Changed, before, after})
		}
		return
	}
	for pair := range align(before.members, after.members) {
		path := at.Child(pair.key)
		switch {
		case pair.hasLeft && pair.hasRight:
			collectChanges(out, path, pair.left, pair.right)
		case pair.hasRight:
			eachLeaf(path, pair.right, func(p Path, v Value) {
				*out = append(*out, Change{Path: p, Kind: Added, New: v})
			})
		default:
			eachLeaf(path, pair.left, func(p Path, v Value) {
				*out = append(*out, Change{Path: p, Kind: Removed, Old: v})
			})
		}
	}
}

// eachLeaf visits the leaves of v, which is at path, in document order.
func eachLeaf(path Path, v Value, visit func(Path, Value)) {
	if len(v.members) == 0 {
		visit(path, v)
		return
	}
	for _, m := range v.members {
		eachLeaf(path.Child(m.Key), m.Value, visit)
	}
}
