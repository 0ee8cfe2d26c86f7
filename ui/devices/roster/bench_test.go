package roster

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

const million = 1_000_000

var fleetTags = func() []patch.Value {
	var all []patch.Value
	for i := range 7 * 5 * 11 * 12 {
		v, err := patch.Parse(fmt.Appendf(nil, `{"site":%q,"floor":%d,"model":"TH-%d","ring":"ring%d"}`,
			[]string{"ist", "ams", "sfo", "osl", "nrt", "gru", "lis"}[i%7], i/7%12+1, i/84%5, i/420))
		if err != nil {
			panic(err)
		}
		all = append(all, v)
	}
	return all
}()

// fleetPage makes devices such as a synthetic fleet has.
func fleetPage(from, n int) []hub.Entry {
	page := make([]hub.Entry, n)
	for k := range page {
		i := from + k
		page[k] = hub.Entry{
			ID:     hub.ID{Device: fmt.Sprintf("%s-%07d", []string{"thermostat", "pump", "meter", "camera", "gateway"}[i%5], i+1)},
			Status: hub.Enabled, Auth: hub.AuthSAS, Connected: i%3 == 0,
			LastActivityTime: time.Unix(1_700_000_000+int64(i*7919%100_000), 0), Tags: fleetTags[i%len(fleetTags)],
		}
	}
	return page
}

func fleet(n int) *Roster {
	r := New()
	r.Begin()
	for i := 0; i < n; i += 1000 {
		r.Listed(fleetPage(i, min(1000, n-i)))
	}
	r.Sweep()
	return r
}

// showNow prepares, runs and applies.
func showNow(r *Roster, show Show) {
	if j := r.Prepare(show); j != nil {
		r.Apply(j.Run())
	}
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// What a million devices take.
func BenchmarkBytes(b *testing.B) {
	for b.Loop() {
		before := heap()
		r := fleet(million)
		b.ReportMetric(float64(heap()-before)/million, "bytes/device")
		runtime.KeepAlive(r)
	}
}

func BenchmarkIngest(b *testing.B) {
	for name, stride := range map[string]int{"in order": 1, "in no order": 7919} {
		b.Run(name, func(b *testing.B) {
			pages := make([][]hub.Entry, 2000)
			for i := range pages {
				pages[i] = fleetPage(i*stride%10_000*100, 100)
			}
			r := fleet(million / 2)
			i := 0
			for b.Loop() {
				r.Listed(pages[i%len(pages)])
				i++
			}
		})
	}
}

func BenchmarkLetter(b *testing.B) {
	r := fleet(million)
	for _, text := range []string{"5", "54", "542", "zzz", "ist", "site=ist pump", "!pump", "floor=3 !ams th"} {
		for _, fuzzy := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s fuzzy=%v", text, fuzzy), func(b *testing.B) {
				for b.Loop() {
					showNow(r, Show{})
					showNow(r, Show{Filter: Filter{text, fuzzy}})
				}
				b.ReportMetric(float64(r.Shown()), "found")
			})
		}
	}
}

// A word typed letter by letter, each of which narrows what the one before has found.
func BenchmarkTyping(b *testing.B) {
	r := fleet(million)
	for _, fuzzy := range []bool{false, true} {
		for n := 1; n <= 5; n++ {
			b.Run(fmt.Sprintf("letter %d fuzzy=%v", n, fuzzy), func(b *testing.B) {
				const word = "90817"
				for b.Loop() {
					b.StopTimer()
					showNow(r, Show{})
					for i := 1; i < n; i++ {
						showNow(r, Show{Filter: Filter{word[:i], fuzzy}})
					}
					b.StartTimer()
					showNow(r, Show{Filter: Filter{word[:n], fuzzy}})
				}
			})
		}
	}
}

func BenchmarkSort(b *testing.B) {
	r := fleet(million)
	for _, c := range []Column{ColumnID, ColumnActivity, ColumnConnection, "tags.floor", ColumnTags} {
		b.Run(string(c), func(b *testing.B) {
			for b.Loop() {
				showNow(r, Show{})
				showNow(r, Show{Sort: Sort{c, true}})
			}
		})
	}
}
