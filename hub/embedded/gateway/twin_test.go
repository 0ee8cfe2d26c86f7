package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"twindeck/hub/embedded/registry"
)

func TestTwinGet(t *testing.T) {
	s := serve(t, Options{})
	s.desire(valve, `{"interval":122,"big":4503599627370495}`)
	d := s.connect(valve)
	d.subscribe(twinAnswers + "#")
	// Device libraries send nothing or a space, and expect their id as it was.
	for request, payload := range map[string]string{"1f": "", "0a1b-22": " ", "A%20b/?$x+#": ""} {
		d.publish(twinGet+"?$rid="+request, payload)
		d.expect(twinAnswers+"200/?$rid="+request,
			`{"desired":{"interval":122,"big":4503599627370495,"$version":2},"reported":{"$version":1}}`)
	}
	d.publish(twinGet, "") // nobody could match an answer
	d.quiet()
}

// TestTwinGetUnsubscribed: MQTT has no delivery without a subscription; the
// switch is for clients that expect one.
func TestTwinGetUnsubscribed(t *testing.T) {
	t.Run("strict", func(t *testing.T) {
		d := serve(t, Options{}).connect(pump)
		d.publish(twinGet+"?$rid=1", "")
		d.quiet()
	})
	t.Run("lenient", func(t *testing.T) {
		d := serve(t, Options{AnswerUnsubscribed: true}).connect(pump)
		d.publish(twinGet+"?$rid=1", "")
		d.expect(twinAnswers+"200/?$rid=1", `{"desired":{"$version":1},"reported":{"$version":1}}`)
	})
}

func TestPatchReported(t *testing.T) {
	s := serve(t, Options{})
	d := s.connect(pump)
	d.subscribe(twinAnswers+"#", twinDesired+"#")
	for i, c := range []struct{ query, payload, answer string }{
		{"$rid=1", `{"a":1,"b":{"c":2}}`, "204/?$rid=1&$version=2"},
		{"$rid=2", `{"b":{"c":null}}`, "204/?$rid=2&$version=3"},
		{"$rid=3&$version=3", `{"a":2}`, "204/?$rid=3&$version=4"},
		{"$rid=4&$version=3", `{"a":3}`, "412/?$rid=4"},
		{"$rid=5&$version=latest", `{"a":3}`, "400/?$rid=5"},
		{"$rid=6", `{"a":`, "400/?$rid=6"},
		{"$rid=7", `[1]`, "400/?$rid=7"},
		{"$rid=8", ``, "400/?$rid=8"},
		{"$rid=9", `{"x.y":1}`, "400/?$rid=9"},
		{"$rid=10", `{"a":"` + strings.Repeat("x", 5000) + `"}`, "400/?$rid=10"},
	} {
		d.publish(twinReported+"?"+c.query, c.payload)
		m := d.receive()
		if m.Topic() != twinAnswers+c.answer {
			t.Errorf("%d: got %s %s, want %s", i, m.Topic(), m.Payload(), c.answer)
		}
		// One SDK knows a refusal only by the error code in its body.
		status := c.answer[:3]
		var body struct{ ErrorCode int }
		switch err := json.Unmarshal(m.Payload(), &body); {
		case status == "204" && len(m.Payload()) != 0,
			status != "204" && (err != nil || strconv.Itoa(body.ErrorCode/1000) != status):
			t.Errorf("%d: body %q", i, m.Payload())
		}
	}
	d.publish(twinReported, `{"a":"without a request id"}`)
	d.publish(twinGet+"?$rid=end", "")
	d.expect(twinAnswers+"200/?$rid=end", `{"desired":{"$version":1},"reported":{"a":2,"b":{},"$version":4}}`)
}

