package embedded_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/amenzhinsky/iothub/iotdevice"
	mqtttransport "github.com/amenzhinsky/iothub/iotdevice/transport/mqtt"
	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub/embedded"
	"twindeck/hub/embedded/messages"
	"twindeck/hub/embedded/registry"
)

const deviceBound = "devices/d/messages/devicebound/#"

// slowDevice is a device with a stored session that acknowledges nothing by itself.
func slowDevice(t *testing.T, hub *embedded.Server, id embedded.ID) (paho.Client, <-chan paho.Message) {
	t.Helper()
	inbox := make(chan paho.Message, 100)
	options := pahoOptions(t, hub, id).SetCleanSession(false).SetAutoAckDisabled(true)
	options.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { inbox <- m })
	c := paho.NewClient(options)
	wait(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(0) })
	return c, inbox
}

func take(t *testing.T, inbox <-chan paho.Message) paho.Message {
	t.Helper()
	select {
	case m := <-inbox:
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("nothing arrived within 10 s")
		return nil
	}
}

func send(t *testing.T, hub *embedded.Server, id embedded.ID, m messages.Message) {
	t.Helper()
	if _, err := hub.SendCloudToDevice(id, m); err != nil {
		t.Fatal(err)
	}
}

// waiting polls for the number of messages that identity and twin say wait.
func waiting(t *testing.T, service *client, n int) {
	t.Helper()
	want := fmt.Sprintf(`"cloudToDeviceMessageCount":%d,`, n)
	eventually(t, want, func() bool {
		return strings.Contains(service.must(t, http.StatusOK, "GET", "/devices/d", "").body, want) &&
			strings.Contains(service.must(t, http.StatusOK, "GET", "/twins/d", "").body, want)
	})
}

func TestCloudToDevice(t *testing.T) {
	hub := start(t, embedded.Options{})
	service := newClient(t, hub)
	service.must(t, http.StatusOK, "PUT", "/devices/d", `{"deviceId":"d"}`)
	d := embedded.ID{Device: "d"}
	send(t, hub, d, messages.Message{
		ID: "m1", CorrelationID: "c", ContentType: "text/plain", Ack: messages.AckFull,
		Properties: []messages.Property{{Name: "a b", Value: "ü/?"}, {Name: "null", Null: true}, {Name: "empty"}},
		Body:       []byte("first"), Expiry: time.Now().Add(time.Hour).Truncate(time.Second),
	})
	waiting(t, service, 1)

	c, inbox := slowDevice(t, hub, d)
	wait(t, c.Subscribe(deviceBound, 1, nil))
	m := take(t, inbox)
	head, tail := "devices/d/messages/devicebound/%24.mid=m1&%24.cid=c&%24.to=%2Fdevices%2Fd%2Fmessages%2FdeviceBound&%24.ct=text%2Fplain&%24.exp=", "&iothub-ack=full&a%20b=%C3%BC%2F%3F&null&empty="
	if !strings.HasPrefix(m.Topic(), head) || !strings.HasSuffix(m.Topic(), tail) || string(m.Payload()) != "first" || m.Qos() != 1 || m.Duplicate() {
		t.Errorf("got %s %s, QoS %d", m.Topic(), m.Payload(), m.Qos())
	}
	waiting(t, service, 1)
	m.Ack()
	waiting(t, service, 0)

	send(t, hub, d, messages.Message{Body: []byte("second")})
	if m := take(t, inbox); string(m.Payload()) != "second" {
		t.Errorf("got %s", m.Payload())
	}
	var refusal *registry.Error
	if _, err := hub.SendCloudToDevice(embedded.ID{Device: "nobody"}, messages.Message{}); !errors.As(err, &refusal) || refusal.Name != "DeviceNotFound" {
		t.Errorf("to nobody: %v", err)
	}
}

