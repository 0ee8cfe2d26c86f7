package gateway

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"twindeck/hub/embedded/registry"
)

func TestConnectRefused(t *testing.T) {
	var log safeBuffer
	s := serve(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	off := registry.ID{Device: "off"}
	offModule := registry.ID{Device: "off", Module: "m"}
	s.create(off)
	s.create(offModule)
	offToken, offModuleToken := s.token(off, resource(off), time.Hour), s.token(offModule, resource(offModule), time.Hour)
	s.put(off, map[string]string{"deviceId": "off", "status": "disabled"}, "*")

	user := func(id string) string { return "localhost/" + id + "/?api-version=2021-04-12" }
	for _, c := range []struct{ name, clientID, username, password string }{
		{"no password", "pump", user("pump"), ""},
		{"no token", "pump", user("pump"), "hunter2"},
		{"another device's key", "pump", user("pump"), s.token(off, resource(pump), time.Hour)},
		{"a device key for a module", "pump/valve", user("pump/valve"), s.token(pump, resource(pump), time.Hour)},
		{"a module key for its device", "pump", user("pump"), s.token(valve, resource(valve), time.Hour)},
		{"another resource", "pump", user("pump"), s.token(pump, resource(off), time.Hour)},
		{"an expired token", "pump", user("pump"), s.token(pump, resource(pump), -time.Hour)},
		{"an unknown device", "nobody", user("nobody"), s.token(pump, resource(registry.ID{Device: "nobody"}), time.Hour)},
		{"a disabled device", "off", user("off"), offToken},
		{"a module of a disabled device", "off/m", user("off/m"), offModuleToken},
		{"another client id", "other", user("pump"), s.token(pump, resource(pump), time.Hour)},
		{"no user name", "pump", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			token := paho.NewClient(s.options(pump).SetClientID(c.clientID).SetUsername(c.username).SetPassword(c.password)).Connect().(*paho.ConnectToken)
			if !token.WaitTimeout(patience) || !errors.Is(token.Error(), packets.ErrorRefusedNotAuthorised) || token.ReturnCode() != 5 {
				t.Errorf("got %v, code %d", token.Error(), token.ReturnCode())
			}
			if c.password != "" && strings.Contains(log.String(), c.password) {
				t.Error("the log shows what was offered as password")
			}
		})
	}
	if s.connectionState(pump) != "Disconnected" {
		t.Error("somebody got in")
	}
	if !strings.Contains(log.String(), "client=nobody") {
		t.Error("the log does not say who was refused: ", log.String())
	}
}

// TestOddIdentities: ids may contain almost anything, and topics carry them as
// they are.
func TestOddIdentities(t *testing.T) {
	s := serve(t, Options{})
	for i, id := range []registry.ID{
		{Device: "d#1+2%20?x"},
		{Device: "?"},
		{Device: "#"},
		{Device: "+"},
		{Device: "a=b'c(!)*@,;:$_.-"},
		{Device: "d#1+2%20?x", Module: "m?#+%1"},
	} {
		s.create(id)
		d := s.connect(id)
		own := ownTopic(id)
		d.subscribe(twinAnswers+"#", twinDesired+"#")
		d.publish(own+"/messages/events/", "hello")
		if got := s.Telemetry(); got != uint64(i+1) {
			t.Errorf("%v: %d messages", id, got)
		}
		s.desire(id, `{"a":1}`)
		d.expect(twinDesired+"?$version=2", `{"a":1,"$version":2}`)
	}
}

func TestConnectionState(t *testing.T) {
	s := serve(t, Options{})
	state := func(want string) {
		t.Helper()
		eventually(t, "the module is "+want, func() bool { return s.connectionState(valve) == want })
	}
	state("Disconnected")
	first := s.connect(valve)
	state("Connected")
	if s.connectionState(pump) != "Disconnected" {
		t.Error("a module's connection is not its device's")
	}
	second := s.connect(valve)
	first.isLost()
	if s.connectionState(valve) != "Connected" {
		t.Error("the old connection took the state of the new one with it")
	}
	second.quiet()
	second.client.Disconnect(100)
	state("Disconnected")
}

// TestTakeoverKeepsState connects again and again: the last connection counts,
// whatever the order in which the old ones notice.
func TestTakeoverKeepsState(t *testing.T) {
	s := serve(t, Options{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 10 {
				c := paho.NewClient(s.options(pump))
				c.Connect().WaitTimeout(patience)
				defer c.Disconnect(0)
			}
		})
	}
	group.Wait()
	eventually(t, "all have gone", func() bool { return s.server.Client("pump") == nil })
	last := s.connect(pump)
	last.quiet()
	if s.connectionState(pump) != "Connected" {
		t.Error("connected, and the registry does not know")
	}
}

