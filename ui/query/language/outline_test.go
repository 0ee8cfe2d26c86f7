package language

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	for query, want := range map[string]Outline{
		"SELECT * FROM devices":                                 {Source: Devices, All: true},
		"select top 10 * from Devices.Modules where x = 1":      {Source: Modules, All: true},
		"SELECT * FROM devices.jobs WHERE devices.jobs.x = 'y'": {Source: Jobs, All: true},
		"SELECT DeviceId, devices.tags.Site, [[a b]].c FROM devices": {Source: Devices, Items: []Item{
			{Path: []string{"deviceId"}}, {Path: []string{"tags", "Site"}}, {Path: []string{"a b", "c"}},
		}},
		"SELECT devices.modules.moduleId AS m FROM devices.modules": {Source: Modules, Items: []Item{{Path: []string{"moduleId"}, Alias: "m"}}},
		"SELECT tags.site, COUNT() AS [[how many]], avg(tags.floor) FROM devices GROUP BY tags.site": {Source: Devices, Items: []Item{
			{Path: []string{"tags", "site"}}, {Aggregate: "COUNT", Alias: "how many"}, {Aggregate: "AVG", Path: []string{"tags", "floor"}},
		}},
	} {
		got, ok := Read(query)
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: %v %s", query, ok, diff)
		}
	}
	for _, query := range []string{
		"", "SELECT", "SELECT * FROM", "SELECT * FROM things", "SELECT FROM devices", "SELECT a b FROM devices",
		"SELECT TOP x * FROM devices", "SELECT a. FROM devices", "SELECT a AS b.c FROM devices", "SELECT AVG(a FROM devices", "SELECT a, FROM devices",
	} {
		if o, ok := Read(query); ok {
			t.Errorf("%s: %+v", query, o)
		}
	}
}

func TestKeyOfAnItem(t *testing.T) {
	for name, tc := range map[string]struct {
		item Item
		want []string
	}{
		"a path":        {Item{Path: []string{"tags", "site"}}, []string{"tags", "site"}},
		"an alias":      {Item{Path: []string{"tags", "site"}, Alias: "s"}, []string{"s"}},
		"an aggregate":  {Item{Aggregate: "COUNT"}, nil},
		"one with name": {Item{Aggregate: "COUNT", Alias: "n"}, []string{"n"}},
	} {
		if diff := cmp.Diff(tc.want, tc.item.Key()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
