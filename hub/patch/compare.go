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
	c := comparison{leaves: make([]Leaf, 0, max(countLeaves(desired), countLeaves(reported)))}
	c.members(nil, reported.members, desired.members, metadata, acknowledged{})
	return c.leaves
}

// countLeaves returns how many leaves a section has, 1 for anything but an object with members.
func countLeaves(v Value) int {
	n := 0
	for i := range v.members {
		n += countLeaves(v.members[i].Value)
	}
	return max(n, 1)
}

// comparison collects the leaves of two sections.
type comparison struct {
	leaves []Leaf
	keys   []string // room for the paths of leaves
}

// keysAtOnce is how many keys of paths are made room for in one go.
const keysAtOnce = 512

// child is [Path.Child] without a piece of memory for every path.
func (c *comparison) child(at Path, key string) Path {
	n := len(at) + 1
	if cap(c.keys)-len(c.keys) < n {
		c.keys = make([]string, 0, max(keysAtOnce, n))
	}
	from := len(c.keys)
	c.keys = append(append(c.keys, at...), key)
	return Path(c.keys[from:len(c.keys):len(c.keys)])
}

// members compares what two objects have at a path.
func (c *comparison) members(at Path, reported, desired []Member, metadata Value, by acknowledged) {
	meta := follower{members: metadata.members}
	for p := range align(reported, desired) {
		about, _ := meta.get(p.key)
		c.property(c.child(at, p.key), p, about, by)
	}
}

// acknowledged is the acknowledgement that holds for a place in the tree.
type acknowledged struct {
	ack   *Ack
	stale bool // it is about an earlier value
}

// property compares one property; reported is on the left, desired on the right.
func (c *comparison) property(at Path, p pair, meta Value, by acknowledged) {
	if p.hasLeft && by.ack == nil && !looksLikeAck(p.right) {
		if ack, ok := ReadAck(p.left); ok {
			p.left = ack.Value
			by = acknowledge(ack, meta)
		}
	}
	isObject := func(v Value, has bool) bool { return !has || v.kind == KindObject }
	if len(p.left.members)+len(p.right.members) > 0 && isObject(p.left, p.hasLeft) && isObject(p.right, p.hasRight) {
		c.members(at, p.left.members, p.right.members, meta, by)
		return
	}
	c.leaves = append(c.leaves, Leaf{
		Path:        at,
		Desired:     p.right,
		HasDesired:  p.hasRight,
		Reported:    p.left,
		HasReported: p.hasLeft,
		State:       stateOf(p, by),
		Ack:         by.ack,
	})
}

// acknowledge is apart from where acknowledgements are looked for, so that only those found take memory.
func acknowledge(ack Ack, meta Value) acknowledged {
	return acknowledged{&ack, isStale(ack, meta)}
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
