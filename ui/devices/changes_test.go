package devices

import (
	"slices"
	"testing"

	"twindeck/hub"
	"twindeck/keymap"
)

func TestWhatWasDeletedGoesAndTheNextRowIsSelected(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add([]hub.Entry{tagged("a", "x"), tagged("b", "x"), tagged("c", "x")}, true))
	press(p, "j")
	p.Remove(hub.ID{Device: "b"})
	if got, _ := p.Selected(); got.Device != "c" || p.Len() != 2 {
		t.Errorf("selected %v of %d", got, p.Len())
	}
	p.Remove(hub.ID{Device: "c"})
	if got, _ := p.Selected(); got.Device != "a" {
		t.Errorf("selected %v", got)
	}
	p.Remove(hub.ID{Device: "nobody"})
	p.Remove(hub.ID{Device: "a"})
	if _, ok := p.Selected(); ok || p.Len() != 0 {
		t.Errorf("%d are left", p.Len())
	}
}

func TestADeviceThatWasChangedIsShownSo(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	gateway := tagged("gateway", "x")
	gateway.Edge, gateway.Auth, gateway.Status = true, hub.AuthCA, hub.Enabled
	drain(p, p.Add([]hub.Entry{tagged("a", "x"), gateway}, true))
	e, ok := p.Entry(gateway.ID)
	if !ok || !e.Edge || e.Auth != hub.AuthCA || e.Status != hub.Enabled {
		t.Fatalf("it is %+v", e)
	}
	e.Status, e.Auth = hub.Disabled, hub.AuthSAS
	p.AddFound([]hub.Entry{e, {ID: hub.ID{Device: "nobody", Module: "m"}}})
	if again, _ := p.Entry(e.ID); again.Status != hub.Disabled || again.Auth != hub.AuthSAS {
		t.Errorf("it became %+v", again)
	}
	if _, ok := p.Entry(hub.ID{Device: "nobody"}); ok {
		t.Error("nobody is there")
	}
	if got := p.Edges(5); !slices.Equal(got, []string{"gateway"}) {
		t.Errorf("edge devices are %v", got)
	}
}
