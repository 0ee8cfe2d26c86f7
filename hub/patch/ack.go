package patch

import "strconv"

// Ack is what a device says about a desired property it has seen: the acknowledgement of
// the IoT Plug and Play conventions for writable properties (Azure docs:
// iot-develop/concepts-convention, "Acknowledgment responses"), which takes the place of
// the plain value in the reported properties:
//
//	"setPoint": {"value": 19.0, "ac": 400, "av": 7, "ad": "out of range"}
type Ack struct {
	Value      Value  // "value": what the device uses now
	Code       int    // "ac": an HTTP status; 200 applied, 202 in progress, 203 a default of the device's own, 400 and above an error
	Version    int64  // "av": the $version of the desired properties that is acknowledged
	HasVersion bool   // whether there was an "av"
	Text       string // "ad": the device's own words, untrusted; empty when there are none
}

// Of the codes, which are those of HTTP, only these are told apart; every other one leaves
// it to the value whether the property is in sync.
const (
	ackInProgress = 202
	ackError      = 400 // and above
)

// ReadAck reads a reported value as an acknowledgement. It reports false for everything
// that is not an object with "value", an integer "ac" and at most "av" and "ad" besides,
// so that ordinary objects are not taken for one.
func ReadAck(v Value) (Ack, bool) {
	var a Ack
	var hasValue, hasCode bool
	for _, m := range v.members {
		switch m.Key {
		case "value":
			a.Value, hasValue = m.Value, true
		case "ac":
			code, err := strconv.Atoi(m.Value.text)
			if err != nil || m.Value.kind != KindNumber {
				return Ack{}, false
			}
			a.Code, hasCode = code, true
		case "av":
			version, ok := m.Value.Int64()
			if !ok {
				return Ack{}, false
			}
			a.Version, a.HasVersion = version, true
		case "ad":
			if m.Value.kind != KindString && m.Value.kind != KindNull {
				return Ack{}, false
			}
			a.Text = m.Value.text
		default:
			return Ack{}, false
		}
	}
	return a, hasValue && hasCode
}
