package hub

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"twindeck/hub/patch"
)

var sameEntries = cmp.Options{cmp.Comparer(func(a, b patch.Value) bool { return a.JSON() == b.JSON() })}

// A listing shows of a row what its twin says, however the hub writes it.
func FuzzEntries(f *testing.F) {
	for _, body := range []string{
		`[{"deviceId":"d","status":"disabled","connectionState":"Connected","authenticationType":"sas","lastActivityTime":"2026-01-02T03:04:05.6Z",
			"capabilities":{"iotEdge":true},"deviceScope":"s","parentScopes":["p",1],"tags":{"site":"ist","floor":1.0}}]`,
		`[{"deviceId":"a","moduleId":"m","tags":null,"lastActivityTime":"0001-01-01T00:00:00Z"},{"deviceId":"b","tags":{},"lastActivityTime":"2026-01-02T03:04:05"}]`,
		`[{"deviceId":"a","deviceId":"b","tags":{"x":1},"tags":{"x":2},"capabilities":null,"parentScopes":{}}]`,
		`[{"deviceId":1}]`, `[{}]`, `[1]`, `{}`, `[]`, `[{"deviceId":"a"},]`, `[{"deviceId":"\u0061\n"}] `, `[{"deviceId":"a","properties":{"desired":{"$version":1}}}]x`,
	} {
		f.Add([]byte(body))
	}
	var r entryReader
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := r.read(body)
		want, wantErr := pageOf("x", answer{body: body, header: http.Header{}})
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%v, but as twins %v", err, wantErr)
		}
		if len(got) != len(want.Twins) {
			t.Fatalf("%d rows of %d", len(got), len(want.Twins))
		}
		for i := range got {
			if diff := cmp.Diff(want.Twins[i].Entry(), got[i], sameEntries); diff != "" {
				t.Errorf("%s", diff)
			}
		}
	})
}

func TestTagsThatManyRowsHaveAreKeptOnce(t *testing.T) {
	var r entryReader
	rows, err := r.read(pageOfFleet(0, 100))
	if err != nil || len(rows) != 100 {
		t.Fatal(len(rows), err)
	}
	a, b := rows[0].Tags.Members(), rows[12].Tags.Members()
	if rows[0].Tags.JSON() != rows[12].Tags.JSON() || &a[0] != &b[0] {
		t.Error("equal tags are kept twice")
	}
	for i := range maxKnownTags + 10 {
		if _, err := r.read([]byte(fmt.Sprintf(`[{"deviceId":"d","tags":{"n":%d}}]`, i))); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.tags) > maxKnownTags {
		t.Errorf("%d tags are kept for ever", len(r.tags))
	}
}

func TestAHubThatKnowsNoProjectionIsListedAsTwins(t *testing.T) {
	var (
		queries []string
		l       *listener
	)
	l = listen(t, func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		body := l.seen[len(l.seen)-1].body
		l.mu.Unlock()
		switch {
		case strings.Contains(body, "nonsense"), !strings.Contains(body, "SELECT *"):
			w.WriteHeader(http.StatusBadRequest)
		default:
			w.Header().Set("x-ms-continuation", "more")
			say(200, `[{"deviceId":"d","tags":{"a":1},"properties":{"desired":{"big":true}}}]`)(w, r)
		}
	})
	sent := func() string {
		l.mu.Lock()
		defer l.mu.Unlock()
		queries = queries[:0]
		for _, e := range l.seen {
			_, query, _ := strings.Cut(e.body, "SELECT ")
			queries = append(queries, strings.Fields(query)[0])
		}
		l.seen = nil
		return strings.Join(queries, " ")
	}
	if _, err := l.client.List(t.Context(), Listing{Where: "nonsense"}, "", 0); !BadRequest(err) {
		t.Errorf("%v", err)
	}
	if got := sent(); got != "deviceId, *" {
		t.Errorf("a condition that is wrong is asked %s", got)
	}
	page, err := l.client.List(t.Context(), Listing{}, "", 100)
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Tags.JSON() != `{"a":1}` || page.Continuation != "more" {
		t.Errorf("%+v %v", page, err)
	}
	if _, err := l.client.List(t.Context(), Listing{}, page.Continuation, 100); err != nil {
		t.Error(err)
	}
	if got := sent(); got != "deviceId, * *" {
		t.Errorf("it is not remembered: %s", got)
	}
}

func TestStatistics(t *testing.T) {
	l := listen(t, say(200, `{"totalDeviceCount":12,"enabledDeviceCount":10,"disabledDeviceCount":2}`))
	if s, err := l.client.Statistics(t.Context()); err != nil || s != (Statistics{12, 10, 2}) {
		t.Errorf("%+v %v", s, err)
	}
	l = listen(t, say(200, `{}`))
	if _, err := l.client.Statistics(t.Context()); err == nil {
		t.Error("nothing is a count")
	}
}

// pageOfFleet is a page of a listing as a hub writes it.
func pageOfFleet(from, n int) []byte {
	body := []byte{'['}
	for i := from; i < from+n; i++ {
		if i > from {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"deviceId":"device-%07d","status":"enabled","connectionState":"Disconnected","authenticationType":"sas",`+
			`"lastActivityTime":"2026-01-02T03:04:%02d.1234567Z","capabilities":{"iotEdge":false},"tags":{"site":"s%d","floor":%d,"ring":"stable"}}`, i, i%60, i%4, i%3)
	}
	return append(body, ']')
}

// BenchmarkEntries reads a page of a listing, and the same through whole values: ns/row tells what either costs.
func BenchmarkEntries(b *testing.B) {
	const n = 1000
	body := pageOfFleet(0, n)
	rows := func(b *testing.B, read func() int) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if got := read(); got != n {
				b.Fatal(got)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
	}
	var r entryReader
	b.Run("entries", func(b *testing.B) {
		rows(b, func() int {
			entries, _ := r.read(body)
			return len(entries)
		})
	})
	b.Run("values", func(b *testing.B) {
		rows(b, func() int {
			page, _ := pageOf("list", answer{body: body, header: http.Header{}, got: time.Time{}})
			return len(page.Twins)
		})
	})
}
