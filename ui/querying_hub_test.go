package ui

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/gateway"
	"twindeck/hub/embedded/throttle"
	"twindeck/hub/patch"
	"twindeck/ui/uitest"
)

// realHub is a hub on loopback, as the dashboard sees it.
type realHub struct {
	*hub.Client
	*hub.Monitor
}

func (realHub) Close() error { return nil }

// onHub runs a dashboard of 120 by 36 cells on a hub with n devices, d0 and so on.
func onHub(t *testing.T, opts embedded.Options, n int) (*uitest.Pump, *hub.Client) {
	t.Helper()
	server, err := embedded.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := hub.NewClient(cs, hub.Options{RootCAs: server.CertPool(), MQTTAddress: server.MQTTSAddress()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	for i := range n {
		if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: hub.ID{Device: fmt.Sprintf("d%d", i)}}); err != nil {
			t.Fatal(err)
		}
	}
	monitor := hub.NewMonitor(client)
	t.Cleanup(func() { _ = monitor.Close() })
	m := New(realHub{client, monitor}, Options{Host: client.Host()})
	t.Cleanup(m.Close)
	return uitest.NewPump(t, m, 120, 36), client
}

func run(p *uitest.Pump, query string) {
	p.Press(":", "ctrl+u")
	p.Send(tea.PasteMsg{Content: query})
	p.Press("enter")
}

// tag sets the site of a device.
func tag(t *testing.T, client *hub.Client, device, site string) {
	t.Helper()
	twin, err := client.Twin(t.Context(), hub.ID{Device: device})
	if err != nil {
		t.Fatal(err)
	}
	tags := patch.Object(patch.Member{Key: "site", Value: patch.String(site)})
	if _, _, err := client.PatchTwin(t.Context(), twin.ID, hub.TwinPatch{Tags: &tags}, twin.ETag); err != nil {
		t.Fatal(err)
	}
}

// A hub whose index is five seconds behind: its rows are marked until the twins have been read.
func TestAQueryThatLagsIsConfirmedByTheRead(t *testing.T) {
	var ahead atomic.Int64
	begun := time.Now()
	clock := func() time.Time { return begun.Add(time.Duration(ahead.Load())) }
	p, client := onHub(t, embedded.Options{IndexLag: 5 * time.Second, Now: clock}, 3)
	tag(t, client, "d0", "ist")
	tag(t, client, "d1", "ist")
	ahead.Add(int64(10 * time.Second))
	tag(t, client, "d1", "ank") // which the index does not know yet
	run(p, "SELECT deviceId, tags.site FROM devices WHERE tags.site = 'ist'")
	p.WaitFor("2 rows", "  d0 ", "~ d1 ", "~ from the index, may lag") // the first is read at once
	p.Press("j")
	p.WaitFor("! d1 ", "! changed since")
	p.WaitGone("~")
	ahead.Add(int64(10 * time.Second))
	p.Press("r")
	p.WaitFor("1 row ", "  d0 ")
	p.WaitGone("d1", "changed since")
	if err := client.DeleteIdentity(t.Context(), hub.ID{Device: "d2"}, "*"); err != nil {
		t.Fatal(err)
	}
	run(p, "SELECT deviceId FROM devices WHERE deviceId = 'd2'")
	p.WaitFor("✗ d2", "✗ gone since")
}

// A hub that allows 20 queries a minute: the listing leaves half of them to the query, and when all
// are spent the hub is not asked in vain.
func TestAThrottledHub(t *testing.T) {
	opts := embedded.Options{Tier: "S1"}
	opts.Queries.MaxPageSize = 1
	p, client := onHub(t, opts, 30)
	p.WaitFor("loading 11 of 30", "queries 11/20")
	run(p, "SELECT deviceId FROM devices")
	p.WaitFor("1 Query: SELECT deviceId FROM devices", "more to load")
	p.Press("p")
	p.WaitFor("throttled, goes on in")
	p.WaitFor("9 rows, throttled")
	run(p, "SELECT COUNT() FROM devices")
	p.WaitFor("✗ cannot run the query: the hub's 20 queries a minute are spent; try again in")
	if u := client.Usage(); u.Queries != 20 || !u.Throttled.IsZero() {
		t.Errorf("%+v", u)
	}
}

// Others may have spent what the hub allows.
func TestAHubThatRefusesAQuery(t *testing.T) {
	quotas, err := throttle.New("S1", throttle.Options{Patience: -1})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := onHub(t, embedded.Options{Gateway: gateway.Options{Throttle: quotas}}, 3)
	for quotas.Admit(nil, throttle.Queries, 1) == nil {
		continue
	}
	run(p, "SELECT deviceId FROM devices")
	p.WaitFor(": SELECT deviceId FROM devices", "✗ cannot run the query: the hub is throttling; try again in 10 s", "● connected")
	p.Press("enter") // which does not even ask
	p.WaitFor("the hub is throttling; try again in")
}

// What a real hub makes of projections, aggregates and modules is a table.
func TestTablesOfARealHub(t *testing.T) {
	p, client := onHub(t, embedded.Options{}, 3)
	if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: hub.ID{Device: "d1", Module: "m"}}); err != nil {
		t.Fatal(err)
	}
	tag(t, client, "d0", "ist")
	tag(t, client, "d1", "ist")
	tag(t, client, "d2", "ank")
	for query, want := range map[string][]string{
		"SELECT tags.site AS place, COUNT() AS devices FROM devices GROUP BY tags.site": {"place devices", "ist 2", "ank 1", "2 rows"},
		"SELECT COUNT(), tags.site FROM devices GROUP BY tags.site":                     {"$1 tags.site", "2 ist", "1 ank"},
		"SELECT TOP 2 * FROM devices":                                                   {"deviceId status", "2 rows · 1 request"},
		"select DeviceId, devices.tags.site from devices where tags.site = 'ank'":       {"deviceId tags.site", "d2 ank"},
		"SELECT * FROM devices.modules":                                                 {"deviceId moduleId", "d1 m", "2 d1 / m"},
	} {
		run(p, query)
		p.WaitUntil("shows "+strings.Join(want, " and "), func(view string) bool {
			view = strings.Join(strings.Fields(view), " ")
			return !slices.ContainsFunc(want, func(text string) bool { return !strings.Contains(view, text) })
		})
	}
}
