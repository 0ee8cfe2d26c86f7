package embedded_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twindeck/hub/embedded"
)

const desiredTopic = "$iothub/twin/PATCH/properties/desired/#"

// TestTutorial is the module twin tutorial, with nothing but HTTP and an MQTT client.
func TestTutorial(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	const twin = "/twins/myFirstDevice/modules/myFirstModule"

	c.must(t, 200, "PUT", "/devices/myFirstDevice", `{"deviceId":"myFirstDevice","authentication":{"symmetricKey":{"primaryKey":"","secondaryKey":""}}}`)
	c.must(t, 200, "PUT", "/devices/myFirstDevice/modules/myFirstModule", `{"deviceId":"myFirstDevice","moduleId":"myFirstModule"}`)
	c.must(t, 409, "PUT", "/devices/myFirstDevice/modules/myFirstModule", `{}`)

	id := embedded.ID{Device: "myFirstDevice", Module: "myFirstModule"}
	module, messages := connect(t, hub, id, desiredTopic, "$iothub/twin/res/#", "$iothub/methods/POST/#")
	if body := c.must(t, 200, "GET", twin, "").body; !strings.Contains(body, `"connectionState":"Connected"`) {
		t.Errorf("connected, but the twin says %s", body)
	}

	first := c.must(t, 200, "PATCH", twin, `{"properties":{"desired":{"telemetryInterval":122}}}`, "If-Match", `"AAAAAAAAAAE="`)
	if first.header.Get("ETag") != `"AAAAAAAAAAI="` {
		t.Errorf("etag %s after the patch", first.header.Get("ETag"))
	}
	c.must(t, 412, "PATCH", twin, `{"properties":{"desired":{"telemetryInterval":1}}}`, "If-Match", `"AAAAAAAAAAE="`)
	if got, want := receive(t, messages), (message{"$iothub/twin/PATCH/properties/desired/?$version=2", `{"telemetryInterval":122,"$version":2}`}); got != want {
		t.Errorf("the module received %v, want %v", got, want)
	}

	wait(t, module.Publish("$iothub/twin/PATCH/properties/reported/?$rid=r1", 1, false, `{"telemetryInterval":122}`))
	if got, want := receive(t, messages), (message{"$iothub/twin/res/204/?$rid=r1&$version=2", ""}); got != want {
		t.Errorf("the report was answered with %v, want %v", got, want)
	}
	wait(t, module.Publish("$iothub/twin/GET/?$rid=r2", 0, false, " "))
	if got, want := receive(t, messages), (message{
		"$iothub/twin/res/200/?$rid=r2",
		`{"desired":{"telemetryInterval":122,"$version":2},"reported":{"telemetryInterval":122,"$version":2}}`,
	}); got != want {
		t.Errorf("the module's twin is %v, want %v", got, want)
	}

	answers := make(chan answer, 1)
	go func() {
		a, _ := c.try("POST", twin+"/methods", `{"methodName":"ping","payload":{"n":1.0},"responseTimeoutInSeconds":10}`)
		answers <- a
	}()
	call := receive(t, messages)
	rid, ok := strings.CutPrefix(call.topic, "$iothub/methods/POST/ping/?$rid=")
	if !ok || call.payload != `{"n":1.0}` {
		t.Fatalf("the module was called with %v", call)
	}
	wait(t, module.Publish("$iothub/methods/res/207/?$rid="+rid, 0, false, `"pong"`))
	if got := <-answers; got.body != `{"status":207,"payload":"pong"}` {
		t.Errorf("the method was answered with %v", got)
	}

	c.must(t, 204, "DELETE", "/devices/myFirstDevice", "", "If-Match", "*")
	eventually(t, "the module of a deleted device is disconnected", func() bool { return !module.IsConnectionOpen() })
	c.must(t, 404, "GET", twin, "")
}

func TestNotificationsComeInOrderOncePerWrite(t *testing.T) {
	t.Run("memory", func(t *testing.T) { notificationsComeInOrder(t, embedded.Options{}) })
	t.Run("file", func(t *testing.T) {
		notificationsComeInOrder(t, embedded.Options{DataFile: filepath.Join(t.TempDir(), "hub.data")})
	})
}

