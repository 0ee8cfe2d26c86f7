package patch

import "pgregory.net/rapid"

// Keys come from a small set, so that two documents share some of them.
var someKey = rapid.SampledFrom([]string{"a", "b", "c", "", "a.b", "$v", "ş", "value", "ac"})

var someScalar = rapid.OneOf(
	rapid.Just(Bool(true)), rapid.Just(Bool(false)),
	rapid.Map(rapid.SampledFrom([]string{"0", "-0", "1", "1.0", "10e-1", "4503599627370495", "2.5E+3"}), func(text string) Value {
		v, err := Number(text)
		if err != nil {
			panic(err)
		}
		return v
	}),
	rapid.Map(rapid.SampledFrom([]string{"", "x", "y", "\x1b[2J", "ı"}), String),
)

// someValue makes trees up to depth objects and arrays deep; nulls, where asked for, are
// members of objects as a merge patch has them.
func someValue(depth int, nulls bool) *rapid.Generator[Value] {
	if depth == 0 {
		return someScalar
	}
	return rapid.Custom(func(t *rapid.T) Value {
		kind := rapid.IntRange(0, 9).Draw(t, "kind")
		switch {
		case kind == 0 && nulls:
			return Null()
		case kind < 4:
			return someScalar.Draw(t, "scalar")
		case kind == 4:
			return Array(rapid.SliceOfN(someValue(depth-1, false), 0, 3).Draw(t, "elems")...)
		default:
			return someObject(depth, nulls).Draw(t, "object")
		}
	})
}

func someObject(depth int, nulls bool) *rapid.Generator[Value] {
	return rapid.Custom(func(t *rapid.T) Value {
		keys := rapid.SliceOfN(someKey, 0, 5).Draw(t, "keys")
		members := make([]Member, len(keys))
		for i, key := range keys {
			members[i] = Member{key, someValue(depth-1, nulls).Draw(t, "member")}
		}
		return Object(members...)
	})
}
