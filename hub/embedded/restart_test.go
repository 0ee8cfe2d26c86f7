package embedded_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
)

// setFaults starts a hub with the device d and faults as text.
func setFaults(t *testing.T, specs ...string) (*faults.Faults, *embedded.Server, *client) {
	t.Helper()
	f, hub, c := faulty(t)
	for _, spec := range specs {
		if err := f.Set(spec); err != nil {
			t.Fatal(err)
		}
	}
	return f, hub, c
}

// pending waits long enough to see that nothing happens, which no deadline can show.
func pending(t *testing.T, token paho.Token, what string) {
	t.Helper()
	if token.WaitTimeout(100 * time.Millisecond) {
		t.Errorf("%s: %v", what, token.Error())
	}
}

func TestWithheldAcknowledgements(t *testing.T) {
	_, hub, c := setFaults(t, "mqtt:puback:lose:times=1", "mqtt:suback:lose:times=1:device=d")
	device, _ := connect(t, hub, embedded.ID{Device: "d"})
	pending(t, device.Subscribe("$iothub/twin/res/#", 0, nil), "a subscription was answered")
	wait(t, device.Subscribe("$iothub/methods/POST/#", 0, nil))
	pending(t, device.Publish("$iothub/twin/PATCH/properties/reported/?$rid=1", 1, false, `{"n":1}`), "a message was acknowledged")
	wait(t, device.Publish("devices/d/messages/events/", 1, false, "x"))
	// What was not acknowledged was done.
	if a := c.must(t, 200, "GET", "/twins/d", ""); !strings.Contains(a.body, `"n":1`) {
		t.Errorf("twin %s", a.body)
	}
}

func TestConnectionsBreakInTheMiddleOfAPacket(t *testing.T) {
	_, hub, c := setFaults(t, "mqtt:publish:tear:times=1")
	lost := make(chan error, 1)
	options := pahoOptions(t, hub, embedded.ID{Device: "d"}).SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
	messages := make(chan message, 1)
	options.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { messages <- message{m.Topic(), string(m.Payload())} })
	device := paho.NewClient(options)
	wait(t, device.Connect())
	t.Cleanup(func() { device.Disconnect(0) })
	wait(t, device.Subscribe(desiredTopic, 0, nil))
	c.must(t, 200, "PATCH", "/twins/d", set)
	select {
	case err := <-lost:
		if !strings.Contains(err.Error(), "EOF") {
			t.Errorf("lost with %v", err)
		}
	case m := <-messages:
		t.Errorf("received %v", m)
	case <-time.After(10 * time.Second):
		t.Error("nothing happened")
	}
	_, again := connect(t, hub, embedded.ID{Device: "d"}, desiredTopic)
	c.must(t, 200, "PATCH", "/twins/d", set)
	if m := receive(t, again); m.payload != `{"n":1,"$version":3}` {
		t.Errorf("received %v", m)
	}
}

func TestTornConnack(t *testing.T) {
	_, hub, _ := setFaults(t, "mqtt:connack:tear:times=1", "mqtt:connack:lose:times=1")
	if token := newPaho(t, hub, embedded.ID{Device: "d"}).Connect(); !token.WaitTimeout(10*time.Second) || token.Error() == nil {
		t.Errorf("connected: %v", token.Error())
	}
	pending(t, newPaho(t, hub, embedded.ID{Device: "d"}).Connect(), "a connect was answered")
	connect(t, hub, embedded.ID{Device: "d"})
}

func TestRefusedConnections(t *testing.T) {
	_, _, c := setFaults(t, "connections:refuse:times=2")
	c.http.CloseIdleConnections()
	for range 2 {
		if a, err := c.try("GET", "/twins/d", ""); err == nil {
			t.Errorf("answered: %v", a)
		}
	}
	c.must(t, 200, "GET", "/twins/d", "")
}

