package registry

import (
	"math/rand/v2"
	"strings"
	"testing"

	"twindeck/hub/embedded/ordered"
)

// randomObject returns small objects of few keys, so that they have much in common.
func randomObject(r *rand.Rand, depth int) ordered.Value {
	var members []ordered.Member
	for _, key := range []string{"a", "b", "c"} {
		switch v := r.IntN(6); {
		case v == 0 && depth > 0:
			members = append(members, ordered.Member{Key: key, Value: randomObject(r, depth-1)})
		case v < 3:
			members = append(members, ordered.Member{Key: key, Value: ordered.NewNumber(itoa(int64(v)))})
		}
	}
	return ordered.NewObject(members...)
}

// TestOwnersFollowConfigurations shows that a device that applies what it is told has what the
// hub has, that every value has a stamp, and that no stamp is left behind.
func TestOwnersFollowConfigurations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		before := newDesired(randomObject(r, 2), 2, 1)
		var all []Settings
		for i := range 1 + r.IntN(3) {
			settings := Settings{By: string(rune('x' + i)), Digest: "1"}
			for range 1 + r.IntN(2) {
				path := []string{"a", "b", "c"}[:r.IntN(3)]
				settings.Values = append(settings.Values, Setting{path, randomObject(r, 2)})
			}
			all = append(all, settings)
		}
		next, notify, err := before.configured(all, 2, DocumentedSize)
		if err != nil {
			t.Fatal(err)
		}
		followed := ordered.Merge(stored(before.properties), notify)
		if !same(followed, stored(next.properties)) {
			t.Fatalf("before %s, settings %v, told %s:\nowner has %s\nhub has   %s", before.properties, all, notify, followed, next.properties)
		}
		last := all[len(all)-1].Values
		if got := at(stored(next.properties), last[len(last)-1].Path); !same(got, last[len(last)-1].Value) {
			t.Fatalf("the last setting %v left %s", last[len(last)-1], next.properties)
		}
		stamped(t, stored(next.properties), stored(next.metadata))
	}
}

func at(v ordered.Value, path []string) ordered.Value {
	for _, step := range path {
		v, _ = v.Get(step)
	}
	return v
}

// same compares without regard to the order of keys.
func same(a, b ordered.Value) bool {
	if a.Kind() != b.Kind() || a.Text() != b.Text() || len(a.Members()) != len(b.Members()) {
		return false
	}
	for _, m := range a.Members() {
		other, ok := b.Get(m.Key)
		if !ok || !same(m.Value, other) {
			return false
		}
	}
	return true
}

func stamped(t *testing.T, properties, metadata ordered.Value) {
	t.Helper()
	if _, ok := metadata.Get("$lastUpdated"); !ok {
		t.Fatalf("%s has no stamp: %s", properties, metadata)
	}
	if by, ok := metadata.Get("$lastUpdatedBy"); ok && properties.Kind() == ordered.Object {
		t.Fatalf("the object %s has a writer, %s", properties, by)
	}
	for _, m := range metadata.Members() {
		if strings.HasPrefix(m.Key, "$") {
			continue
		}
		if _, ok := properties.Get(m.Key); !ok {
			t.Fatalf("%s is stamped in %s and not there in %s", m.Key, metadata, properties)
		}
	}
	for _, m := range properties.Members() {
		child, _ := metadata.Get(m.Key)
		stamped(t, m.Value, child)
	}
}
