package patch

// Equal reports whether two values are the same. The order of an object's members does
// not count. Numbers are compared by their text: 1 and 1.0 differ, because an edit from
// one to the other is an edit.
func Equal(a, b Value) bool {
	return equal(a, b, func(a, b string) bool { return a == b })
}

// SameMeaning is Equal with numbers compared by what they mean: 21.5, 21.50 and 2.15e1
// are the same. No digit is lost on the way; exponents of more than 17 digits are
// compared as text.
func SameMeaning(a, b Value) bool { return equal(a, b, sameNumber) }

func equal(a, b Value, number func(a, b string) bool) bool {
	if a.kind != b.kind || len(a.elems) != len(b.elems) || len(a.members) != len(b.members) {
		return false
	}
	switch a.kind {
	case KindBool:
		return a.bool == b.bool
	case KindNumber:
		return number(a.text, b.text)
	case KindString:
		return a.text == b.text
	case KindArray:
		for i := range a.elems {
			if !equal(a.elems[i], b.elems[i], number) {
				return false
			}
		}
	case KindObject:
		return equalMembers(a.members, b.members, number)
	}
	return true
}

func equalMembers(a, b []Member, number func(a, b string) bool) bool {
	var ix keyIndex
	for i, m := range a {
		var other Value
		if b[i].Key == m.Key { // the usual case: both in the same order
			other = b[i].Value
		} else {
			if ix.members == nil {
				ix = indexOf(b)
			}
			var ok bool
			if other, ok = ix.get(m.Key); !ok {
				return false
			}
		}
		if !equal(m.Value, other, number) {
			return false
		}
	}
	return true
}
