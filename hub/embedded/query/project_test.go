package query

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"twindeck/hub/embedded/registry"
)

func TestProjections(t *testing.T) {
	s := fleet(t, 3)
	for text, want := range map[string][]string{
		`SELECT deviceId FROM devices`:                                                  {`{"deviceId":"d0"}`, `{"deviceId":"d1"}`, `{"deviceId":"d2"}`},
		`SELECT DEVICEID, STATUS FROM devices WHERE tags.n = 1`:                         {`{"deviceId":"d1","status":"enabled"}`},
		`SELECT devices.deviceId AS DeviceId FROM devices WHERE tags.n = 1`:             {`{"DeviceId":"d1"}`},
		`SELECT TOP 1 deviceId as DeviceId, capabilities.iotEdge as E FROM devices`:     {`{"DeviceId":"d0","E":false}`},
		`SELECT TOP 1 tags.n, deviceId, tags.site FROM devices`:                         {`{"tags":{"n":0,"site":"s0"},"deviceId":"d0"}`},
		`SELECT TOP 1 properties.desired.on, tags.[[odd-name]] AS [[a b]] FROM devices`: {`{"properties":{"desired":{"on":false}},"a b":true}`},
		`SELECT TOP 1 tags.missing, properties.reported.x AS y FROM devices`:            {`{}`},
		`SELECT TOP 1 tags.[[group]].a FROM devices`:                                    {`{"tags":{"group":{"a":[1,"x"]}}}`},
		`SELECT TOP 1 tags.n, tags.n, deviceId, deviceId FROM devices`:                  {`{"tags":{"n":0},"deviceId":"d0"}`},
		`SELECT TOP 1 tags.[[group]].a, tags.[[group]] FROM devices`:                    {`{"tags":{"group":{"a":[1,"x"]}}}`},
		`SELECT moduleId, deviceId FROM devices.modules WHERE deviceId = 'd2'`:          {`{"moduleId":"m","deviceId":"d2"}`},
	} {
		q := mustParse(t, text)
		if diff := cmp.Diff(want, results(t, s, q)); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
		if q.ItemType() != "Raw" {
			t.Errorf("%s: item type %s", text, q.ItemType())
		}
	}
	for text, want := range map[string]string{`SELECT * FROM devices`: "Twin", `SELECT TOP 2 * FROM devices.modules`: "Twin", `SELECT * FROM devices.jobs`: "DeviceJob"} {
		if got := mustParse(t, text).ItemType(); got != want {
			t.Errorf("%s: item type %s, want %s", text, got, want)
		}
	}
}

func TestAggregates(t *testing.T) {
	s := fleet(t, 5)
	mixed := registry.ID{Device: "mixed"}
	if _, err := s.PutIdentity(mixed, []byte(`{"status":"disabled"}`), registry.Precondition{}); err != nil {
		t.Fatal(err)
	}
	patch(t, s, mixed, `{"tags":{"n":"text","site":"s0"}}`)
	for text, want := range map[string][]string{
		`SELECT COUNT() AS totalNumberOfDevices FROM devices`:                                                              {`{"totalNumberOfDevices":6}`},
		`SELECT COUNT() FROM devices WHERE tags.n > 1`:                                                                     {`{"$1":3}`},
		`SELECT count() as n, AVG(tags.n) as a FROM devices.modules`:                                                       {`{"n":5}`},
		`SELECT COUNT() AS n, SUM(tags.n) AS s FROM devices WHERE false`:                                                   {`{"n":0}`},
		`SELECT COUNT(tags.[[odd-name]]) AS n FROM devices`:                                                                {`{"n":5}`},
		`SELECT SUM(tags.n), AVG(tags.n), MIN(tags.n) AS least, MAX(tags.n) AS most FROM devices WHERE status = 'enabled'`: {`{"$1":10,"$2":2,"least":0,"most":4}`},
		`SELECT AVG(tags.n) AS a, MAX(tags.n) AS m FROM devices`:                                                           {`{"a":2,"m":"text"}`},
		`SELECT MIN(tags.site) AS a, MAX(tags.site) AS b FROM devices`:                                                     {`{"a":"s0","b":"s1"}`},
		`SELECT tags.site AS site, COUNT() AS n FROM devices GROUP BY tags.site`:                                           {`{"site":"s0","n":4}`, `{"site":"s1","n":2}`},
		`SELECT COUNT() AS n, status FROM devices GROUP BY status, tags.site`:                                              {`{"n":3,"status":"enabled"}`, `{"n":2,"status":"enabled"}`, `{"n":1,"status":"disabled"}`},
		`SELECT properties.desired.zero, COUNT() AS n FROM devices GROUP BY devices.properties.desired.zero`:               {`{"properties":{"desired":{"zero":0}},"n":5}`, `{"n":1}`},
		`SELECT TOP 1 tags.site, COUNT() AS n FROM devices GROUP BY tags.site`:                                             {`{"tags":{"site":"s0"},"n":4}`},
	} {
		q := mustParse(t, text)
		if diff := cmp.Diff(want, results(t, s, q)); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
		if q.ItemType() != "Raw" {
			t.Errorf("%s: item type %s", text, q.ItemType())
		}
	}
}

func TestGroupsAreBounded(t *testing.T) {
	s := registry.New(registry.Options{})
	each := func(i int) registry.Seed { return registry.Seed{Device: fmt.Sprintf("d%d", i)} }
	if err := s.Seed(maxGroups+1, each); err != nil {
		t.Fatal(err)
	}
	q := mustParse(t, `SELECT deviceId, COUNT() AS n FROM devices GROUP BY deviceId`)
	if _, err := q.Run(context.Background(), Sources{Twins: s}, "", 1); !errors.Is(err, ErrTooManyGroups) {
		t.Errorf("one group per device: %v", err)
	}
}

// TestDialects shows what the switches change.
func TestDialects(t *testing.T) {
	s := fleet(t, 2)
	q, err := Dialect{StrictNot: true}.Parse(`SELECT * FROM devices WHERE NOT tags.missing = 1 OR NOT tags.n = 1`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"d0"}, ids(t, s, q)); diff != "" {
		t.Error(diff)
	}
	if q, err = (Dialect{Contains: true}).ParseCondition(`CONTAINS(tags.site, '1')`); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"d1"}, ids(t, s, q)); diff != "" {
		t.Error(diff)
	}
}

func TestConditions(t *testing.T) {
	s := fleet(t, 3)
	for text, want := range map[string][]string{
		``: {"d0", "d1", "d2"}, ` * `: {"d0", "d1", "d2"}, `deviceId IN ['d2']`: {"d2"}, `tags.n < 2`: {"d0", "d1"},
	} {
		q, err := ParseCondition(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got := []string{}
		if err := q.Each(context.Background(), s, func(twin registry.Twin) bool {
			got = append(got, twin.ID.String())
			return true
		}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
	}
	for _, text := range []string{`SELECT * FROM devices`, `deviceId =`, `deviceId = 'x' GROUP BY status`} {
		if _, err := ParseCondition(text); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
