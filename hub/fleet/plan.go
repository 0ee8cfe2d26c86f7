package fleet

import (
	"twindeck/hub"
	"twindeck/hub/patch"
)

// post is one identity of the fleet: what it is created with and who works there.
type post struct {
	id        hub.ID
	tags      string    // JSON; empty for none
	desired   string    // JSON; empty for none
	character character // nil: it never connects
}

// plan returns the fleet, each device before its modules, with fresh characters.
func plan() []post {
	return []post{
		{
			id:      hub.ID{Device: "thermostat-01"},
			tags:    `{"site":"ist","floor":1,"model":"T100"}`,
			desired: `{"firmware":"1.4.2"}`, character: &acknowledges{},
		},
		{
			id:      hub.ID{Device: "thermostat-01", Module: "controller"},
			desired: `{"setPoint":21.5,"telemetryInterval":60,"schedule":{"night":17.5,"day":21.5}}`, character: &acknowledges{},
		},
		{
			id:      hub.ID{Device: "thermostat-01", Module: "sensors"},
			desired: `{"telemetryInterval":30,"unit":"celsius"}`, character: newDrifts(),
		},
		{
			id:      hub.ID{Device: "thermostat-02"},
			tags:    `{"site":"ist","floor":2,"model":"T100"}`,
			desired: `{"firmware":"1.4.2"}`,
		},
		{
			id:      hub.ID{Device: "thermostat-02", Module: "controller"},
			desired: `{"setPoint":20.0,"telemetryInterval":60}`, character: newDrifts(),
		},
		{
			id:      hub.ID{Device: "thermostat-03"},
			tags:    `{"site":"ank","floor":1,"model":"T200"}`,
			desired: `{"firmware":"1.3.9"}`,
		},
		{
			id:      hub.ID{Device: "thermostat-03", Module: "controller"},
			desired: `{"setPoint":42.0,"telemetryInterval":60}`, character: newRejects(),
		},
		{
			id:      hub.ID{Device: "pump-01"},
			tags:    `{"site":"ank","floor":-1,"model":"P7"}`,
			desired: `{"pressure":{"target":3.2,"alarm":4.5},"enabled":true}`, character: &flaps{},
		},
		{
			id:      hub.ID{Device: "pump-01", Module: "motor"},
			desired: `{"speed":1200}`, character: &ramps{},
		},
		{
			id:      hub.ID{Device: "pump-01", Module: "valve"},
			desired: `{"open":false}`, character: &flaps{},
		},
		{
			id:      hub.ID{Device: "gateway-01"},
			tags:    `{"site":"ist","floor":0,"model":"G3"}`,
			desired: `{"logLevel":"info","uplinks":["lan","lte"]}`, character: &acknowledges{},
		},
		{
			id:      hub.ID{Device: "gateway-01", Module: "updater"},
			desired: `{"firmware":"2.0.0","channel":"stable"}`, character: &updates{},
		},
		{
			id:   hub.ID{Device: "light-01"},
			tags: `{"site":"ist","floor":1,"model":"L2"}`,
		},
		{
			id:      hub.ID{Device: "light-01", Module: "lamp"},
			desired: `{"brightness":80,"colour":"warm"}`, character: &acknowledges{},
		},
		{
			id:   hub.ID{Device: "door-01"},
			tags: `{"site":"ank","floor":1,"model":"D1"}`,
		},
		{
			id:      hub.ID{Device: "door-01", Module: "contact"},
			desired: `{"reportEvery":300}`, character: &sleeps{},
		},
	}
}

// twin returns what the post's twin begins with; ok is false when it begins empty.
func (p post) twin() (t hub.TwinPatch, ok bool, err error) {
	for _, section := range []struct {
		text string
		into **patch.Value
	}{{p.tags, &t.Tags}, {p.desired, &t.Desired}} {
		if section.text == "" {
			continue
		}
		v, err := patch.Parse([]byte(section.text))
		if err != nil {
			return hub.TwinPatch{}, false, err
		}
		*section.into, ok = &v, true
	}
	return t, ok, nil
}
