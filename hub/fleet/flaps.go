package fleet

import "math/rand/v2"

// flaps acknowledges, but its connection comes and goes.
type flaps struct{ acknowledges }

func (flaps) stay(chance *rand.Rand) float64 { return 3 + 3*chance.Float64() }
func (flaps) away(chance *rand.Rand) float64 { return 1 + 2*chance.Float64() }
