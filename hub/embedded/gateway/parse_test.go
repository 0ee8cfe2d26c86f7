package gateway

import (
	"strings"
	"testing"

	"twindeck/hub/embedded/registry"
)

func TestParseIdentity(t *testing.T) {
	for _, c := range []struct {
		name, clientID, username string
		id                       registry.ID
		model                    string
	}{
		{"a device with options", "d", "h/d/?api-version=2021-04-12&DeviceClientType=x%2F1", registry.ID{Device: "d"}, ""},
		{"a module with options", "d/m", "h/d/m/?api-version=2018-06-30", registry.ID{Device: "d", Module: "m"}, ""},
		{"options without a question mark", "d", "h/d/api-version=2020-09-30", registry.ID{Device: "d"}, ""},
		{"a model", "d", "h/d/api-version=2020-09-30&model-id=dtmi%3Acom%3Ax%3B1", registry.ID{Device: "d"}, "dtmi:com:x;1"},
		{"no options", "d", "h/d/", registry.ID{Device: "d"}, ""},
		{"no slash at the end", "d/m", "h/d/m", registry.ID{Device: "d", Module: "m"}, ""},
		{"a port", "d", "localhost:8443/d/?api-version=x", registry.ID{Device: "d"}, ""},
		{"question marks in ids", "?d?/?m", "h/?d?/?m/?api-version=x", registry.ID{Device: "?d?", Module: "?m"}, ""},
		{"a question mark and no options", "?d", "h/?d", registry.ID{Device: "?d"}, ""},
		{"everything else in ids", "d#1+%*@/$edgeAgent", "h/d#1+%*@/$edgeAgent/?api-version=x", registry.ID{Device: "d#1+%*@", Module: "$edgeAgent"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, model, err := parseIdentity(c.clientID, c.username)
			if err != nil || id != c.id || model != c.model {
				t.Errorf("got %+v, model %q, %v", id, model, err)
			}
		})
	}
}

func TestParseIdentityRefuses(t *testing.T) {
	for _, c := range []struct{ name, clientID, username string }{
		{"no client id", "", "h//?api-version=x"},
		{"no module id", "d/", "h/d//?api-version=x"},
		{"no device id", "/m", "h//m/?api-version=x"},
		{"three parts", "d/m/x", "h/d/m/x/?api-version=x"},
		{"no user name", "d", ""},
		{"no host", "d", "d"},
		{"another device", "d", "h/e/?api-version=x"},
		{"another case", "d", "h/D/?api-version=x"},
		{"a longer device", "d", "h/dd/?api-version=x"},
		{"a module for a device", "d", "h/d/m/?api-version=x"},
		{"a module for a device, without options", "d", "h/d/m"},
		{"a device for a module", "d/m", "h/d/?api-version=x"},
		{"an odd module for a device", "d", "h/d/?m/?api-version=x"},
		{"a long id", strings.Repeat("d", 129), "h/" + strings.Repeat("d", 129) + "/?api-version=x"},
		{"a broken model", "d", "h/d/?model-id=%zz"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if id, _, err := parseIdentity(c.clientID, c.username); err == nil {
				t.Errorf("accepted as %+v", id)
			}
		})
	}
}

// FuzzParseIdentity: whoever is accepted is the one the client id names, and the
// user name agrees.
func FuzzParseIdentity(f *testing.F) {
	f.Add("d", "h/d/?api-version=2021-04-12")
	f.Add("d/m", "h/d/m/?api-version=2018-06-30&model-id=a")
	f.Add("d", "h/d/api-version=2020-09-30")
	f.Add("?d?/?m", "h/?d?/?m/?api-version=x")
	f.Fuzz(func(t *testing.T, clientID, username string) {
		id, _, err := parseIdentity(clientID, username)
		if err != nil {
			return
		}
		if id.String() != clientID {
			t.Fatalf("client id %q became %+v", clientID, id)
		}
		_, claimed, _ := strings.Cut(username, "/")
		if !strings.HasPrefix(claimed+"/", clientID+"/") {
			t.Fatalf("client id %q, user name %q", clientID, username)
		}
	})
}

