package fleet

import (
	"strconv"

	"twindeck/hub/patch"
)

// rejects keeps to its limits: a setPoint outside of them is acknowledged with code 400
// and a reason, and the last good one stays.
type rejects struct {
	acknowledges
	setPoint patch.Value // the last good one
}

// The setPoints that rejects accepts.
const lowest, highest = 5, 30

func newRejects() *rejects { return &rejects{setPoint: patch.Int(20)} }

func (r *rejects) settle(news patch.Value, version int64) patch.Value {
	reported := r.acknowledges.settle(news, version)
	wanted, ok := news.Get("setPoint")
	if !ok || wanted.IsNull() {
		return reported
	}
	if f, err := strconv.ParseFloat(wanted.Text(), 64); wanted.Kind() == patch.KindNumber && err == nil && f >= lowest && f <= highest {
		r.setPoint = wanted
		return reported
	}
	reason := "setPoint must be a number from " + strconv.Itoa(lowest) + " to " + strconv.Itoa(highest)
	return reported.With(patch.Path{"setPoint"}, acknowledgement(r.setPoint, 400, version, reason))
}
