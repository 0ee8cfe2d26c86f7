package embedded_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/amenzhinsky/iothub/iotservice"

	"twindeck/hub/embedded"
)

func TestConfigurationsOverREST(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	d := embedded.ID{Device: "d"}
	_, messages := connect(t, hub, d, desiredTopic)
	const body = `{"targetCondition":"deviceId = 'd'","content":{"deviceContent":{"properties.desired.a":{"b":1}}}}`

	made := c.must(t, 200, "PUT", "/configurations/%2Bc", `{"id":"+c",`+body[1:])
	if made.header.Get("ETag") != `"MQ=="` || !strings.Contains(made.body, `"etag":"MQ=="`) {
		t.Errorf("made %v", made)
	}
	if m := receive(t, messages); m.payload != `{"a":{"b":1},"$version":2}` {
		t.Errorf("the device received %v", m)
	}
	c.must(t, 409, "PUT", "/configurations/%2Bc", body, "If-Match", "MQ==")
	c.must(t, 200, "PUT", "/configurations/%2Bc/", body, "If-Match", `"MQ=="`)
	if m := receive(t, messages); m.payload != `{"a":{"b":1},"$version":3}` {
		t.Errorf("after an update the device received %v", m)
	}
	c.must(t, 200, "PUT", "/configurations/another", body)
	if a := c.must(t, 200, "GET", "/configurations?top=1&api-version=2021-04-12", ""); strings.Count(a.body, `"createdTimeUtc"`) != 2 || !strings.HasPrefix(a.body, `[{"id":"+c"`) {
		t.Errorf("the list is %s", a.body)
	}
	eventually(t, "the status is shown and counted", func() bool {
		twin := c.must(t, 200, "GET", "/twins/d", "").body
		counted := c.must(t, 200, "GET", "/configurations/another", "").body
		return strings.Contains(twin, `"configurations":{"+c":{"status":"Targeted"},"another":{"status":"Applied"}}`) &&
			strings.Contains(counted, `"results":{"appliedCount":1,"targetedCount":1}`)
	})
	for _, e := range []struct {
		status             int
		method, path, body string
		code               string
	}{
		{404, "GET", "/configurations/x", "", "ConfigurationNotFound"},
		{404, "DELETE", "/configurations/x", "", "ConfigurationNotFound"},
		{409, "PUT", "/configurations/another", body, "ConfigurationAlreadyExists"},
		{400, "PUT", "/configurations/X", body, "ArgumentInvalid"},
		{400, "PUT", "/configurations/x", `{"targetCondition":"*"}`, "InvalidConfigurationContent"},
		{400, "PUT", "/configurations/x", strings.Replace(body, "deviceId", "status", 1), "InvalidConfigurationTargetCondition"},
		{400, "POST", "/devices/d/applyConfigurationContent", `{"modulesContent":{"$edgeAgent":{}}}`, "ArgumentInvalid"},
		{405, "PATCH", "/configurations/another", body, "MethodNotAllowed"},
	} {
		if a := c.must(t, e.status, e.method, e.path, e.body); a.header.Get("iothub-errorcode") != e.code {
			t.Errorf("%s %s: %v", e.method, e.path, a)
		}
	}
	tested := c.must(t, 200, "POST", "/configurations/testQueries", `{"targetCondition":"tags.","customMetricQueries":{"m":"x"}}`)
	if !strings.Contains(tested.body, `"targetConditionError":"`) || !strings.Contains(tested.body, `"m":"`) {
		t.Errorf("tested %s", tested.body)
	}
	c.must(t, 412, "DELETE", "/configurations/another", "", "If-Match", `"OQ=="`)
	if a := c.must(t, 204, "DELETE", "/configurations/another", ""); a.body != "" {
		t.Errorf("204 with %s", a.body)
	}
}

func TestConfigurationsSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub")
	hub, err := embedded.Start(context.Background(), embedded.Options{DataFile: path})
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/configurations/c", `{"targetCondition":"*","content":{"deviceContent":{"properties.desired.a":1}}}`)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	applied := func(device string) bool {
		return strings.Contains(c.must(t, 200, "GET", "/twins/"+device, "").body, `"configurations":{"c":{"status":"Applied"}}`)
	}
	eventually(t, "it is applied", func() bool { return applied("d") })
	before := c.must(t, 200, "GET", "/twins/d", "").body
	if err := hub.Close(); err != nil {
		t.Fatal(err)
	}
	c = newClient(t, start(t, embedded.Options{DataFile: path}))
	c.must(t, 200, "PUT", "/devices/e", `{}`)
	eventually(t, "it is applied to a new device", func() bool { return applied("e") })
	if after := c.must(t, 200, "GET", "/twins/d", "").body; after != before {
		t.Errorf("the restart changed\n%s\ninto\n%s", before, after)
	}
}

func TestGoServiceSDKConfigurations(t *testing.T) {
	c := goService(t, start(t, embedded.Options{}))
	ctx := context.Background()
	made, err := c.CreateConfiguration(ctx, &iotservice.Configuration{
		ID: "c", SchemaVersion: "1.0", Priority: 10, Labels: map[string]string{"a": "b"}, TargetCondition: "deviceId = 'd'",
		Content: &iotservice.ConfigurationContent{DeviceContent: map[string]any{"properties.desired.a": 1}},
		Metrics: &iotservice.ConfigurationMetrics{Queries: map[string]string{"all": "SELECT deviceId FROM devices"}},
	})
	if err != nil || made.ETag == "" || made.CreatedTimeUTC == nil || made.CreatedTimeUTC.IsZero() {
		t.Fatalf("%+v, %v", made, err)
	}
	if _, err := c.CreateDevice(ctx, &iotservice.Device{DeviceID: "d"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the metrics are counted", func() bool {
		got, err := c.GetConfiguration(ctx, "c")
		if err != nil {
			t.Fatal(err)
		}
		return got.SystemMetrics.Results["appliedCount"] == 1 && got.Metrics.Results["all"] == 1
	})
	if twin, err := c.GetDeviceTwin(ctx, "d"); err != nil || twin.Properties.Desired["a"] != 1.0 {
		t.Errorf("%+v, %v", twin, err)
	}
	made.Priority = 20
	updated, err := c.UpdateConfiguration(ctx, made)
	if err != nil || updated.Priority != 20 || updated.ETag == made.ETag {
		t.Fatalf("%+v, %v", updated, err)
	}
	if _, err := c.UpdateConfiguration(ctx, made); err == nil {
		t.Error("updated under a stale etag")
	}
	if list, err := c.ListConfigurations(ctx); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
	edge, err := c.CreateDevice(ctx, &iotservice.Device{DeviceID: "e", Capabilities: map[string]any{"iotEdge": true}})
	if err != nil {
		t.Fatal(err)
	}
	content := &iotservice.ConfigurationContent{ModulesContent: map[string]any{
		"$edgeAgent": map[string]any{"properties.desired": map[string]any{"modules": map[string]any{"m": map[string]any{}}}},
		"m":          map[string]any{"properties.desired": map[string]any{"n": 1}},
	}}
	if err := c.ApplyConfigurationContentOnDevice(ctx, edge.DeviceID, content); err != nil {
		t.Fatal(err)
	}
	if twin, err := c.GetModuleTwin(ctx, "e", "m"); err != nil || twin.Properties.Desired["n"] != 1.0 {
		t.Errorf("%+v, %v", twin, err)
	}
	if err := c.DeleteConfiguration(ctx, updated); err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetConfiguration(ctx, "c"); err == nil {
		t.Error("a removed configuration is still there")
	}
}
