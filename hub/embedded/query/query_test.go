package query

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"twindeck/hub/embedded/registry"
)

func TestQueries(t *testing.T) {
	s := fleet(t, 5)
	for text, want := range map[string][]string{
		`SELECT * FROM devices`:                                                 {"d0", "d1", "d2", "d3", "d4"},
		`select * from DEVICES`:                                                 {"d0", "d1", "d2", "d3", "d4"},
		`SELECT * FROM devices.modules`:                                         {"d0/m", "d1/m", "d2/m", "d3/m", "d4/m"},
		`SELECT * FROM devices WHERE deviceId = 'd3'`:                           {"d3"},
		`SELECT * FROM devices WHERE 'd3' = DeviceID`:                           {"d3"},
		`SELECT * FROM devices WHERE devices.deviceId = "d\u0033"`:              {"d3"},
		`SELECT * FROM devices.modules WHERE deviceId = 'd3'`:                   {"d3/m"},
		`SELECT * FROM devices.modules WHERE devices.modules.moduleId = 'm'`:    {"d0/m", "d1/m", "d2/m", "d3/m", "d4/m"},
		`SELECT * FROM devices WHERE deviceId = 'nobody'`:                       {},
		`SELECT * FROM devices WHERE deviceId = 'd3' AND tags.site = 's0'`:      {},
		`SELECT * FROM devices WHERE tags.site = 's1'`:                          {"d1", "d3"},
		`SELECT * FROM devices WHERE tags.site != 's1'`:                         {"d0", "d2", "d4"},
		`SELECT * FROM devices WHERE NOT tags.site = 's1'`:                      {"d0", "d2", "d4"},
		`SELECT * FROM devices WHERE tags.n >= 3.0 OR (tags.n = 0x1)`:           {"d1", "d3", "d4"},
		`SELECT * FROM devices WHERE tags.n > -1 AND tags.n < 2`:                {"d0", "d1"},
		`SELECT * FROM devices WHERE tags.n = '3'`:                              {},
		`SELECT * FROM devices WHERE tags.[[odd-name]]`:                         {"d0", "d1", "d2", "d3", "d4"},
		`SELECT * FROM devices WHERE properties.desired.on = true`:              {"d3"},
		`SELECT * FROM devices WHERE tags.missing = undefined`:                  {},
		`SELECT * FROM devices WHERE status = 'enabled' and tags.site <> 's0'`:  {"d1", "d3"},
		`SELECT * FROM devices WHERE tags.site`:                                 {},
		`SELECT * FROM devices WHERE deviceId = 'd1' OR deviceId = 'd2'`:        {"d1", "d2"},
		"SELECT\n*\tFROM devices WHERE NOT (NOT deviceId = 'd1')":               {"d1"},
		`SELECT * FROM devices WHERE tags.site = 'it\'s'`:                       {},
		`SELECT TOP 3 * FROM devices`:                                           {"d0", "d1", "d2"},
		`SELECT TOP 3 * FROM devices WHERE tags.n > 1`:                          {"d2", "d3", "d4"},
		`SELECT TOP 1 * FROM devices.modules`:                                   {"d0/m"},
		`SELECT * FROM devices WHERE deviceId IN ['d3', 'd1', "nobody", 'd1']`:  {"d1", "d3"},
		`SELECT * FROM devices.modules WHERE deviceId in ['d4','d0']`:           {"d0/m", "d4/m"},
		`SELECT * FROM devices WHERE tags.n IN [0x1, 3.0, '2', null]`:           {"d1", "d3"},
		`SELECT * FROM devices WHERE tags.n NIN [0, 1, 2, 4]`:                   {"d3"},
		`SELECT * FROM devices WHERE tags.missing NIN [0]`:                      {},
		`SELECT * FROM devices WHERE deviceId NIN ['d0','d1','d2','d3']`:        {"d4"},
		`SELECT * FROM devices WHERE is_defined(moduleId)`:                      {},
		`SELECT * FROM devices WHERE IS_DEFINED(tags.n) AND tags.n < 1`:         {"d0"},
		`SELECT * FROM devices WHERE NOT IS_DEFINED(tags.missing)`:              {"d0", "d1", "d2", "d3", "d4"},
		`SELECT * FROM devices WHERE STARTSWITH(devices.deviceId, 'd')`:         {"d0", "d1", "d2", "d3", "d4"},
		`SELECT * FROM devices WHERE StartsWith(deviceId, 'D')`:                 {},
		`SELECT * FROM devices WHERE ENDSWITH(deviceId,'2') = true`:             {"d2"},
		`SELECT * FROM devices WHERE STARTSWITH(tags.n, '1')`:                   {},
		`SELECT * FROM devices WHERE array_contains(tags.[[group]].a, 'x')`:     {"d0", "d1", "d2", "d3", "d4"},
		`SELECT * FROM devices WHERE ARRAY_CONTAINS(tags.[[group]].a, '1')`:     {},
		`SELECT * FROM devices WHERE ARRAY_CONTAINS(tags.site, 's')`:            {},
		`SELECT * FROM devices WHERE tags.n * 2 + 1 = 7`:                        {"d3"},
		`SELECT * FROM devices WHERE tags.n % 2 = 0 AND tags.n - -1 >= 3`:       {"d2", "d4"},
		`SELECT * FROM devices WHERE (tags.n + 1) * 2 = 4`:                      {"d1"},
		`SELECT * FROM devices WHERE tags.n -1 = 0`:                             {"d1"},
		`SELECT * FROM devices WHERE tags.n / properties.desired.zero > 0`:      {},
		`SELECT * FROM devices WHERE tags.n / properties.desired.zero < 0`:      {},
		`SELECT * FROM devices WHERE tags.site + 1 != 5`:                        {},
		`SELECT * FROM devices WHERE tags = 'x' OR tags != 'x'`:                 {},
		`SELECT * FROM devices WHERE tags.n != null AND tags.n = 4`:             {"d4"},
		`SELECT * FROM devices WHERE tags.n < 'x' OR tags.n >= 'x'`:             {},
		`SELECT * FROM devices WHERE 'ü\ud83d\ude00' = 'ü😀' AND tags.n = 0`:     {"d0"},
		`SELECT * FROM devices WHERE true AND NOT false AND (tags.n = 0)`:       {"d0"},
		`SELECT * FROM devices WHERE 1`:                                         {},
		`SELECT * FROM devices WHERE capabilities.iotEdge = false AND tags.n=1`: {"d1"},
		`SELECT * FROM devices WHERE properties.desired.$version = 2 AND n = 1`: {},
		`SELECT * FROM devices WHERE deviceId='d1' AND (deviceId='d1' OR true)`: {"d1"},
	} {
		t.Run(text, func(t *testing.T) {
			if diff := cmp.Diff(want, ids(t, s, mustParse(t, text))); diff != "" {
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
		`SELECT * FROM devices WHERE CONTAINS(deviceId, 'd')`, `SELECT * FROM devices WHERE LOWER(deviceId) = 'd'`,
		`SELECT * FROM devices WHERE IS_DEFINED('x')`, `SELECT * FROM devices WHERE IS_DEFINED(a, b)`, `SELECT * FROM devices WHERE STARTSWITH(a)`,
		`SELECT * FROM devices WHERE tags.group = 'x'`, `SELECT * FROM devices WHERE tags.a IN ('x')`, `SELECT * FROM devices WHERE tags.a IN []`,
		`SELECT * FROM devices WHERE tags.a IN 'x'`, `SELECT * FROM devices WHERE tags.a IN [tags.b]`, `SELECT * FROM devices WHERE a = 1 = 2`,
		`SELECT * FROM devices WHERE -tags.a = 1`, `SELECT TOP 0 * FROM devices`, `SELECT TOP 1.5 * FROM devices`, `SELECT TOP * FROM devices`,
		`SELECT deviceId, * FROM devices`, `SELECT deviceId AS FROM devices`, `SELECT deviceId AS a.b FROM devices`, `SELECT deviceId AS a, status AS a FROM devices`,
		`SELECT SUM() FROM devices`, `SELECT COUNT(*) FROM devices`, `SELECT MEDIAN(tags.n) FROM devices`, `SELECT tags.n + 1 FROM devices`,
		`SELECT deviceId, COUNT() FROM devices`, `SELECT deviceId FROM devices GROUP BY deviceId`, `SELECT * FROM devices GROUP BY status`,
		`SELECT tags.site, COUNT() FROM devices GROUP BY status`, `SELECT jobId FROM devices.jobs`, `SELECT COUNT() FROM devices.jobs`,
		`SELECT * FROM devices.twins`, `SELECT * FROM devices.modules.x`, `SELECT * FROM devices, devices`, `SELECT * FROM devices WHERE a = 'x' b`,
		"SELECT * FROM devices WHERE x = 'a\\\n'", `SELECT * FROM devices WHERE x = "a'`, `SELECT * FROM devices WHERE x = #`,
		`SELECT * FROM devices WHERE ` + strings.Repeat("(", 101) + "a" + strings.Repeat(")", 101),
		`SELECT * FROM devices WHERE ` + strings.Repeat("(", 8000), `SELECT * FROM devices WHERE ` + strings.Repeat("NOT ", 2000),
	} {
		if _, err := Parse(text); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: %v, want ErrSyntax", text, err)
		}
	}
	if _, err := Parse(strings.Repeat(" ", MaxLength+1)); !errors.Is(err, ErrTooLong) {
		t.Errorf("a long query: %v", err)
	}
	if _, err := Parse(`SELECT * FROM devices WHERE ` + strings.Repeat("(", 100) + "a" + strings.Repeat(")", 100)); err != nil {
		t.Errorf("a nested query: %v", err)
	}
	if _, err := Parse("SELECT * FROM devices WHERE a='" + strings.Repeat("ü", MaxLength-32) + "'"); err != nil {
		t.Errorf("a query of the greatest length: %v", err)
	}
}

func TestBadContinuations(t *testing.T) {
	s := fleet(t, 1)
	q := mustParse(t, `SELECT * FROM devices`)
	for _, token := range []string{"x", "YWZ0ZXI6eA==", "!", base64.URLEncoding.EncodeToString([]byte("after:1:-1"))} {
		if _, err := q.Run(context.Background(), Sources{Twins: s}, token, 1); !errors.Is(err, ErrContinuation) {
			t.Errorf("continuation %q: %v", token, err)
		}
	}
	count := mustParse(t, `SELECT COUNT() FROM devices`)
	if _, err := count.Run(context.Background(), Sources{Twins: s}, position{after: 1}.String(), 1); !errors.Is(err, ErrContinuation) {
		t.Errorf("continuation of an aggregate: %v", err)
	}
}

// TestPagesAreStable deletes and creates between two pages: nothing is shown twice and nothing
// that stayed is left out.
func TestPagesAreStable(t *testing.T) {
	s := fleet(t, 5)
	q := mustParse(t, `SELECT * FROM devices`)
	first, err := q.Run(context.Background(), Sources{Twins: s}, "", 2)
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
	second, err := q.Run(context.Background(), Sources{Twins: s}, first.Continuation, 10)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, item := range second.Items {
		got = append(got, idOf(t, string(item)))
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
		q := mustParse(t, text)
		page, err := q.Run(context.Background(), Sources{Twins: s}, "", 4)
		if err != nil || len(page.Items) != 4 || page.Continuation != "" {
			t.Errorf("%s: %d rows, continuation %q, %v; want all and none", text, len(page.Items), page.Continuation, err)
		}
	}
}
