package patch

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMerge3(t *testing.T) {
	for _, tt := range []struct{ name, base, theirs, mine, merged, conflicts string }{
		{"different leaves", `{"a":1,"b":1}`, `{"a":2,"b":1}`, `{"a":1,"b":2}`, `{"a":2,"b":2}`, ""},
		{"different leaves of one object", `{"o":{"a":1,"b":1}}`, `{"o":{"a":2,"b":1}}`, `{"o":{"a":1}}`, `{"o":{"a":2}}`, ""},
		{"both alike", `{"a":1}`, `{"a":2}`, `{"a":2}`, `{"a":2}`, ""},
		{"both add to an object that is new", `{}`, `{"o":{"a":1}}`, `{"o":{"b":2}}`, `{"o":{"b":2,"a":1}}`, ""},
		{"both remove", `{"a":1,"b":1}`, `{"b":1}`, `{"b":2}`, `{"b":2}`, ""},
		{"the same leaf", `{"a":1,"b":1}`, `{"a":2,"b":1}`, `{"a":3,"b":2}`, `{"a":2,"b":2}`, "a 1 2 3"},
		{"another spelling is another value", `{"a":1}`, `{"a":2}`, `{"a":2.0}`, `{"a":2}`, "a 1 2 2.0"},
		{"both add differently", `{}`, `{"a":1}`, `{"a":2}`, `{"a":1}`, "a – 1 2"},
		{"changed here, removed there", `{"o":{"a":1}}`, `{}`, `{"o":{"a":2}}`, `{}`, `o {"a":1} – {"a":2}`},
		{"removed here, changed there", `{"o":{"a":1}}`, `{"o":{"a":2}}`, `{"o":{}}`, `{"o":{"a":2}}`, `o.a 1 2 –`},
		{"an array and a scalar", `{"a":0}`, `{"a":[1]}`, `{"a":1}`, `{"a":[1]}`, `a 0 [1] 1`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			merged, conflicts := Merge3(parse(t, tt.base), parse(t, tt.theirs), parse(t, tt.mine))
			if merged.JSON() != tt.merged {
				t.Errorf("got  %s\nwant %s", merged.JSON(), tt.merged)
			}
			side := func(v Value, has bool) string {
				if !has {
					return "–"
				}
				return v.JSON()
			}
			var lines []string
			for _, c := range conflicts {
				lines = append(lines, fmt.Sprintf("%s %s %s %s", c.Path, side(c.Base, c.HasBase), side(c.Theirs, c.HasTheirs), side(c.Mine, c.HasMine)))
			}
			if got := strings.Join(lines, "\n"); got != tt.conflicts {
				t.Errorf("conflicts\n%s\nwant\n%s", got, tt.conflicts)
			}
		})
	}
}

func checkMerge3(t rapid.TB, base, theirs, mine Value) {
	if got, conflicts := Merge3(base, theirs, base); !Equal(got, theirs) || len(conflicts) > 0 {
		t.Fatalf("only theirs changed: %s became %s with %d conflicts", theirs.JSON(), got.JSON(), len(conflicts))
	}
	if got, conflicts := Merge3(base, base, mine); !Equal(got, mine) || len(conflicts) > 0 {
		t.Fatalf("only mine changed: %s became %s with %d conflicts", mine.JSON(), got.JSON(), len(conflicts))
	}
	if got, conflicts := Merge3(base, mine, mine); !Equal(got, mine) || len(conflicts) > 0 {
		t.Fatalf("both alike: %s became %s with %d conflicts", mine.JSON(), got.JSON(), len(conflicts))
	}
	merged, conflicts := Merge3(base, theirs, mine)
	swapped, others := Merge3(base, mine, theirs)
	if len(conflicts) != len(others) {
		t.Fatalf("%d conflicts one way, %d the other", len(conflicts), len(others))
	}
	if len(conflicts) == 0 && !Equal(merged, swapped) {
		t.Fatalf("base %s theirs %s mine %s: %s one way, %s the other", base.JSON(), theirs.JSON(), mine.JSON(), merged.JSON(), swapped.JSON())
	}
	for _, c := range conflicts {
		for name, s := range map[string]struct {
			doc, v Value
			has    bool
		}{"base": {base, c.Base, c.HasBase}, "theirs": {theirs, c.Theirs, c.HasTheirs}, "mine": {mine, c.Mine, c.HasMine}, "merged": {merged, c.Theirs, c.HasTheirs}} {
			if v, ok := s.doc.At(c.Path); ok != s.has || !Equal(v, s.v) {
				t.Fatalf("at %s %s is %s, not %s", c.Path, name, v.JSON(), s.v.JSON())
			}
		}
		// Deciding for mine everywhere must be possible, one conflict at a time.
		if c.HasMine {
			merged = merged.With(c.Path, c.Mine)
		} else {
			merged = merged.Without(c.Path)
		}
	}
	if !Equal(merged, swapped) {
		t.Fatalf("base %s theirs %s mine %s: mine everywhere is %s, not %s", base.JSON(), theirs.JSON(), mine.JSON(), merged.JSON(), swapped.JSON())
	}
}

func TestMerge3Properties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := someObject(3, false).Draw(t, "base")
		checkMerge3(t, base,
			Apply(base, someObject(3, true).Draw(t, "their patch")),
			Apply(base, someObject(3, true).Draw(t, "my patch")))
	})
}

func FuzzMerge3(f *testing.F) {
	f.Add(`{"a":1,"b":{"c":2}}`, `{"a":2}`, `{"b":{"c":null}}`)
	f.Add(`{"o":{"a":1}}`, `{"o":null}`, `{"o":{"a":2}}`)
	f.Fuzz(func(t *testing.T, base, theirs, mine string) {
		var docs [3]Value
		for i, text := range []string{base, theirs, mine} {
			v, err := Parse([]byte(text))
			if err != nil || v.Kind() != KindObject {
				t.Skip()
			}
			docs[i] = v
		}
		start := Apply(Value{}, docs[0])
		checkMerge3(t, start, Apply(start, docs[1]), Apply(start, docs[2]))
	})
}