func TestModelID(t *testing.T) {
	s := serve(t, Options{})
	s.connectWith(s.options(pump).SetUsername("localhost/pump/?api-version=2020-09-30&model-id=dtmi%3Acom%3Apump%3B1"))
	twin, err := s.store.Twin(pump)
	if err != nil {
		t.Fatal(err)
	}
	if document := string(twin.AppendJSON(nil)); !strings.Contains(document, `"modelId":"dtmi:com:pump;1"`) {
		t.Errorf("the twin is %s", document)
	}
}

func TestTokenExpiryClosesTheConnection(t *testing.T) {
	var mu sync.Mutex
	var shift time.Duration
	s := serve(t, Options{Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return time.Now().Add(shift)
	}})
	// The token has an hour left; the hub's clock leaves it a moment.
	creds, _ := s.store.Credentials(pump)
	expiry, err := s.auth.VerifyIdentity(s.token(pump, resource(pump), time.Hour), pump, creds, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	shift = time.Until(expiry) - 500*time.Millisecond
	mu.Unlock()
	s.connect(pump).isLost()
	eventually(t, "the registry knows", func() bool { return s.connectionState(pump) == "Disconnected" })
}

func TestIdentityClosed(t *testing.T) {
	s := serve(t, Options{})
	persistent := func(id registry.ID) *device { return s.connectWith(s.options(id).SetCleanSession(false)) }

	d, m := persistent(pump), persistent(valve)
	d.subscribe(twinDesired + "#")
	s.put(pump, map[string]string{"deviceId": "pump", "status": "disabled"}, "*")
	d.isLost()
	m.isLost()

	// What was disabled comes back as it was.
	s.put(pump, map[string]string{"deviceId": "pump", "status": "enabled"}, "*")
	d, m = persistent(pump), persistent(valve)
	s.desire(pump, `{"a":1}`)
	d.expect(twinDesired+"?$version=2", `{"a":1,"$version":2}`)

	// What was deleted leaves nothing behind.
	s.delete(pump)
	d.isLost()
	m.isLost()
	s.create(pump)
	d = persistent(pump)
	s.desire(pump, `{"a":1}`)
	d.quiet()
}

// TestDeletedWhileConnecting: no device stays connected that was deleted while
// it was let in.
func TestDeletedWhileConnecting(t *testing.T) {
	s := serveOver(t, Options{}, func(store *registry.Store) Registry { return deleting{store} })
	client := paho.NewClient(s.options(pump))
	client.Connect().WaitTimeout(patience)
	defer client.Disconnect(0)
	eventually(t, "the connection is closed", func() bool { return s.server.Client("pump") == nil })
}

// deleting deletes an identity right after its credentials have been read.
type deleting struct{ *registry.Store }

func (d deleting) Credentials(id registry.ID) (registry.Credentials, bool) {
	creds, ok := d.Store.Credentials(id)
	if ok {
		_ = d.DeleteIdentity(id, registry.ParsePrecondition("*"))
	}
	return creds, ok
}

// TestTakeoverIsNoDisconnection: whoever watches the state of a device sees
// nothing of a takeover.
func TestTakeoverIsNoDisconnection(t *testing.T) {
	watched := new(watching)
	s := serveOver(t, Options{}, func(store *registry.Store) Registry {
		watched.Store = store
		return watched
	})
	s.connect(pump)
	second := s.connect(pump)
	second.quiet()
	second.client.Disconnect(100)
	eventually(t, "the device has gone", func() bool { return s.server.Client("pump") == nil })
	s.Close()
	if want := []bool{true, true, false}; !slices.Equal(watched.states, want) {
		t.Errorf("states %v, want %v", watched.states, want)
	}
}

// watching notes every change of a connection state. The gateway serialises
// them.
type watching struct {
	*registry.Store
	states []bool
}

func (w *watching) SetConnected(id registry.ID, connected bool) {
	w.states = append(w.states, connected)
	w.Store.SetConnected(id, connected)
}

// TestSessionSurvivesReconnection: device SDKs that ask for a session do not
// subscribe again.
func TestSessionSurvivesReconnection(t *testing.T) {
	s := serve(t, Options{})
	d := s.connectWith(s.options(valve).SetCleanSession(false))
	d.subscribe(twinDesired + "#")
	d.client.Disconnect(100)
	eventually(t, "the device has gone", func() bool { return s.server.Client(valve.String()) == nil })
	s.desire(valve, `{"a":1}`)
	d = s.connectWith(s.options(valve).SetCleanSession(false))
	s.desire(valve, `{"a":2}`)
	// Notifications do not wait for a device: version 2 is gone.
	d.expect(twinDesired+"?$version=3", `{"a":2,"$version":3}`)
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
