package roster

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"twindeck/hub"
	"twindeck/hub/patch"
)

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
