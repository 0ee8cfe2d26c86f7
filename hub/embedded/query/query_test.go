package query

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"twindeck/hub/embedded/registry"
)

// fleet returns a store with devices d0 … dn-1, each with module m.
func fleet(t testing.TB, n int) *registry.Store {
	t.Helper()
	s := registry.New(registry.Options{})
	for i := range n {
		for _, id := range []registry.ID{{Device: fmt.Sprintf("d%d", i)}, {Device: fmt.Sprintf("d%d", i), Module: "m"}} {
			if _, err := s.PutIdentity(id, []byte(`{}`), registry.Precondition{}); err != nil {
				t.Fatal(err)
			}
			body := fmt.Sprintf(`{"tags":{"site":"s%d","n":%d,"odd name":true},"properties":{"desired":{"on":%t}}}`, i%2, i, i == 3)
			if id.Module != "" {
				body = `{}`
			}
			// Keys with spaces are not allowed in twins.
			body = strings.Replace(body, `"odd name"`, `"odd-name"`, 1)
			if _, err := s.PatchTwin(id, []byte(body), registry.Precondition{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

func run(t testing.TB, s *registry.Store, text string) []string {
	t.Helper()
	q, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	ids := []string{}
	for continuation := ""; ; {
		page, err := q.Run(context.Background(), s, continuation, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, twin := range page.Twins {
			ids = append(ids, twin.ID.String())
		}
		if continuation = page.Continuation; continuation == "" {
			return ids
		}
	}
}

func TestQueries(t *testing.T) {
	s := fleet(t, 5)
	for text, want := range map[string][]string{
		`SELECT * FROM devices`:                                                {"d0", "d1", "d2", "d3", "d4"},
		`select * from DEVICES`:                                                {"d0", "d1", "d2", "d3", "d4"},
		`SELECT * FROM devices.modules`:                                        {"d0/m", "d1/m", "d2/m", "d3/m", "d4/m"},
		`SELECT * FROM devices WHERE deviceId = 'd3'`:                          {"d3"},
		`SELECT * FROM devices WHERE 'd3' = DeviceID`:                          {"d3"},
		`SELECT * FROM devices WHERE devices.deviceId = "d\u0033"`:             {"d3"},
		`SELECT * FROM devices.modules WHERE deviceId = 'd3'`:                  {"d3/m"},
		`SELECT * FROM devices.modules WHERE devices.modules.moduleId = 'm'`:   {"d0/m", "d1/m", "d2/m", "d3/m", "d4/m"},
		`SELECT * FROM devices WHERE deviceId = 'nobody'`:                      {},
		`SELECT * FROM devices WHERE deviceId = 'd3' AND tags.site = 's0'`:     {},
		`SELECT * FROM devices WHERE tags.site = 's1'`:                         {"d1", "d3"},
		`SELECT * FROM devices WHERE tags.site != 's1'`:                        {"d0", "d2", "d4"},
		`SELECT * FROM devices WHERE NOT tags.site = 's1'`:                     {"d0", "d2", "d4"},
		`SELECT * FROM devices WHERE tags.n >= 3.0 OR (tags.n = 0x1)`:          {"d1", "d3", "d4"},
		`SELECT * FROM devices WHERE tags.n > -1 AND tags.n < 2`:               {"d0", "d1"},
		`SELECT * FROM devices WHERE tags.n = '3'`:                             {},
		`SELECT * FROM devices WHERE tags.[[odd-name]]`:                        {"d0", "d1", "d2", "d3", "d4"},
		`SELECT * FROM devices WHERE properties.desired.on = true`:             {"d3"},
		`SELECT * FROM devices WHERE tags.missing = undefined`:                 {},
		`SELECT * FROM devices WHERE status = 'enabled' and tags.site <> 's0'`: {"d1", "d3"},
		`SELECT * FROM devices WHERE tags.site`:                                {},
		`SELECT * FROM devices WHERE deviceId = 'd1' OR deviceId = 'd2'`:       {"d1", "d2"},
		"SELECT\n*\tFROM devices WHERE NOT (NOT deviceId = 'd1')":              {"d1"},
		`SELECT * FROM devices WHERE tags.site = 'it\'s'`:                      {},
	} {
		t.Run(text, func(t *testing.T) {
			if diff := cmp.Diff(want, run(t, s, text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBadQueries(t *testing.T) {
	for _, text := range []string{
		``, `SELECT`, `SELECT * FROM`, `SELECT * FROM things`, `SELECT * FROM devices WHERE`, `DROP TABLE devices`,
		`SELECT * FROM devices WHERE deviceId = `, `SELECT * FROM devices WHERE deviceId = 'd`, `SELECT * FROM devices;`,
		`SELECT * FROM devices WHERE tags. = 1`, `SELECT * FROM devices WHERE x = '\q'`, `SELECT * FROM devices WHERE x = '\u12'`,
		`SELECT * FROM devices ORDER BY deviceId`, `SELECT * FROM devices WHERE STARTS_WITH(deviceId, 'd')`,
	} {
		if _, err := Parse(text); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: %v, want ErrSyntax", text, err)
		}
	}
	if _, err := Parse(strings.Repeat(" ", MaxLength+1)); !errors.Is(err, ErrTooLong) {
		t.Errorf("a long query: %v", err)
	}
	q, _ := Parse(`SELECT * FROM devices`)
	for _, token := range []string{"x", "YWZ0ZXI6eA==", "!"} {
		if _, err := q.Run(context.Background(), fleet(t, 1), token, 1); !errors.Is(err, ErrContinuation) {
			t.Errorf("continuation %q: %v", token, err)
		}
	}
}

// TestPagesAreStable deletes and creates between two pages: nothing is shown twice and nothing
// that stayed is left out.
func TestPagesAreStable(t *testing.T) {
	s := fleet(t, 5)
	q, _ := Parse(`SELECT * FROM devices`)
	first, err := q.Run(context.Background(), s, "", 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, device := range []string{"d0", "d1", "d3"} {
		if err := s.DeleteIdentity(registry.ID{Device: device}, registry.ParsePrecondition("*")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.PutIdentity(registry.ID{Device: "new"}, []byte(`{}`), registry.Precondition{}); err != nil {
		t.Fatal(err)
	}
	second, err := q.Run(context.Background(), s, first.Continuation, 10)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, twin := range second.Twins {
		got = append(got, twin.ID.String())
	}
	if diff := cmp.Diff([]string{"d2", "d4", "new"}, got); diff != "" {
		t.Error(diff)
	}
	if second.Continuation != "" {
		t.Error("the last page has a continuation")
	}
}

func TestFullLastPageHasNoContinuation(t *testing.T) {
	s := fleet(t, 4)
	for _, text := range []string{`SELECT * FROM devices`, `SELECT * FROM devices WHERE tags.n >= 0`} {
		q, _ := Parse(text)
		page, err := q.Run(context.Background(), s, "", 4)
		if err != nil || len(page.Twins) != 4 || page.Continuation != "" {
			t.Errorf("%s: %d rows, continuation %q, %v; want all and none", text, len(page.Twins), page.Continuation, err)
		}
	}
}

// FuzzParse checks that any text is either refused or can be run over twins.
func FuzzParse(f *testing.F) {
	f.Add(`SELECT * FROM devices.modules WHERE NOT (tags.[[a b]] >= -0x1F AND x <> "\u00e9") OR true`)
	f.Add(`SELECT * FROM devices WHERE ((((((((((a))))))))))`)
	f.Add(`SELECT * FROM devices WHERE tags.n = 1e999999999`)
	s := fleet(f, 1)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text)
		if err != nil {
			return
		}
		if _, err := q.Run(context.Background(), s, "", 1); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	})
}
