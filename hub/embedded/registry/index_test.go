package registry

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const lag = 10 * time.Second

// see returns what rows show, without times of activity, which an index may have early.
func see(rows []Row) []string {
	seen := []string{}
	for _, row := range rows {
		row.Twin.lastActivity = 0
		seen = append(seen, string(row.Twin.AppendJSON(nil)))
	}
	return seen
}

// TestIndexLags compares an index that lags with what a listing without a lag showed at the time,
// over random writes.
func TestIndexLags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &clock{time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
		s := New(Options{Now: c.Now, IndexLag: lag})
		type picture struct {
			at    time.Time
			lists map[string][]string
		}
		look := func(list func(Source) []Row, ofDevice func(Source, string, Cursor) []Row) map[string][]string {
			lists := map[string][]string{}
			for _, source := range []Source{Devices, Modules} {
				lists[fmt.Sprint(source)] = see(list(source))
				for _, device := range []string{"a", "b"} {
					lists[fmt.Sprint(source, device)] = see(ofDevice(source, device, 0))
				}
			}
			return lists
		}
		history := []picture{{c.now.Add(-time.Hour), look(func(source Source) []Row { return s.List(source, 0, 100) }, s.OfDevice)}}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			id := ID{Device: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "device"), Module: rapid.SampledFrom([]string{"", "", "m"}).Draw(t, "module")}
			n := rapid.IntRange(0, 9).Draw(t, "n")
			switch rapid.IntRange(0, 7).Draw(t, "write") {
			case 0:
				_ = s.DeleteIdentity(id, ParsePrecondition("*"))
			case 1, 2:
				_, _ = s.PutIdentity(id, []byte(`{}`), Precondition{})
			case 3:
				_, _ = s.PutIdentity(id, fmt.Appendf(nil, `{"status":%q,"capabilities":{"iotEdge":%t}}`, []string{"enabled", "disabled"}[n%2], n%3 == 0), ParsePrecondition("*"))
			case 4:
				_, _ = s.PatchTwin(id, fmt.Appendf(nil, `{"tags":{"n":%d}}`, n), Precondition{})
			case 5:
				_, _ = s.PatchReported(id, fmt.Appendf(nil, `{"n":%d}`, n), nil)
			case 6:
				s.SetConnected(id, n%2 == 0)
			case 7:
				_ = s.ConfigureTwin(id, nil, Configured{Statuses: fmt.Sprintf(`{"c%d":{}}`, n)})
			}
			history = append(history, picture{c.now, look(func(source Source) []Row { return s.List(source, 0, 100) }, s.OfDevice)})
			c.now = c.now.Add(time.Duration(rapid.IntRange(1, 4000).Draw(t, "ms")) * time.Millisecond)

			pages := func(source Source) (rows []Row) {
				for after := Cursor(0); ; {
					page := s.Index().AppendRows(nil, source, after, 2)
					if len(page) == 0 {
						return rows
					}
					rows = append(rows, page...)
					after = page[len(page)-1].Next
				}
			}
			want := history[0]
			for _, p := range history {
				if !p.at.After(c.now.Add(-lag)) {
					want = p
				}
			}
			if diff := cmp.Diff(want.lists, look(pages, s.Index().OfDevice)); diff != "" {
				t.Fatalf("the index is not what the registry was %v ago:\n%s", lag, diff)
			}
		}
		c.now = c.now.Add(lag)
		s.past.forget(c.now.Add(-lag).UnixNano())
		if len(s.past.versions)+len(s.past.order)+len(s.past.ghosts)+s.past.bytes != 0 {
			t.Fatalf("something is remembered that nobody can see: %+v", s.past)
		}
	})
}

// TestIndexShowsAWriteWhole creates a device and, with it, its system modules: an index that lags has
// all of them from the same moment on, which is the moment of the write.
func TestIndexShowsAWriteWhole(t *testing.T) {
	c := &clock{time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	s := New(Options{Now: c.Now, IndexLag: lag})
	id := ID{Device: "edge"}
	if _, err := s.PutIdentity(id, []byte(`{"capabilities":{"iotEdge":true}}`), Precondition{}); err != nil {
		t.Fatal(err)
	}
	shown := func() [2]int {
		return [2]int{len(s.Index().AppendRows(nil, Devices, 0, 10)), len(s.Index().AppendRows(nil, Modules, 0, 10))}
	}
	c.now = c.now.Add(lag - time.Millisecond)
	if got := shown(); got != [2]int{} {
		t.Errorf("%d devices and %d modules are shown before the lag is over", got[0], got[1])
	}
	c.now = c.now.Add(time.Millisecond)
	if got := shown(); got != [2]int{1, 2} {
		t.Errorf("%d devices and %d modules are shown when the lag is over, want 1 and 2", got[0], got[1])
	}
	if _, err := s.PutIdentity(id, []byte(`{}`), ParsePrecondition("*")); err != nil {
		t.Fatal(err)
	}
	if got := shown(); got != [2]int{1, 2} {
		t.Errorf("%d devices and %d modules are shown right after the modules went, want 1 and 2", got[0], got[1])
	}
}

// TestIndexIsBounded writes more than an index remembers.
func TestIndexIsBounded(t *testing.T) {
	c := &clock{time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	s := New(Options{Now: c.Now, IndexLag: time.Hour})
	id := ID{Device: "d"}
	if _, err := s.PutIdentity(id, []byte(`{}`), Precondition{}); err != nil {
		t.Fatal(err)
	}
	for range maxPastTwins/2 + 10 {
		s.SetConnected(id, true)
		s.SetConnected(id, false)
	}
	if n := len(s.past.order); n > maxPastTwins {
		t.Errorf("%d twins are remembered, want at most %d", n, maxPastTwins)
	}
	s = New(Options{Now: c.Now, IndexLag: time.Hour})
	if _, err := s.PutIdentity(id, []byte(`{}`), Precondition{}); err != nil {
		t.Fatal(err)
	}
	member := `"` + strings.Repeat("x", 4000) + `"`
	large := `{"a":` + member
	for _, key := range []string{"b", "c", "d", "e", "f", "g"} {
		large += `,"` + key + `":` + member
	}
	if _, err := s.PatchTwin(id, []byte(`{"properties":{"desired":`+large+`}}}`), Precondition{}); err != nil {
		t.Fatal(err)
	}
	for range maxPastBytes/len(large) + 100 {
		s.remember(s.devices["d"])
	}
	if s.past.bytes > maxPastBytes+100_000 || len(s.past.order) < 1000 {
		t.Errorf("%d twins of %d bytes are remembered, want at most %d bytes", len(s.past.order), s.past.bytes, maxPastBytes)
	}
}

// TestIndexWithoutLag shows that nothing is remembered.
func TestIndexWithoutLag(t *testing.T) {
	s := New(Options{})
	for _, device := range []string{"a", "b"} {
		if _, err := s.PutIdentity(ID{Device: device}, []byte(`{}`), Precondition{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DeleteIdentity(ID{Device: "a"}, ParsePrecondition("*")); err != nil {
		t.Fatal(err)
	}
	if got, want := see(s.Index().AppendRows(nil, Devices, 0, 10)), see(s.List(Devices, 0, 10)); !slices.Equal(got, want) || len(got) != 1 {
		t.Errorf("the index shows %s, the registry %s", got, want)
	}
	if got := s.Index().OfDevice(Devices, "b", 0); len(got) != 1 || s.past.versions != nil || s.past.ghosts != nil {
		t.Errorf("the index shows %d devices and remembers %+v", len(got), s.past)
	}
}
