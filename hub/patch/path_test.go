package patch

import (
	"testing"

	"pgregory.net/rapid"
)

func TestPathString(t *testing.T) {
	for want, path := range map[string]Path{
		"":                    nil,
		"telemetryInterval":   {"telemetryInterval"},
		"sensor.interval-2":   {"sensor", "interval-2"},
		`sensor."a.b"`:        {"sensor", "a.b"},
		`""`:                  {""},
		`"\u001b[2J"."\"".şı`: {"\x1b[2J", `"`, "şı"},
		`"$metadata"."a b".1`: {"$metadata", "a b", "1"},
	} {
		if got := path.String(); got != want {
			t.Errorf("%q: got %s, want %s", []string(path), got, want)
		}
		if got, err := ParsePath(want); err != nil || !got.Equal(path) {
			t.Errorf("ParsePath(%s) = %q, %v", want, []string(got), err)
		}
	}
}

func TestParsePathRefuses(t *testing.T) {
	for text, want := range map[string]string{
		".a":      `the path ".a" is not readable: a key is missing; write the empty key as ""`,
		"a.":      `the path "a." is not readable: a key is missing; write the empty key as ""`,
		`a"b"`:    `the path "a\"b\"" is not readable: keys are separated by dots`,
		`"a"b`:    `the path "\"a\"b" is not readable: keys are separated by dots`,
		`"a`:      `the path "\"a" is not readable: a key in quotes must be a JSON string`,
		"\x1b.\"": `the path "\u001b.\"" is not readable: a key in quotes must be a JSON string`,
	} {
		if got, err := ParsePath(text); err == nil || err.Error() != want {
			t.Errorf("ParsePath(%q) = %q, %v\nwant %s", text, []string(got), err, want)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{"", "a.b", `a."b.c"`, `"".""`, `"\u001b"`, "a..b", "\xee"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, err := ParsePath(text)
		if err != nil {
			return
		}
		again, err := ParsePath(path.String())
		if err != nil || again.String() != path.String() {
			t.Fatalf("%q became %q (%v)", text, []string(again), err)
		}
	})
}

func TestWithAndWithout(t *testing.T) {
	before := parse(t, `{"a":{"b":1,"c":2},"d":3}`)
	for _, tt := range []struct {
		name string
		got  Value
		want string
	}{
		{"replace in place", before.With(Path{"a", "b"}, Int(9)), `{"a":{"b":9,"c":2},"d":3}`},
		{"append", before.With(Path{"a", "x"}, Int(9)), `{"a":{"b":1,"c":2,"x":9},"d":3}`},
		{"create parents", before.With(Path{"x", "", "z"}, Int(9)), `{"a":{"b":1,"c":2},"d":3,"x":{"":{"z":9}}}`},
		{"a scalar on the way becomes an object", before.With(Path{"d", "x"}, Int(9)), `{"a":{"b":1,"c":2},"d":{"x":9}}`},
		{"the whole", before.With(nil, Int(9)), `9`},
		{"remove", before.Without(Path{"a", "b"}), `{"a":{"c":2},"d":3}`},
		{"the last child leaves {}", before.Without(Path{"a", "b"}).Without(Path{"a", "c"}), `{"a":{},"d":3}`},
		{"remove what is not there", before.Without(Path{"a", "x", "y"}), `{"a":{"b":1,"c":2},"d":3}`},
		{"remove everything", before.Without(nil), `{}`},
	} {
		if tt.got.JSON() != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, tt.got.JSON(), tt.want)
		}
	}
	if got := before.JSON(); got != `{"a":{"b":1,"c":2},"d":3}` {
		t.Errorf("the value itself was changed to %s", got)
	}
}

func TestWithProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := someObject(3, false).Draw(t, "value")
		path := Path(rapid.SliceOfN(someKey, 1, 3).Draw(t, "path"))
		leaf := someScalar.Draw(t, "leaf")
		original := v.JSON()
		with := v.With(path, leaf)
		if got, ok := with.At(path); !ok || !Equal(got, leaf) {
			t.Fatalf("%s with %s at %s is %s", original, leaf.JSON(), path, with.JSON())
		}
		if _, ok := with.Without(path).At(path); ok {
			t.Fatalf("%s is still in %s", path, with.Without(path).JSON())
		}
		if v.JSON() != original {
			t.Fatalf("%s was changed to %s", original, v.JSON())
		}
	})
}