func TestAllowedFilter(t *testing.T) {
	device, module := registry.ID{Device: "d#1"}, registry.ID{Device: "d", Module: "m"}
	for _, c := range []struct {
		filter         string
		device, module bool
	}{
		{"$iothub/twin/res/#", true, true},
		{"$iothub/twin/PATCH/properties/desired/#", true, true},
		{"$iothub/methods/POST/#", true, true},
		{"devices/d#1/messages/devicebound/#", true, false},
		{"devices/+/messages/devicebound/#", true, false},
		{"devices/+/modules/+/messages/devicebound/#", false, false},
		{"devices/+/#", false, false},
		{"devices/d/modules/m/messages/devicebound/#", false, true},
		{"devices/d/modules/m/inputs/#", false, true},
		{"devices/d/modules/m/#", false, true},
		{"devices/d/messages/devicebound/#", false, false},
		{"devices/d#1/#", false, false},
		{"$iothub/twin/res/", false, false},
		{"$iothub/#", false, false},
		{"#", false, false},
		{"", false, false},
	} {
		if got := allowedFilter(device, c.filter); got != c.device {
			t.Errorf("%s for a device: %v", c.filter, got)
		}
		if got := allowedFilter(module, c.filter); got != c.module {
			t.Errorf("%s for a module: %v", c.filter, got)
		}
	}
}

func TestParseTopic(t *testing.T) {
	device, module := registry.ID{Device: "d"}, registry.ID{Device: "d", Module: "m"}
	for _, c := range []struct {
		id    registry.ID
		topic string
		want  inbound
	}{
		{device, "$iothub/twin/GET/?$rid=1f", inbound{kind: getTwin, request: "1f"}},
		{device, "$iothub/twin/GET/?$rid=a%20/#?b", inbound{kind: getTwin, request: "a%20/#?b"}},
		{device, "$iothub/twin/GET/", inbound{kind: getTwin}},
		{device, "$iothub/twin/PATCH/properties/reported/?$rid=2", inbound{kind: reported, request: "2"}},
		{device, "$iothub/twin/PATCH/properties/reported/?$version=7&$rid=2", inbound{kind: reported, request: "2", version: "7"}},
		{device, "$iothub/methods/res/200/?$rid=ab", inbound{kind: answer, request: "ab", status: 200}},
		{device, "$iothub/methods/res/-5/?$rid=ab", inbound{kind: answer, request: "ab", status: -5}},
		{device, "$iothub/methods/res/ok/?$rid=ab", inbound{}},
		{device, "$iothub/methods/res/99999999999/?$rid=ab", inbound{}},
		{device, "devices/d/messages/events/", inbound{kind: event}},
		{device, "devices/d/messages/events", inbound{kind: event}},
		{device, "devices/d/messages/events/%24.mid=1&k=v", inbound{kind: event}},
		{device, "devices/d/messages/eventsx", inbound{}},
		{device, "devices/e/messages/events/", inbound{}},
		{device, "devices/d/modules/m/messages/events/", inbound{}},
		{module, "devices/d/modules/m/messages/events/", inbound{kind: event}},
		{module, "devices/d/messages/events/", inbound{}},
		{device, "$iothub/credentials/x", inbound{kind: unused}},
		{device, "$iothub/twin/PATCH/properties/desired/?$rid=1", inbound{}},
		{device, "hello", inbound{}},
	} {
		if got := parseTopic(c.id, c.topic); got != c.want {
			t.Errorf("%s from %v: %+v, want %+v", c.topic, c.id, got, c.want)
		}
	}
}

// FuzzParseTopic: nobody's telemetry is taken for another's, and a request id
// is a piece of the topic as it came.
func FuzzParseTopic(f *testing.F) {
	f.Add("d", "m", "devices/d/modules/m/messages/events/a=b")
	f.Add("d", "", "devices/d/messages/events/")
	f.Add("d", "", "$iothub/twin/PATCH/properties/reported/?$rid=1&$version=2")
	f.Add("d", "", "$iothub/methods/res/200/?$rid=1")
	f.Fuzz(func(t *testing.T, device, module, topic string) {
		id := registry.ID{Device: device, Module: module}
		in := parseTopic(id, topic)
		if in.kind == event && !strings.HasPrefix(topic, ownTopic(id)) {
			t.Fatalf("%q is telemetry of %+v", topic, id)
		}
		if !strings.Contains(topic, in.request) || in.request != "" && !strings.Contains(topic, "$rid="+in.request) {
			t.Fatalf("request %q out of %q", in.request, topic)
		}
	})
}
