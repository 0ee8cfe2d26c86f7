package devices

import (
	"strings"
	"testing"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/devices/roster"
)

// An edge device unfolds to its modules and to the devices below it, and one goes up again by a key.
func TestTheTreeOfEdgeDevices(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	edge := hub.Entry{ID: hub.ID{Device: "a-gateway"}, Edge: true, DeviceScope: "ms-azure-iot-edge://a's"}
	leaf := hub.Entry{ID: hub.ID{Device: "leaf"}, DeviceScope: edge.DeviceScope, ParentScopes: []string{edge.DeviceScope}}
	nested := hub.Entry{ID: hub.ID{Device: "z-nested"}, Edge: true, DeviceScope: "ms-azure-iot-edge://z", ParentScopes: []string{edge.DeviceScope}}
	drain(p, p.Add([]hub.Entry{edge, leaf}, false))
	both, _ := press(p, "l").(Both)
	search, _ := both.Second.(Search)
	if load, _ := both.First.(LoadModules); load.Device != "a-gateway" || search.Where != `ARRAY_CONTAINS(parentScopes, 'ms-azure-iot-edge://a\'s')` {
		t.Fatalf("unfolding asks for %v", both)
	}
	drain(p, p.SetModules("a-gateway", []hub.Identity{{ID: hub.ID{Device: "a-gateway", Module: "$edgeHub"}}}))
	drain(p, p.AddFound([]hub.Entry{nested}))
	got := text(p, 60, 14)
	for _, want := range []string{"$edgeHub", "system", "→ leaf", "→ z-nested", "edge"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if !Protected(hub.ID{Device: "a-gateway", Module: "$edgeHub"}) || Protected(hub.ID{Device: "a-gateway", Module: "mine"}) {
		t.Error("the wrong modules are protected")
	}
	press(p, "j", "j", "j")
	if id, _ := p.Selected(); id.Device != "z-nested" || p.grid.Cursor() != 3 {
		t.Fatalf("a link stands for %v", id)
	}
	press(p, "enter")
	if id, _ := p.Selected(); id.Device != "z-nested" || p.grid.Cursor() != p.roster.Rows()-1 {
		t.Errorf("enter goes to row %d", p.grid.Cursor())
	}
	press(p, "P")
	if id, _ := p.Selected(); id.Device != "a-gateway" {
		t.Errorf("P goes to %v", id)
	}
	if tell, ok := press(p, "P").(Tell); !ok || !strings.Contains(tell.Text, "below no edge device") {
		t.Errorf("%v", tell)
	}
	press(p, "g", "h")
	p.Remove(edge.ID)
	press(p, "g")
	if s, ok := press(p, "P").(Search); !ok || !s.Reveal || s.Where != `deviceScope = 'ms-azure-iot-edge://a\'s' AND capabilities.iotEdge = true` {
		t.Errorf("%v", s)
	}
}

// Rows that a search of the hub brought stay while the listing has not come to them.
func TestWhatWasFoundStaysUntilTheListingSaysOtherwise(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(3, 0), false))
	drain(p, p.AddFound([]hub.Entry{tagged("zz-found", "ist")}))
	for i := range roster.Lag + 1 {
		if p.Len() != 4 {
			t.Fatalf("gone after %d listings", i)
		}
		drain(p, p.Add(page(3, 0), true))
		p.Begin()
	}
	if p.Len() != 3 {
		t.Error("it stays for ever")
	}
	drain(p, p.Reveal(hub.Identity{ID: hub.ID{Device: "zz-made"}, Status: hub.Disabled}))
	if e, ok := p.Entry(hub.ID{Device: "zz-made"}); !ok || e.Status != hub.Disabled {
		t.Errorf("%v", e)
	}
}

// Who stands on the line that says that modules are being read has selected the device, and goes on to
// when they are there.
func TestTheLineOfModulesBeingReadStandsForItsDevice(t *testing.T) {
	p := New(keymap.Default())
	p.Begin()
	drain(p, p.Add(page(3, 0), true))
	press(p, "l", "j")
	if id, _ := p.Selected(); id != (hub.ID{Device: "device-000000"}) {
		t.Fatalf("selected %v", id)
	}
	p.SetModules("device-000000", []hub.Identity{{ID: hub.ID{Device: "device-000000", Module: "m"}}})
	if id, _ := p.Selected(); id != (hub.ID{Device: "device-000000"}) {
		t.Errorf("when the modules have come, %v is selected", id)
	}
}