func TestDesiredNotifications(t *testing.T) {
	s := serve(t, Options{})
	d, other := s.connect(valve), s.connect(pump)
	s.desire(valve, `{"before":1}`)
	d.quiet()
	d.subscribe(twinDesired + "#")
	other.subscribe(twinDesired + "#")

	s.desire(valve, `{"a":1,"b":{"c":1}}`)
	d.expect(twinDesired+"?$version=3", `{"a":1,"b":{"c":1},"$version":3}`)
	s.desire(valve, `{"a":1}`) // unchanged values count
	d.expect(twinDesired+"?$version=4", `{"a":1,"$version":4}`)
	s.desire(valve, `{"before":null}`)
	d.expect(twinDesired+"?$version=5", `{"before":null,"$version":5}`)

	for _, tagsOnly := range []string{`{"tags":{"floor":1}}`} {
		if _, err := s.store.PatchTwin(valve, []byte(tagsOnly), registry.Precondition{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.store.ReplaceTwin(valve, []byte(`{"properties":{"desired":{"a":2,"z":0}}}`), registry.Precondition{}); err != nil {
		t.Fatal(err)
	}
	d.expect(twinDesired+"?$version=6", `{"a":2,"z":0,"b":null,"$version":6}`)

	d.wait(d.client.Unsubscribe(twinDesired + "#"))
	s.desire(valve, `{"a":3}`)
	d.quiet()
	other.quiet() // a twin's changes are its owner's business
}

// TestNotificationOrder: one notification per write, in the order of versions,
// however the writes come.
func TestNotificationOrder(t *testing.T) {
	const writers, writes = 8, 50
	s := serve(t, Options{})
	d := s.connect(pump)
	d.subscribe(twinDesired + "#")
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for i := range writes {
				s.desire(pump, fmt.Sprintf(`{"n":%d}`, i))
			}
		})
	}
	group.Wait()
	for version := 2; version < 2+writers*writes; version++ {
		if m := d.receive(); m.Topic() != fmt.Sprintf("%s?$version=%d", twinDesired, version) {
			t.Fatalf("got %s, want version %d", m.Topic(), version)
		}
	}
}

func TestRefusalOf(t *testing.T) {
	if e := refusalOf(nil); e != nil {
		t.Errorf("no error is %v", e)
	}
	for _, c := range []struct {
		err  error
		want int
	}{
		{&registry.Error{Status: 429}, 429},
		{fmt.Errorf("wrapped: %w", &registry.Error{Status: 404}), 404},
		{fmt.Errorf("the disk is full"), http.StatusInternalServerError},
	} {
		if got := refusalOf(c.err); got.Status != c.want || strings.Contains(got.Message, "disk") {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

func TestTelemetry(t *testing.T) {
	s := serve(t, Options{})
	d, m := s.connect(pump), s.connect(valve)
	d.publish("devices/pump/messages/events/%24.mid=1&k=v%20w", "21.5")
	d.publish("devices/pump/messages/events", "")
	m.publish("devices/pump/modules/valve/messages/events/", strings.Repeat("x", 256<<10))
	m.publish("$iothub/credentials/POST/x", "") // known, without effect
	if got := s.Telemetry(); got != 3 {
		t.Errorf("%d messages", got)
	}
	m.client.Publish("devices/pump/modules/valve/messages/events/", 1, false, strings.Repeat("x", 256<<10+1))
	m.isLost()
}

func TestWillIsTelemetry(t *testing.T) {
	s := serve(t, Options{})
	with := s.options(pump).SetBinaryWill("devices/pump/messages/events/a=b", []byte("gone"), 1, false)
	s.connectWith(with)
	s.server.Disconnect("pump", errFault)
	eventually(t, "the will arrives", func() bool { return s.Telemetry() == 1 })

	foreign := s.options(valve).SetBinaryWill("devices/pump/messages/events/", []byte("gone"), 1, false)
	if token := connectToken(foreign); token.ReturnCode() != 5 {
		t.Errorf("a will in another's name: code %d", token.ReturnCode())
	}
}

func TestUnknownTopics(t *testing.T) {
	foreign := []string{"devices/other/messages/events/", "devices/pump/modules/valve/messages/events/", "hello", "$iothub/twin/res/200/?$rid=1"}
	t.Run("close the connection", func(t *testing.T) {
		s := serve(t, Options{})
		for _, topic := range foreign {
			d := s.connect(pump)
			d.client.Publish(topic, 1, false, "x")
			d.isLost()
			d = s.connect(pump)
			d.client.Subscribe(topic, 1, nil)
			d.isLost()
		}
		if s.Telemetry() != 0 {
			t.Error("a foreign message was taken")
		}
	})
	t.Run("are ignored on demand", func(t *testing.T) {
		s := serve(t, Options{IgnoreUnknownTopics: true})
		d := s.connect(pump)
		for _, topic := range foreign {
			d.publish(topic, "x")
			d.subscribe(topic)
		}
		d.quiet()
		if s.Telemetry() != 0 {
			t.Error("a foreign message was taken")
		}
	})
}
