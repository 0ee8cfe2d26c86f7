package main

import (
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/embedded/rest"
	"twindeck/hub/patch"
	"twindeck/ui"
	"twindeck/ui/uitest"
)

// onFleet opens the dashboard, as on a hub elsewhere, over an embedded hub with n devices.
func onFleet(t *testing.T, n int, opts embedded.Options) (*uitest.Screen, *hub.Client) {
	t.Helper()
	server, err := embedded.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if err := server.SeedFleet(n); err != nil {
		t.Fatal(err)
	}
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		t.Fatal(err)
	}
	connect := func() *hub.Client {
		client, err := hub.NewClient(cs, optionsFor(server, nil))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		return client
	}
	client, other := connect(), connect()
	for begin := time.Now(); time.Since(begin) < 10*time.Second; <-time.After(opts.IndexLag / 2) { // queries lag behind
		if page, err := other.List(t.Context(), hub.Listing{}, "", 1); err != nil || len(page.Rows) > 0 {
			break
		}
	}
	monitor := hub.NewMonitor(client)
	t.Cleanup(func() { _ = monitor.Close() })
	model := ui.New(backend{client, monitor}, ui.Options{Host: client.Host(), Policy: client.Policy()})
	t.Cleanup(model.Close)
	return uitest.Start(t, model, 160, 40), other
}

// Of a hub that is held to the smallest tier only little is loaded soon. What is looked for is
// found all the same: by a tag, and by the id of a device that the hub's queries do not know yet.
func TestFindingInAHubThatIsThrottled(t *testing.T) {
	screen, other := onFleet(t, 5000, embedded.Options{Tier: "S1", IndexLag: time.Second})
	rare := hub.ID{Device: "pump-0004777"}
	tags := patch.Object(patch.Member{Key: "site", Value: patch.String("the-one")})
	twin, err := other.Twin(t.Context(), rare)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.PatchTwin(t.Context(), rare, hub.TwinPatch{Tags: &tags}, twin.ETag); err != nil {
		t.Fatal(err)
	}
	screen.WaitFor("loading 1,100 of 5,000", "queries 11/20")
	screen.Press("1", "/")
	screen.Type("the-one")
	screen.WaitFor("○ "+rare.Device, "searched the hub: 1 more")
	screen.Press("esc")
	screen.WaitGone("searched the hub:")

	fresh := hub.ID{Device: "zz-fresh"}
	if _, err := other.CreateIdentity(t.Context(), hub.NewIdentity{ID: fresh}); err != nil {
		t.Fatal(err)
	}
	screen.Press("/")
	screen.Type(fresh.Device)
	screen.WaitFor("○ " + fresh.Device)
}

// A hub that fails in every way while it is listed is listed whole in the end, and once.
func TestLoadingSurvivesAHubThatFails(t *testing.T) {
	f := &faults.Faults{}
	for _, fault := range []rest.Fault{{Status: 500}, {Drop: true}, {LoseAnswer: true}} {
		f.OnRequest("POST", "/devices/query", 1, fault)
	}
	screen, _ := onFleet(t, 1500, embedded.Options{Faults: f})
	screen.Patience = 30 * time.Second
	screen.WaitUntil("shows that all devices are loaded", func(text string) bool {
		return strings.Contains(text, "loaded 1,500 of 1,500") && strings.Contains(text, "● connected")
	})
}
