package registry

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

type edgeDocument struct {
	GenerationID string   `json:"generationId"`
	DeviceScope  *string  `json:"deviceScope"`
	ParentScopes []string `json:"parentScopes"`
	Capabilities struct {
		IotEdge bool `json:"iotEdge"`
	} `json:"capabilities"`
}

func edgeOf(t *testing.T, doc Document) edgeDocument {
	t.Helper()
	var d edgeDocument
	if err := json.Unmarshal(doc.JSON, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func putEdge(t *testing.T, s *Store, name, more string, cond Precondition) edgeDocument {
	t.Helper()
	return edgeOf(t, put(t, s, ID{Device: name}, `{"capabilities":{"iotEdge":true}`+more+`}`, cond))
}

func refused(t *testing.T, err error, name string) {
	t.Helper()
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Name != name {
		t.Errorf("error %v, want %s", err, name)
	}
}

func TestEdgeDeviceGetsAScopeAndSystemModules(t *testing.T) {
	s := New(Options{})
	d := putEdge(t, s, "e", `,"deviceScope":"mine"`, Precondition{})
	if d.DeviceScope == nil || *d.DeviceScope != "ms-azure-iot-edge://e-"+d.GenerationID || d.ParentScopes != nil {
		t.Fatalf("a new edge device is %+v", d)
	}
	for _, name := range []string{"$edgeAgent", "$edgeHub"} {
		doc, err := s.Identity(ID{"e", name})
		if err != nil || !strings.Contains(string(doc.JSON), `"managedBy":"iotEdge"`) || !strings.Contains(string(doc.JSON), `"type":"none"`) {
			t.Errorf("%s: %s, %v", name, doc.JSON, err)
		}
		if !strings.Contains(string(doc.JSON), `"primaryKey":null`) {
			t.Errorf("%s has a key", name)
		}
		refused(t, s.DeleteIdentity(ID{"e", name}, anyEtag), "SystemModuleModifyUnauthorizedAccess")
	}
	twin, err := s.Twin(ID{Device: "e"})
	if err != nil || !strings.Contains(string(twin.AppendJSON(nil)), `"deviceScope":"`+*d.DeviceScope+`"`) {
		t.Errorf("the twin is %s, %v", twin.AppendJSON(nil), err)
	}
	// The system modules do not count against the limit of modules.
	for i := range maxModules {
		put(t, s, ID{"e", "m" + itoa(int64(i))}, `{}`, Precondition{})
	}
	_, err = s.PutIdentity(ID{"e", "one-more"}, []byte(`{}`), Precondition{})
	refused(t, err, "TooManyModulesOnDevice")
}

func TestScopeOfAnEdgeDeviceIsImmutable(t *testing.T) {
	s := New(Options{})
	scope := *putEdge(t, s, "e", "", Precondition{}).DeviceScope
	before, _ := s.Identity(ID{Device: "e"})
	for _, body := range []string{`{"capabilities":{"iotEdge":true}}`, `{"capabilities":{"iotEdge":true},"deviceScope":"ms-azure-iot-edge://e-1"}`} {
		_, err := s.PutIdentity(ID{Device: "e"}, []byte(body), anyEtag)
		refused(t, err, "InvalidDeviceScope")
	}
	if after, _ := s.Identity(ID{Device: "e"}); string(after.JSON) != string(before.JSON) {
		t.Errorf("a refused write changed\n%s\ninto\n%s", before.JSON, after.JSON)
	}
	if d := putEdge(t, s, "e", `,"deviceScope":"`+scope+`"`, anyEtag); *d.DeviceScope != scope {
		t.Errorf("scope %s, want %s", *d.DeviceScope, scope)
	}
	// The scope tells incarnations apart.
	if err := s.DeleteIdentity(ID{Device: "e"}, anyEtag); err != nil {
		t.Fatal(err)
	}
	if d := putEdge(t, s, "e", "", Precondition{}); *d.DeviceScope == scope {
		t.Error("a new device has the scope of the old one")
	}
}

func TestParents(t *testing.T) {
	s := New(Options{})
	parent := *putEdge(t, s, "parent", "", Precondition{}).DeviceScope
	put(t, s, ID{Device: "plain"}, `{}`, Precondition{})

	leaf := edgeOf(t, put(t, s, ID{Device: "leaf"}, `{"deviceScope":"`+parent+`"}`, Precondition{}))
	if *leaf.DeviceScope != parent || len(leaf.ParentScopes) != 1 || leaf.ParentScopes[0] != parent {
		t.Errorf("a leaf with a parent is %+v", leaf)
	}
	if leaf = edgeOf(t, put(t, s, ID{Device: "leaf"}, `{}`, anyEtag)); leaf.DeviceScope != nil || leaf.ParentScopes != nil {
		t.Errorf("a leaf that lost its parent is %+v", leaf)
	}
	if leaf = edgeOf(t, put(t, s, ID{Device: "leaf"}, `{"parentScopes":["`+parent+`"]}`, anyEtag)); leaf.DeviceScope != nil || leaf.ParentScopes != nil {
		t.Errorf("a leaf with parent scopes alone is %+v", leaf)
	}

	nested := putEdge(t, s, "nested", `,"parentScopes":["`+parent+`"]`, Precondition{})
	if *nested.DeviceScope != "ms-azure-iot-edge://nested-"+nested.GenerationID || len(nested.ParentScopes) != 1 || nested.ParentScopes[0] != parent {
		t.Errorf("a nested edge device is %+v", nested)
	}
	if d := putEdge(t, s, "nested", `,"deviceScope":"`+*nested.DeviceScope+`","parentScopes":[]`, anyEtag); d.ParentScopes != nil {
		t.Errorf("detached, it is %+v", d)
	}

	for _, scope := range []string{"x", "ms-azure-iot-edge://", "ms-azure-iot-edge://plain-1", "ms-azure-iot-edge://parent-1", strings.Replace(parent, "parent", "nobody", 1)} {
		_, err := s.PutIdentity(ID{Device: "other"}, []byte(`{"deviceScope":"`+scope+`"}`), Precondition{})
		refused(t, err, "InvalidDeviceScope")
		if _, err := s.Identity(ID{Device: "other"}); err == nil {
			t.Fatalf("a refused device exists, scope %s", scope)
		}
	}
}

func TestTogglingEdge(t *testing.T) {
	s := New(Options{})
	parent := *putEdge(t, s, "parent", "", Precondition{}).DeviceScope
	put(t, s, ID{Device: "d"}, `{"deviceScope":"`+parent+`"}`, Precondition{})
	put(t, s, ID{"d", "m"}, `{}`, Precondition{})

	edge := putEdge(t, s, "d", `,"deviceScope":"","parentScopes":["`+parent+`"]`, anyEtag)
	if *edge.DeviceScope != "ms-azure-iot-edge://d-"+edge.GenerationID || len(edge.ParentScopes) != 1 {
		t.Errorf("from leaf to edge: %+v", edge)
	}
	if modules, _ := s.Modules("d"); len(modules) != 3 {
		t.Errorf("an edge device has %d modules", len(modules))
	}
	leaf := edgeOf(t, put(t, s, ID{Device: "d"}, `{"deviceScope":"`+*edge.DeviceScope+`","parentScopes":["`+parent+`"]}`, anyEtag))
	if leaf.Capabilities.IotEdge || leaf.DeviceScope != nil || leaf.ParentScopes != nil {
		t.Errorf("from edge to leaf: %+v", leaf)
	}
	modules, err := s.Modules("d")
	if err != nil || len(modules) != 1 || len(s.List(Modules, 0, 100)) != 3 {
		t.Errorf("a leaf has %d modules, the hub %d, %v", len(modules), len(s.List(Modules, 0, 100)), err)
	}
}
