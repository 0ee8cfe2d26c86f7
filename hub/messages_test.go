package hub_test

import (
	"context"
	"crypto/tls"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/amenzhinsky/iothub/common"
	"github.com/amenzhinsky/iothub/iotdevice"
	"github.com/amenzhinsky/iothub/iotdevice/transport/mqtt"
	"github.com/amenzhinsky/iothub/logger"
	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/patch"
)

// mqttDevice connects as a device over MQTT and returns what it receives.
func mqttDevice(t *testing.T, server *embedded.Server, identity hub.Identity) <-chan *common.Message {
	t.Helper()
	transport := mqtt.New(
		mqtt.WithLogger(logger.New(logger.LevelOff, func(logger.Level, string) {})),
		mqtt.WithClientOptionsConfig(func(o *paho.ClientOptions) {
			o.Servers = nil
			o.AddBroker("tls://" + server.MQTTSAddress())
			o.SetTLSConfig(&tls.Config{RootCAs: server.CertPool(), ServerName: "localhost", MinVersion: tls.VersionTLS12})
			o.SetAutoReconnect(false)
		}),
	)
	client, err := iotdevice.NewFromConnectionString(transport, "HostName=localhost;DeviceId="+identity.Device+";SharedAccessKey="+identity.PrimaryKey.Reveal(),
		iotdevice.WithLogger(logger.New(logger.LevelOff, func(logger.Level, string) {})))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	if err := client.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	sub, err := client.SubscribeEvents(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return sub.C()
}

func TestADeviceReceivesAMessage(t *testing.T) {
	server, client := start(t, nil)
	device := create(t, client, hub.ID{Device: "thermostat#1"})
	received := mqttDevice(t, server, device)
	sent, err := client.SendMessage(t.Context(), device.Device, hub.Message{
		Body: []byte(`{"on":true}`), ID: "m-1", CorrelationID: "c-1", ContentType: "application/json",
		Expiry: time.Now().Add(time.Hour), Ack: hub.AckFull, Properties: map[string]string{"site": "İstanbul", "empty": ""},
	})
	if err != nil || sent.ID != "m-1" {
		t.Fatal(sent, err)
	}
	select {
	case m := <-received:
		if string(m.Payload) != `{"on":true}` || m.MessageID != "m-1" || m.CorrelationID != "c-1" || m.Properties["site"] != "İstanbul" {
			t.Errorf("received %+v", m)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was received")
	}
	feedback := waitForFeedback(t, client, "m-1")
	if feedback.Outcome != "Success" || feedback.Device != device.Device {
		t.Errorf("the feedback is %+v", feedback)
	}
}

func waitForFeedback(t *testing.T, client *hub.Client, id string) hub.Feedback {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		records, err := client.Feedback(t.Context(), []string{id})
		if err != nil {
			t.Fatal(err)
		}
		if len(records) > 0 {
			return records[0]
		}
	}
	t.Fatal("there is no feedback")
	return hub.Feedback{}
}

// Messages wait for a device that is not there, are purged with their number, and feedback that
// somebody else waits for stays for them.
func TestMessagesWaitAndArePurged(t *testing.T) {
	_, client := start(t, nil)
	device := create(t, client, hub.ID{Device: "d"})
	for _, id := range []string{"ours", "theirs", ""} {
		ack := hub.AckFull
		if id == "" {
			ack = hub.AckNone
		}
		if sent, err := client.SendMessage(t.Context(), device.Device, hub.Message{Body: []byte("x"), ID: id, Ack: ack}); err != nil || sent.ID == "" {
			t.Fatal(sent, err)
		}
	}
	if waiting, err := client.Identity(t.Context(), device.ID); err != nil || waiting.CloudToDeviceMessageCount != 3 {
		t.Errorf("%d wait, %v", waiting.CloudToDeviceMessageCount, err)
	}
	if n, err := client.PurgeMessages(t.Context(), device.Device); err != nil || n != 3 {
		t.Errorf("purged %d, %v", n, err)
	}
	if n, err := client.PurgeMessages(t.Context(), device.Device); err != nil || n != 0 {
		t.Errorf("purged %d more, %v", n, err)
	}
	if f := waitForFeedback(t, client, "ours"); f.Outcome != "Purged" {
		t.Errorf("ours: %+v", f)
	}
	if f := waitForFeedback(t, client, "theirs"); f.Outcome != "Purged" {
		t.Errorf("theirs is gone: %+v", f)
	}
}

func TestAMessageThatNoHubWouldTake(t *testing.T) {
	_, client := start(t, nil)
	create(t, client, hub.ID{Device: "d"})
	for want, m := range map[string]hub.Message{
		"65536":             {Body: make([]byte, hub.MaxMessageSize+1)},
		"control character": {Properties: map[string]string{"a": "b\r\nX-Evil: 1"}},
		"is not named":      {Properties: map[string]string{"a b": "c"}},
		"hub's own":         {Properties: map[string]string{"iothub-ack": "full"}},
		"128 characters":    {ID: strings.Repeat("x", 129)},
		"feedback":          {Ack: "maybe"},
	} {
		if _, err := client.SendMessage(t.Context(), "d", m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := client.SendMessage(t.Context(), "nobody", hub.Message{}); !hub.NotFound(err) {
		t.Errorf("to nobody: %v", err)
	}
	if _, err := client.PurgeMessages(t.Context(), "nobody"); !hub.NotFound(err) {
		t.Errorf("purged nobody: %v", err)
	}
}

// logged waits until the log has a call that fits, and returns it.
func logged(t *testing.T, client *hub.Client, what string, fits func(hub.Call) bool) hub.Call {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var all []hub.Call
	for since := uint64(0); ; {
		calls, err := client.NextCalls(ctx, since)
		if err != nil {
			t.Fatalf("the log has no %s: %v among %+v", what, err, all)
		}
		for _, c := range calls.List {
			if all, since = append(all, c), c.Seq; fits(c) {
				return c
			}
		}
	}
}

func TestTheCallLogHasWhatWasExchanged(t *testing.T) {
	server, client := start(t, nil)
	id := hub.ID{Device: "d", Module: "m"}
	create(t, client, hub.ID{Device: "d"})
	module := create(t, client, id)
	is := func(method, part string) func(hub.Call) bool {
		return func(c hub.Call) bool { return c.Method == method && strings.Contains(c.Target, part) }
	}
	put := logged(t, client, "PUT", is("PUT", "/devices/d/modules/m"))
	if put.Status != 200 || put.Took <= 0 || put.Protocol != hub.REST || put.Sent.Size == 0 || !strings.Contains(put.Received.Body, `"primaryKey":"***"`) {
		t.Errorf("the creation is %+v", put)
	}
	_, err := client.Twin(t.Context(), hub.ID{Device: "nobody"})
	number, ok := hub.CallOf(err)
	missing := logged(t, client, "failed GET", is("GET", "/twins/nobody"))
	if !ok || number != missing.Seq || missing.Status != 404 || missing.Code != hub.CodeDeviceNotFound || missing.TrackingID == "" || !missing.Failed() {
		t.Errorf("the failure is call %d, %+v", number, missing)
	}

	monitor, next := watch(t, client)
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	next(hub.EventSynced)
	desired := parse(t, `{"telemetryInterval":122,"password":"hunter22"}`)
	twin, err := client.Twin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.PatchTwin(t.Context(), id, hub.TwinPatch{Desired: &desired}, twin.ETag); err != nil {
		t.Fatal(err)
	}
	next(hub.EventPatch)
	if _, err := client.CallMethod(t.Context(), id, hub.MethodCall{Name: "ping", Payload: parse(t, `{"n":1}`)}); err != nil {
		t.Fatal(err)
	}
	if err := monitor.Detach(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		method, target string
		fits           func(hub.Call) bool
	}{
		{"CONNECT", server.MQTTSAddress(), func(c hub.Call) bool {
			return c.Sent.Fields[0] == hub.Field{Name: "client id", Value: "d/m"} && c.Took > 0
		}},
		{"SUBSCRIBE", "$iothub/twin/PATCH/properties/desired/#", func(c hub.Call) bool { return !c.Failed() }},
		{"SUBSCRIBE", "$iothub/methods/POST/#", func(c hub.Call) bool { return !c.Failed() }},
		{"GET", "$iothub/twin/GET/?$rid=", func(c hub.Call) bool { return c.Status == 200 && strings.Contains(c.Received.Body, `"$version":1`) }},
		{"NOTIFY", "desired", func(c hub.Call) bool {
			return c.Received.Body == `{"telemetryInterval":122,"password":"***","$version":2}`
		}},
		{"METHOD", "$iothub/methods/POST/ping/", func(c hub.Call) bool { return c.Status == 404 && c.Received.Body == `{"n":1}` }},
		{"DISCONNECT", server.MQTTSAddress(), func(c hub.Call) bool { return !c.Failed() }},
	} {
		c := logged(t, client, tc.method+" "+tc.target, is(tc.method, tc.target))
		if c.Protocol != hub.MQTT || c.ID != id || !tc.fits(c) {
			t.Errorf("%s %s is %+v", tc.method, tc.target, c)
		}
	}
	for since := uint64(0); ; {
		calls := client.Calls(since)
		if len(calls.List) == 0 {
			break
		}
		for _, c := range calls.List {
			since = c.Seq
			if text := c.Sent.Body + c.Received.Body; strings.Contains(text, module.PrimaryKey.Reveal()) || strings.Contains(text, "hunter22") {
				t.Errorf("a secret is in %+v", c)
			}
			if i := slices.IndexFunc(c.Sent.Fields, func(f hub.Field) bool { return f.Name == "Authorization" }); c.Protocol == hub.REST && (i < 0 || c.Sent.Fields[i].Value != "SharedAccessSignature ***") {
				t.Errorf("the token of %+v", c)
			}
		}
	}
}

func TestAMethodRoundTrip(t *testing.T) {
	_, client := start(t, nil)
	device := create(t, client, hub.ID{Device: "d"})
	_, err := client.CallMethod(t.Context(), device.ID, hub.MethodCall{Name: "ping"})
	if err == nil || !strings.Contains(err.Error(), "it is not connected, or listens to no direct methods; see that its program runs") {
		t.Errorf("offline: %v", err)
	}
	credentials, err := client.Credentials(device)
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	connected := make(chan struct{}, 8)
	session, err := client.Session(hub.SessionOptions{
		Credentials: credentials,
		OnEvent: func(e hub.Event) {
			if e.Kind == hub.EventSynced {
				connected <- struct{}{}
			}
		},
		OnMethod: func(_ context.Context, name string, payload patch.Value) (int, patch.Value) {
			if name == "slow" {
				<-release
			}
			return 207, payload
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		close(release)
		_ = session.Close()
	}()
	<-connected
	result, err := client.CallMethod(t.Context(), device.ID, hub.MethodCall{Name: "echo", Payload: parse(t, `[9007199254740993,1.50]`)})
	if err != nil || result.Status != 207 || result.Payload.JSON() != `[9007199254740993,1.50]` || result.Took <= 0 {
		t.Errorf("%+v, %v", result, err)
	}
	if !testing.Short() {
		_, err = client.CallMethod(t.Context(), device.ID, hub.MethodCall{Name: "slow", ResponseTimeout: 5 * time.Second})
		if err == nil || !strings.Contains(err.Error(), "a longer response timeout") {
			t.Errorf("no answer: %v", err)
		}
	}
}
