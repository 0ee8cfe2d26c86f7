package faults

import (
	"strings"
	"testing"
	"time"

	"twindeck/hub/embedded/gateway"
	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

func set(t *testing.T, text string) *Faults {
	t.Helper()
	f := &Faults{}
	if err := f.Set(text); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFaultsOfRequests(t *testing.T) {
	for _, c := range []struct {
		text, method, path string
		want               rest.Fault
	}{
		{"twins:PATCH:429", "PATCH", "/twins/d", rest.Fault{Status: 429}},
		{"twins:PATCH:429", "GET", "/twins/d", rest.Fault{}},
		{"twins:429", "POST", "/twins/d/modules/m/methods", rest.Fault{}},
		{"methods:503", "POST", "/twins/d/modules/m/methods/", rest.Fault{Status: 503}},
		{"query:drop", "POST", "/devices/query", rest.Fault{Drop: true}},
		{"devices:drop", "POST", "/devices/query", rest.Fault{}},
		{"devices:lose", "GET", "/devices", rest.Fault{LoseAnswer: true}},
		{"devices:lose", "GET", "/devicesX", rest.Fault{}},
		{"jobs:500", "PUT", "/jobs/v2/j", rest.Fault{Status: 500}},
		{"configurations:412", "PUT", "/configurations/c", rest.Fault{Status: 412}},
		{"messages:drop", "GET", "/devices/d/messages/deviceBound", rest.Fault{Drop: true}},
		{"statistics:GET:500", "GET", "/statistics/service", rest.Fault{Status: 500}},
		{"https:drop", "GET", "/anything", rest.Fault{Drop: true}},
		{"/twins/d1:PUT:500", "PUT", "/twins/d11", rest.Fault{Status: 500}},
		{"latency=200ms", "GET", "/twins/d", rest.Fault{Delay: 200 * time.Millisecond}},
		{"twins:latency=1s:503", "GET", "/twins/d", rest.Fault{Delay: time.Second, Status: 503}},
		{"mqtt:drop", "GET", "/twins/d", rest.Fault{}},
		{"connections:refuse", "GET", "/twins/d", rest.Fault{}},
	} {
		if got := set(t, c.text).Request(c.method, c.path); got != c.want {
			t.Errorf("%s meets %s %s with %+v, want %+v", c.text, c.method, c.path, got, c.want)
		}
	}
}

func TestFaultsOfDevices(t *testing.T) {
	d, m := registry.ID{Device: "d"}, registry.ID{Device: "d:1", Module: "m"}
	for _, c := range []struct {
		text string
		op   gateway.Operation
		id   registry.ID
		want gateway.Fault
	}{
		{"mqtt:connect:refuse", gateway.Connect, d, gateway.Fault{Code: mqtt.ServerUnavailable}},
		{"mqtt:connect:refuse=5", gateway.Connect, d, gateway.Fault{Code: mqtt.NotAuthorized}},
		{"mqtt:get-twin:500", gateway.GetTwin, d, gateway.Fault{Status: 500}},
		{"mqtt:patch-reported:429:device=d%3A1/m", gateway.PatchReported, m, gateway.Fault{Status: 429}},
		{"mqtt:patch-reported:429:device=d%3A1/m", gateway.PatchReported, d, gateway.Fault{}},
		{"mqtt:notify-desired:lose", gateway.NotifyDesired, d, gateway.Fault{Lose: true}},
		{"mqtt:drop", gateway.InvokeMethod, d, gateway.Fault{Drop: true}},
		{"mqtt:drop", gateway.SendPuback, d, gateway.Fault{}},
		{"mqtt:send-telemetry:latency=1m", gateway.SendTelemetry, d, gateway.Fault{Delay: time.Minute}},
		{"latency=200ms", gateway.GetTwin, d, gateway.Fault{Delay: 200 * time.Millisecond}},
		{"mqtt:puback:lose", gateway.SendPuback, d, gateway.Fault{Lose: true}},
		{"mqtt:publish:tear", gateway.SendPublish, d, gateway.Fault{Tear: true}},
		{"twins:drop", gateway.GetTwin, d, gateway.Fault{}},
	} {
		if got := set(t, c.text).Device(c.op, c.id); got != c.want {
			t.Errorf("%s meets %s of %s with %+v, want %+v", c.text, c.op, c.id, got, c.want)
		}
	}
}

func TestFrequency(t *testing.T) {
	for text, want := range map[string]string{
		"twins:503":                 "xxxxxxxx",
		"twins:503:times=2":         "xx......",
		"twins:503:every=3":         "..x..x..",
		"twins:503:every=3:times=1": "..x.....",
	} {
		f, got := set(t, text), ""
		for range want {
			got += map[int]string{0: ".", 503: "x"}[f.Request("GET", "/twins/d").Status]
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	f, got := set(t, "connections:refuse:times=2"), ""
	for range 4 {
		got += map[bool]string{false: ".", true: "x"}[f.Connection()]
	}
	if got != "xx.." {
		t.Errorf("connections: %s", got)
	}
	// A rule whose turn it is not leaves the request to the next.
	f = set(t, "twins:503:every=2")
	if err := f.Set("https:500"); err != nil {
		t.Fatal(err)
	}
	if a, b := f.Request("GET", "/twins/d").Status, f.Request("GET", "/twins/d").Status; a != 500 || b != 503 {
		t.Errorf("statuses %d and %d", a, b)
	}
	if got := set(t, "restart=30s").RestartEvery(); got != 30*time.Second {
		t.Errorf("restart every %v", got)
	}
}

func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "neither a fault",
		"twins":                           "does not say how to fail",
		"twinz:503":                       "neither a fault",
		"twins:GET":                       "does not say how to fail",
		"twins:get:503":                   "neither a fault",
		"twins:200":                       "from 400 to 599",
		"twins:-1":                        "from 400 to 599",
		"twins:503:drop":                  "more than one way",
		"twins:503:times=0":               "whole number",
		"twins:503:every=x":               "whole number",
		"twins:drop=1":                    "no value",
		"twins:refuse":                    "can be refused",
		"twins:tear":                      "can be torn",
		"twins:503:device=d":              "give https a path",
		"latency=fast":                    "for example 200ms",
		"latency=2h":                      "up to an hour",
		"latency":                         "for example 200ms",
		"503":                             "have a status",
		"mqtt:503":                        "have a status",
		"mqtt:connect:503":                "have a status",
		"mqtt:connect:lose":               "lose mqtt:connack",
		"mqtt:connect:refuse=6":           "from 1 to 5",
		"mqtt:puback:drop":                "only be lost or torn",
		"mqtt:puback:lose:latency=1s":     "only be lost or torn",
		"mqtt:notify-desired:lose:device": "needs the id",
		"connections:drop":                "only be refused",
		"restart=1s:drop":                 "stands alone",
		"twins:restart=1s":                "stands alone",
		"twins:503:":                      "neither a fault",
	} {
		f := &Faults{}
		err := f.Set(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\n") {
			t.Errorf("%q: %v, want something with %q", text, err, want)
		}
		if f.requests != nil || f.devices != nil || f.sockets != nil || f.restart != 0 {
			t.Errorf("%q was refused and set", text)
		}
	}
}

func TestExamplesOfTheGrammar(t *testing.T) {
	_, examples, _ := strings.Cut(Grammar, "Examples: ")
	for example := range strings.FieldsSeq(examples) {
		set(t, example)
	}
	for name := range areas {
		if !strings.Contains(Grammar, name) {
			t.Errorf("the grammar does not name %s", name)
		}
	}
	for _, names := range []map[string]gateway.Operation{operations, packets} {
		for name := range names {
			if !strings.Contains(Grammar, name) {
				t.Errorf("the grammar does not name %s", name)
			}
		}
	}
}

// FuzzSet checks that any text is refused with one sentence, or sets something.
func FuzzSet(f *testing.F) {
	for _, seed := range []string{"twins:PATCH:429:every=10", "mqtt:connect:refuse=3:times=2", "latency=200ms", "/a%3Ab:GET:drop", "mqtt:puback:lose:device=a%3A/b", "restart=1s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		faults := &Faults{}
		if err := faults.Set(text); err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("%q: %q", text, err)
			}
			return
		}
		if len(faults.requests)+len(faults.devices)+len(faults.sockets) == 0 && faults.restart == 0 {
			t.Errorf("%q set nothing", text)
		}
	})
}
