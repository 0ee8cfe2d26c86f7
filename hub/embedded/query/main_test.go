package query

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"twindeck/hub/embedded/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fleet returns a store with devices d0 … dn-1, each with module m.
func fleet(t testing.TB, n int) *registry.Store {
	t.Helper()
	s := registry.New(registry.Options{})
	for i := range n {
		device, module := registry.ID{Device: fmt.Sprintf("d%d", i)}, registry.ID{Device: fmt.Sprintf("d%d", i), Module: "m"}
		for _, id := range []registry.ID{device, module} {
			if _, err := s.PutIdentity(id, []byte(`{}`), registry.Precondition{}); err != nil {
				t.Fatal(err)
			}
		}
		patch(t, s, device, fmt.Sprintf(
			`{"tags":{"site":"s%d","n":%d,"odd-name":true,"group":{"a":[1,"x"]}},"properties":{"desired":{"on":%t,"zero":0}}}`, i%2, i, i == 3))
	}
	return s
}

func patch(t testing.TB, s *registry.Store, id registry.ID, body string) {
	t.Helper()
	if _, err := s.PatchTwin(id, []byte(body), registry.Precondition{}); err != nil {
		t.Fatal(err)
	}
}

// results runs a query to its end, in pages of two, and returns the items as JSON.
func results(t testing.TB, s *registry.Store, q *Query) []string {
	t.Helper()
	items := []string{}
	for continuation := ""; ; {
		page, err := q.Run(context.Background(), Sources{Twins: s}, continuation, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			items = append(items, string(item))
		}
		if continuation = page.Continuation; continuation == "" {
			return items
		}
	}
}

func mustParse(t testing.TB, text string) *Query {
	t.Helper()
	q, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return q
}

// ids returns the identities that a query finds.
func ids(t testing.TB, s *registry.Store, q *Query) []string {
	t.Helper()
	found := []string{}
	for _, item := range results(t, s, q) {
		found = append(found, idOf(t, item))
	}
	return found
}

func idOf(t testing.TB, twin string) string {
	t.Helper()
	var id struct{ DeviceID, ModuleID string }
	if err := json.Unmarshal([]byte(twin), &id); err != nil {
		t.Fatal(err)
	}
	return registry.ID{Device: id.DeviceID, Module: id.ModuleID}.String()
}
