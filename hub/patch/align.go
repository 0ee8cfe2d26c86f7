package patch

// pair is one key of two objects laid side by side.
type pair struct {
	key               string
	left, right       Value
	hasLeft, hasRight bool
}

// align lays two objects side by side: the members of right in their order, and those
// that only left has behind the member they followed there.
func align(left, right []Member) []pair {
	inLeft, inRight := indexOf(left), indexOf(right)
	out := make([]pair, 0, max(len(left), len(right)))
	leftOnly := func(from int) {
		for _, m := range left[from:] {
			if inRight.find(m.Key) >= 0 {
				return
			}
			out = append(out, pair{key: m.Key, left: m.Value, hasLeft: true})
		}
	}
	leftOnly(0)
	for _, m := range right {
		p := pair{key: m.Key, right: m.Value, hasRight: true}
		i := inLeft.find(m.Key)
		if i >= 0 {
			p.left, p.hasLeft = left[i].Value, true
		}
		out = append(out, p)
		if i >= 0 {
			leftOnly(i + 1)
		}
	}
	return out
}
