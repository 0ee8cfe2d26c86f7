package embedded_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub/embedded"
)

// TestMethodLimits is the table of what the service takes in a direct method, for a device and a
// module that answer everything.
func TestMethodLimits(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	c.must(t, 200, "PUT", "/devices/d/modules/m", `{}`)
	for _, id := range []embedded.ID{{Device: "d"}, {Device: "d", Module: "m"}} {
		callee := newPaho(t, hub, id)
		wait(t, callee.Connect())
		t.Cleanup(func() { callee.Disconnect(0) })
		wait(t, callee.Subscribe("$iothub/methods/POST/#", 0, func(client paho.Client, m paho.Message) {
			_, request, _ := strings.Cut(m.Topic(), "?")
			client.Publish("$iothub/methods/res/200/?"+request, 0, false, m.Payload())
		}))
	}
	full := strings.Repeat("x", 128<<10-2) // with its quotes 128 KB
	for _, path := range []string{"/twins/d/methods", "/twins/d/modules/m/methods/"} {
		for _, e := range []struct {
			status int
			body   string
		}{
			{200, `{"methodName":"m"}`},
			{200, `{"MethodName":"m","PAYLOAD":[1.0,null],"responseTimeoutInSeconds":300,"connectTimeoutInSeconds":300}`},
			{200, `{"methodName":"m","responseTimeoutInSeconds":5,"connectTimeoutInSeconds":5}`},
			{200, `{"methodName":"m","responseTimeoutInSeconds":0,"connectTimeoutInSeconds":0}`},
			{200, fmt.Sprintf(`{"methodName":"m","payload":%q}`, full)},
			{200, fmt.Sprintf(`{"methodName":%q}`, strings.Repeat("m", 100))},
			{400, `{"methodName":"m","responseTimeoutInSeconds":4}`},
			{400, `{"methodName":"m","responseTimeoutInSeconds":301}`},
			{400, `{"methodName":"m","responseTimeoutInSeconds":-1}`},
			{400, `{"methodName":"m","connectTimeoutInSeconds":-1}`},
			{400, `{"methodName":"m","responseTimeoutInSeconds":300,"connectTimeoutInSeconds":301}`},
			{400, `{"methodName":"m","connectTimeoutInSeconds":31}`}, // more than the 30 s that are the default
			{400, `{"methodName":"m","responseTimeoutInSeconds":6,"connectTimeoutInSeconds":7}`},
			{400, `{"methodName":""}`},
			{400, `{}`},
			{400, `{"methodName":"a/b"}`},
			{400, fmt.Sprintf(`{"methodName":%q}`, strings.Repeat("m", 101))},
			{413, fmt.Sprintf(`{"methodName":"m","payload":%q}`, full+"x")},
		} {
			if a := c.must(t, e.status, "POST", path, e.body); e.status == 400 && !strings.Contains(a.header.Get("iothub-errorcode"), "ArgumentInvalid") {
				t.Errorf("%s: %v", e.body, a)
			}
		}
		if a := c.must(t, 200, "POST", path, `{"methodName":"m","payload":[1.0,null]}`); a.body != `{"status":200,"payload":[1.0,null]}` {
			t.Errorf("answered %s", a.body)
		}
	}
	a := c.must(t, 400, "POST", "/twins/d/methods", `{"methodName":"m","responseTimeoutInSeconds":6,"connectTimeoutInSeconds":7}`)
	if !strings.Contains(a.body, "cannot be longer than an overall call timeout") {
		t.Errorf("refused with %s", a.body)
	}
	if a := c.must(t, 404, "POST", "/twins/none/methods", `{"methodName":"m"}`); a.header.Get("iothub-errorcode") != "DeviceNotFound" {
		t.Errorf("a missing device: %v", a)
	}
	if a := c.must(t, 404, "POST", "/twins/d/modules/none/methods", `{"methodName":"m"}`); a.header.Get("iothub-errorcode") != "ModuleNotFound" {
		t.Errorf("a missing module: %v", a)
	}
}

// TestMethodWaitsForAModuleToConnect covers the connect timeout of modules.
func TestMethodWaitsForAModuleToConnect(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	c.must(t, 200, "PUT", "/devices/d/modules/m", `{}`)
	c.must(t, 404, "POST", "/twins/d/modules/m/methods", `{"methodName":"m"}`)
	answers := make(chan answer, 1)
	go func() {
		a, _ := c.try("POST", "/twins/d/modules/m/methods", `{"methodName":"m","connectTimeoutInSeconds":20}`)
		answers <- a
	}()
	callee := newPaho(t, hub, embedded.ID{Device: "d", Module: "m"})
	wait(t, callee.Connect())
	t.Cleanup(func() { callee.Disconnect(0) })
	wait(t, callee.Subscribe("$iothub/methods/POST/#", 0, func(client paho.Client, m paho.Message) {
		_, request, _ := strings.Cut(m.Topic(), "?")
		client.Publish("$iothub/methods/res/201/?"+request, 0, false, `"here"`)
	}))
	select {
	case a := <-answers:
		if a.status != 200 || a.body != `{"status":201,"payload":"here"}` {
			t.Errorf("answered %v", a)
		}
	case <-time.After(15 * time.Second):
		t.Error("the call does not reach the module")
	}
}
