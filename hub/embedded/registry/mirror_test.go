package registry

import (
	"strings"
	"testing"

	"twindeck/hub/embedded/ordered"
)

// mirrors fails unless metadata has a node, with a time, for every key of properties and for
// nothing else. Arrays are leaves.
func mirrors(t *testing.T, properties, metadata ordered.Value) {
	t.Helper()
	if _, ok := metadata.Get("$lastUpdated"); !ok {
		t.Fatalf("no $lastUpdated in %s", metadata)
	}
	nodes := metadata.Without(func(key string) bool { return strings.HasPrefix(key, "$") })
	if len(nodes.Members()) != len(properties.Members()) {
		t.Fatalf("metadata %s does not mirror %s", nodes, properties)
	}
	for _, m := range properties.Members() {
		node, ok := nodes.Get(m.Key)
		if !ok {
			t.Fatalf("no metadata for %q in %s", m.Key, nodes)
		}
		mirrors(t, m.Value, node)
	}
}
