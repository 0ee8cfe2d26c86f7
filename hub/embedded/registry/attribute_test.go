package registry

import (
	"strings"
	"testing"

	"twindeck/hub/embedded/ordered"
)

// TestAttributesAgreeWithDocument asks for every node of documents, so that the short ways to an
// attribute cannot differ from what a reader of the document sees.
func TestAttributesAgreeWithDocument(t *testing.T) {
	s := New(Options{})
	device, module := ID{Device: "d"}, ID{Device: "d", Module: "m"}
	for _, id := range []ID{device, module} {
		if _, err := s.PutIdentity(id, []byte(`{"statusReason":"why not"}`), Precondition{}); err != nil {
			t.Fatal(err)
		}
	}
	checkAttributes(t, s, device)
	body := `{"tags":{"a":{"b":[1,{"c":2}]},"ü":"\"\\n"},"properties":{"desired":{"x":{"y":1.50},"empty":{},"s":""}}}`
	for _, id := range []ID{device, module} {
		if _, err := s.PatchTwin(id, []byte(body), Precondition{}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PatchReported(id, []byte(`{"on":true,"deep":{"er":{"still":"x"}}}`), nil); err != nil {
			t.Fatal(err)
		}
		s.SetConnected(id, true)
		s.SetModelID(id, "dtmi:com:example;1")
		checkAttributes(t, s, id)
	}
	// What edge devices and configurations add.
	edge := ID{Device: "edge"}
	if _, err := s.PutIdentity(edge, []byte(`{"capabilities":{"iotEdge":true}}`), Precondition{}); err != nil {
		t.Fatal(err)
	}
	twin, err := s.Twin(edge)
	if err != nil {
		t.Fatal(err)
	}
	leaf := ID{Device: "leaf"}
	if _, err := s.PutIdentity(leaf, []byte(`{"deviceScope":"`+twin.more.scope+`"}`), Precondition{}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []ID{edge, leaf, {Device: "edge", Module: "$edgeHub"}} {
		s.find(id).more().configurations = `{"c":{"status":"Applied"}}`
		checkAttributes(t, s, id)
	}
}

func checkAttributes(t *testing.T, s *Store, id ID) {
	t.Helper()
	twin, err := s.Twin(id)
	if err != nil {
		t.Fatal(err)
	}
	document := twin.Document()
	var walk func(path []string, v ordered.Value)
	walk = func(path []string, v ordered.Value) {
		spellings := [][]string{path, append([]string{strings.ToUpper(path[0])}, path[1:]...)}
		for _, spelling := range spellings {
			if got, ok := twin.Attribute(spelling); !ok || got.String() != v.String() {
				t.Errorf("%q is %s, %t; want %s", spelling, got, ok, v)
			}
			missing := append(append([]string{}, spelling...), "missing")
			if got, ok := twin.Attribute(missing); ok {
				t.Errorf("%q is %s", missing, got)
			}
		}
		for _, m := range v.Members() {
			walk(append(append([]string{}, path...), m.Key), m.Value)
		}
	}
	for _, m := range document.Members() {
		walk([]string{m.Key}, m.Value)
	}
	for _, name := range rootAttributes {
		if _, in := document.Get(name); !in {
			if got, ok := twin.Attribute([]string{name}); ok {
				t.Errorf("%s is %s, but the document has none", name, got)
			}
		}
	}
	if got, ok := twin.Attribute([]string{"nothing"}); ok {
		t.Errorf("an unknown attribute is %s", got)
	}
}
