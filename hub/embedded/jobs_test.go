package embedded_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/amenzhinsky/iothub/iotservice"

	"twindeck/hub/embedded"
)

// TestJobs runs both kinds of jobs over the network, with a device that is online and one that
// is not.
func TestJobs(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	for _, device := range []string{"on", "off", "other"} {
		c.must(t, 200, "PUT", "/devices/"+device, `{}`)
	}
	device, received := connect(t, hub, embedded.ID{Device: "on"}, "$iothub/twin/PATCH/properties/desired/#", "$iothub/methods/POST/#")

	created := c.must(t, 200, "PUT", "/jobs/v2/twin-1", `{"type":"scheduleUpdateTwin","queryCondition":"deviceId IN ['on','off']","updateTwin":{"properties":{"desired":{"n":1}}},"startTime":null}`)
	if !strings.Contains(created.body, `"status":"queued"`) {
		t.Errorf("created: %s", created.body)
	}
	if m := receive(t, received); m.topic != "$iothub/twin/PATCH/properties/desired/?$version=2" || m.payload != `{"n":1,"$version":2}` {
		t.Errorf("the device received %+v", m)
	}
	done := awaitJob(t, c, "twin-1", "completed")
	if !strings.Contains(done, `"deviceJobStatistics":{"deviceCount":2,"failedCount":0,"succeededCount":2,"runningCount":0,"pendingCount":0}`) {
		t.Errorf("completed: %s", done)
	}

	c.must(t, 200, "PUT", "/jobs/v2/method-1", `{"type":"scheduleDeviceMethod","queryCondition":"deviceId IN ['on','off']","cloudToDeviceMethod":{"methodName":"ping","payload":{"a":1}}}`)
	call := receive(t, received)
	rid := call.topic[strings.Index(call.topic, "$rid=")+len("$rid="):]
	if !strings.HasPrefix(call.topic, "$iothub/methods/POST/ping/") || call.payload != `{"a":1}` {
		t.Errorf("the device was called with %+v", call)
	}
	wait(t, device.Publish("$iothub/methods/res/201/?$rid="+rid, 0, false, `"pong"`))
	if done := awaitJob(t, c, "method-1", "completed"); !strings.Contains(done, `"failedCount":1,"succeededCount":1`) {
		t.Errorf("completed: %s", done)
	}
	rows := c.must(t, 200, "POST", "/devices/query", `{"query":"SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'method-1'"}`)
	for _, want := range []string{`"deviceId":"on"`, `"deviceMethodResponse":{"status":201,"payload":"pong"}`, `"deviceId":"off"`, `"error":{"code":"404103"`} {
		if !strings.Contains(rows.body, want) {
			t.Errorf("rows have no %s: %s", want, rows.body)
		}
	}
	if rows.header.Get("x-ms-item-type") != "DeviceJob" || strings.Contains(rows.body, "twin-1") {
		t.Errorf("rows: %s %s", rows.header.Get("x-ms-item-type"), rows.body)
	}

	if again := c.must(t, 409, "PUT", "/jobs/v2/twin-1", `{"type":"scheduleUpdateTwin","updateTwin":{}}`); again.header.Get("iothub-errorcode") != "JobAlreadyExists" {
		t.Errorf("twice: %s", again.body)
	}
	if unknown := c.must(t, 200, "GET", "/jobs/v2/nothing", ""); unknown.body != `{"type":"unknown","status":"unknown"}` {
		t.Errorf("unknown: %s", unknown.body)
	}
	c.must(t, 405, "POST", "/jobs/v2/twin-1/cancel", "")
	page := c.must(t, 200, "GET", "/jobs/v2/query?jobStatus=completed&api-version=2021-04-12", "", "x-ms-max-item-count", "1")
	if !strings.Contains(page.body, "twin-1") || strings.Contains(page.body, "method-1") {
		t.Errorf("first page: %s", page.body)
	}
	page = c.must(t, 200, "GET", "/jobs/v2/query?jobStatus=completed&api-version=2021-04-12", "", "x-ms-continuation", page.header.Get("x-ms-continuation"))
	if !strings.Contains(page.body, "method-1") || strings.Contains(page.body, "twin-1") || page.header.Get("x-ms-continuation") != "" {
		t.Errorf("second page: %s", page.body)
	}
	for policy, status := range map[string]int{"service": 200, "registryReadWrite": 401, "device": 401} {
		c.policy = policy
		c.must(t, status, "GET", "/jobs/v2/twin-1", "")
	}
}

