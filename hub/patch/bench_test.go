package patch

import (
	"fmt"
	"testing"
)

// fullSection is a section about as large as IoT Hub allows: 32 KB of nested settings.
func fullSection(b *testing.B) Value {
	v := Object()
	for i := 0; Size(v) < Desired.MaxSize(); i++ {
		v = v.With(Path{fmt.Sprintf("component%d", i/10), fmt.Sprintf("setting%d", i)},
			Object(Member{"value", Int(int64(i))}, Member{"unit", String("degrees")}, Member{"on", Bool(i%2 == 0)}))
	}
	return v
}

func BenchmarkParse(b *testing.B) {
	text := fullSection(b).AppendJSON(nil)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDiff(b *testing.B) {
	base := fullSection(b)
	edited := base.With(Path{"component20", "setting200", "value"}, Int(-1))
	b.ReportAllocs()
	for b.Loop() {
		if _, changed := Diff(base, edited); !changed {
			b.Fatal("nothing changed")
		}
	}
}

func BenchmarkApply(b *testing.B) {
	base := fullSection(b)
	p, _ := Diff(base, base.With(Path{"component20", "setting200", "value"}, Int(-1)))
	b.ReportAllocs()
	for b.Loop() {
		Apply(base, p)
	}
}

func BenchmarkInvert(b *testing.B) {
	base := fullSection(b)
	p, _ := Diff(base, base.With(Path{"component20", "setting200", "value"}, Int(-1)))
	b.ReportAllocs()
	for b.Loop() {
		Invert(base, p)
	}
}

// Another order of the keys, as after a patch that added some and removed others, costs no more
// than a few times as much.
func BenchmarkChanges(b *testing.B) {
	base := fullSection(b)
	turned := Object()
	for _, m := range base.Members()[1:] {
		turned = turned.With(Path{m.Key}, m.Value)
	}
	for name, after := range map[string]Value{"same": base, "turned": turned.With(Path{"component0"}, base.Members()[0].Value)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if changed := Changes(base, after); len(changed) > 0 {
					b.Fatal(changed)
				}
			}
		})
	}
}

func BenchmarkCheckSection(b *testing.B) {
	v := fullSection(b).Without(Path{"component0"})
	for b.Loop() {
		if found := CheckSection(Desired, v); found != nil {
			b.Fatal(found)
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	v := fullSection(b)
	b.ReportAllocs()
	for b.Loop() {
		Compare(v, v)
	}
}

// An object with very many keys must not cost the square of their number.
func BenchmarkParseWide(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		members := make([]Member, n)
		for i := range members {
			members[i] = Member{fmt.Sprintf("key%d", i), Int(int64(i))}
		}
		text := Object(members...).AppendJSON(nil)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Two editors of a full section, each of whom has changed a third of it, some of it alike.
func BenchmarkMerge3(b *testing.B) {
	base := fullSection(b)
	edit := func(modulo int) Value {
		v := base
		for i := 0; i < 300; i += modulo {
			p := Path{fmt.Sprintf("component%d", i/10), fmt.Sprintf("setting%d", i), "value"}
			if _, ok := base.At(p); ok {
				v = v.With(p, Int(int64(-i-modulo)))
			}
		}
		return v
	}
	theirs, mine := edit(3), edit(4)
	b.ReportAllocs()
	for b.Loop() {
		if _, conflicts := Merge3(base, theirs, mine); len(conflicts) == 0 {
			b.Fatal("nobody disagrees")
		}
	}
}
