package fleet

import (
	"math/rand/v2"

	"twindeck/hub/patch"
)

// acknowledges does as it is told: it reports every desired property back, setPoint with
// an acknowledgement as IoT Plug and Play has it (Azure docs: concepts-convention,
// "Writable properties"), the others plainly.
type acknowledges struct {
	boots int64
}

func (a *acknowledges) settle(news patch.Value, version int64) patch.Value {
	var reported []patch.Member
	for _, m := range news.Members() {
		if m.Key == "setPoint" && !m.Value.IsNull() {
			m.Value = acknowledgement(m.Value, 200, version, "done")
		}
		reported = append(reported, m)
	}
	return patch.Object(reported...)
}

func (a *acknowledges) beat(*rand.Rand) patch.Value {
	if a.boots > 0 {
		return patch.Null()
	}
	a.boots++
	return object("bootCount", patch.Int(a.boots))
}

// acknowledgement is the answer to one desired property.
func acknowledgement(value patch.Value, code, version int64, text string) patch.Value {
	return patch.Object(
		patch.Member{Key: "value", Value: value},
		patch.Member{Key: "ac", Value: patch.Int(code)},
		patch.Member{Key: "av", Value: patch.Int(version)},
		patch.Member{Key: "ad", Value: patch.String(text)},
	)
}
