package fleet

import (
	"math/rand/v2"
	"strconv"

	"twindeck/hub/patch"
)

// ramps takes its time: a new speed is acknowledged with code 202 at once, approached step by step,
// and acknowledged with code 200 when it is reached.
type ramps struct {
	acknowledges
	at, target int
	version    int64
	moving     bool
}

// The bounds of a speed, and how much of it changes in a beat.
const fastest, rampStep = 3000, 400

func (r *ramps) settle(news patch.Value, version int64) patch.Value {
	reported := r.acknowledges.settle(news, version)
	speed, ok := news.Get("speed")
	if !ok || speed.IsNull() {
		return reported
	}
	target, err := strconv.Atoi(speed.Text())
	if speed.Kind() != patch.KindNumber || err != nil || target < 0 || target > fastest {
		return reported.With(patch.Path{"speed"}, acknowledgement(patch.Int(int64(r.at)), 400, version, "speed must be a whole number from 0 to "+strconv.Itoa(fastest)))
	}
	r.target, r.version, r.moving = target, version, target != r.at
	return reported.With(patch.Path{"speed"}, r.speed())
}

// speed acknowledges the speed as far as it is reached.
func (r *ramps) speed() patch.Value {
	if r.moving {
		return acknowledgement(patch.Int(int64(r.at)), 202, r.version, "on the way to "+strconv.Itoa(r.target))
	}
	return acknowledgement(patch.Int(int64(r.at)), 200, r.version, "reached")
}

func (r *ramps) beat(chance *rand.Rand) patch.Value {
	if !r.moving {
		return object("rpm", patch.Int(int64(max(r.at+chance.IntN(7)-3, 0))))
	}
	r.at = min(max(r.target, r.at-rampStep), r.at+rampStep)
	r.moving = r.at != r.target
	return object("speed", r.speed()).With(patch.Path{"rpm"}, patch.Int(int64(r.at)))
}