// TestUnacknowledgedMessagesComeAgain: under the same packet identifier, marked as sent before,
// and in order, also after the hub was restarted.
func TestUnacknowledgedMessagesComeAgain(t *testing.T) {
	opts := embedded.Options{DataFile: filepath.Join(t.TempDir(), "hub")}
	hub := start(t, opts)
	newClient(t, hub).must(t, http.StatusOK, "PUT", "/devices/d", `{"deviceId":"d"}`)
	d := embedded.ID{Device: "d"}
	c, inbox := slowDevice(t, hub, d)
	wait(t, c.Subscribe(deviceBound, 1, nil))
	send(t, hub, d, messages.Message{Body: []byte("done")})
	take(t, inbox).Ack()
	waiting(t, newClient(t, hub), 0)
	var packets []uint16
	for _, body := range []string{"one", "two"} {
		send(t, hub, d, messages.Message{Body: []byte(body)})
		m := take(t, inbox)
		if m.Duplicate() {
			t.Errorf("%s is marked as sent before", body)
		}
		packets = append(packets, m.MessageID())
	}
	for round := range 2 {
		c.Disconnect(0)
		if round == 1 {
			if err := hub.Close(); err != nil {
				t.Fatal(err)
			}
			hub = start(t, opts)
		}
		c, inbox = slowDevice(t, hub, d) // does not subscribe again
		for i, body := range []string{"one", "two"} {
			m := take(t, inbox)
			if string(m.Payload()) != body || m.MessageID() != packets[i] || !m.Duplicate() {
				t.Errorf("round %d: got %s, packet %d, again %v; want %s, packet %d", round, m.Payload(), m.MessageID(), m.Duplicate(), body, packets[i])
			}
		}
	}
	send(t, hub, d, messages.Message{Body: []byte("three")})
	if m := take(t, inbox); string(m.Payload()) != "three" || m.Duplicate() {
		t.Errorf("got %s", m.Payload())
	}
}

func TestFewMessagesAreOnTheirWayAtOnce(t *testing.T) {
	hub := start(t, embedded.Options{})
	service := newClient(t, hub)
	service.must(t, http.StatusOK, "PUT", "/devices/d", `{"deviceId":"d"}`)
	d := embedded.ID{Device: "d"}
	big := strings.Repeat("x", 60_000)
	for i := range 50 {
		send(t, hub, d, messages.Message{Body: fmt.Appendf(nil, "%d %s", i, big)})
	}
	c, inbox := slowDevice(t, hub, d)
	wait(t, c.Subscribe(deviceBound, 1, nil))
	var held []paho.Message
	for i := range 50 {
		m := take(t, inbox)
		if !strings.HasPrefix(string(m.Payload()), fmt.Sprint(i, " ")) {
			t.Fatalf("message %d is %.10s", i, m.Payload())
		}
		if held = append(held, m); len(held) < 8 {
			continue
		}
		// The connection answers, and brings nothing more until there is room.
		wait(t, c.Publish("devices/d/messages/events/", 1, false, ""))
		if len(inbox) > 0 {
			t.Fatalf("%d more than 8 are on their way", len(inbox))
		}
		for _, m := range held {
			m.Ack()
		}
		held = nil
	}
	for _, m := range held {
		m.Ack()
	}
	waiting(t, service, 0)
}

func TestMessagesGoWithTheirDevice(t *testing.T) {
	hub := start(t, embedded.Options{DataFile: filepath.Join(t.TempDir(), "hub")})
	service := newClient(t, hub)
	d, m := embedded.ID{Device: "d"}, embedded.ID{Device: "d", Module: "m"}
	for range 2 {
		service.must(t, http.StatusOK, "PUT", "/devices/d", `{"deviceId":"d"}`)
		service.must(t, http.StatusOK, "PUT", "/devices/d/modules/m", `{"deviceId":"d","moduleId":"m"}`)
		waiting(t, service, 0)
		c, inbox := slowDevice(t, hub, m)
		if len(inbox) > 0 {
			t.Fatal("a new module gets old messages")
		}
		send(t, hub, d, messages.Message{Body: []byte("x")})
		send(t, hub, m, messages.Message{Body: []byte("x")})
		wait(t, c.Subscribe("devices/d/modules/m/#", 1, nil))
		if got := take(t, inbox).Topic(); !strings.HasPrefix(got, "devices/d/modules/m/messages/devicebound/%24.to=%2Fdevices%2Fd%2Fmodules%2Fm%2Fmessages%2FdeviceBound") {
			t.Errorf("the topic is %s", got)
		}
		waiting(t, service, 1)
		service.must(t, http.StatusNoContent, "DELETE", "/devices/d", "", "If-Match", "*")
	}
}

