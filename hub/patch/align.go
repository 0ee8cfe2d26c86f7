package patch

import "iter"

// pair is one key of two objects laid side by side.
type pair struct {
	key               string
	left, right       Value
	hasLeft, hasRight bool
}

// align lays two objects side by side: the members of right in their order, and those
// that only left has behind the member they followed there.
func align(left, right []Member) iter.Seq[pair] {
	return func(yield func(pair) bool) {
		inLeft, inRight := follower{members: left}, follower{members: right}
		leftOnly := func(from int) bool {
			for _, m := range left[from:] {
				if inRight.find(m.Key) >= 0 {
					break
				}
				if !yield(pair{key: m.Key, left: m.Value, hasLeft: true}) {
					return false
				}
			}
			return true
		}
		if !leftOnly(0) {
			return
		}
		for _, m := range right {
			p := pair{key: m.Key, right: m.Value, hasRight: true}
			i := inLeft.find(m.Key)
			if i >= 0 {
				p.left, p.hasLeft = left[i].Value, true
			}
			if !yield(p) || i >= 0 && !leftOnly(i+1) {
				return
			}
		}
	}
}

// follower finds keys that are asked for in about the order of the members, as those of another
// version of the same object are: mostly the next one is it, and no index is made.
type follower struct {
	members []Member
	next    int
	ix      keyIndex
}

// find returns the position of key, or -1.
func (f *follower) find(key string) int {
	i := f.next
	if i >= len(f.members) || f.members[i].Key != key {
		if f.ix.members == nil {
			f.ix = indexOf(f.members)
		}
		if i = f.ix.find(key); i < 0 {
			return i
		}
	}
	f.next = i + 1
	return i
}

// get returns the value of key and whether it is there.
func (f *follower) get(key string) (Value, bool) {
	if i := f.find(key); i >= 0 {
		return f.members[i].Value, true
	}
	return Value{}, false
}
