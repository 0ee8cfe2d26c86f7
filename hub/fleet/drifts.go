package fleet

import (
	"math/rand/v2"
	"strconv"

	"twindeck/hub/patch"
)

// drifts takes over what it is told and then does not quite keep to it: its temperature
// and humidity wander, and so does its setPoint.
type drifts struct {
	acknowledges
	temperature, humidity, setPoint walk
}

// walk is a value that wanders in tenths between two bounds.
type walk struct{ at, low, high int }

func newDrifts() *drifts {
	return &drifts{
		temperature: walk{214, 180, 260},
		humidity:    walk{450, 300, 650},
		setPoint:    walk{215, 195, 235},
	}
}

func (d *drifts) settle(news patch.Value, version int64) patch.Value {
	if v, ok := news.Get("setPoint"); ok {
		if f, err := strconv.ParseFloat(v.Text(), 64); err == nil && f > -100 && f < 200 {
			at := int(f * 10)
			d.setPoint = walk{at, at - 20, at + 20}
		}
	}
	return d.acknowledges.settle(news, version)
}

func (d *drifts) beat(chance *rand.Rand) patch.Value {
	return patch.Object(
		patch.Member{Key: "temperature", Value: d.temperature.step(chance)},
		patch.Member{Key: "humidity", Value: d.humidity.step(chance)},
		patch.Member{Key: "setPoint", Value: d.setPoint.step(chance)},
	)
}

// step moves by up to three tenths and turns back at the bounds.
func (w *walk) step(chance *rand.Rand) patch.Value {
	w.at = min(max(w.at+chance.IntN(7)-3, w.low), w.high)
	v, err := patch.Number(strconv.FormatFloat(float64(w.at)/10, 'f', 1, 64))
	if err != nil {
		return patch.Int(int64(w.at / 10))
	}
	return v
}
