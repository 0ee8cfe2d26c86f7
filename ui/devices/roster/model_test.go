package roster

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// naive is a roster as one would write it without regard to how large it gets.
type naive struct {
	devices map[string]*naiveDevice
	gone    map[string]bool // modules were listed while it was gone
	listed  bool            // all modules have been listed
	show    Show
}

type naiveDevice struct {
	entry   hub.Entry
	seen    bool
	fresh   int
	open    bool
	marked  bool
	modules map[string]hub.Entry
	state   Loading
}

func (n *naive) put(e hub.Entry, listed bool) {
	d := n.devices[e.Device]
	if d == nil {
		d = &naiveDevice{modules: map[string]hub.Entry{}}
		if n.listed && !n.gone[e.Device] {
			d.state = Known
		}
		n.devices[e.Device] = d
	}
	d.entry = e
	switch {
	case listed:
		d.seen, d.fresh = true, 0
	case !d.seen:
		d.fresh = Lag
	}
}

func (n *naive) sweep() {
	maps.DeleteFunc(n.devices, func(_ string, d *naiveDevice) bool {
		switch {
		case d.seen:
			d.fresh = 0
		case d.fresh > 0:
			d.fresh--
		default:
			n.gone[d.entry.Device] = n.gone[d.entry.Device] || len(d.modules) > 0 || d.state != NotAsked
			return true
		}
		return false
	})
}

// matched says whether a device is shown, and whether only its modules are why.
func (n *naive) matched(d *naiveDevice) (shown, through bool) {
	for _, t := range n.show.Filter.Terms() {
		self := strings.Contains(Fold(d.entry.Device), t.Text)
		for _, tag := range FlatTags(d.entry.Tags) {
			self = self || strings.Contains(Fold(tag.Path+"="+tag.Value), t.Text)
		}
		mods := false
		for name := range d.modules {
			mods = mods || strings.Contains(Fold(name), t.Text)
		}
		if t.Not == (self || mods) {
			return false, false
		}
		through = through || !t.Not && !self
	}
	return true, through
}

func (n *naive) value(d *naiveDevice, c Column) (string, bool) {
	number := func(i int) (string, bool) { return strconv.Itoa(i), true }
	yes := func(b bool) (string, bool) {
		if b {
			return "0", true
		}
		return "1", true
	}
	switch c {
	case ColumnConnection:
		return yes(d.entry.Connected)
	case ColumnEdge:
		return yes(d.entry.Edge)
	case ColumnStatus:
		if d.entry.Status == "" {
			return "", false
		}
		return yes(d.entry.Status == hub.Enabled)
	case ColumnActivity:
		return strconv.FormatInt(d.entry.LastActivityTime.Unix(), 10), !d.entry.LastActivityTime.IsZero()
	case ColumnModules:
		return number(len(d.modules))
	}
	path, _ := c.Tag()
	for _, tag := range FlatTags(d.entry.Tags) {
		if tag.Path == path {
			return Fold(tag.Value), true
		}
	}
	return "", false
}

func (n *naive) compare(a, b *naiveDevice) int {
	s := n.show.Sort
	byID := cmp.Compare(a.entry.Device, b.entry.Device)
	if s.Column == "" || s.Column == ColumnID {
		return s.flip(byID)
	}
	va, oka := n.value(a, s.Column)
	vb, okb := n.value(b, s.Column)
	switch {
	case oka && !okb:
		return -1
	case okb && !oka:
		return 1
	case !oka:
		return byID
	}
	x, errA := strconv.ParseFloat(va, 64)
	y, errB := strconv.ParseFloat(vb, 64)
	d := cmp.Compare(va, vb)
	switch {
	case errA == nil && errB == nil:
		d = cmp.Compare(x, y)
	case errA == nil:
		d = -1
	case errB == nil:
		d = 1
	}
	return cmp.Or(s.flip(d), byID)
}

