package fleet

import (
	"context"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// Method is a direct method that every member answers.
type Method struct {
	Name    string
	Payload string // JSON that it takes; empty when it takes none
}

// Methods returns what every member answers, for whoever wants to try.
func Methods() []Method {
	return []Method{{Name: "ping"}, {Name: "reboot"}, {Name: "setLight", Payload: `{"on": true}`}}
}

// method answers the direct methods that every member knows: ping, reboot, and setLight
// with {"on": true} or {"on": false}.
func (m *member) method(ctx context.Context, session *hub.Session, name string, payload patch.Value) (int, patch.Value) {
	switch name {
	case "ping":
		return 200, object("pong", patch.Bool(true))
	case "reboot":
		m.report(ctx, session, object("lastCommand", patch.String("reboot")))
		return 202, object("rebooting", patch.Bool(true))
	case "setLight":
		on, ok := payload.Get("on")
		if !ok || on.Kind() != patch.KindBool {
			return 400, object("error", patch.String(`setLight takes {"on": true} or {"on": false}`))
		}
		m.report(ctx, session, object("light", object("on", on)))
		return 200, object("on", on)
	default:
		return 404, object("error", patch.String("there are ping, reboot and setLight"))
	}
}

// object returns an object of one member.
func object(key string, value patch.Value) patch.Value {
	return patch.Object(patch.Member{Key: key, Value: value})
}
