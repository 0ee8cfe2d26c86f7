package fleet

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/patch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const beat = 200 * time.Millisecond

// start runs an embedded hub with the fleet at work.
func start(t *testing.T) *hub.Client {
	t.Helper()
	return startWith(t, Options{Seed: 1, Beat: beat})
}

func startWith(t *testing.T, opts Options) *hub.Client {
	t.Helper()
	server, err := embedded.Start(t.Context(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := hub.NewClient(cs, hub.Options{RootCAs: server.CertPool(), MQTTAddress: server.MQTTSAddress()})
	if err != nil {
		t.Fatal(err)
	}
	if err := Provision(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	f, err := Start(context.Background(), client, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		began := time.Now()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the fleet took %v to go home", took)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

// waitFor reads a twin until it fits; it fails the test after ten seconds.
func waitFor(t *testing.T, client *hub.Client, id hub.ID, what string, fits func(hub.Twin) bool) hub.Twin {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		twin, err := client.Twin(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if fits(twin) {
			return twin
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s; reported is %s", what, twin.Reported.Value.JSON())
		}
		<-time.After(10 * time.Millisecond)
	}
}

func setDesired(t *testing.T, client *hub.Client, id hub.ID, text string) hub.Twin {
	t.Helper()
	desired, err := patch.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	twin, err := client.Twin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if twin, _, err = client.PatchTwin(t.Context(), id, hub.TwinPatch{Desired: &desired}, twin.ETag); err != nil {
		t.Fatal(err)
	}
	return twin
}

func reports(text string) func(hub.Twin) bool {
	return func(t hub.Twin) bool { return strings.Contains(t.Reported.Value.JSON(), text) }
}

func module(device, module string) hub.ID { return hub.ID{Device: device, Module: module} }

func TestTheFleetHasFourCharacters(t *testing.T) {
	client := start(t)
	t.Run("one acknowledges", func(t *testing.T) {
		id := module("thermostat-01", "controller")
		waitFor(t, client, id, "what it was created with", reports(`"setPoint":{"value":21.5,"ac":200,"av":2,"ad":"done"},"telemetryInterval":60`))
		setDesired(t, client, id, `{"telemetryInterval":122,"schedule":null}`)
		twin := waitFor(t, client, id, "the new interval", reports(`"telemetryInterval":122`))
		if _, there := twin.Reported.Value.Get("schedule"); there {
			t.Errorf("it still reports a removed property: %s", twin.Reported.Value.JSON())
		}
	})
	t.Run("one drifts", func(t *testing.T) {
		id := module("thermostat-02", "controller")
		first := waitFor(t, client, id, "a temperature", reports(`"temperature":`))
		was, _ := first.Reported.Value.Get("temperature")
		waitFor(t, client, id, "another temperature", func(twin hub.Twin) bool {
			is, _ := twin.Reported.Value.Get("temperature")
			return !patch.Equal(is, was)
		})
	})
	t.Run("one rejects", func(t *testing.T) {
		id := module("thermostat-03", "controller")
		waitFor(t, client, id, "the rejection", reports(`"setPoint":{"value":20,"ac":400,"av":2,"ad":"setPoint must be a number from 5 to 30"}`))
		setDesired(t, client, id, `{"setPoint":22.50}`)
		waitFor(t, client, id, "the acceptance", reports(`"setPoint":{"value":22.50,"ac":200,"av":3,"ad":"done"}`))
		setDesired(t, client, id, `{"setPoint":"hot"}`)
		waitFor(t, client, id, "the last good value", reports(`"setPoint":{"value":22.50,"ac":400,"av":4`))
	})
	t.Run("one flaps", func(t *testing.T) {
		id := module("pump-01", "valve")
		for _, connected := range []bool{true, false, true} {
			waitFor(t, client, id, "the connection to change", func(twin hub.Twin) bool { return twin.Connected == connected })
		}
	})
}

func TestAMemberAnswersDirectMethods(t *testing.T) {
	client := start(t)
	id := module("light-01", "lamp")
	waitFor(t, client, id, "the lamp", reports(`"brightness":80`))
	for _, test := range []struct {
		method, payload string
		status          int
		answer          string
	}{
		{"ping", `null`, 200, `{"pong":true}`},
		{"setLight", `{"on":true}`, 200, `{"on":true}`},
		{"setLight", `{"on":"yes"}`, 400, `{"error":`},
		{"reboot", `null`, 202, `{"rebooting":true}`},
		{"dance", `null`, 404, `{"error":`},
	} {
		payload, err := patch.Parse([]byte(test.payload))
		if err != nil {
			t.Fatal(err)
		}
		result, err := client.CallMethod(t.Context(), id, hub.MethodCall{Name: test.method, Payload: payload, ResponseTimeout: 5 * time.Second})
		if err != nil || result.Status != test.status || !strings.HasPrefix(result.Payload.JSON(), test.answer) {
			t.Errorf("%s %s: %d %s, %v", test.method, test.payload, result.Status, result.Payload.JSON(), err)
		}
	}
	waitFor(t, client, id, "the light", reports(`"light":{"on":true}`))
}

func TestAMemberStandsAsideAndReturns(t *testing.T) {
	client := start(t)
	id := module("thermostat-01", "controller")
	waitFor(t, client, id, "the member", func(twin hub.Twin) bool { return twin.Connected && twin.Reported.Value.Len() > 3 })
	monitor := hub.NewMonitor(client)
	defer func() {
		if err := monitor.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	// Ours is the identity for as long as we like: nothing breaks the connection, and
	// nobody answers what is desired.
	ctx, cancel := context.WithTimeout(t.Context(), 10*beat)
	defer cancel()
	for {
		batch, err := monitor.Next(ctx)
		if err != nil {
			break
		}
		for _, e := range batch.Events {
			switch e.Kind {
			case hub.EventSynced:
				setDesired(t, client, id, `{"telemetryInterval":5}`)
			case hub.EventLost:
				t.Fatalf("the member threw us off: %v", e.Err)
			}
		}
	}
	twin := waitFor(t, client, id, "the patch", func(twin hub.Twin) bool { return strings.Contains(twin.Desired.Value.JSON(), `"telemetryInterval":5`) })
	if reports(`"telemetryInterval":5`)(twin) {
		t.Error("the member answered while we were connected")
	}
	if err := monitor.Detach(t.Context(), id); err != nil {
		t.Error(err)
	}
	waitFor(t, client, id, "the member's return", reports(`"telemetryInterval":5`))
}

func TestProvisionLeavesWhatExistsAlone(t *testing.T) {
	client := start(t)
	id := module("light-01", "lamp")
	changed := setDesired(t, client, id, `{"brightness":10}`)
	if err := Provision(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	twin, err := client.Twin(t.Context(), id)
	if err != nil || twin.ETag != changed.ETag {
		t.Errorf("the twin went from %s to %s, %v", changed.ETag, twin.ETag, err)
	}
	page, err := client.Devices(t.Context(), "", 100)
	if err != nil || len(page.Twins) < 6 {
		t.Errorf("%d devices, %v", len(page.Twins), err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Provision(cancelled, client); err == nil {
		t.Error("a cancelled provision succeeds")
	}
}

// BenchmarkProvision is what a demo waits for before its first screen.
func BenchmarkProvision(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		server, err := embedded.Start(b.Context(), embedded.Options{})
		if err != nil {
			b.Fatal(err)
		}
		cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
		if err != nil {
			b.Fatal(err)
		}
		client, err := hub.NewClient(cs, hub.Options{RootCAs: server.CertPool()})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := Provision(b.Context(), client); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		_ = client.Close()
		_ = server.Close()
		b.StartTimer()
	}
}
