package main

import (
	"slices"
	"strings"
	"testing"

	"twindeck/hub"
	"twindeck/hub/embedded"
)

// below creates an edge device, one below it and a device below that, and returns their scopes.
func below(t *testing.T, client *hub.Client) (top, middle string) {
	t.Helper()
	for _, n := range []hub.NewIdentity{
		{ID: hub.ID{Device: "zz-plant"}, Edge: true},
		{ID: hub.ID{Device: "zz-line"}, Edge: true, Parent: "zz-plant"},
		{ID: hub.ID{Device: "zz-valve"}, Parent: "zz-line"},
	} {
		if _, err := client.CreateIdentity(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	scopes := map[string]string{}
	for _, device := range []string{"zz-plant", "zz-line"} {
		i, err := client.Identity(t.Context(), hub.ID{Device: device})
		if err != nil {
			t.Fatal(err)
		}
		scopes[device] = i.DeviceScope
	}
	return scopes["zz-plant"], scopes["zz-line"]
}

// Of a hub that will not be loaded for long, the way up and down among edge devices is asked of the
// hub: P goes to what is above, step by step, and unfolding shows what is below.
func TestEdgeDevicesAreFoundThoughNotLoaded(t *testing.T) {
	screen, other := onFleet(t, 5000, embedded.Options{Tier: "S1"})
	below(t, other)
	screen.WaitFor("loading 1,100 of 5,00")
	screen.Press("1", "/")
	screen.Type("zz-valve")
	screen.WaitFor("○ zz-valve")
	screen.Press("enter", "P")
	screen.WaitFor("found the edge device above zz-valve", "2 zz-line")
	screen.Press("P")
	screen.WaitFor("found the edge device above zz-line", "2 zz-plant")
	screen.Press("P")
	screen.WaitFor("zz-plant is below no edge device")

	screen, other = onFleet(t, 5000, embedded.Options{Tier: "S1"})
	below(t, other)
	screen.WaitFor("loading 1,100 of 5,00")
	screen.Press("1", "/")
	screen.Type("zz-plant")
	screen.WaitFor("○ zz-plant")
	screen.Press("enter", "l")
	screen.WaitFor("→ zz-line")
}

// The same in the query language, by hand.
func TestEdgeDevicesAreFoundByQueries(t *testing.T) {
	screen, other := onFleet(t, 20, embedded.Options{})
	top, middle := below(t, other)
	screen.WaitFor("camera-0000004")
	for _, c := range []struct {
		where string
		found []string
	}{
		{"deviceScope = '" + middle + "'", []string{"zz-line", "zz-valve"}},
		{"deviceScope = '" + middle + "' AND capabilities.iotEdge = true", []string{"zz-line"}},
		{"ARRAY_CONTAINS(parentScopes, '" + top + "')", []string{"zz-line"}},
		{"ARRAY_CONTAINS(parentScopes, '" + middle + "')", []string{"zz-valve"}},
	} {
		screen.Press(":", "ctrl+u")
		screen.Type("SELECT deviceId FROM devices WHERE " + c.where)
		screen.Press("enter")
		screen.WaitUntil("shows what "+c.where+" finds", func(text string) bool {
			for _, device := range []string{"zz-plant", "zz-line", "zz-valve"} {
				// With ~ in front as long as it comes from the index alone.
				row := strings.Contains(text, "│   "+device) || strings.Contains(text, "│ ~ "+device)
				if row != slices.Contains(c.found, device) {
					return false
				}
			}
			return strings.Contains(text, "1 Query: ")
		})
		screen.Press("esc")
		screen.WaitFor("1 Devices")
	}
}