func TestTelemetryIsKept(t *testing.T) {
	hub := start(t, embedded.Options{TelemetryKept: 3})
	service := newClient(t, hub)
	service.must(t, http.StatusOK, "PUT", "/devices/d", `{"deviceId":"d"}`)
	service.must(t, http.StatusOK, "PUT", "/devices/d/modules/m", `{"deviceId":"d","moduleId":"m"}`)
	d, m := embedded.ID{Device: "d"}, embedded.ID{Device: "d", Module: "m"}
	device, _ := connect(t, hub, d)
	wait(t, device.Publish("devices/d/messages/events/%24.mid=1&%24.ct=application%2Fjson&k=v%20w", 1, true, `{"t":1}`))
	options := pahoOptions(t, hub, m).SetWill("devices/d/modules/m/messages/events/last=words", "gone", 1, false)
	module := paho.NewClient(options)
	wait(t, module.Connect())
	wait(t, module.Publish("devices/d/modules/m/messages/events", 1, false, "plain"))
	// A will is for those who are cut off.
	other := paho.NewClient(options)
	wait(t, other.Connect())
	t.Cleanup(func() { other.Disconnect(0) })
	eventually(t, "the will arrives", func() bool { return hub.Telemetry() == 3 })

	events := hub.TelemetrySince(0)
	if len(events) != 3 {
		t.Fatalf("%d are kept", len(events))
	}
	first := events[0]
	want := []messages.Property{{Name: "k", Value: "v w"}, {Name: "mqtt-retain", Value: "true"}}
	if first.Identity != d || first.Sequence != 1 || first.ID != "1" || first.ContentType != "application/json" || !slices.Equal(first.Properties, want) || string(first.Body) != `{"t":1}` || first.Enqueued.IsZero() {
		t.Errorf("kept is %+v", first)
	}
	if events[1].Identity != m || string(events[1].Body) != "plain" || events[1].Properties != nil {
		t.Errorf("kept is %+v", events[1])
	}
	will := []messages.Property{{Name: "last", Value: "words"}, {Name: "iothub-MessageType", Value: "Will"}}
	if events[2].Identity != m || string(events[2].Body) != "gone" || !slices.Equal(events[2].Properties, will) {
		t.Errorf("kept is %+v", events[2])
	}
	wait(t, device.Publish("devices/d/messages/events/", 1, false, "four"))
	if after := hub.TelemetrySince(1); len(after) != 3 || after[2].Sequence != 4 {
		t.Errorf("%d came after the first", len(after))
	}
}

// TestGoDeviceReceivesMessages: the library refuses messages whose topic does not name the hub's
// own properties.
func TestGoDeviceReceivesMessages(t *testing.T) {
	hub := start(t, embedded.Options{})
	service := newClient(t, hub)
	service.must(t, http.StatusOK, "PUT", "/devices/d", `{}`)
	service.must(t, http.StatusOK, "PUT", "/devices/d/modules/m", `{}`)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	here := mqtttransport.WithClientOptionsConfig(func(o *paho.ClientOptions) {
		o.Servers = nil
		o.AddBroker("tls://" + hub.MQTTSAddress())
		o.SetTLSConfig(&tls.Config{RootCAs: hub.CertPool()})
		o.SetProtocolVersion(4)
	})
	d, m := embedded.ID{Device: "d"}, embedded.ID{Device: "d", Module: "m"}
	connectionString := func(id embedded.ID) string {
		cs, err := hub.IdentityConnectionString(id)
		if err != nil {
			t.Fatal(err)
		}
		return cs
	}
	device, err := iotdevice.NewFromConnectionString(mqtttransport.New(here, mqtttransport.WithLogger(quiet)), connectionString(d))
	if err != nil {
		t.Fatal(err)
	}
	module, err := iotdevice.NewModuleFromConnectionString(
		mqtttransport.NewModuleTransport(here, mqtttransport.WithLogger(quiet)), connectionString(m), "", "", "", false)
	if err != nil {
		t.Fatal(err)
	}
	for id, c := range map[embedded.ID]interface {
		Connect(context.Context) error
		SubscribeEvents(context.Context) (*iotdevice.EventSub, error)
		Close() error
	}{d: device, m: module} {
		if err := c.Connect(ctx); err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		events, err := c.SubscribeEvents(ctx)
		if err != nil {
			t.Fatal(err)
		}
		send(t, hub, id, messages.Message{ID: "id/1", Properties: []messages.Property{{Name: "a b", Value: "c d"}}, Body: []byte("hello")})
		select {
		case got := <-events.C():
			if string(got.Payload) != "hello" || got.MessageID != "id/1" || got.Properties["a b"] != "c d" || !strings.HasSuffix(got.To, "/messages/deviceBound") || got.ExpiryTime == nil {
				t.Errorf("%s received %+v", id, got)
			}
		case <-ctx.Done():
			t.Fatalf("%s received nothing", id)
		}
	}
	waiting(t, service, 0)
}

