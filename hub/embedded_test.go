package hub_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/embedded/rest"
	"twindeck/hub/patch"
)

// start runs an embedded hub and returns a client of it with the rights of its owner.
func start(t *testing.T, f *faults.Faults) (*embedded.Server, *hub.Client) {
	t.Helper()
	server, err := embedded.Start(t.Context(), embedded.Options{Faults: f})
	if err != nil {
		t.Fatal(err)
	}
	client := connect(t, server, "iothubowner")
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server, client
}

func connect(t *testing.T, server *embedded.Server, policy string) *hub.Client {
	t.Helper()
	cs, err := hub.ParseConnectionString(server.ConnectionString(policy))
	if err != nil {
		t.Fatal(err)
	}
	client, err := hub.NewClient(cs, hub.Options{RootCAs: server.CertPool(), MQTTAddress: server.MQTTSAddress()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

// write patches a twin as it is now.
func write(t *testing.T, client *hub.Client, id hub.ID, p hub.TwinPatch) hub.Twin {
	t.Helper()
	twin, err := client.Twin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if twin, _, err = client.PatchTwin(t.Context(), id, p, twin.ETag); err != nil {
		t.Fatal(err)
	}
	return twin
}

// watch returns a monitor and a function that waits for the next event of a kind.
func watch(t *testing.T, client *hub.Client) (*hub.Monitor, func(hub.EventKind) hub.Event) {
	t.Helper()
	monitor := hub.NewMonitor(client)
	t.Cleanup(func() {
		if err := monitor.Close(); err != nil {
			t.Error(err)
		}
	})
	var waiting []hub.Event
	return monitor, func(kind hub.EventKind) hub.Event {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		for {
			for i, e := range waiting {
				if e.Kind == kind {
					waiting = waiting[i+1:]
					return e
				}
			}
			batch, err := monitor.Next(ctx)
			if err != nil {
				t.Fatalf("waited in vain for %s: %v", kind, err)
			}
			waiting = batch.Events
		}
	}
}

func parse(t *testing.T, text string) patch.Value {
	t.Helper()
	v, err := patch.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func create(t *testing.T, client *hub.Client, id hub.ID) hub.Identity {
	t.Helper()
	identity, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func TestTheTutorial(t *testing.T) {
	_, client := start(t, nil)
	device, module := hub.ID{Device: "myFirstDevice"}, hub.ID{Device: "myFirstDevice", Module: "myFirstModule"}
	if d := create(t, client, device); d.PrimaryKey.IsZero() || d.Status != hub.Enabled || d.Auth != hub.AuthSAS || d.ETag == "" {
		t.Errorf("the device is %+v", d)
	}
	if m := create(t, client, module); m.PrimaryKey.IsZero() || m.ID != module {
		t.Errorf("the module is %+v", m)
	}
	for _, id := range []hub.ID{device, module} {
		if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: id}); !hub.AlreadyExists(err) {
			t.Errorf("created again: %v", err)
		}
		if again, err := client.Identity(t.Context(), id); err != nil || again.ID != id {
			t.Errorf("read as %+v, %v", again, err)
		}
	}
	modules, err := client.Modules(t.Context(), "myFirstDevice")
	if err != nil || len(modules) != 1 || modules[0].ID != module {
		t.Errorf("the modules are %+v, %v", modules, err)
	}

	monitor, next := watch(t, client)
	if err := monitor.Attach(t.Context(), module, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	next(hub.EventConnected)
	if e := next(hub.EventSynced); e.Version != 1 || e.Value.Len() != 0 {
		t.Errorf("synced at v%d with %s", e.Version, e.Value.JSON())
	}
	if m, err := client.Identity(t.Context(), module); err != nil || !m.Connected {
		t.Errorf("the hub says connected=%v, %v", m.Connected, err)
	}

	twin, err := client.Twin(t.Context(), module)
	if err != nil {
		t.Fatal(err)
	}
	desired := parse(t, `{"telemetryInterval":122}`)
	after, receipt, err := client.PatchTwin(t.Context(), module, hub.TwinPatch{Desired: &desired}, twin.ETag)
	if err != nil || after.Desired.Value.JSON() != `{"telemetryInterval":122}` || after.ETag == twin.ETag {
		t.Fatalf("after the patch %s under %s, %v", after.Desired.Value.JSON(), after.ETag, err)
	}
	e := next(hub.EventPatch)
	if string(e.Raw) != `{"telemetryInterval":122,"$version":2}` || e.Version != receipt.DesiredVersion || e.ID != receipt.ID || e.At.Before(receipt.SentAt) {
		t.Errorf("arrived as %s at %v, sent at %v as v%d", e.Raw, e.At, receipt.SentAt, receipt.DesiredVersion)
	}
	if _, _, err := client.PatchTwin(t.Context(), module, hub.TwinPatch{Desired: &desired}, twin.ETag); !hub.Conflict(err) {
		t.Errorf("under the old etag: %v", err)
	}

	if err := monitor.Detach(t.Context(), module); err != nil {
		t.Error(err)
	}
	next(hub.EventDetached)
	if err := client.DeleteIdentity(t.Context(), device, "stale"); !hub.Conflict(err) {
		t.Errorf("deleted under a stale etag: %v", err)
	}
	if err := client.DeleteIdentity(t.Context(), device, hub.AnyETag); err != nil {
		t.Error(err)
	}
	if _, err := client.Twin(t.Context(), module); !hub.NotFound(err) {
		t.Errorf("the twin of a module deleted with its device: %v", err)
	}
}

func TestDigitsAndOrderSurviveTheHub(t *testing.T) {
	_, client := start(t, nil)
	id := hub.ID{Device: "d#1%(x)+y"}
	create(t, client, id)
	text := `{"z":1.0,"a":[1,2.50],"m":{"y":4503599627370495,"x":1e3}}`
	desired, tags := parse(t, text), parse(t, `{"z":0.10,"a":true}`)
	twin := write(t, client, id, hub.TwinPatch{Desired: &desired, Tags: &tags})
	if twin.ID != id || twin.Desired.Value.JSON() != text || twin.Tags.JSON() != `{"z":0.10,"a":true}` || twin.Desired.Metadata.IsNull() {
		t.Errorf("%v came back as %s with tags %s", twin.ID, twin.Desired.Value.JSON(), twin.Tags.JSON())
	}
	replaced := parse(t, `{"only":1}`)
	var err error
	if twin, _, err = client.ReplaceTwin(t.Context(), id, hub.TwinPatch{Desired: &replaced, Tags: &tags}, twin.ETag); err != nil || twin.Desired.Value.JSON() != `{"only":1}` {
		t.Errorf("replaced by %s, %v", twin.Desired.Value.JSON(), err)
	}
}

func TestDevicesComeInPages(t *testing.T) {
	server, client := start(t, nil)
	if err := server.SeedFleet(250); err != nil {
		t.Fatal(err)
	}
	seen, pages, continuation := map[string]bool{}, 0, ""
	for {
		page, err := client.Devices(t.Context(), continuation, 100)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, twin := range page.Twins {
			if seen[twin.Device] || twin.IsModule() {
				t.Errorf("%s comes twice or is no device", twin.ID)
			}
			seen[twin.Device] = true
		}
		if continuation = page.Continuation; continuation == "" {
			break
		}
	}
	if len(seen) != 250 || pages != 3 {
		t.Errorf("%d devices in %d pages", len(seen), pages)
	}
	if page, err := client.Query(t.Context(), "SELECT * FROM devices.modules", "", 10); err != nil || len(page.Twins) == 0 || !page.Twins[0].IsModule() {
		t.Errorf("modules: %d, %v", len(page.Twins), err)
	}
	var refused *hub.Error
	if _, err := client.Query(t.Context(), "SELECT nonsense", "", 10); !errors.As(err, &refused) || refused.Status != 400 {
		t.Errorf("a bad query: %v", err)
	}
}

func TestADirectMethodReachesTheModule(t *testing.T) {
	server, client := start(t, nil)
	id := hub.ID{Device: "d", Module: "m"}
	create(t, client, id.Parent())
	credentials, err := client.Credentials(create(t, client, id))
	if err != nil {
		t.Fatal(err)
	}
	call := hub.MethodCall{Name: "echo", Payload: parse(t, `["x",1.0]`), ResponseTimeout: 5 * time.Second}
	var refused *hub.Error
	if _, err := client.CallMethod(t.Context(), id, call); !errors.As(err, &refused) || refused.Code != hub.CodeDeviceNotOnline || !strings.Contains(err.Error(), "not connected") {
		t.Errorf("on a module that is offline: %v", err)
	}
	synced := make(chan struct{}, 1)
	session, err := hub.StartSession(hub.SessionOptions{
		Credentials: credentials, RootCAs: server.CertPool(), MQTTAddress: server.MQTTSAddress(),
		OnEvent: func(e hub.Event) {
			if e.Kind == hub.EventSynced {
				synced <- struct{}{}
			}
		},
		OnMethod: func(_ context.Context, name string, payload patch.Value) (int, patch.Value) {
			return 201, patch.Array(patch.String(name), payload)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	<-synced
	result, err := client.CallMethod(t.Context(), id, call)
	if err != nil || result.Status != 201 || result.Payload.JSON() != `["echo",["x",1.0]]` {
		t.Errorf("answered %+v, %v", result, err)
	}
	version, err := session.Report(t.Context(), parse(t, `{"uptime":1.50}`))
	if err != nil {
		t.Error(err)
	}
	if twin, err := client.Twin(t.Context(), id); err != nil || twin.Reported.Value.JSON() != `{"uptime":1.50}` || twin.Reported.Version != version {
		t.Errorf("reported %s as v%d, %v", twin.Reported.Value.JSON(), version, err)
	}
	var invalid *hub.Error
	if _, err := session.Report(t.Context(), parse(t, `{"a.b":1}`)); !errors.As(err, &invalid) || invalid.Status != 400 {
		t.Errorf("a report against the rules: %v", err)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
}

func TestAPolicyWithoutTheRightSaysSo(t *testing.T) {
	server, _ := start(t, nil)
	service := connect(t, server, "service")
	if _, err := service.CreateIdentity(t.Context(), hub.NewIdentity{ID: hub.ID{Device: "d"}}); !hub.Unauthorized(err) || !strings.Contains(err.Error(), "policy lacks the right") {
		t.Errorf("got %v", err)
	}
}

// A policy that may not read the registry still sees which modules there are, as does any policy
// when the device is disabled.
func TestModulesAreListedWithoutTheRegistry(t *testing.T) {
	server, owner := start(t, nil)
	id := hub.ID{Device: "o'brien-01", Module: "controller"}
	create(t, owner, id.Parent())
	create(t, owner, id)
	create(t, owner, hub.ID{Device: "other"})
	create(t, owner, hub.ID{Device: "other", Module: "controller"})
	modules, err := connect(t, server, "service").Modules(t.Context(), id.Device)
	if err != nil {
		t.Fatal(err)
	}
	if len(modules) != 1 || modules[0].ID != id || !modules[0].PrimaryKey.IsZero() || modules[0].Auth != hub.AuthSAS {
		t.Errorf("got %+v", modules)
	}
	if modules, err := connect(t, server, "registryRead").Modules(t.Context(), id.Device); err != nil || len(modules) != 1 || modules[0].PrimaryKey.IsZero() {
		t.Errorf("from the registry: %+v, %v", modules, err)
	}
}

func TestAnAnswerThatIsLostAfterTheWriteSaysSo(t *testing.T) {
	f := &faults.Faults{}
	_, client := start(t, f)
	id := hub.ID{Device: "d"}
	create(t, client, id)
	twin, err := client.Twin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	f.OnRequest("PATCH", "/twins/", 1, rest.Fault{LoseAnswer: true})
	desired := parse(t, `{"a":1}`)
	if _, _, err = client.PatchTwin(t.Context(), id, hub.TwinPatch{Desired: &desired}, twin.ETag); !hub.Unsure(err) || !strings.Contains(err.Error(), "it may have been made") {
		t.Errorf("the error is %v", err)
	}
	if after, err := client.Twin(t.Context(), id); err != nil || after.Desired.Version != 2 {
		t.Errorf("the write happened %d times, %v", after.Desired.Version-1, err)
	}
	for status, sort := range map[int]func(error) bool{412: hub.Conflict, 429: hub.Throttled, 500: hub.Unsure, 503: hub.Unsure} {
		f.OnRequest("PATCH", "/twins/", 1, rest.Fault{Status: status})
		if _, _, err = client.PatchTwin(t.Context(), id, hub.TwinPatch{Desired: &desired}, twin.ETag); !sort(err) || hub.Unsure(err) != (status >= 500) {
			t.Errorf("%d: %v", status, err)
		}
	}
}