func awaitJob(t *testing.T, c *client, id, status string) (document string) {
	t.Helper()
	eventually(t, "job "+id+" is "+status, func() bool {
		document = c.must(t, 200, "GET", "/jobs/v2/"+id, "").body
		return strings.Contains(document, fmt.Sprintf(`"status":%q`, status))
	})
	return document
}

// TestGoServiceJobs does what the library's own tests do against the real service.
func TestGoServiceJobs(t *testing.T) {
	hub := start(t, embedded.Options{MaxActiveJobs: 1})
	newClient(t, hub).must(t, 200, "PUT", "/devices/d", `{}`)
	c := goService(t, hub)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	scheduled := &iotservice.JobV2{
		JobID: "a-job", Type: iotservice.JobTypeDeviceMethod, QueryCondition: "deviceId='nonexisting'",
		CloudToDeviceMethod: &iotservice.DeviceMethodParams{MethodName: "dist-upgrade", Payload: map[string]any{"time": "now"}},
		StartTime:           time.Now().Add(time.Minute), MaxExecutionTimeInSeconds: 5,
	}
	job, err := c.CreateJobV2(ctx, scheduled)
	if err != nil || job.Status != iotservice.JobStatusQueued {
		t.Fatalf("create: %+v, %v", job, err)
	}
	second := &iotservice.JobV2{JobID: "b", Type: iotservice.JobTypeUpdateTwin, QueryCondition: "deviceId = 'd'", UpdateTwin: map[string]any{"tags": map[string]any{"n": 1}}}
	var tooMany *iotservice.RequestError
	if _, err := c.CreateJobV2(ctx, second); !errors.As(err, &tooMany) || tooMany.Code != 429 {
		t.Errorf("a second active job: %v", err)
	}
	if job, err = c.GetJobV2(ctx, "a-job"); err != nil || job.QueryCondition != scheduled.QueryCondition || job.MaxExecutionTimeInSeconds != 5 {
		t.Errorf("get: %+v, %v", job, err)
	}
	if job, err = c.CancelJobV2(ctx, "a-job"); err != nil || job.Status != iotservice.JobStatusCancelled {
		t.Errorf("cancel: %+v, %v", job, err)
	}
	found := 0
	if err := c.QueryJobsV2(ctx, &iotservice.JobV2Query{Type: iotservice.JobTypeDeviceMethod, Status: iotservice.JobStatusCancelled}, func(j *iotservice.JobV2) error {
		if j.JobID == "a-job" {
			found++
		}
		return nil
	}); err != nil || found != 1 {
		t.Errorf("%d found, %v", found, err)
	}
	if _, err := c.CreateJobV2(ctx, second); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the twin is patched", func() bool {
		twin, err := c.GetDeviceTwin(ctx, "d")
		return err == nil && twin.Tags["n"] == 1.0
	})
}

// TestJobsSurviveRestart schedules a job, restarts the hub and sees it run.
func TestJobsSurviveRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hub.db")
	hub := start(t, embedded.Options{DataFile: file})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	c.must(t, 200, "PUT", "/jobs/v2/done", `{"type":"scheduleUpdateTwin","queryCondition":"*","updateTwin":{"tags":{"n":1}}}`)
	done := awaitJob(t, c, "done", "completed")
	startTime := time.Now().Add(time.Second).UTC().Format(time.RFC3339Nano)
	c.must(t, 200, "PUT", "/jobs/v2/later", `{"type":"scheduleUpdateTwin","queryCondition":"*","updateTwin":{"tags":{"n":2}},"startTime":"`+startTime+`"}`)
	if err := hub.Close(); err != nil {
		t.Fatal(err)
	}

	c = newClient(t, start(t, embedded.Options{DataFile: file}))
	if got := c.must(t, 200, "GET", "/jobs/v2/done", "").body; got != done {
		t.Errorf("%s became %s", done, got)
	}
	awaitJob(t, c, "later", "completed")
	var twin struct{ Tags struct{ N int } }
	if err := json.Unmarshal([]byte(c.must(t, 200, "GET", "/twins/d", "").body), &twin); err != nil || twin.Tags.N != 2 {
		t.Errorf("the twin after the job: %+v, %v", twin, err)
	}
}
