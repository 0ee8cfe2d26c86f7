package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// Scene is one thing that happens to the fleet from outside, as an operator or a program with the
// rights of a service would do it.
type Scene struct {
	Beat    float64 // when, in beats since the start
	ID      hub.ID  // to whom
	Desired string  // a merge patch of the desired properties, as JSON; empty when a method is called
	Method  string  // the direct method that is called
	About   string  // what it shows, in a few words
}

// Script returns what happens in the first thirty beats, which are two minutes at the usual pace, in
// its order. Two scripts of one seed are the same; another seed has other moments and values.
//
// The properties of thermostat-01/controller are left alone for the first minute: it is what most people
// edit first, and nobody should begin with a conflict.
func Script(seed uint64) []Scene {
	chance := rand.New(rand.NewPCG(seed, 1<<32)) // no member's
	var (
		thermostat = hub.ID{Device: "thermostat-01", Module: "controller"}
		rejects    = hub.ID{Device: "thermostat-03", Module: "controller"}
		motor      = hub.ID{Device: "pump-01", Module: "motor"}
		valve      = hub.ID{Device: "pump-01", Module: "valve"}
		updater    = hub.ID{Device: "gateway-01", Module: "updater"}
		lamp       = hub.ID{Device: "light-01", Module: "lamp"}
		contact    = hub.ID{Device: "door-01", Module: "contact"}
	)
	tenths := func(low, high int) string {
		n := low + chance.IntN(high-low)
		return fmt.Sprintf("%d.%d", n/10, n%10)
	}
	scenes := []Scene{
		{2, motor, fmt.Sprintf(`{"speed":%d}`, 1500+100*chance.IntN(10)), "", "a speed that is reached step by step"},
		{6, rejects, fmt.Sprintf(`{"setPoint":%d}`, 35+chance.IntN(20)), "", "a set point that is rejected"},
		{8, contact, fmt.Sprintf(`{"reportEvery":%d}`, 60*(1+chance.IntN(9))), "", "a setting that waits until a sleeper wakes"},
		{10, updater, fmt.Sprintf(`{"firmware":"2.%d.0"}`, 1+chance.IntN(8)), "", "a firmware that is downloaded and installed"},
		{13, valve, `{"open":true}`, "", "a command to a connection that comes and goes"},
		{15, rejects, `{"setPoint":` + tenths(180, 250) + `}`, "", "a better set point, accepted"},
		{17, thermostat, "", "ping", "a direct method"},
		{18, lamp, `{"scene":{"name":"evening","red":` + fmt.Sprint(200+chance.IntN(56)) + `,"blue":40}}`, "", "a group of properties"},
		{22, thermostat, `{"setPoint":` + tenths(190, 240) + `}`, "", "a set point that is acknowledged"},
		{23, lamp, `{"scene":null}`, "", "the group is removed again"},
		{25, thermostat, `{"schedule":{"night":` + tenths(150, 180) + `}}`, "", "one property inside a group"},
		{27, valve, `{"open":false}`, "", "the valve is told to close"},
		{28, motor, `{"speed":0}`, "", "and the motor to stop"},
	}
	for i := range 8 { // a hand on the dimmer
		scenes = append(scenes, Scene{20 + float64(i)/8, lamp, fmt.Sprintf(`{"brightness":%d}`, 80-8*i-chance.IntN(6)), "", "dimming: many patches at once"})
	}
	for i := range scenes {
		scenes[i].Beat += chance.Float64() / 10
	}
	slices.SortStableFunc(scenes, func(a, b Scene) int {
		switch {
		case a.Beat < b.Beat:
			return -1
		case a.Beat > b.Beat:
			return 1
		}
		return 0
	})
	return scenes
}

// director lets a script happen.
type director struct {
	client *hub.Client
	beat   time.Duration
	log    *slog.Logger
}

// play returns when the script is over, or when ctx ends. A scene that fails is left out: somebody
// may have deleted whom it is about.
func (d *director) play(ctx context.Context, script []Scene) {
	began := time.Now()
	for _, s := range script {
		wait(ctx, time.Until(began.Add(time.Duration(s.Beat*float64(d.beat)))))
		if ctx.Err() != nil {
			return
		}
		if err := d.act(ctx, s); err != nil {
			d.log.Debug("scene failed", "about", s.About, "err", err)
		}
	}
}

func (d *director) act(ctx context.Context, s Scene) error {
	if s.Method != "" {
		_, err := d.client.CallMethod(ctx, s.ID, hub.MethodCall{Name: s.Method})
		return err
	}
	desired, err := patch.Parse([]byte(s.Desired))
	if err != nil {
		return err
	}
	for range 3 { // somebody may write to the twin at the same moment
		var twin hub.Twin
		if twin, err = d.client.Twin(ctx, s.ID); err != nil {
			return err
		}
		if _, _, err = d.client.PatchTwin(ctx, s.ID, hub.TwinPatch{Desired: &desired}, twin.ETag); !hub.Conflict(err) {
			return err
		}
	}
	return err
}