func TestNewKeysEndConnections(t *testing.T) {
	for _, ends := range []bool{false, true} {
		hub := start(t, embedded.Options{CloseOnNewKeys: ends})
		service := newClient(t, hub)
		service.must(t, http.StatusOK, "PUT", "/devices/d", `{}`)
		service.must(t, http.StatusOK, "PUT", "/devices/d/modules/m", `{}`)
		lost := make(chan struct{})
		device := paho.NewClient(pahoOptions(t, hub, embedded.ID{Device: "d"}).SetConnectionLostHandler(func(paho.Client, error) { close(lost) }))
		wait(t, device.Connect())
		t.Cleanup(func() { device.Disconnect(0) })
		module, _ := connect(t, hub, embedded.ID{Device: "d", Module: "m"})

		service.must(t, http.StatusOK, "PUT", "/devices/d", `{"statusReason":"keys stay","authentication":{"symmetricKey":`+keysOf(t, service, "d")+`}}`, "If-Match", "*")
		wait(t, device.Publish("devices/d/messages/events/", 1, false, ""))
		service.must(t, http.StatusOK, "PUT", "/devices/d", `{}`, "If-Match", "*")
		if ends {
			select {
			case <-lost:
			case <-time.After(10 * time.Second):
				t.Error("the connection outlives its keys")
			}
		} else {
			wait(t, device.Publish("devices/d/messages/events/", 1, false, ""))
		}
		wait(t, module.Publish("devices/d/modules/m/messages/events/", 1, false, ""))
	}
}

// TestMessageThatAnotherReceiverLetGo: a device that received a message over HTTPS and did nothing
// with it gets it over MQTT once the lock is over, whoever finds that out.
func TestMessageThatAnotherReceiverLetGo(t *testing.T) {
	for qos := range byte(2) {
		hub := start(t, embedded.Options{CloudToDevice: messages.Limits{Lock: 20 * time.Millisecond}})
		service := newClient(t, hub)
		service.must(t, http.StatusOK, "PUT", "/devices/d", `{"deviceId":"d"}`)
		d := embedded.ID{Device: "d"}
		token := tokenOf(t, hub, d)
		for _, body := range []string{"one", "two", "three"} {
			send(t, hub, d, messages.Message{Body: []byte(body)})
		}
		for range 2 {
			service.must(t, http.StatusOK, "GET", "/devices/d/messages/deviceBound", "", "Authorization", token)
		}
		<-time.After(30 * time.Millisecond) // the locks are over, and nobody has looked
		c, inbox := slowDevice(t, hub, d)
		wait(t, c.Subscribe(deviceBound, qos, nil))
		for _, body := range []string{"one", "two", "three"} {
			m := take(t, inbox)
			if string(m.Payload()) != body || m.Qos() != qos {
				t.Errorf("got %s, QoS %d, want %s", m.Payload(), m.Qos(), body)
			}
			m.Ack()
		}
		waiting(t, service, 0)
	}
}
