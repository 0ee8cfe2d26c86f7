package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"twindeck/hub"
	"twindeck/hub/patch"
)

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	id   = hub.ID{Device: "d", Module: "m"}
)

func parse(text string) patch.Value {
	v, err := patch.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

// twin is a twin whose numbers tell its content apart.
func twin(version, desired, reported int64) *hub.Twin {
	side := func(v int64) hub.Section {
		return hub.Section{Value: parse(fmt.Sprintf(`{"n":%d,"same":{"a":1}}`, v)), Version: v}
	}
	return &hub.Twin{
		ID: id, Version: version, ETag: fmt.Sprintf("E%d", version-reported),
		Tags: parse(fmt.Sprintf(`{"t":%d}`, version-reported-desired)), Desired: side(desired), Reported: side(reported),
	}
}

// list writes the versions of a book, the oldest first: what is carried in brackets, what is not known
// with a question mark.
func list(b *Book) string {
	var lines []string
	for i := range b.Entries(id) {
		e := &b.Entries(id)[i]
		side := func(name string, s Side) string {
			text := fmt.Sprintf("%s%d", name, s.Version)
			if !s.Known {
				text += "?"
			}
			if s.Carried {
				text = "(" + text + ")"
			}
			return text
		}
		lines = append(lines, side("d", e.Desired)+" "+side("r", e.Reported)+" "+e.Sources.String())
	}
	return strings.Join(lines, "\n")
}

func TestEveryVersionIsOneEntryHoweverOftenItIsSeen(t *testing.T) {
	for _, tt := range []struct {
		name string
		see  func(b *Book)
		want string
	}{
		{"nothing", func(*Book) {}, ""},
		{"read twice", func(b *Book) {
			b.Twin(twin(2, 1, 1), Read, noon)
			b.Twin(twin(2, 1, 1), Read, noon)
		}, "d1 r1 read"},
		{"saved, then received and read", func(b *Book) {
			b.Twin(twin(2, 1, 1), Read, noon)
			b.Twin(twin(3, 2, 1), Saved, noon)
			b.Patch(id, 2, parse(`{"n":2}`), Attached, noon)
			b.Twin(twin(3, 2, 1), Read, noon)
		}, "d1 r1 read\nd2 r1 read, saved, attached"},
		{"received before the save is answered", func(b *Book) {
			b.Twin(twin(2, 1, 1), Read, noon)
			b.Patch(id, 2, parse(`{"n":2}`), Attached, noon)
			b.Twin(twin(3, 2, 1), Saved, noon)
		}, "d1 r1 read\nd2 r1 saved, attached"},
		{"received alone", func(b *Book) {
			b.Desired(id, 4, parse(`{"n":4}`), Attached, noon)
			b.Patch(id, 5, parse(`{"n":5}`), Attached, noon)
			b.Reported(id, 9, parse(`{"n":9}`), Attached, noon)
			b.Patch(id, 8, parse(`{"n":8}`), Attached, noon)
		}, "d4 r0? attached\nd5 (r0?) attached\n(d5) r9? attached\nd8? (r9?) attached"},
		{"a read tells what a gap hid", func(b *Book) {
			b.Desired(id, 4, parse(`{"n":4}`), Attached, noon)
			b.Patch(id, 8, parse(`{"n":8}`), Attached, noon)
			b.Twin(twin(20, 8, 3), Read, noon)
			b.Patch(id, 9, parse(`{"n":9}`), Attached, noon)
		}, "d4 r0? attached\nd8 r3 read, attached\nd9 (r3) attached"},
		{"the device has moved on before the read", func(b *Book) {
			b.Twin(twin(2, 1, 1), Read, noon)
			b.Patch(id, 2, parse(`{"n":2}`), Attached, noon)
			b.Twin(twin(4, 2, 2), Read, noon)
			b.Patch(id, 2, parse(`{"n":2}`), Observed, noon)
		}, "d1 r1 read\nd2 (r1) attached, observed\nd2 r2 read"},
		{"a late read goes where it belongs", func(b *Book) {
			b.Twin(twin(2, 1, 1), Read, noon)
			b.Twin(twin(5, 3, 2), Saved, noon)
			b.Twin(twin(3, 2, 1), Read, noon)
			b.Twin(twin(4, 2, 2), Read, noon)
		}, "d1 r1 read\nd2 r1 read\nd2 r2 read\nd3 r2 saved"},
		{"tags alone", func(b *Book) {
			b.Twin(twin(2, 1, 1), Read, noon)
			b.Twin(twin(3, 1, 1), Saved, noon)
			b.Twin(twin(3, 1, 1), Read, noon)
		}, "d1 r1 read\nd1 r1 read, saved"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := New(0)
			tt.see(b)
			if got := list(b); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestAPatchIsAppliedToTheVersionBefore(t *testing.T) {
	b := New(0)
	b.Twin(twin(2, 1, 1), Read, noon)
	b.Patch(id, 2, parse(`{"n":null,"new":{"x":1}}`), Attached, noon)
	b.Reported(id, 2, parse(`{"n":5}`), Attached, noon)
	e := b.Entries(id)
	last := &e[len(e)-1]
	if got := last.Document().JSON(); got != `{"deviceId":"d","moduleId":"m","tags":{"t":0},"properties":{"desired":{"same":{"a":1},"new":{"x":1},"$version":2},"reported":{"n":5,"same":{"a":1},"$version":2}}}` {
		t.Errorf("%s", got)
	}
	var got []string
	for _, d := range Compare(&e[0], last) {
		for _, c := range d.Changes {
			got = append(got, fmt.Sprintf("%s %s %s %s %s", d.Section, c.Path, c.Kind, c.Old.JSON(), c.New.JSON()))
		}
	}
	if text := strings.Join(got, "; "); text != "desired n removed 1 null; desired new.x added null 1; reported n changed 1 5" {
		t.Errorf("%s", text)
	}
	b.Patch(id, 9, parse(`{}`), Attached, noon)
	e = b.Entries(id)
	d := Compare(&e[0], &e[len(e)-1])
	if len(d) == 0 || !d[0].Unknown() || len(d[0].Changes) > 0 {
		t.Errorf("what a gap hid is told: %+v", d)
	}
}

// A device that was deleted and made again counts from the start: its versions come behind those of
// the one before, which are not mistaken for them.
func TestAnotherTwinOfTheSameName(t *testing.T) {
	const want = "d1 r1 read\nd7 r1 read\nd1 r1 read\nd2 r1 saved"
	b := New(0)
	b.Twin(twin(2, 1, 1), Read, noon)
	b.Twin(twin(8, 7, 1), Read, noon)
	b.End(hub.ID{Device: "d"})
	b.Twin(twin(2, 1, 1), Read, noon)
	b.Twin(twin(3, 2, 1), Saved, noon)
	if got := list(b); got != want {
		t.Errorf("deleted here:\n%s", got)
	}
	at := func(tw *hub.Twin, minute int64) *hub.Twin {
		tw.Desired.Metadata = writtenAt(minute)
		return tw
	}
	b = New(0)
	b.Twin(at(twin(2, 1, 1), 1), Read, noon)
	b.Twin(at(twin(8, 7, 1), 2), Read, noon)
	b.Twin(at(twin(2, 1, 1), 3), Read, noon)
	b.Twin(at(twin(3, 2, 1), 4), Saved, noon)
	if got := list(b); got != want {
		t.Errorf("deleted elsewhere:\n%s", got)
	}
	b = New(0)
	b.Twin(at(twin(8, 7, 1), 2), Read, noon)
	b.Patch(id, 8, parse(`{"n":8}`), Attached, noon)
	b.Twin(at(twin(9, 8, 1), 3), Saved, noon)
	if got := list(b); got != "d7 r1 read\nd8 r1 saved, attached" {
		t.Errorf("what was received before it was read is no new twin:\n%s", got)
	}
	b = New(0)
	b.Twin(at(twin(8, 7, 1), 2), Read, noon)
	b.Twin(at(twin(2, 1, 1), 1), Read, noon)
	if got := list(b); got != "d1 r1 read\nd7 r1 read" {
		t.Errorf("a late read is no new twin:\n%s", got)
	}
}

func TestMemoryIsBoundedAndWhatIsLetGoIsCounted(t *testing.T) {
	const limit = 64 << 10
	b := New(limit)
	big := parse(`{"text":"` + strings.Repeat("x", 4000) + `","n":0}`)
	for v := int64(1); v <= 500; v++ {
		tw := twin(v+1, v, 1)
		tw.Desired.Value = parse(big.With(patch.Path{"n"}, patch.Int(v)).JSON()) // no memory in common
		b.Twin(tw, Read, noon)
		if b.bytes > limit {
			t.Fatalf("%d bytes at version %d", b.bytes, v)
		}
	}
	n := len(b.Entries(id))
	if b.LetGo(id) != 500-n || n < 40 {
		t.Errorf("%d versions kept, %d let go: what they have in common counts once", n, b.LetGo(id))
	}
	if oldest := b.Entries(id)[0].Desired.Version; oldest != int64(501-n) {
		t.Errorf("the oldest kept is %d of %d", oldest, n)
	}
	other := twin(2, 1, 1)
	other.ID = hub.ID{Device: "other"}
	other.Desired.Value = parse(`{"text":"` + strings.Repeat("y", limit) + `"}`)
	b.Twin(other, Read, noon)
	if b.bytes > limit {
		t.Errorf("%d bytes", b.bytes)
	}
}

// Whatever is seen in whatever order, each version that is kept is what the twin was then.
func TestVersionsAreWhatTheTwinWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		states := []*hub.Twin{twin(2, 1, 1)}
		for range rapid.IntRange(1, 12).Draw(t, "writes") {
			next := *states[len(states)-1]
			next.Version++
			key := rapid.SampledFrom([]string{"a", "b", "n"}).Draw(t, "key")
			value := parse(fmt.Sprintf(`{%q:%d}`, key, next.Version))
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				next.Desired = hub.Section{Value: patch.Apply(next.Desired.Value, value), Metadata: writtenAt(next.Version), Version: next.Desired.Version + 1}
				next.ETag = fmt.Sprintf("E%d", next.Version)
			case 1:
				next.Reported = hub.Section{Value: patch.Apply(next.Reported.Value, value), Metadata: writtenAt(next.Version), Version: next.Reported.Version + 1}
			default:
				next.Tags = patch.Apply(next.Tags, value)
				next.ETag = fmt.Sprintf("E%d", next.Version)
			}
			states = append(states, &next)
		}
		b := New(rapid.SampledFrom([]int{0, 4000}).Draw(t, "limit"))
		for range rapid.IntRange(0, 30).Draw(t, "sights") {
			i := rapid.IntRange(0, len(states)-1).Draw(t, "state")
			s := states[i]
			from := states[max(i-1, 0)]
			switch rapid.IntRange(0, 3).Draw(t, "how") {
			case 0:
				b.Twin(s, Read, noon)
			case 1:
				b.Desired(id, s.Desired.Version, s.Desired.Value, Attached, noon)
			case 2:
				if s.Desired.Version > from.Desired.Version {
					p, _ := patch.Diff(from.Desired.Value, s.Desired.Value)
					b.Patch(id, s.Desired.Version, p, Attached, noon)
				}
			default:
				if s.Reported.Version > from.Reported.Version {
					p, _ := patch.Diff(from.Reported.Value, s.Reported.Value)
					b.Reported(id, s.Reported.Version, p, Attached, noon)
				}
			}
			check(t, b, states)
		}
	})
}

