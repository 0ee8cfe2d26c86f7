package fleet

import (
	"math/rand/v2"

	"twindeck/hub/patch"
)

// updates installs another firmware when it is told to: it reports how far it is, and counts one
// boot more when it is done.
type updates struct {
	acknowledges
	firmware, wanted string
	version          int64
	progress         int // in percent, while wanted is not firmware
}

func (u *updates) settle(news patch.Value, version int64) patch.Value {
	reported := u.acknowledges.settle(news, version)
	firmware, ok := news.Get("firmware")
	if !ok || firmware.Kind() != patch.KindString {
		return reported
	}
	u.wanted, u.version, u.progress = firmware.Text(), version, 0
	if u.firmware == "" { // what it was made with
		u.firmware = u.wanted
	}
	return reported.With(patch.Path{"firmware"}, u.state())
}

// state acknowledges the firmware as far as it is installed.
func (u *updates) state() patch.Value {
	switch {
	case u.wanted == u.firmware:
		return acknowledgement(patch.String(u.firmware), 200, u.version, "installed")
	case u.progress < 100:
		return acknowledgement(patch.String(u.firmware), 202, u.version, "downloading "+u.wanted)
	}
	return acknowledgement(patch.String(u.firmware), 202, u.version, "installing "+u.wanted)
}

func (u *updates) beat(chance *rand.Rand) patch.Value {
	switch {
	case u.wanted == u.firmware:
		return u.acknowledges.beat(chance)
	case u.progress >= 100:
		u.firmware = u.wanted
		u.boots++
		return patch.Object(
			patch.Member{Key: "firmware", Value: u.state()},
			patch.Member{Key: "progress", Value: patch.Null()},
			patch.Member{Key: "bootCount", Value: patch.Int(u.boots)},
		)
	}
	u.progress = min(u.progress+20+chance.IntN(20), 100)
	return patch.Object(
		patch.Member{Key: "firmware", Value: u.state()},
		patch.Member{Key: "progress", Value: patch.Int(int64(u.progress))},
	)
}
