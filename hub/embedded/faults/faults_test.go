package faults

import (
	"testing"

	"twindeck/hub/embedded/gateway"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

func TestRulesAreUsedInOrderAndUsedUp(t *testing.T) {
	f := &Faults{}
	f.OnRequest("PATCH", "/twins/d", 2, rest.Fault{Status: 412})
	always := f.OnRequest("", "/twins/", Always, rest.Fault{Status: 503})
	for i, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/twins/d", 503},
		{"PATCH", "/twins/d", 412},
		{"PATCH", "/twins/d/modules/m", 412},
		{"PATCH", "/twins/d", 503},
		{"PATCH", "/devices/d", 0},
	} {
		if got := f.Request(c.method, c.path).Status; got != c.want {
			t.Errorf("request %d: %d, want %d", i, got, c.want)
		}
	}
	always()
	if got := f.Request("GET", "/twins/d"); got != (rest.Fault{}) {
		t.Errorf("a rule that was removed still counts: %+v", got)
	}
}

func TestDeviceRulesMeetOneOperationOfOneIdentity(t *testing.T) {
	f := &Faults{}
	module := registry.ID{Device: "d", Module: "m"}
	f.OnDevice(gateway.Connect, module, 1, gateway.Fault{Drop: true})
	if f.Device(gateway.Connect, registry.ID{Device: "d"}).Drop || f.Device(gateway.GetTwin, module).Drop {
		t.Error("the rule met something else")
	}
	if !f.Device(gateway.Connect, module).Drop || f.Device(gateway.Connect, module).Drop {
		t.Error("the rule was not used exactly once")
	}
	f.OnDevice(gateway.Connect, registry.ID{}, Always, gateway.Fault{Lose: true})
	f.Clear()
	if f.Device(gateway.Connect, module) != (gateway.Fault{}) {
		t.Error("a rule outlived Clear")
	}
}

func TestNilHasNoFaults(t *testing.T) {
	var f *Faults
	if f.Connection() || f.Request("GET", "/") != (rest.Fault{}) || f.Device(gateway.Connect, registry.ID{}) != (gateway.Fault{}) {
		t.Error("nil has faults")
	}
}
