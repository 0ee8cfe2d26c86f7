package patch

// State says how far a device has followed a desired property.
type State uint8

// The states of a leaf.
const (
	InSync       State = iota // reported as desired
	Pending                   // desired, and not reported so yet
	Rejected                  // the device has acknowledged it with an error
	ReportedOnly              // reported, and nothing is desired
)

// String returns the state in words.
func (s State) String() string {
	switch s {
	case InSync:
		return "in sync"
	case Pending:
		return "pending"
	case Rejected:
		return "rejected"
	default:
		return "reported only"
	}
}

// Leaf is one property as both sides see it.
type Leaf struct {
	Path        Path
	Desired     Value // null unless HasDesired
	Reported    Value // null unless HasReported; the value inside when the device acknowledged
	HasDesired  bool
	HasReported bool
	State       State
	Ack         *Ack // nil unless the device acknowledged this leaf or an object it is in
}

// Compare lays the desired and the reported properties of a twin side by side, leaf by
// leaf: in the order of desired, with what is only reported in the place where it stands
// there. A leaf is anything but an object with members, or an object where the other side
// has none. Values are compared by [SameMeaning]. Anything but an object counts as no
// properties at all.
func Compare(desired, reported Value) []Leaf {
	return CompareVersions(desired, Null(), reported)
}

// CompareVersions is Compare with the $metadata of the desired properties, whose
// $lastUpdatedVersion tells an acknowledgement of the value that is desired now from one
// of an earlier value: an old rejection says nothing about a new value, which is pending.
func CompareVersions(desired, metadata, reported Value) []Leaf {
	var out []Leaf
	for _, pair := range align(reported.members, desired.members) {
		meta, _ := metadata.Get(pair.key)
		out = appendLeaves(out, Path{pair.key}, pair, meta, acknowledged{})
	}
	return out
}

// acknowledged is the acknowledgement that holds for a place in the tree.
type acknowledged struct {
	ack   *Ack
	stale bool // it is about an earlier value
}

// appendLeaves compares one property; reported is on the left, desired on the right.
func appendLeaves(out []Leaf, at Path, p pair, meta Value, by acknowledged) []Leaf {
	if p.hasLeft && by.ack == nil && !looksLikeAck(p.right) {
		if ack, ok := ReadAck(p.left); ok {
			p.left = ack.Value
			by = acknowledged{&ack, isStale(ack, meta)}
		}
	}
	isObject := func(v Value, has bool) bool { return !has || v.kind == KindObject }
	if len(p.left.members)+len(p.right.members) > 0 && isObject(p.left, p.hasLeft) && isObject(p.right, p.hasRight) {
		for _, child := range align(p.left.members, p.right.members) {
			childMeta, _ := meta.Get(child.key)
			out = appendLeaves(out, at.Child(child.key), child, childMeta, by)
		}
		return out
	}
	return append(out, Leaf{
		Path:        at,
		Desired:     p.right,
		HasDesired:  p.hasRight,
		Reported:    p.left,
		HasReported: p.hasLeft,
		State:       stateOf(p, by),
		Ack:         by.ack,
	})
}

// looksLikeAck reports whether a desired value has the shape of an acknowledgement
// itself; then the reported one is compared as it stands.
func looksLikeAck(desired Value) bool {
	_, ok := ReadAck(desired)
	return ok
}

func isStale(ack Ack, meta Value) bool {
	updated, _ := meta.Get("$lastUpdatedVersion")
	version, known := updated.Int64()
	return known && ack.HasVersion && ack.Version < version
}

func stateOf(p pair, by acknowledged) State {
	same := p.hasLeft && SameMeaning(p.left, p.right)
	switch {
	case !p.hasRight:
		return ReportedOnly
	case by.ack != nil && !by.stale && by.ack.Code >= ackError:
		return Rejected
	case by.ack != nil && !by.stale && by.ack.Code == ackInProgress:
		return Pending
	case same:
		return InSync
	default:
		return Pending
	}
}
