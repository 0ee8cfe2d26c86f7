package query

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"twindeck/hub/embedded/registry"
)

// What random twins and queries are made of. There is little of it, so that they often meet.
var (
	anyValue = rapid.SampledFrom([]string{
		`0`, `1`, `2`, `-1`, `1.5`, `1.0`, `1e2`, `""`, `"a"`, `"ab"`, `"b"`, `"ü\n"`, `true`, `false`,
		`{}`, `{"a":1}`, `{"a":{"b":"a"}}`, `{"group":2}`, `[1,"a",true]`, `[]`, `[[1]]`,
	})
	anyKey     = rapid.SampledFrom([]string{"a", "b", "odd-key", "group"})
	anyLiteral = rapid.SampledFrom([]lit{
		{`0`, 0.0},
		{`1`, 1.0},
		{`-1`, -1.0},
		{`0x2`, 2.0},
		{`1.50`, 1.5},
		{`100`, 100.0},
		{`'a'`, "a"},
		{`"ab"`, "ab"},
		{`''`, ""},
		{`'\u00fc` + "\n'", "ü\n"},
		{`true`, true},
		{`FALSE`, false},
		{`null`, nil},
		{`undefined`, undefined{}},
		{`'d1'`, "d1"},
	})
	anyRoot = rapid.SampledFrom([]path{
		{"tags"},
		{"properties", "desired"},
		{"properties", "reported"},
		{"deviceId"},
		{"status"},
		{"version"},
		{"nothing"},
		{"capabilities", "iotEdge"},
		{"moduleId"},
		{"properties", "desired", "$version"},
		{"connectionState"},
		{"x509Thumbprint", "primaryThumbprint"},
	})
)

func anyPath(t *rapid.T) path {
	p := append(path{}, anyRoot.Draw(t, "root")...)
	return append(p, rapid.SliceOfN(anyKey, 0, 2).Draw(t, "keys")...)
}

// anyExpr draws a condition that is nested at most depth deep.
func anyExpr(t *rapid.T, depth int) expr {
	kind := rapid.IntRange(0, 7).Draw(t, "kind")
	if depth == 0 {
		kind %= 2
	}
	switch kind {
	case 0:
		return anyLiteral.Draw(t, "literal")
	case 1:
		return anyPath(t)
	case 2:
		operator := rapid.SampledFrom([]string{"AND", "OR"}).Draw(t, "junction")
		return binary{operator, anyExpr(t, depth-1), anyExpr(t, depth-1)}
	case 3:
		operator := rapid.SampledFrom([]string{"+", "-", "*", "/", "%"}).Draw(t, "arithmetic")
		return binary{operator, anyExpr(t, depth-1), anyExpr(t, depth-1)}
	case 4:
		return unary{anyExpr(t, depth-1)}
	case 5:
		list := rapid.SliceOfN(anyLiteral, 1, 4).Draw(t, "list")
		return listed{anyExpr(t, depth-1), rapid.Bool().Draw(t, "nin"), list}
	case 6:
		name := rapid.SampledFrom([]string{"IS_DEFINED", "STARTSWITH", "ENDSWITH", "ARRAY_CONTAINS"}).Draw(t, "function")
		if name == "IS_DEFINED" {
			return function{name, []expr{anyPath(t)}}
		}
		return function{name, []expr{anyExpr(t, depth-1), anyExpr(t, depth-1)}}
	default:
		operator := rapid.SampledFrom([]string{"=", "!=", "<>", "<", "<=", ">", ">="}).Draw(t, "comparison")
		return binary{operator, anyExpr(t, depth-1), anyExpr(t, depth-1)}
	}
}

func anySection(t *rapid.T) string {
	section := "{"
	for i, key := range rapid.SliceOfNDistinct(anyKey, 0, 3, rapid.ID[string]).Draw(t, "section") {
		if i > 0 {
			section += ","
		}
		section += fmt.Sprintf("%q:%s", key, anyValue.Draw(t, "value"))
	}
	return section + "}"
}

// TestAgainstReference runs random queries over random twins and compares what they find with
// what the reference says about the twins' documents.
func TestAgainstReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := registry.New(registry.Options{})
		documents := map[string]map[string]any{}
		var order []string
		for i := range rapid.IntRange(1, 4).Draw(t, "devices") {
			id := registry.ID{Device: fmt.Sprintf("d%d", i)}
			must(t)(s.PutIdentity(id, []byte(rapid.SampledFrom([]string{`{}`, `{"status":"disabled"}`}).Draw(t, "identity")), registry.Precondition{}))
			must(t)(s.PatchTwin(id, fmt.Appendf(nil, `{"tags":%s,"properties":{"desired":%s}}`, anySection(t), anySection(t)), registry.Precondition{}))
			must(t)(s.PatchReported(id, []byte(anySection(t)), nil))
			twin, err := s.Twin(id)
			must(t)(twin, err)
			document := map[string]any{}
			must(t)(0, json.Unmarshal(twin.AppendJSON(nil), &document))
			documents[id.Device] = document
			order = append(order, id.Device)
		}
		for range 10 {
			condition := anyExpr(t, 4)
			want := []string{}
			for _, device := range order {
				if condition.value(documents[device]) == true {
					want = append(want, device)
				}
			}
			text := "SELECT * FROM devices WHERE " + condition.text()
			q, err := Parse(text)
			must(t)(q, err)
			page, err := q.Run(context.Background(), Sources{Twins: s}, "", 10)
			must(t)(page, err)
			got := []string{}
			for _, item := range page.Items {
				var id struct{ DeviceID string }
				must(t)(0, json.Unmarshal(item, &id))
				got = append(got, id.DeviceID)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s\n%s", text, diff)
			}
		}
	})
}

func must(t *rapid.T) func(any, error) {
	return func(_ any, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzParse checks that any text is either refused or can be run over twins.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`SELECT * FROM devices.modules WHERE NOT (tags.[[a b]] >= -0x1F AND x <> "\u00e9") OR true`,
		`SELECT * FROM devices WHERE ((((((((((a))))))))))`,
		`SELECT * FROM devices WHERE tags.n = 1e999999999 AND a.b.c IN [1, [2, 'x'], undefined]`,
		`SELECT TOP 3 deviceId, COUNT() AS n, avg(tags.n) FROM devices WHERE startswith(a, 'b') GROUP BY deviceId`,
		`select tags.a as b, tags.[[x]] from devices where a % 0 = 1 - -2 * (3 / 4) and array_contains(c, null)`,
		`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '\ud83d\ude00' and is_defined(devices.jobs)`,
	} {
		f.Add(text)
	}
	s := fleet(f, 2)
	f.Fuzz(func(t *testing.T, text string) {
		if q, err := Parse(text); err == nil {
			page, err := q.Run(context.Background(), Sources{Twins: s}, "", 1)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			for _, item := range page.Items {
				if !json.Valid(item) {
					t.Fatalf("%s: a result is not JSON: %s", text, item)
				}
			}
		}
		if q, err := ParseCondition(text); err == nil {
			for _, row := range s.List(registry.Devices, 0, 2) {
				q.Matches(row.Twin)
			}
		}
	})
}