func TestFaultsAsText(t *testing.T) {
	_, hub, c := setFaults(t, "twins:PATCH:412:every=2", "query:lose", "mqtt:patch-reported:503:times=1")
	c.must(t, 200, "PATCH", "/twins/d", set)
	c.must(t, 412, "PATCH", "/twins/d", set)
	c.must(t, 200, "GET", "/twins/d", "")
	if a, err := c.try("POST", "/devices/query", `{"query":"SELECT * FROM devices"}`); err == nil {
		t.Errorf("answered: %v", a)
	}
	device, messages := connect(t, hub, embedded.ID{Device: "d"}, "$iothub/twin/res/#")
	for _, want := range []string{"503", "204"} {
		wait(t, device.Publish("$iothub/twin/PATCH/properties/reported/?$rid=1", 1, false, `{"n":1}`))
		if m := receive(t, messages); !strings.HasPrefix(m.topic, "$iothub/twin/res/"+want+"/") {
			t.Errorf("received %v, want %s", m, want)
		}
	}
}

// TestRestart shows what clients see of it: a connection that breaks, a port that is free, and
// then the hub that they knew.
func TestRestart(t *testing.T) {
	_, hub, c := faulty(t)
	d := embedded.ID{Device: "d"}
	var once sync.Once
	lost := make(chan struct{})
	messages := make(chan message, 10)
	options := pahoOptions(t, hub, d).SetCleanSession(false).
		SetConnectionLostHandler(func(paho.Client, error) { once.Do(func() { close(lost) }) }).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { messages <- message{m.Topic(), string(m.Payload())} })
	device := paho.NewClient(options)
	wait(t, device.Connect())
	t.Cleanup(func() { device.Disconnect(0) })
	wait(t, device.Subscribe(desiredTopic, 0, nil))
	before := c.must(t, 200, "GET", "/devices/d", "").header.Get("ETag")

	ctx, comeBack := context.WithCancel(context.Background())
	restarted := make(chan error, 1)
	go func() { restarted <- hub.Restart(ctx, time.Hour) }()
	select {
	case <-lost:
	case <-time.After(10 * time.Second):
		t.Fatal("the connection stays")
	}
	for _, address := range []string{hub.HTTPSAddress(), hub.MQTTSAddress()} {
		eventually(t, address+" is free", func() bool {
			conn, err := net.Dial("tcp", address)
			if err == nil {
				_ = conn.Close()
			}
			return err != nil
		})
	}
	if a, err := c.try("GET", "/devices/d", ""); err == nil {
		t.Errorf("answered: %v", a)
	}
	comeBack()
	if err := <-restarted; err != nil {
		t.Fatal(err)
	}
	if after := c.must(t, 200, "GET", "/devices/d", "").header.Get("ETag"); after != before {
		t.Errorf("etag %s, want %s", after, before)
	}
	token := device.Connect()
	wait(t, token)
	if !token.(*paho.ConnectToken).SessionPresent() {
		t.Error("the session is gone")
	}
	c.must(t, 200, "PATCH", "/twins/d", set)
	if m := receive(t, messages); m.payload != `{"n":1,"$version":2}` {
		t.Errorf("received %v", m)
	}
	if err := hub.Restart(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	c.must(t, 200, "GET", "/devices/d", "")
}

func TestAHubThatIsAwayCanBeClosed(t *testing.T) {
	hub, err := embedded.Start(context.Background(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	restarted := make(chan error, 1)
	go func() { restarted <- hub.Restart(context.Background(), time.Hour) }()
	eventually(t, "the port is free", func() bool {
		conn, err := net.Dial("tcp", hub.MQTTSAddress())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	if err := hub.Close(); err != nil {
		t.Error(err)
	}
	if err := <-restarted; err != nil {
		t.Error(err)
	}
}

func TestRestartsByItself(t *testing.T) {
	f := &faults.Faults{}
	if err := f.Set("restart=200ms"); err != nil {
		t.Fatal(err)
	}
	hub := start(t, embedded.Options{Faults: f})
	eventually(t, "the port is free", func() bool {
		conn, err := net.Dial("tcp", hub.MQTTSAddress())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	eventually(t, "the hub is back", func() bool {
		conn, err := net.Dial("tcp", hub.MQTTSAddress())
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}
