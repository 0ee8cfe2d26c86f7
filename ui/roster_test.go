package ui

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/ui/profile"
)

// fleet fills a hub with so many devices that they are filtered by work that runs elsewhere.
func fleet(f *fakeHub) {
	f.pageSize = 1000
	for i := range 3000 {
		f.add(hub.ID{Device: fmt.Sprintf("device-%04d", i)}, fmt.Sprintf(`{"site":%q,"floor":%d}`, []string{"ist", "ank"}[i%2], i%30), `{}`, `{}`)
	}
}

func TestAFilterOfManyDevices(t *testing.T) {
	inBubble(t, Options{}, 120, 36, fleet, func(p *pump) {
		p.wait(time.Second)
		p.sees("3,000 devices", "loaded 3,000 of 3,000")
		p.Press("/")
		p.Type("site=ank 29")
		p.sees("179 of 3,000 devices", "device-0029", "/ site=ank 29")
		p.Press("ctrl+t")
		p.sees("/~ site=ank 29")
		p.Press("ctrl+t", "enter", "*", "esc")
		p.sees("179 marked", "loaded 3,000")
		p.Press("esc")
		p.seesNot("marked")
	})
}

func TestColumnsAndSortAreKept(t *testing.T) {
	store := &profile.Memory{}
	inBubble(t, Options{Store: store}, 80, 24, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press("s")
		p.sees("Sort by", "device ▴", "tag floor")
		p.Press("G", "enter") // the tags are the last
		p.sees("loaded 4 of 4 · by floor ▴")
		p.Press("s", "enter") // again: the other way round
		p.Press("|")
		p.sees("Columns", "[x] device", "[ ] tag floor")
		p.golden("columns-80x24")
		p.Press("j", "space", "G", "space", "K", "enter")
		p.wait(time.Second)
		p.sees("floor")
	})
	inBubble(t, Options{Store: store}, 80, 24, demo, func(p *pump) {
		p.wait(time.Second)
		s, err := store.Load()
		if err != nil || s.Sort == "" || !s.Reverse || !slices.Contains(s.Columns, "tags.floor") || slices.Contains(s.Columns, "tags") {
			t.Fatalf("kept %+v, %v", s, err)
		}
		if got := p.m.devices.Matching(); got[0].Device != "thermostat-02" || got[3].Device != "pump-01" {
			t.Errorf("in the next run the order is %v", got)
		}
		p.sees("floor ▾")
	})
}

func TestTheModulesOfAllDevicesByOneKey(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press("A")
		p.wait(time.Second)
		if p.hub.count("ListModules") != 1 || p.hub.count("Modules") != 0 {
			t.Errorf("%d listings and %d readings", p.hub.count("ListModules"), p.hub.count("Modules"))
		}
		p.Press("/")
		p.Type("sensors")
		p.sees("thermostat-01", "○ sensors", "1 of 4 devices")
		p.seesNot("controller")
		p.Press("esc")
		p.hub.failing("ListModules", &hub.Error{Status: 429, Code: hub.CodeThrottled})
		p.Press("A")
		p.wait(3 * time.Second)
		p.seesNot("could be read")
		p.hub.failing("ListModules", nil)
		p.wait(3 * time.Second)
		p.sees("read the modules of all devices")
		p.Press("g", "l")
		p.sees("no modules; m creates one")
		p.hub.failing("ListModules", errors.New("the hub is busy"))
		p.Press("A")
		p.sees("not all modules could be read: the hub is busy")
	})
}

func TestTheParentOfADeviceIsFoundInTheHub(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press("j", "P")
		p.sees("pump-01 is below no edge device")
		gateway := p.hub.identities[hub.ID{Device: "gateway-01"}]
		gateway.DeviceScope = "ms-azure-iot-edge://gateway-01-1" // what was listed knows nothing of it yet
		p.hub.identities[gateway.ID] = gateway
		leaf := hub.Entry{ID: hub.ID{Device: "zz-leaf"}, DeviceScope: "ms-azure-iot-edge://gateway-01-1"}
		p.m.devicesActed(p.m.devices.AddFound([]hub.Entry{leaf}))
		p.Press("G", "P")
		p.wait(time.Second)
		p.sees("found the edge device above zz-leaf", "2 gateway-01")
		p.m.devices.Remove(hub.ID{Device: "gateway-01"})
		delete(p.hub.identities, hub.ID{Device: "gateway-01"})
		p.Press("G", "P")
		p.wait(time.Second)
		p.sees("the hub's index knows no such thing")
	})
}
