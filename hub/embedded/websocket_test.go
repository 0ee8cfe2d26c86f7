package embedded_test

import (
	"net/http"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub/embedded"
)

func TestDeviceOverWebSocket(t *testing.T) {
	hub := start(t, embedded.Options{})
	service := newClient(t, hub)
	service.must(t, http.StatusOK, "PUT", "/devices/d", `{"deviceId":"d"}`)

	messages := make(chan message, 10)
	options := pahoOptions(t, hub, embedded.ID{Device: "d"})
	options.Servers = nil
	options.AddBroker("wss://" + hub.HTTPSAddress() + "/$iothub/websocket?iothub-no-client-cert=true")
	options.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { messages <- message{m.Topic(), string(m.Payload())} })
	c := paho.NewClient(options)
	wait(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(0) })
	wait(t, c.Subscribe("$iothub/twin/PATCH/properties/desired/#", 0, nil))

	service.must(t, http.StatusOK, "PATCH", "/twins/d", `{"properties":{"desired":{"interval":7}}}`)
	want := message{"$iothub/twin/PATCH/properties/desired/?$version=2", `{"interval":7,"$version":2}`}
	if got := receive(t, messages); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	wait(t, c.Publish("devices/d/messages/events/", 1, false, "hello"))
	if hub.Telemetry() != 1 {
		t.Errorf("%d messages counted, want 1", hub.Telemetry())
	}
}

func TestWebSocketAddressWithoutWebSocket(t *testing.T) {
	hub := start(t, embedded.Options{})
	newClient(t, hub).must(t, http.StatusBadRequest, "GET", "/$iothub/websocket", "")
}
