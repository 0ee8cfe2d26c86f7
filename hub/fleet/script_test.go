package fleet

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"twindeck/hub"
	"twindeck/hub/patch"
)

func TestOneSeedIsOneScript(t *testing.T) {
	for seed := range uint64(20) {
		if !reflect.DeepEqual(Script(seed), Script(seed)) {
			t.Errorf("two scripts of seed %d", seed)
		}
		if reflect.DeepEqual(Script(seed), Script(seed+1)) {
			t.Errorf("seeds %d and %d have one script", seed, seed+1)
		}
	}
}

// A script is about members of the fleet, fits into its two minutes, and each patch is one that a
// hub takes.
func TestAScriptCanBePlayed(t *testing.T) {
	members := map[hub.ID]bool{}
	modules, devices := 0, map[string]bool{}
	for _, p := range plan() {
		members[p.id] = p.character != nil
		if p.id.IsModule() && p.character != nil {
			modules++
			kind, _, _ := strings.Cut(p.id.Device, "-")
			devices[kind] = true
		}
	}
	if modules < 8 || len(devices) < 3 {
		t.Errorf("%d modules on %d kinds of device", modules, len(devices))
	}
	for seed := range uint64(50) {
		last, about := 0.0, map[hub.ID]bool{}
		for _, s := range Script(seed) {
			if s.Beat < last || s.Beat > 30 {
				t.Errorf("seed %d: beat %v after %v", seed, s.Beat, last)
			}
			last = s.Beat
			about[s.ID] = true
			if !members[s.ID] || s.About == "" || (s.Desired == "") == (s.Method == "") {
				t.Errorf("seed %d: %+v", seed, s)
			}
			if s.Desired == "" {
				continue
			}
			if s.Beat < 15 && s.ID == (hub.ID{Device: "thermostat-01", Module: "controller"}) {
				t.Errorf("seed %d: who edits it in the first minute is overtaken at beat %v", seed, s.Beat)
			}
			v, err := patch.Parse([]byte(s.Desired))
			if err != nil || v.Len() == 0 || len(patch.CheckSection(patch.Desired, v)) > 0 {
				t.Errorf("seed %d: %s: %v", seed, s.Desired, err)
			}
		}
		if len(about) < 7 {
			t.Errorf("seed %d is about %d members", seed, len(about))
		}
	}
}

func TestAScriptHappensToAFleet(t *testing.T) {
	client := startWith(t, Options{Seed: 7, Beat: beat, Script: true})
	for id, text := range map[hub.ID]string{ // what comes of it and stays
		module("thermostat-03", "controller"): `"ac":200,"av":4`,
		module("gateway-01", "updater"):       `"ac":200,"av":3,"ad":"installed"`,
		module("door-01", "contact"):          `"battery":`,
		module("pump-01", "motor"):            `"speed":{"value":0,"ac":200,"av":4,"ad":"reached"}`,
	} {
		waitFor(t, client, id, text, reports(text))
	}
	lamp := waitFor(t, client, module("light-01", "lamp"), "the lamp dimmed and its scene gone", func(twin hub.Twin) bool { return twin.Desired.Version >= 12 })
	if _, there := lamp.Desired.Value.Get("scene"); there {
		t.Errorf("the lamp ends as %s", lamp.Desired.Value.JSON())
	}
}

func reported(t *testing.T, v patch.Value, want string) {
	t.Helper()
	if got := v.JSON(); got != want {
		t.Errorf("reported %s, not %s", got, want)
	}
}

func value(t *testing.T, text string) patch.Value {
	t.Helper()
	v, err := patch.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAMotorRamps(t *testing.T) {
	r, chance := &ramps{}, rand.New(rand.NewPCG(1, 1))
	reported(t, r.settle(value(t, `{"speed":700}`), 2), `{"speed":{"value":0,"ac":202,"av":2,"ad":"on the way to 700"}}`)
	reported(t, r.beat(chance), `{"speed":{"value":400,"ac":202,"av":2,"ad":"on the way to 700"},"rpm":400}`)
	reported(t, r.beat(chance), `{"speed":{"value":700,"ac":200,"av":2,"ad":"reached"},"rpm":700}`)
	if got := r.beat(chance).JSON(); !strings.HasPrefix(got, `{"rpm":`) {
		t.Errorf("reported %s", got)
	}
	reported(t, r.settle(value(t, `{"speed":100}`), 3), `{"speed":{"value":700,"ac":202,"av":3,"ad":"on the way to 100"}}`)
	reported(t, r.beat(chance), `{"speed":{"value":300,"ac":202,"av":3,"ad":"on the way to 100"},"rpm":300}`)
	for _, bad := range []string{`{"speed":-1}`, `{"speed":1.5}`, `{"speed":"fast"}`, `{"speed":99999}`} {
		if got := r.settle(value(t, bad), 4).JSON(); !strings.Contains(got, `"ac":400,"av":4`) {
			t.Errorf("%s is answered with %s", bad, got)
		}
	}
}

func TestAFirmwareIsInstalledStepByStep(t *testing.T) {
	u, chance := &updates{}, rand.New(rand.NewPCG(1, 1))
	reported(t, u.settle(value(t, `{"firmware":"1"}`), 1), `{"firmware":{"value":"1","ac":200,"av":1,"ad":"installed"}}`)
	reported(t, u.settle(value(t, `{"firmware":"2"}`), 2), `{"firmware":{"value":"1","ac":202,"av":2,"ad":"downloading 2"}}`)
	var last string
	for range 8 {
		if last = u.beat(chance).JSON(); u.firmware == "2" {
			break
		}
	}
	if want := `{"firmware":{"value":"2","ac":200,"av":2,"ad":"installed"},"progress":null,"bootCount":1}`; last != want {
		t.Errorf("at last %s", last)
	}
}
