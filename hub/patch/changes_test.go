package patch

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func describe(changes []Change) string {
	var lines []string
	for _, c := range changes {
		line := c.Kind.String() + " " + c.Path.String()
		switch c.Kind {
		case Added:
			line += " " + c.New.JSON()
		case Removed:
			line += " " + c.Old.JSON()
		default:
			line += " " + c.Old.JSON() + " → " + c.New.JSON()
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestChanges(t *testing.T) {
	for _, tt := range []struct{ name, before, after, want string }{
		{"nothing", `{"a":1,"b":{}}`, `{"b":{},"a":1}`, ""},
		{"a leaf", `{"telemetryInterval":60}`, `{"telemetryInterval":122}`, "changed telemetryInterval 60 → 122"},
		{"the order of after", `{"a":1,"b":1}`, `{"b":2,"a":2}`, "changed b 1 → 2\nchanged a 1 → 2"},
		{"removed keys where they stood", `{"x":1,"a":1,"y":1,"b":1,"z":1}`, `{"a":1,"b":2,"n":3}`, "removed x 1\nremoved y 1\nchanged b 1 → 2\nremoved z 1\nadded n 3"},
		{"added leaf by leaf", `{}`, `{"a":{"b":1,"c":{"d":2}}}`, "added a.b 1\nadded a.c.d 2"},
		{"removed leaf by leaf", `{"a":{"b":1,"c":{}}}`, `{}`, "removed a.b 1\nremoved a.c {}"},
		{"arrays are leaves", `{"a":[1,2]}`, `{"a":[1,3]}`, "changed a [1,2] → [1,3]"},
		{"empty objects are leaves", `{"a":{}}`, `{"b":{}}`, "removed a {}\nadded b {}"},
		{"an object that lost its last member", `{"a":{"b":1}}`, `{"a":{}}`, "removed a.b 1"},
		{"a leaf became an object", `{"a":1}`, `{"a":{"b":1}}`, `changed a 1 → {"b":1}`},
		{"an object became a leaf", `{"a":{"b":1}}`, `{"a":null}`, `changed a {"b":1} → null`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := describe(Changes(parse(t, tt.before), parse(t, tt.after))); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestChangesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := someObject(3, false).Draw(t, "before")
		after := someObject(3, false).Draw(t, "after")
		changes := Changes(before, after)
		if (len(changes) == 0) != Equal(before, after) {
			t.Fatalf("%d changes from %s to %s", len(changes), before.JSON(), after.JSON())
		}
		replayed := before
		for i, c := range changes {
			was, hadOld := before.At(c.Path)
			is, hasNew := after.At(c.Path)
			if hadOld == (c.Kind == Added) || hasNew == (c.Kind == Removed) || !Equal(was, c.Old) || !Equal(is, c.New) {
				t.Fatalf("%s is not what happened from %s to %s", describe(changes[i:i+1]), before.JSON(), after.JSON())
			}
			if c.Kind == Removed {
				replayed = replayed.Without(c.Path)
			} else {
				replayed = replayed.With(c.Path, c.New)
			}
		}
		// A removal takes leaves away and leaves their objects behind.
		if !Equal(withoutEmpty(replayed), withoutEmpty(after)) {
			t.Fatalf("replaying\n%s\non %s gives %s instead of %s", describe(changes), before.JSON(), replayed.JSON(), after.JSON())
		}
	})
}

func withoutEmpty(v Value) Value {
	if v.Kind() != KindObject {
		return v
	}
	var members []Member
	for _, m := range v.Members() {
		if m.Value = withoutEmpty(m.Value); m.Value.Kind() != KindObject || m.Value.Len() > 0 {
			members = append(members, m)
		}
	}
	return Object(members...)
}
