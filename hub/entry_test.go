package hub_test

import (
	"slices"
	"testing"

	"twindeck/hub"
)

func TestAListingHasWhatARowNeeds(t *testing.T) {
	_, client := start(t, nil)
	_, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: hub.ID{Device: "gateway"}, Edge: true, Disabled: true})
	if err != nil {
		t.Fatal(err)
	}
	create(t, client, hub.ID{Device: "leaf"})
	create(t, client, hub.ID{Device: "leaf", Module: "sensors"})
	tags := parse(t, `{"site":"ist","floor":1.0}`)
	write(t, client, hub.ID{Device: "leaf"}, hub.TwinPatch{Tags: &tags})
	var all []hub.Entry
	pages := 0
	for continuation := ""; ; pages++ {
		page, err := client.List(t.Context(), hub.Listing{}, continuation, 1)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Rows...)
		if continuation = page.Continuation; continuation == "" {
			break
		}
	}
	if len(all) != 2 || pages != 1 {
		t.Fatalf("%d pages of one: %v", pages+1, all)
	}
	slices.SortFunc(all, func(a, b hub.Entry) int { return len(b.Device) - len(a.Device) })
	edge, leaf := all[0], all[1]
	if !edge.Edge || edge.Status != hub.Disabled || edge.DeviceScope == "" || edge.Auth != hub.AuthSAS {
		t.Errorf("%+v", edge)
	}
	if leaf.Edge || leaf.Status != hub.Enabled || leaf.Tags.JSON() != `{"site":"ist","floor":1.0}` {
		t.Errorf("%+v %s", leaf, leaf.Tags.JSON())
	}
	some, err := client.List(t.Context(), hub.Listing{Where: "tags.site = 'ist'"}, "", 0)
	if err != nil || len(some.Rows) != 1 || some.Rows[0].Device != "leaf" {
		t.Errorf("%v %v", some, err)
	}
	modules, err := client.List(t.Context(), hub.Listing{Modules: true, Where: "deviceId = 'leaf'"}, "", 0)
	if err != nil || len(modules.Rows) != 1 || modules.Rows[0].ID != (hub.ID{Device: "leaf", Module: "sensors"}) {
		t.Errorf("%v %v", modules, err)
	}
}

func TestARowOfAQueryIsWhatItAskedFor(t *testing.T) {
	_, client := start(t, nil)
	create(t, client, hub.ID{Device: "a"})
	count, err := client.Run(t.Context(), "SELECT COUNT() AS devices FROM devices", "", 0)
	if err != nil || count.Whole || len(count.Rows) != 1 || count.Rows[0].JSON() != `{"devices":1}` {
		t.Fatalf("%v %v", count, err)
	}
	if _, ok := hub.RowID(count.Rows[0]); ok {
		t.Error("a count is about somebody")
	}
	twins, err := client.Run(t.Context(), "SELECT * FROM devices", "", 0)
	if err != nil || !twins.Whole || len(twins.Rows) != 1 {
		t.Fatalf("%v %v", twins, err)
	}
	if id, ok := hub.RowID(twins.Rows[0]); !ok || id.Device != "a" {
		t.Errorf("%v", id)
	}
	if _, err := client.Run(t.Context(), "SELECT nonsense", "", 0); err == nil {
		t.Error("nonsense is understood")
	}
}
