package query

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

func values(t testing.TB, texts ...string) []patch.Value {
	t.Helper()
	var all []patch.Value
	for _, text := range texts {
		v, err := patch.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// results returns the table of a query that was answered with rows.
func results(t testing.TB, query string, whole bool, rows ...string) *Results {
	t.Helper()
	r := NewResults(query, whole, keymap.Default())
	add(t, r, query, "", rows...)
	return r
}

func add(t testing.TB, r *Results, query, continuation string, rows ...string) {
	t.Helper()
	page := Prepare(query, hub.Result{Rows: values(t, rows...), Whole: r.shape.whole, Continuation: continuation}, time.Millisecond)
	for _, a := range r.Add(page) {
		drain(r, a)
	}
}

// drain does the work that a table wants done.
func drain(r *Results, a Action) {
	for {
		w, ok := a.(Work)
		if !ok {
			return
		}
		a = r.Done(w.Run())
	}
}

// keys presses keys and does the work that follows.
func keys(r *Results, names ...string) (a Action) {
	for _, n := range names {
		a = press(r, n)
		drain(r, a)
	}
	return a
}

func tableText(r *Results, w, h int) string {
	return ansi.Strip(strings.Join(r.View(theme.Theme{}, w, h, true), "\n"))
}

func columnNames(r *Results) []string {
	var names []string
	for _, c := range r.columns {
		names = append(names, c.Name)
	}
	return names
}

// column returns what the rows show in a column, from top to bottom.
func column(r *Results, name string) []string {
	var cells []string
	at := slices.Index(columnNames(r), name)
	for i := range r.length() {
		text, _ := r.columns[at].cell(r.value(r.number(i)))
		cells = append(cells, text)
	}
	return cells
}

func TestColumns(t *testing.T) {
	for name, tc := range map[string]struct {
		query string
		whole bool
		rows  []string
		want  []string
	}{
		"in the order of the projection": {
			query: "SELECT version, tags.site, DeviceId FROM devices",
			rows:  []string{`{"deviceId":"a","tags":{"site":"ist"},"version":1}`},
			want:  []string{"version", "tags.site", "deviceId"},
		},
		"aliases and whole objects": {
			query: "SELECT tags AS t, properties.reported, tags.site FROM devices",
			rows:  []string{`{"t":{"x":1},"tags":{"site":"x"}}`},
			want:  []string{"t", "properties.reported", "tags.site"},
		},
		"aggregates without a name": {
			query: "SELECT COUNT(), tags.site, AVG(tags.floor) FROM devices GROUP BY tags.site",
			rows:  []string{`{"$1":3,"tags":{"site":"ist"},"$2":1.5}`},
			want:  []string{"$1", "tags.site", "$2"},
		},
		"a query that is not understood": {
			query: "EXPLAIN everything",
			rows:  []string{`{"b":1}`, `{"a":{"x":1},"b":2}`},
			want:  []string{"b", "a"},
		},
		"whole devices": {
			query: "SELECT * FROM devices", whole: true,
			rows: []string{
				`{"deviceId":"a","status":"enabled","version":7,"tags":{"rare":1,"building":{"floor":2}},"properties":{"desired":{"$version":1}}}`,
				`{"deviceId":"b","connectionState":"Connected","tags":{"building":{"floor":3}},"lastActivityTime":"x"}`,
			},
			want: []string{"deviceId", "status", "connectionState", "tags.building.floor", "tags.rare", "version", "properties.desired.$version", "lastActivityTime"},
		},
		"jobs": {
			query: "SELECT * FROM devices.jobs",
			rows:  []string{`{"deviceId":"a","jobId":"j","status":"completed"}`},
			want:  []string{"deviceId", "jobId", "status"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, columnNames(results(t, tc.query, tc.whole, tc.rows...))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Tags that only a later page has come behind the others, before the versions.
func TestColumnsOfLaterPages(t *testing.T) {
	const query = "SELECT * FROM devices"
	r := results(t, query, true, `{"deviceId":"a","tags":{"x":1},"version":1}`)
	keys(r, "l", "l") // on version
	add(t, r, query, "", `{"deviceId":"b","moduleId":"m","tags":{"w":1,"x":"text"},"version":1}`)
	if diff := cmp.Diff([]string{"deviceId", "moduleId", "tags.x", "tags.w", "version"}, columnNames(r)); diff != "" {
		t.Error(diff)
	}
	if _, at, _ := r.Cell(); at != "version" {
		t.Errorf("the cursor is on %s", at)
	}
}

// Numbers keep the digits the hub sent, at the right edge; what is nested is compact JSON.
func TestCells(t *testing.T) {
	r := results(t, "SELECT tags.n, tags.o, tags.s FROM devices",
		false,
		`{"tags":{"n":4503599627370497,"o":{"$metadata":{"x":1},"a":[1,true,null]},"s":"plain"}}`,
		`{"tags":{"n":1.50,"s":"a\u001b[2J\n"}}`)
	got := tableText(r, 80, 8)
	for _, want := range []string{"4503599627370497  {\"a\":[1,true,null]}  plain", "            1.50  –                    a␛[2J↵"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if text, name, ok := r.Cell(); text != "4503599627370497" || name != "tags.n" || !ok {
		t.Errorf("%q %q %v", text, name, ok)
	}
	if text, _, _ := func() (string, string, bool) { keys(r, "l"); return r.Cell() }(); text != `{"$metadata":{"x":1},"a":[1,true,null]}` {
		t.Errorf("what is copied is not whole: %s", text)
	}
	keys(r, "j")
	if _, _, ok := r.Cell(); ok {
		t.Error("a cell that has nothing can be copied")
	}
}

func TestSort(t *testing.T) {
	r := results(t, "SELECT deviceId, tags.v FROM devices", false,
		`{"deviceId":"a","tags":{"v":10}}`, `{"deviceId":"b","tags":{"v":"ten"}}`, `{"deviceId":"c","tags":{"v":9007199254740993}}`,
		`{"deviceId":"d"}`, `{"deviceId":"e","tags":{"v":9007199254740992.5}}`, `{"deviceId":"f","tags":{"v":1e1}}`, `{"deviceId":"g","tags":{"v":true}}`,
		`{"deviceId":"h","tags":{"v":-1}}`, `{"deviceId":"i","tags":{"v":{"x":1}}}`)
	keys(r, "j", "j", "l") // on c
	for i, want := range []string{"ghafecbid", "ibceafhgd", "abcdefghi"} {
		keys(r, "s")
		if got := strings.Join(column(r, "deviceId"), ""); got != want {
			t.Errorf("after %d times: %s, not %s", i+1, got, want)
		}
		if id, _ := r.Selected(); id.Device != "c" {
			t.Errorf("the cursor went to %v", id)
		}
	}
	keys(r, "s")
	add(t, r, r.Query(), "", `{"deviceId":"j","tags":{"v":5}}`)
	if got := strings.Join(column(r, "deviceId"), ""); got != "ghjafecbid" {
		t.Errorf("a row that came later: %s", got)
	}
}

func TestFilter(t *testing.T) {
	r := results(t, "SELECT deviceId, tags.site FROM devices", false,
		`{"deviceId":"pump-1","tags":{"site":"ist"}}`, `{"deviceId":"pump-2","tags":{"site":"ank"}}`, `{"deviceId":"gate-1","tags":{"site":"IST"}}`)
	keys(r, "G", "/", "i", "s", "t")
	if got := column(r, "deviceId"); !slices.Equal(got, []string{"pump-1", "gate-1"}) {
		t.Errorf("%q", got)
	}
	if id, _ := r.Selected(); id.Device != "gate-1" {
		t.Errorf("selected %v", id)
	}
	for _, n := range strings.Split(" !pump", "") {
		keys(r, n)
	}
	if got := column(r, "deviceId"); !slices.Equal(got, []string{"gate-1"}) {
		t.Errorf("%q", got)
	}
	if got := tableText(r, 60, 10); !strings.Contains(got, "1 of 3 rows") {
		t.Errorf("%s", got)
	}
	keys(r, "enter")
	if a := keys(r, "esc"); a != nil || r.length() != 3 {
		t.Errorf("esc: %v, %d rows", a, r.length())
	}
	if a := keys(r, "esc"); a != (Leave{}) {
		t.Errorf("%v", a)
	}
	keys(r, "/", "z", "z")
	if got := tableText(r, 60, 10); !strings.Contains(got, "nothing matches") {
		t.Errorf("%s", got)
	}
}

func TestTheTableForAnExport(t *testing.T) {
	const query = "SELECT deviceId, tags.v FROM devices"
	r := results(t, query, false, `{"deviceId":"a","tags":{"v":2}}`, `{"deviceId":"b","tags":{"v":1}}`, `{"deviceId":"c"}`)
	keys(r, "l", "s")
	table := r.Table()
	add(t, r, query, "", `{"deviceId":"d","tags":{"v":0}}`)
	var got []string
	for i := range table.Len() {
		whom, row := table.Row(i)
		line := whom.Device
		for _, c := range table.Columns {
			v, ok := c.Value(row)
			line += fmt.Sprintf(" %s=%s,%v", c.Name, v.JSON(), ok)
		}
		got = append(got, line)
	}
	want := []string{`b deviceId="b",true tags.v=1,true`, `a deviceId="a",true tags.v=2,true`, `c deviceId="c",true tags.v=null,false`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheCursorReachesEveryColumn(t *testing.T) {
	var items, members []string
	for i := range 30 {
		items = append(items, fmt.Sprintf("c%02d", i))
		members = append(members, fmt.Sprintf(`"c%02d":"value %d"`, i, i))
	}
	query := "SELECT deviceId, " + strings.Join(items, ", ") + " FROM devices"
	r := results(t, query, false, `{"deviceId":"the device",`+strings.Join(members, ",")+"}")
	for i := range 30 {
		keys(r, "l")
		if got := tableText(r, 50, 8); !strings.Contains(got, fmt.Sprintf("value %d", i)) || !strings.Contains(got, "the device") {
			t.Fatalf("column %d is not in view, or the id not any more:\n%s", i, got)
		}
	}
	for range 40 {
		keys(r, "h")
	}
	if got := tableText(r, 50, 8); !strings.Contains(got, "c00") {
		t.Errorf("%s", got)
	}
}

func TestEverySizeOfTheTable(t *testing.T) {
	const evil = `\u001b[2J\u202e東京\r\n`
	rows := []string{
		`{"deviceId":"` + evil + `","tags":{"` + evil + `":"` + strings.Repeat("長", 300) + `","n":1}}`,
		`{"deviceId":"b","moduleId":"m","tags":{"n":[1,{"a":"` + evil + `"}]},"version":3}`,
	}
	for _, r := range []*Results{results(t, "SELECT * FROM devices", true, rows...), results(t, "SELECT 東 FROM x", false), results(t, "SELECT deviceId, tags FROM devices", false, rows...)} {
		for _, prepare := range []func(){func() {}, func() { keys(r, "space", "/", "b") }, func() { r.Fail(strings.Repeat("a reason ", 20)) }} {
			prepare()
			for w := range 60 {
				for h := range 20 {
					lines := r.View(theme.New(true, true), w, h, true)
					if len(lines) != h {
						t.Fatalf("%dx%d: %d lines", w, h, len(lines))
					}
					for _, l := range lines {
						if w > 0 && cell.Width(l) != w || strings.ContainsAny(ansi.Strip(l), "\x1b\x07\r\n\t") {
							t.Fatalf("%dx%d: %q is %d cells", w, h, ansi.Strip(l), cell.Width(l))
						}
					}
				}
			}
		}
	}
}

func TestTheWholeRow(t *testing.T) {
	d := NewDocument("a\x1b", values(t, `{"deviceId":"a","tags":{"n":4503599627370497}}`)[0], keymap.Default(), theme.Theme{})
	if got := d.View(60, 12); !strings.Contains(got, "a␛") || !strings.Contains(got, `"n": 4503599627370497`) {
		t.Errorf("%s", got)
	}
	if a := press(d, "y"); a != (Copy{`{"deviceId":"a","tags":{"n":4503599627370497}}`, "the whole row"}) {
		t.Errorf("%v", a)
	}
	if a := press(d, "j", "j", "y"); a != (Copy{`{"n":4503599627370497}`, "tags"}) {
		t.Errorf("%v", a)
	}
	press(d, "h")
	if got := d.View(60, 12); !strings.Contains(got, `"tags": {… 1 key}`) {
		t.Errorf("%s", got)
	}
	if a := press(d, "esc"); a != (Close{}) {
		t.Errorf("%v", a)
	}
}

// A frame costs what is on the screen, not what is loaded; read the figures as a ratio.
func BenchmarkKeyAndView(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			const query = "SELECT deviceId, n FROM devices"
			r := results(b, query, false, long(n, 0)...)
			th := theme.New(true, true)
			for b.Loop() {
				press(r, "down")
				r.View(th, 80, 50, true)
			}
		})
	}
}