// writtenAt is $metadata of a section that was written some minutes after noon.
func writtenAt(minute int64) patch.Value {
	at := noon.Add(time.Duration(minute) * time.Minute).Format(time.RFC3339)
	return patch.Object(patch.Member{Key: "$lastUpdated", Value: patch.String(at)})
}

func check(t *rapid.T, b *Book, states []*hub.Twin) {
	entries := b.Entries(id)
	bytes := 0
	for i := range entries {
		e := &entries[i]
		bytes += e.bytes
		for _, s := range states {
			for _, pair := range [][2]patch.Value{
				{known(e.Desired, s.Desired.Version), s.Desired.Value}, {known(e.Reported, s.Reported.Version), s.Reported.Value},
			} {
				if !pair[0].IsNull() && !patch.Equal(pair[0], pair[1]) {
					t.Fatalf("%s\nentry %d has %s, it was %s", list(b), i, pair[0].JSON(), pair[1].JSON())
				}
			}
			if e.ETag == s.ETag && e.Reported.Version == s.Reported.Version && !patch.Equal(e.Tags.Value, s.Tags) {
				t.Fatalf("%s\nentry %d has tags %s, they were %s", list(b), i, e.Tags.Value.JSON(), s.Tags.JSON())
			}
		}
		for j := range i {
			o := &entries[j]
			if o.comesAfter(e) && o.whole() && e.whole() {
				t.Fatalf("%s\n%d stands before %d", list(b), j, i)
			}
			if o.whole() && e.whole() && o.ETag == e.ETag && o.Reported.Version == e.Reported.Version {
				t.Fatalf("%s\n%d and %d are the same", list(b), j, i)
			}
		}
	}
	if p := b.pages[id]; p != nil && p.lives > 0 && p.letGo == 0 {
		t.Fatalf("%s\nthere was one twin alone", list(b))
	}
	if bytes != b.bytes {
		t.Fatalf("%d bytes are counted, there are %d", b.bytes, bytes)
	}
	if !slices.IsSortedFunc(b.order, func(x, y ref) int { return int(x.number) - int(y.number) }) {
		t.Fatal("what was seen first does not go first")
	}
}

