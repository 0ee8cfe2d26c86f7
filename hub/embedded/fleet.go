package embedded

import (
	"fmt"

	"twindeck/hub/embedded/registry"
)

// What a synthetic fleet varies in. The numbers share no factor, so that all combinations occur.
var (
	fleetSites  = [...]string{"ist", "ams", "sfo", "osl", "nrt", "gru", "lis"}
	fleetModels = [...]struct {
		kind, model, desired string
	}{
		{"thermostat", "TH-200", `{"telemetryInterval":60,"setPoint":21.5}`},
		{"pump", "PX-31", `{"telemetryInterval":30,"speed":{"rpm":1450,"ramp":5}}`},
		{"meter", "EM-7", `{"telemetryInterval":300}`},
		{"camera", "CV-4", `{"telemetryInterval":60,"resolution":"1080p","night":true}`},
		{"gateway", "GW-9", ""},
	}
	fleetRings = [...]string{"stable", "stable", "stable", "stable", "stable", "stable", "stable", "stable", "early", "early", "canary"}
)

const (
	fleetFloors        = 12
	fleetDisabledEvery = 53
)

var fleetModules = []registry.SeedModule{
	{Name: "controller", Desired: `{"telemetryInterval":60}`},
	{Name: "sensors"},
}

// SeedFleet adds a synthetic fleet of n devices, deterministic but for keys and times: device i
// is the same in every fleet. All have tags (site, floor, model, ring), most have desired
// properties, one in four has a module and one in sixteen two, a few are disabled. It blocks for
// about two seconds for a million, and twice as long with a data file. Devices that exist are
// left as they are.
func (s *Server) SeedFleet(n int) error {
	tags := map[[4]int]string{}
	return s.registry.Seed(n, func(i int) registry.Seed {
		site, model, ring, floor := i%len(fleetSites), i%len(fleetModels), i%len(fleetRings), i/7%fleetFloors
		key := [4]int{site, model, ring, floor}
		if tags[key] == "" {
			tags[key] = fmt.Sprintf(`{"site":%q,"floor":%d,"model":%q,"ring":%q}`,
				fleetSites[site], floor+1, fleetModels[model].model, fleetRings[ring])
		}
		seed := registry.Seed{
			Device:   fmt.Sprintf("%s-%07d", fleetModels[model].kind, i+1),
			Tags:     tags[key],
			Desired:  fleetModels[model].desired,
			Disabled: i%fleetDisabledEvery == fleetDisabledEvery-1,
		}
		switch {
		case i%16 == 0:
			seed.Modules = fleetModules
		case i%4 == 0:
			seed.Modules = fleetModules[:1]
		}
		return seed
	})
}
