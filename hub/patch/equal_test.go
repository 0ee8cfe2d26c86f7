package patch

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEqualAndSameMeaning(t *testing.T) {
	deep := strings.Repeat("9", 400)
	for _, tt := range []struct {
		a, b        string
		equal, same bool
	}{
		{`{"a":1,"b":[2]}`, `{"b":[2],"a":1}`, true, true},
		{`{"a":1}`, `{"a":1,"b":2}`, false, false},
		{`{"a":1}`, `{"b":1}`, false, false},
		{`[1,2]`, `[2,1]`, false, false},
		{`{}`, `[]`, false, false},
		{`null`, `false`, false, false},
		{`"1"`, `1`, false, false},
		{`1`, `1.0`, false, true},
		{`{"t":21.5}`, `{"t":21.50}`, false, true},
		{`[2150e-2]`, `[21.5]`, false, true},
		{`-0`, `0.000e99`, false, true},
		{`100`, `1e2`, false, true},
		{`0.001`, `1E-3`, false, true},
		{`-1`, `1`, false, false},
		{`9007199254740993`, `9007199254740992`, false, false},
		{`1e999999999999`, `10e999999999998`, false, true},
		{`1e` + deep, `1e` + deep, true, true},
		{`1e` + deep, `10e` + deep, false, false},
		{`1e000000000000000000000002`, `100`, false, true},
	} {
		a, b := parse(t, tt.a), parse(t, tt.b)
		if got := Equal(a, b); got != tt.equal {
			t.Errorf("Equal(%s, %s) = %t", tt.a, tt.b, got)
		}
		if got := SameMeaning(a, b); got != tt.same {
			t.Errorf("SameMeaning(%s, %s) = %t", tt.a, tt.b, got)
		}
	}
}

func TestObjectsOfManyKeysInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "members")
		members := make([]Member, n)
		for i := range members {
			members[i] = Member{strings.Repeat("k", i), Int(int64(i))}
		}
		a, b := Object(members...), Object(rapid.Permutation(members).Draw(t, "order")...)
		if !Equal(a, b) || !Equal(b, a) {
			t.Fatalf("%s and %s differ", a.JSON(), b.JSON())
		}
		if n > 0 && Equal(a, b.With(Path{members[n-1].Key}, String("other"))) {
			t.Fatal("a changed member went unseen")
		}
	})
}

// math/big computes what the texts mean in another way.
func TestSameMeaningAgreesWithRationals(t *testing.T) {
	number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,4})?([eE][+-]?[0-9])?`)
	rapid.Check(t, func(t *rapid.T) {
		a := number.Draw(t, "a")
		b := rapid.OneOf(number, rapid.Just(a+"0"), rapid.Just(a)).Draw(t, "b")
		ra, okA := new(big.Rat).SetString(a)
		rb, okB := new(big.Rat).SetString(b)
		if scanNumber(b) != len(b) || !okA || !okB {
			t.Skip("not two numbers")
		}
		if got, want := sameNumber(a, b), ra.Cmp(rb) == 0; got != want {
			t.Fatalf("sameNumber(%s, %s) = %t", a, b, got)
		}
	})
}
