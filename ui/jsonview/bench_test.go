package jsonview

import (
	"fmt"
	"testing"

	"twindeck/hub/patch"
)

// document is an object of n small objects, six lines each.
func document(n int) patch.Value {
	members := make([]patch.Member, n)
	for i := range members {
		members[i] = patch.Member{Key: fmt.Sprintf("device%d", i), Value: patch.Object(
			patch.Member{Key: "interval", Value: patch.Int(int64(i))},
			patch.Member{Key: "site", Value: patch.String("Istanbul")},
			patch.Member{Key: "on", Value: patch.Bool(true)},
			patch.Member{Key: "none", Value: patch.Null()},
		)}
	}
	return patch.Object(members...)
}

// A key and the frame after it must cost the same however long the document is.
func BenchmarkKeyAndView(b *testing.B) {
	for _, lines := range []int{600, 100_000} {
		for name, key := range map[string]func(*Model){
			"down":   func(m *Model) { m.Down() },
			"page":   func(m *Model) { m.PageDown() },
			"toggle": func(m *Model) { m.Toggle() },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, lines), func(b *testing.B) {
				m := New()
				m.SetValue(document(lines / 6))
				m.View(100, 50, Styles{})
				m.Move(lines / 2)
				b.ReportAllocs()
				for b.Loop() {
					key(m)
					m.View(100, 50, Styles{})
				}
			})
		}
	}
}

func BenchmarkSetValue(b *testing.B) {
	m, v := New(), document(100_000/6)
	b.ReportAllocs()
	for b.Loop() {
		m.SetValue(v)
	}
}
