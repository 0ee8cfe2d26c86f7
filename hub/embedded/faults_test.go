package embedded_test

import (
	"strings"
	"testing"
	"time"

	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/embedded/gateway"
	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/embedded/rest"
)

// faulty starts a hub with the device d.
func faulty(t *testing.T) (*faults.Faults, *embedded.Server, *client) {
	t.Helper()
	f := &faults.Faults{}
	hub := start(t, embedded.Options{Faults: f})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	return f, hub, c
}

const set = `{"properties":{"desired":{"n":1}}}`

func TestRefusedRequestsAreNotCarriedOut(t *testing.T) {
	f, _, c := faulty(t)
	for status, code := range map[int]string{
		412: "PreconditionFailed", 429: "ThrottlingBacklogTimeout", 500: "ServerError", 503: "ServiceUnavailable",
	} {
		f.OnRequest("PATCH", "/twins/", 2, rest.Fault{Status: status})
		for range 2 {
			if a := c.must(t, status, "PATCH", "/twins/d", set); a.header.Get("iothub-errorcode") != code {
				t.Errorf("%d: %v", status, a)
			}
		}
	}
	if a := c.must(t, 200, "GET", "/twins/d", ""); strings.Contains(a.body, `"n"`) {
		t.Errorf("a refused write was carried out: %s", a.body)
	}
	c.must(t, 200, "PATCH", "/twins/d", set)
}

func TestLostAnswer(t *testing.T) {
	f, _, c := faulty(t)
	f.OnRequest("PATCH", "/twins/d", 1, rest.Fault{LoseAnswer: true})
	if a, err := c.try("PATCH", "/twins/d", set); err == nil {
		t.Errorf("the answer arrived: %v", a)
	}
	if a := c.must(t, 200, "GET", "/twins/d", ""); !strings.Contains(a.body, `"n":1`) {
		t.Errorf("the write was not carried out: %s", a.body)
	}
	f.OnRequest("DELETE", "", 1, rest.Fault{LoseAnswer: true})
	if a, err := c.try("DELETE", "/devices/d", "", "If-Match", "*"); err == nil {
		t.Errorf("the answer arrived: %v", a)
	}
	c.must(t, 404, "GET", "/twins/d", "")
}

func TestDroppedAndDelayedRequests(t *testing.T) {
	f, _, c := faulty(t)
	remove := f.OnRequest("PATCH", "", faults.Always, rest.Fault{Drop: true})
	for range 3 {
		if a, err := c.try("PATCH", "/twins/d", set); err == nil {
			t.Errorf("answered: %v", a)
		}
	}
	remove()
	f.OnRequest("PATCH", "", 1, rest.Fault{Delay: 50 * time.Millisecond})
	began := time.Now()
	if a := c.must(t, 200, "PATCH", "/twins/d", set); !strings.Contains(a.body, `"$version":2`) || time.Since(began) < 50*time.Millisecond {
		t.Errorf("after %v: %s", time.Since(began), a.body)
	}
}

func TestUnreachable(t *testing.T) {
	f, _, c := faulty(t)
	f.SetUnreachable(true)
	for range 2 {
		if a, err := c.try("GET", "/twins/d", ""); err == nil {
			t.Errorf("answered: %v", a)
		}
	}
	f.Clear()
	c.must(t, 200, "GET", "/twins/d", "")
}

func TestLostNotificationLeavesAGap(t *testing.T) {
	f, hub, c := faulty(t)
	d := embedded.ID{Device: "d"}
	_, messages := connect(t, hub, d, desiredTopic)
	f.OnDevice(gateway.NotifyDesired, embedded.ID{Device: "other"}, 1, gateway.Fault{Lose: true})
	f.OnDevice(gateway.NotifyDesired, d, 1, gateway.Fault{Lose: true})
	c.must(t, 200, "PATCH", "/twins/d", set)
	c.must(t, 200, "PATCH", "/twins/d", set)
	if m := receive(t, messages); m.payload != `{"n":1,"$version":3}` {
		t.Errorf("received %v, want version 3 alone", m)
	}
}

func TestRefusedConnect(t *testing.T) {
	f, hub, _ := faulty(t)
	f.OnDevice(gateway.Connect, embedded.ID{}, 1, gateway.Fault{Code: mqtt.ServerUnavailable})
	refused := newPaho(t, hub, embedded.ID{Device: "d"}).Connect()
	if !refused.WaitTimeout(10*time.Second) || refused.Error() == nil || !strings.Contains(strings.ToLower(refused.Error().Error()), "unavailable") {
		t.Errorf("connect: %v, want server unavailable", refused.Error())
	}
	connect(t, hub, embedded.ID{Device: "d"})
}
