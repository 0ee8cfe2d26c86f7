package embedded_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"twindeck/hub/embedded"
	"twindeck/hub/embedded/gateway"
	"twindeck/hub/embedded/throttle"
)

// TestThrottledRequests uses up the quota of every class of operations, one at a time.
func TestThrottledRequests(t *testing.T) {
	for _, c := range []struct {
		method, path, body string
		class              throttle.Class
		quota              int
	}{
		{"GET", "/devices/none", "", throttle.Registry, 100},
		{"POST", "/devices", "[]", throttle.Registry, 100},
		{"GET", "/statistics/devices", "", throttle.Registry, 100},
		{"POST", "/devices/query", "{}", throttle.Queries, 20},
		{"GET", "/twins/none", "", throttle.TwinReads, 100},
		{"PATCH", "/twins/none", "{}", throttle.TwinUpdates, 50},
		{"PUT", "/twins/none/modules/none", "{}", throttle.TwinUpdates, 50},
		{"POST", "/twins/none/methods", `{"methodName":"m"}`, throttle.DirectMethods, 40},
		{"GET", "/jobs/v2/none", "", throttle.Jobs, 100},
		{"GET", "/configurations", "", throttle.Configurations, 20},
		{"POST", "/devices/none/applyConfigurationContent", "{}", throttle.Configurations, 20},
		{"POST", "/devices/none/messages/devicebound", "{}", throttle.CloudToDevice, 100},
		{"POST", "/devices/d/files", "{}", throttle.FileUploads, 100},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			// Time stands still, so that the quotas are what they are at once.
			now := time.Now()
			quotas, err := throttle.New("F1", throttle.Options{Patience: -1, Now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			service := newClient(t, start(t, embedded.Options{Gateway: gateway.Options{Throttle: quotas}}))
			if c.class == throttle.FileUploads { // nobody but a device has it
				service.must(t, 200, "PUT", "/devices/d", "{}")
			}
			for i := range c.quota {
				if a, err := service.try(c.method, c.path, c.body); err != nil || a.status == 429 {
					t.Fatalf("request %d: %v, %v", i, a, err)
				}
			}
			a := service.must(t, 429, c.method, c.path, c.body)
			if a.header.Get("iothub-errorcode") != "ThrottlingBacklogTimeout" || !strings.Contains(a.body, `"Message":"ErrorCode:ThrottlingBacklogTimeout;The request has been throttled. Wait 10 seconds and try again. Operation type: `+string(c.class)+`"`) {
				t.Errorf("refused with %v", a)
			}
			if _, there := a.header["Retry-After"]; there {
				t.Error("there is a Retry-After")
			}
			if tier := a.header.Get("twindeck-tier"); tier != "F1" {
				t.Errorf("the tier is said to be %q", tier)
			}
			if !a.closed {
				t.Error("the connection stays open")
			}
		})
	}
}

func TestThrottledDevices(t *testing.T) {
	now := time.Now()
	quotas, err := throttle.New("F1", throttle.Options{Patience: -1, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	hub := start(t, embedded.Options{Gateway: gateway.Options{Throttle: quotas}})
	c := newClient(t, hub)
	d := embedded.ID{Device: "d"}
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	device, messages := connect(t, hub, d, "$iothub/twin/res/#")
	for i := range 51 {
		want := "$iothub/twin/res/204/?"
		if i == 50 {
			want = "$iothub/twin/res/429/?"
		}
		wait(t, device.Publish("$iothub/twin/PATCH/properties/reported/?$rid=1", 1, false, `{"n":1}`))
		if m := receive(t, messages); !strings.HasPrefix(m.topic, want) {
			t.Fatalf("update %d: %v", i, m)
		}
	}
	if a := c.must(t, 200, "GET", "/twins/d", ""); !strings.Contains(a.body, `"$version":51}`) {
		t.Errorf("a refused update was carried out: %s", a.body)
	}
	for i := range 100 { // one read went to REST
		wait(t, device.Publish("$iothub/twin/GET/?$rid=1", 1, false, ""))
		want := "$iothub/twin/res/200/?"
		if i == 99 {
			want = "$iothub/twin/res/429/?"
		}
		if m := receive(t, messages); !strings.HasPrefix(m.topic, want) || i == 99 && !strings.Contains(m.payload, "429003") {
			t.Fatalf("read %d: %v", i, m)
		}
	}
	for range 99 {
		if err := quotas.Admit(nil, throttle.Connections, 1); err != nil {
			t.Fatal(err)
		}
	}
	refused := newPaho(t, hub, d).Connect()
	if !refused.WaitTimeout(10*time.Second) || refused.Error() == nil || !strings.Contains(strings.ToLower(refused.Error().Error()), "unavailable") {
		t.Errorf("connected: %v", refused.Error())
	}
}

func TestUnknownTier(t *testing.T) {
	if _, err := embedded.Start(context.Background(), embedded.Options{Tier: "X"}); err == nil || !strings.Contains(err.Error(), "F1, S1, S2, S3") {
		t.Errorf("%v", err)
	}
	for tier, want := range map[string]string{"s3": "S3", "": "none"} {
		c := newClient(t, start(t, embedded.Options{Tier: tier}))
		if got := c.must(t, 200, "GET", "/devices", "").header.Get("twindeck-tier"); got != want {
			t.Errorf("tier %q says it is %q", tier, got)
		}
	}
}