// rows are what the tree shows.
func (n *naive) rows() []Key {
	var devices []*naiveDevice
	for _, d := range n.devices {
		if shown, _ := n.matched(d); shown {
			devices = append(devices, d)
		}
	}
	slices.SortFunc(devices, n.compare)
	var rows []Key
	for _, d := range devices {
		id := d.entry.Device
		rows = append(rows, Key{Device: id})
		_, through := n.matched(d)
		below := 0
		for _, name := range slices.Sorted(maps.Keys(d.modules)) {
			picked := d.open
			if through {
				picked = slices.ContainsFunc(n.show.Filter.Terms(), func(t Term) bool { return !t.Not && strings.Contains(Fold(name), t.Text) })
			}
			if picked {
				rows = append(rows, Key{Device: id, Module: name})
				below++
			}
		}
		if !d.open {
			continue
		}
		if below == 0 || d.state == Failed {
			rows = append(rows, Key{Device: id, Note: true})
		}
		for _, child := range slices.Sorted(maps.Keys(n.devices)) {
			c := n.devices[child].entry
			parents := c.ParentScopes
			if len(parents) == 0 && !c.Edge && c.DeviceScope != "" {
				parents = []string{c.DeviceScope}
			}
			if child != id && d.entry.Edge && d.entry.DeviceScope != "" && slices.Contains(parents, d.entry.DeviceScope) {
				rows = append(rows, Key{Device: id, Child: child})
			}
		}
	}
	return rows
}

func (n *naive) marked() []hub.ID {
	ids := []hub.ID{}
	for _, id := range slices.Sorted(maps.Keys(n.devices)) {
		if n.devices[id].marked {
			ids = append(ids, hub.ID{Device: id})
		}
	}
	return ids
}

func rowsOf(r *Roster) []Key {
	var rows []Key
	for i := range r.Rows() {
		rows = append(rows, r.KeyOf(r.Row(i)))
	}
	return rows
}

var (
	someIDs     = []string{"a", "B-1", "pump-01", "pump-02", "Pump-03", "edge-1", "edge-2", "İst", "zz\x1b[31m", "pump", "thermo", "x9", "x10"}
	someTags    = []string{`{}`, `{"site":"ist","floor":3}`, `{"site":"Ankara","floor":12}`, `{"floor":"cellar"}`, `{"a":{"b":[1,2]},"floor":-1.5}`}
	someScopes  = []string{"", "scope-1", "scope-2"}
	someModules = []string{"$edgeAgent", "controller", "Sensors", "pump"}
	someFilters = []string{"", "pump", "PUMP !02", "floor=3", "sens", "a !b", `"b=[1"`, "!", "ist", "zzz", "p um", "!controller", "$"}
	someSorts   = []Column{"", ColumnID, ColumnActivity, ColumnConnection, ColumnStatus, ColumnEdge, ColumnModules, "tags.floor", "tags.site", "tags.none"}
)

func someEntry(t *rapid.T) hub.Entry {
	v, err := patch.Parse([]byte(rapid.SampledFrom(someTags).Draw(t, "tags")))
	if err != nil {
		t.Fatal(err)
	}
	e := hub.Entry{
		ID: hub.ID{Device: rapid.SampledFrom(someIDs).Draw(t, "id")}, Tags: v, Auth: hub.AuthSAS,
		Connected: rapid.Bool().Draw(t, "connected"), Status: rapid.SampledFrom([]hub.Status{"", hub.Enabled, hub.Disabled}).Draw(t, "status"),
		DeviceScope: rapid.SampledFrom(someScopes).Draw(t, "scope"),
	}
	if s := rapid.SampledFrom(someScopes).Draw(t, "parent"); s != "" {
		e.ParentScopes = []string{s}
	}
	if e.Device == "edge-1" || e.Device == "edge-2" {
		e.Edge, e.DeviceScope = true, "scope-"+e.Device[5:]
	}
	if s := rapid.IntRange(0, 3).Draw(t, "active"); s > 0 {
		e.LastActivityTime = time.Unix(int64(s), 0).UTC()
	}
	return e
}

