package hub_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// oddText is what keys and strings are made of here: one to four bytes, control characters of both
// sets and the one between them, spaces of all kinds, and what a key may not hold.
var oddText = rapid.SampledFrom([]string{
	"a", "ş", "東", "😀", "\x00", "\x1b", "\x1f", "\x7f", "\u0080", "\u009f", "\u00a0", " ", "\t", "\u2028", "\u202e", ".", "$", "#", "\ufeff", "x",
})

func oddString(most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		unit := oddText.Draw(t, "text")
		n := rapid.IntRange(0, most/len(unit)+1).Draw(t, "times")
		return strings.Repeat(unit, n)
	})
}

// oddSection is a section that is now within the limits of a hub and now beyond one of them.
func oddSection(t *rapid.T) patch.Value {
	var value func(depth int) patch.Value
	value = func(depth int) patch.Value {
		kind := rapid.IntRange(0, 6).Draw(t, "kind")
		switch {
		case depth == 0 || kind < 2:
			return patch.String(oddString(patch.MaxStringBytes).Draw(t, "string"))
		case kind == 2:
			n, err := patch.Number(rapid.SampledFrom([]string{
				"0", "-0", "4503599627370495", "4503599627370496", "-4503599627370496", "-4503599627370497", "9007199254740993", "1.0", "1e3", "0.1",
				"1e400", "-1E-400", "123456789012345678901234567890", "123456789012345678901234567890.5",
			}).Draw(t, "number"))
			if err != nil {
				t.Fatal(err)
			}
			return n
		case kind == 3:
			elems := []patch.Value{patch.Bool(true), value(depth - 1)}
			if rapid.IntRange(0, 3).Draw(t, "null") == 0 {
				elems = append(elems, patch.Null())
			}
			return patch.Array(elems...)
		}
		key := oddString(patch.MaxKeyBytes).Draw(t, "key")
		return patch.Object(patch.Member{Key: key, Value: value(depth - 1)})
	}
	v := value(rapid.IntRange(0, 13).Draw(t, "depth"))
	return patch.Object(patch.Member{Key: "v", Value: v}, patch.Member{Key: "w", Value: patch.Bool(true)})
}

// What the client checks before it sends and what a hub refuses is the same. The two share no code.
func TestTheLimitsAreThoseOfTheHub(t *testing.T) {
	_, client := start(t, nil)
	id := hub.ID{Device: "limits"}
	create(t, client, id)
	twin, err := client.Twin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		section := oddSection(t)
		for which, p := range map[patch.Section]hub.TwinPatch{patch.Tags: {Tags: &section}, patch.Desired: {Desired: &section}} {
			now, _, err := client.ReplaceTwin(t.Context(), id, p, twin.ETag)
			if err == nil {
				twin = now
			}
			found := patch.CheckSection(which, section)
			if (err != nil) != (found != nil) {
				t.Fatalf("%s: the hub says %v, the check %v of %s", which, err, found, section.JSON())
			}
			verdicts[err == nil]++
		}
	})
	if verdicts[true] == 0 || verdicts[false] == 0 {
		t.Errorf("only one verdict was tried: %v", verdicts)
	}
}

// A section may be as large as the limit to the last character, and no larger.
func TestTheLargestSection(t *testing.T) {
	_, client := start(t, nil)
	id := hub.ID{Device: "large"}
	create(t, client, id)
	twin, err := client.Twin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, which := range []patch.Section{patch.Tags, patch.Desired} {
		for _, unit := range []string{"a", "ş", "\x1b", "\x7f", "\u0080", "😀"} {
			section := filled(unit, which.MaxSize())
			for extra, fits := range []bool{true, false} {
				v := section.With(patch.Path{"last"}, patch.String(strings.Repeat("x", extra)))
				if over := patch.Size(v) - which.MaxSize(); over != extra {
					t.Fatalf("%q: %d over", unit, over)
				}
				p := hub.TwinPatch{Tags: &v}
				if which == patch.Desired {
					p = hub.TwinPatch{Desired: &v}
				}
				now, _, err := client.ReplaceTwin(t.Context(), id, p, twin.ETag)
				if err == nil {
					twin = now
				}
				if found := patch.CheckSection(which, v); (err == nil) != fits || (found == nil) != fits {
					t.Errorf("%s of %q with %d too many: the hub says %v, the check %v", which, unit, extra, err, found)
				}
			}
		}
	}
}

// filled is a section of exactly a size, with an empty member "last" and a few strings of one
// character, which may be one that does not count.
func filled(unit string, size int) patch.Value {
	v := patch.Object(patch.Member{Key: "last", Value: patch.String("")})
	for i := range 3 {
		v = v.With(patch.Path{fmt.Sprintf("odd%d", i)}, patch.String(strings.Repeat(unit, 2000/len(unit))))
	}
	for i := 0; ; i++ {
		key := fmt.Sprintf("k%04d", i)
		left := size - patch.Size(v) - len(key)
		v = v.With(patch.Path{key}, patch.String(strings.Repeat("y", min(left, 4000))))
		if left <= 4000 {
			return v
		}
	}
}
