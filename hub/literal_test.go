package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"twindeck/hub"
	"twindeck/hub/embedded/query"
	"twindeck/hub/embedded/registry"
)

// asked is a collection that remembers which device a query wants.
type asked struct{ devices []string }

func (a *asked) AppendRows(rows []registry.Row, _ registry.Source, _ registry.Cursor, _ int) []registry.Row {
	return rows
}

func (a *asked) OfDevice(_ registry.Source, device string, _ registry.Cursor) []registry.Row {
	a.devices = append(a.devices, device)
	return nil
}

func FuzzLiteral(f *testing.F) {
	for _, s := range []string{"", "a", "it's", `\`, `\'`, `\\' OR true`, `"`, "\x00\x1f\x7f\u2028", "İstanbul 🚀", `\u0041`, "]]", "a\nb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if utf8.RuneCountInString(s) > 500 {
			t.Skip()
		}
		q, err := query.Parse("SELECT * FROM devices WHERE deviceId = " + hub.Literal(s) + " AND STARTSWITH(tags.a, " + hub.Literal(s) + ")")
		if err != nil {
			t.Fatalf("%s: %v", hub.Literal(s), err)
		}
		var a asked
		if _, err := q.Run(context.Background(), query.Sources{Twins: &a}, "", 1); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(s, "\uFFFD"); len(a.devices) != 1 || strings.ReplaceAll(a.devices[0], "\uFFFD", "") != strings.ReplaceAll(want, "\uFFFD", "") {
			t.Errorf("%q reached the hub as %q", s, a.devices)
		}
	})
}

// Whatever keys a hub takes, a query finds what stands below them.
func TestAttributesAreFound(t *testing.T) {
	store := registry.New(registry.Options{})
	device := registry.ID{Device: "d"}
	if _, err := store.PutIdentity(device, []byte(`{}`), registry.Precondition{}); err != nil {
		t.Fatal(err)
	}
	found := 0
	key := rapid.OneOf(
		rapid.SampledFrom([]string{"site", "Group", "select", "in", "tags", "odd name", "odd-name", "1st", "_x", "şehir", "count", "a]b", "a[[b", "deviceId"}),
		rapid.StringN(1, 12, -1),
	)
	rapid.Check(t, func(rt *rapid.T) {
		first, second := key.Draw(rt, "first"), key.Draw(rt, "second")
		path, ok := hub.Attribute("tags", first, second)
		if !ok {
			if !strings.ContainsAny(first+second, "[]") && first != "" && second != "" {
				rt.Fatalf("%q %q cannot be written", first, second)
			}
			return
		}
		f, _ := json.Marshal(first)
		s, _ := json.Marshal(second)
		body := fmt.Sprintf(`{"tags":{%s:{%s:"v"}}}`, f, s)
		if _, err := store.ReplaceTwin(device, []byte(body), registry.Precondition{}); err != nil {
			return // no key of a twin
		}
		q, err := query.Parse("SELECT * FROM devices WHERE " + path + " = 'v'")
		if err != nil {
			rt.Fatalf("%s: %v", path, err)
		}
		page, err := q.Run(context.Background(), query.Sources{Twins: store}, "", 1)
		if err != nil || len(page.Items) != 1 {
			rt.Fatalf("%s finds nothing: %v", path, err)
		}
		found++
	})
	if found == 0 {
		t.Error("no key was ever taken")
	}
	for _, path := range [][]string{nil, {"tags", ""}, {"tags", "a]]b"}, {"tags", "\xff"}} {
		if text, ok := hub.Attribute(path...); ok {
			t.Errorf("%q is written as %s", path, text)
		}
	}
}