// Whatever happens in whatever order, also while work is under way, the rows are those of a naive
// list, every row is found again, and the marks are where they were put.
func TestARosterIsWhatANaiveListShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := New()
		n := &naive{devices: map[string]*naiveDevice{}, gone: map[string]bool{}}
		r.Begin()
		var job *Job
		var wanted Show
		device := func() (*naiveDevice, Slot, bool) {
			id := rapid.SampledFrom(someIDs).Draw(t, "device")
			s, ok := r.Find(id)
			if ok != (n.devices[id] != nil) {
				t.Fatalf("%q is known: %v", id, ok)
			}
			return n.devices[id], s, ok
		}
		actions := map[string]func(*rapid.T){
			"page": func(t *rapid.T) {
				listed := rapid.Bool().Draw(t, "listed")
				page := rapid.SliceOfN(rapid.Custom(someEntry), 0, 6).Draw(t, "page")
				for _, e := range page {
					n.put(e, listed)
				}
				r.put(page, listed)
			},
			"sweep": func(*rapid.T) {
				r.Sweep()
				n.sweep()
				r.Begin()
				for _, d := range n.devices {
					d.seen = false
				}
			},
			"remove": func(*rapid.T) {
				if d, s, ok := device(); ok {
					r.Remove(s)
					n.gone[d.entry.Device] = n.gone[d.entry.Device] || d.state != NotAsked || len(d.modules) > 0
					delete(n.devices, d.entry.Device)
				}
			},
			"connect": func(t *rapid.T) {
				if d, s, ok := device(); ok {
					d.entry.Connected = rapid.Bool().Draw(t, "up")
					r.Connect(s, d.entry.Connected)
				}
			},
			"open": func(t *rapid.T) {
				if d, s, ok := device(); ok {
					d.open = rapid.Bool().Draw(t, "open")
					r.SetOpen(s, d.open)
				}
			},
			"mark": func(t *rapid.T) {
				if d, s, ok := device(); ok {
					d.marked = rapid.Bool().Draw(t, "on")
					r.Mark(s, d.marked)
				}
			},
			"mark all": func(*rapid.T) {
				r.MarkShown()
				var shown []*naiveDevice
				all := true
				for _, d := range n.devices {
					if yes, _ := n.matched(d); yes {
						shown = append(shown, d)
						all = all && d.marked
					}
				}
				for _, d := range shown {
					d.marked = !all
				}
			},
			"modules": func(t *rapid.T) {
				d, s, ok := device()
				if !ok {
					return
				}
				var found []hub.Entry
				for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(someModules), 0, 3, rapid.ID).Draw(t, "modules") {
					found = append(found, hub.Entry{ID: hub.ID{Device: d.entry.Device, Module: name}, Tags: d.entry.Tags})
				}
				switch rapid.IntRange(0, 2).Draw(t, "how") {
				case 0:
					r.SetModules(s, found)
					d.modules, d.state = map[string]hub.Entry{}, Known
				case 1:
					r.AddModules(found)
				case 2:
					r.FailModules(s, "no")
					d.state = Failed
					return
				}
				for _, f := range found {
					d.modules[f.Module] = f
				}
			},
			"remove module": func(t *rapid.T) {
				if d, s, ok := device(); ok {
					name := rapid.SampledFrom(someModules).Draw(t, "module")
					r.RemoveModule(s, name)
					delete(d.modules, name)
				}
			},
			"all modules": func(t *rapid.T) {
				r.BeginModules()
				var found []hub.Entry
				for id, d := range n.devices {
					clear(d.modules)
					if len(id)%2 == 0 {
						e := hub.Entry{ID: hub.ID{Device: id, Module: "listed"}}
						found, d.modules["listed"] = append(found, e), e
					}
					d.state = Known
				}
				r.AddModules(found)
				r.SweepModules()
				n.listed = true
			},
			"want": func(t *rapid.T) {
				wanted = Show{
					Filter: Filter{Text: rapid.SampledFrom(someFilters).Draw(t, "filter")},
					Sort:   Sort{rapid.SampledFrom(someSorts).Draw(t, "sort"), rapid.Bool().Draw(t, "reverse")},
				}
				if job = r.Prepare(wanted); job == nil {
					n.show = wanted
				}
			},
			"done": func(t *rapid.T) {
				if job == nil {
					return
				}
				if !r.Apply(job.Run()) {
					t.Fatal("the result was not wanted")
				}
				n.show, job = wanted, nil
			},
			"": func(t *rapid.T) {
				want, got := n.rows(), rowsOf(r)
				if !slices.Equal(want, got) {
					t.Fatalf("showing %+v\n got %v\nwant %v", n.show, got, want)
				}
				for i, k := range got {
					if at := r.Where(k); at != i {
						t.Fatalf("row %d, %v, is found at %d", i, k, at)
					}
				}
				if r.Len() != len(n.devices) || r.MarkCount() != len(n.marked()) || !slices.Equal(r.MarkedIDs(), n.marked()) {
					t.Fatalf("%d devices and marks %v, want %d and %v", r.Len(), r.MarkedIDs(), len(n.devices), n.marked())
				}
				for id, d := range n.devices {
					e, _ := r.Entry(hub.ID{Device: id})
					if fmt.Sprint(e) != fmt.Sprint(d.entry) {
						t.Fatalf("got %v, want %v", e, d.entry)
					}
				}
			},
		}
		t.Repeat(actions)
	})
}

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
