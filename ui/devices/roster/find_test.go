package roster

import (
	"slices"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// A job reads what was there when it was prepared, whatever changes while it runs.
func TestPagesArriveWhileWorkRuns(t *testing.T) {
	const devices = 2*blockSize + 100
	for _, show := range []Show{
		{Filter: Filter{Text: "floor=3 pump"}},
		{Filter: Filter{Text: "p3", Fuzzy: true}},
		{Sort: Sort{ColumnActivity, true}},
		{Filter: Filter{Text: "!site=ist"}, Sort: Sort{Column: "tags.floor"}},
	} {
		r := fleet(devices)
		r.Begin()
		job := r.Prepare(show)
		result := make(chan Result)
		go func() { result <- job.Run() }()
		for i := range 20 {
			page := fleetPage(i*300, 300)
			for k := range page {
				page[k].Tags = fleetTags[(i+k)%len(fleetTags)]
				page[k].LastActivityTime = time.Unix(int64(1_600_000_000+k), 0)
			}
			r.Listed(page)
			if s, ok := r.Find(page[7].Device); ok {
				r.SetModules(s, []hub.Entry{{ID: hub.ID{Device: page[7].Device, Module: "p3"}}})
				r.Remove(s)
			}
		}
		if !r.Apply(<-result) {
			t.Fatal("not applied")
		}
		got := rowsOf(r)
		again := New()
		for s := range r.slots() {
			if !r.flags(s).is(gone) {
				e, _ := r.Entry(hub.ID{Device: r.ID(s)})
				again.Learned([]hub.Entry{e})
			}
		}
		showNow(again, show)
		if want := rowsOf(again); !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%+v: %d rows, want %d", show, len(got), len(want))
		}
	}
}

// Typing on narrows what was found, whatever was typed before; so does every way to find it.
func TestNarrowingFindsWhatAFreshFilterFinds(t *testing.T) {
	r := fleet(blockSize + 777)
	for i := range 200 {
		id := r.ID(Slot(i * 13))
		r.SetModules(Slot(i*13), []hub.Entry{{ID: hub.ID{Device: id, Module: "controller"}}, {ID: hub.ID{Device: id, Module: "m5"}}})
	}
	for _, fuzzy := range []bool{false, true} {
		for _, typed := range []string{"pump-00012", "site=ist floor=7", "controller !pump", "!pump-001", "m5 m5"} {
			for i := range typed {
				show := Show{Filter: Filter{typed[:i+1], fuzzy}}
				showNow(r, show)
				got := rowsOf(r)
				showNow(r, Show{})
				showNow(r, show)
				if want := rowsOf(r); !slices.Equal(got, want) {
					t.Fatalf("%q fuzzy %v: %d rows, afresh %d", show.Filter.Text, fuzzy, len(got), len(want))
				}
				for k := range r.Shown() {
					if !r.Shows(r.ShownAt(k)) {
						t.Fatalf("%q fuzzy %v: %s alone is not let through", show.Filter.Text, fuzzy, r.ID(r.ShownAt(k)))
					}
				}
			}
			showNow(r, Show{})
		}
	}
}

func TestFuzzyHasTheBestFirst(t *testing.T) {
	r := New()
	var page []hub.Entry
	for _, id := range []string{"p-u-m-p", "xpump", "pump", "plum-pie", "pumping-station", "sensor"} {
		page = append(page, hub.Entry{ID: hub.ID{Device: id}})
	}
	r.Learned(page)
	showNow(r, Show{Filter: Filter{"pump", true}})
	var got []string
	for i := range r.Shown() {
		got = append(got, r.ID(r.ShownAt(i)))
	}
	if len(got) != 5 || got[0] != "pump" || got[1] != "pumping-station" || slices.Index(got, "plum-pie") < 3 {
		t.Errorf("%v", got)
	}
	r.Learned([]hub.Entry{{ID: hub.ID{Device: "pump2"}}})
	if got := r.ID(r.ShownAt(1)); got != "pump2" {
		t.Errorf("what comes later is not in its place: %s is second", got)
	}
}

func TestTerms(t *testing.T) {
	for text, want := range map[string][]Term{
		"":                  nil,
		" ":                 nil,
		"!":                 nil,
		"Pump  !IST":        {{"pump", false}, {"ist", true}},
		`"a b" !"c d"`:      {{"a b", false}, {"c d", true}},
		`"!a`:               {{"!a", false}},
		`site="new york`:    {{"site=new york", false}},
		"a!b":               {{"a!b", false}},
		"!!a":               {{"!a", true}},
		"\"a\nb\"\u00a0\tc": {{"a b", false}, {"c", false}},
	} {
		if got := (Filter{Text: text}).Terms(); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// Tags that nobody has any more do not stay for ever.
func TestTagsThatChangeAllTheTimeTakeNoMoreRoom(t *testing.T) {
	r := New()
	for round := range 20 {
		for from := 0; from < 5000; from += 100 {
			page := fleetPage(from, 100)
			for k := range page {
				page[k].Tags = patch.Object(patch.Member{Key: "last", Value: patch.Int(int64(round*5000 + from + k))})
			}
			r.Listed(page)
		}
	}
	if n := len(r.tags.chunks); n > 2*5000/chunkSize+3 {
		t.Errorf("%d chunks for five", n)
	}
	e, _ := r.Entry(hub.ID{Device: "thermostat-0000001"})
	if got := e.Tags.JSON(); got != `{"last":95000}` {
		t.Errorf("%s", got)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"", "abc", "ABC", "İıK", "\xff\x80A", "ǅ", "straße"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Fold(s)
		if Fold(got) != got && !strings.ContainsAny(s, "İ") {
			t.Errorf("%q: %q is not folded", s, got)
		}
		if want := string(appendFold(nil, s)); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	})
}