// known is the value of a side when it is that of a version.
func known(s Side, version int64) patch.Value {
	if s.Version != version {
		return patch.Null()
	}
	return s.Value
}

// What two versions have in common is in memory once, wherever it came from.
func TestVersionsShareWhatTheyHaveInCommon(t *testing.T) {
	b := New(0)
	b.Twin(twin(2, 1, 1), Read, noon)
	first := b.bytes
	b.Twin(twin(3, 2, 1), Read, noon)
	if more := b.bytes - first; more >= first {
		t.Errorf("the second version takes %d bytes more, the first %d", more, first)
	}
	e := b.Entries(id)
	one, _ := e[0].Desired.Value.Get("same")
	two, _ := e[1].Desired.Value.Get("same")
	if &one.Members()[0] != &two.Members()[0] {
		t.Error("an object that did not change is there twice")
	}
}

func BenchmarkTwin(b *testing.B) {
	section := patch.Object()
	for i := range 800 {
		section = section.With(patch.Path{fmt.Sprintf("component%d", i/10), fmt.Sprintf("setting%d", i)}, patch.String(strings.Repeat("v", 20)))
	}
	for name, step := range map[string]int64{"seen before": 0, "new": 1} {
		b.Run(name, func(b *testing.B) {
			book := New(0)
			v := int64(1)
			for b.Loop() {
				tw := twin(v+1, v, 1)
				tw.Desired.Value = section.With(patch.Path{"n"}, patch.Int(v))
				book.Twin(tw, Read, noon)
				v += step
			}
		})
	}
}
