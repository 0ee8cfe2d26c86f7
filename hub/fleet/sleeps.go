package fleet

import (
	"math/rand/v2"

	"twindeck/hub/patch"
)

// sleeps saves its battery: it connects now and then, reports, learns what was desired meanwhile,
// and is gone again.
type sleeps struct {
	acknowledges
	used int // of the battery, in percent
}

func (s *sleeps) beat(chance *rand.Rand) patch.Value {
	s.used = min(s.used+chance.IntN(2), 90)
	return patch.Object(
		patch.Member{Key: "open", Value: patch.Bool(chance.IntN(3) == 0)},
		patch.Member{Key: "battery", Value: patch.Int(int64(100 - s.used))},
	)
}

func (*sleeps) stay(*rand.Rand) float64        { return 1.5 }
func (*sleeps) away(chance *rand.Rand) float64 { return 3 + 2*chance.Float64() }