func notificationsComeInOrder(t *testing.T, opts embedded.Options) {
	hub := start(t, opts)
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	_, messages := connect(t, hub, embedded.ID{Device: "d"}, desiredTopic)
	const writers, writes = 4, 10
	done := make(chan error, writers)
	for range writers {
		go func() {
			for i := range writes {
				if a, err := c.try("PATCH", "/twins/d", fmt.Sprintf(`{"properties":{"desired":{"n":%d}}}`, i)); err != nil || a.status != 200 {
					done <- fmt.Errorf("patch: %w %s", err, a.body)
					return
				}
			}
			done <- nil
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	for version := 2; version < 2+writers*writes; version++ {
		if m := receive(t, messages); !strings.HasSuffix(m.payload, fmt.Sprintf(`"$version":%d}`, version)) {
			t.Fatalf("received %v, want version %d", m, version)
		}
	}
}

func TestDisabledDeviceIsDisconnected(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	c.must(t, 200, "PUT", "/devices/d/modules/m", `{}`)
	device, _ := connect(t, hub, embedded.ID{Device: "d"})
	module, _ := connect(t, hub, embedded.ID{Device: "d", Module: "m"})
	if got := c.must(t, 200, "GET", "/statistics/service", "").body; got != `{"connectedDeviceCount":1}` {
		t.Errorf("statistics %s", got)
	}
	c.must(t, 200, "PUT", "/devices/d", `{"status":"disabled"}`, "If-Match", "*")
	eventually(t, "both are disconnected", func() bool { return !device.IsConnectionOpen() && !module.IsConnectionOpen() })
	eventually(t, "the hub shows it", func() bool {
		return strings.Contains(c.must(t, 200, "GET", "/devices/d", "").body, `"connectionState":"Disconnected"`)
	})
	c.must(t, 401, "GET", "/devices/d/modules/m", "")
	c.must(t, 200, "GET", "/twins/d/modules/m", "")
}

func TestMethodNotOnlineAndNotAnswered(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	call := `{"methodName":"m","responseTimeoutInSeconds":5}`
	offline := c.must(t, 404, "POST", "/twins/d/methods", call)
	if offline.header.Get("iothub-errorcode") != "DeviceNotOnline" || !strings.Contains(offline.body, `\"errorCode\":404103`) {
		t.Errorf("offline: %v", offline)
	}
	if got := c.must(t, 404, "POST", "/twins/d/modules/x/methods", call).header.Get("iothub-errorcode"); got != "ModuleNotFound" {
		t.Errorf("a missing module: %s", got)
	}
	_, messages := connect(t, hub, embedded.ID{Device: "d"}, "$iothub/methods/POST/#")
	began := time.Now()
	silent := c.must(t, 504, "POST", "/twins/d/methods", call)
	if receive(t, messages).payload != "null" || silent.header.Get("iothub-errorcode") != "GatewayTimeout" || time.Since(began) < 5*time.Second {
		t.Errorf("after %v: %v", time.Since(began), silent)
	}
	c.must(t, 400, "POST", "/twins/d/methods", `{"methodName":"m","responseTimeoutInSeconds":5,"connectTimeoutInSeconds":6}`)
	c.must(t, 400, "POST", "/twins/d/methods", `{"methodName":"a/b"}`)
}

// TestCloseEndsWhatWaits closes a hub while a method call waits for a device.
func TestCloseEndsWhatWaits(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	_, messages := connect(t, hub, embedded.ID{Device: "d"}, "$iothub/methods/POST/#")
	ended := make(chan error, 1)
	go func() {
		a, err := c.try("POST", "/twins/d/methods", `{"methodName":"m","responseTimeoutInSeconds":300}`)
		if err == nil && a.status != 404 {
			err = fmt.Errorf("answered %d %s", a.status, a.body)
		}
		ended <- err
	}()
	receive(t, messages)
	if err := hub.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	select {
	case err := <-ended:
		// Either the hub still said that the device is gone, or it cut the connection.
		if err != nil && !strings.Contains(err.Error(), "EOF") && !strings.Contains(err.Error(), "reset") {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the call still waits")
	}
	if _, err := c.try("GET", "/devices/d", ""); err == nil {
		t.Error("a closed hub answers")
	}
}
