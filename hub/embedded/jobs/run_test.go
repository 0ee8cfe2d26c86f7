package jobs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

const patchD = `{"type":"scheduleUpdateTwin","queryCondition":"deviceId IN ['d1','d3']","updateTwin":{"etag":"*","deviceId":null,"tags":{"old":null,"new":[1]},"properties":{"desired":{"x":{"y":2.0}}}}}`

func TestTwinJob(t *testing.T) {
	r := fleet(t, 5)
	s := start(t, Options{Registry: r})
	if d := create(t, s, "myJob-1", patchD); d.Status != "queued" || d.JobID != "myJob-1" || d.Type != "scheduleUpdateTwin" || d.MaxExecutionTimeInSeconds != 3600 || d.CreatedTime.IsZero() {
		t.Errorf("created: %+v", d)
	}
	d := until(t, s, "myJob-1", "completed")
	if d.statistics() != "2 0 2 0 0" || d.EndTime.Before(d.StartTime) || !strings.Contains(string(d.UpdateTwin), `"x":{"y":2.0}`) {
		t.Errorf("completed: %+v", d)
	}
	for device, want := range map[string]string{"d1": `{"new":[1]}`, "d2": `{"old":1}`, "d3": `{"new":[1]}`} {
		twin, err := r.Twin(registry.ID{Device: device})
		if err != nil || twin.Tags().String() != want {
			t.Errorf("%s: tags %s, %v; want %s", device, twin.Tags(), err, want)
		}
	}
	want := []string{"d1 myJob-1 completed null", "d3 myJob-1 completed null"}
	if diff := cmp.Diff(want, rowsOf(t, s, "devices.jobs.jobId = 'myJob-1' AND devices.jobs.jobtype = 'scheduleUpdateTwin' AND createdTimeUtc > '2016-09-01'")); diff != "" {
		t.Error(diff)
	}
	if got := rowsOf(t, s, "devices.jobs.deviceId = 'd2' OR jobId = 'other' OR is_defined(error.code)"); len(got) != 0 {
		t.Errorf("rows of nobody: %q", got)
	}
}

func TestMethodJob(t *testing.T) {
	var calls atomic.Int32
	invoker := devices(func(_ context.Context, id registry.ID, m rest.MethodRequest) (rest.MethodResponse, error) {
		calls.Add(1)
		if m.Name != "reboot" || string(m.Payload) != `{"in":5}` || m.ResponseTimeout != 7*time.Second {
			return rest.MethodResponse{}, fmt.Errorf("called with %+v", m)
		}
		switch id.Device {
		case "d0":
			return rest.MethodResponse{}, rest.ErrNotOnline
		case "d1":
			return rest.MethodResponse{}, rest.ErrNoAnswer
		case "d2":
			return rest.MethodResponse{Status: 500}, nil
		}
		return rest.MethodResponse{Status: 200, Payload: []byte(`["ok"]`)}, nil
	})
	s := start(t, Options{Registry: fleet(t, 4), Invoker: invoker})
	for id, timeout := range map[string]string{"new": "responseTimeoutInSeconds", "old": "timeoutInSeconds"} {
		create(t, s, id, `{"type":"scheduleDeviceMethod","queryCondition":"*","cloudToDeviceMethod":{"methodName":"reboot","payload":{"in":5},"`+timeout+`":7}}`)
		if d := until(t, s, id, "completed"); d.statistics() != "4 2 2 0 0" {
			t.Errorf("statistics %s", d.statistics())
		}
		want := []string{
			"d0 " + id + " failed null 404103", "d1 " + id + " failed null 504101",
			"d2 " + id + ` completed {"status":500,"payload":null}`, "d3 " + id + ` completed {"status":200,"payload":["ok"]}`,
		}
		if diff := cmp.Diff(want, rowsOf(t, s, "jobId = '"+id+"'")); diff != "" {
			t.Error(diff)
		}
	}
	if got := rowsOf(t, s, "jobId = 'old' AND status = 'failed' AND outcome.deviceMethodResponse = null AND error.code != '404103'"); len(got) != 1 {
		t.Errorf("rows without an answer: %q", got)
	}
	if calls.Load() != 8 {
		t.Errorf("%d calls, want 8", calls.Load())
	}
}

func TestFailures(t *testing.T) {
	s := start(t, Options{Registry: fleet(t, 3)})
	create(t, s, "syntax", `{"type":"scheduleUpdateTwin","queryCondition":"deviceId =","updateTwin":{}}`)
	if d := until(t, s, "syntax", "failed"); d.FailureReason == "" || d.statistics() != "0 0 0 0 0" {
		t.Errorf("a bad condition: %+v", d)
	}
	create(t, s, "nobody", `{"type":"scheduleUpdateTwin","queryCondition":"deviceId = 'x'","updateTwin":{"tags":{}}}`)
	if d := until(t, s, "nobody", "completed"); d.statistics() != "0 0 0 0 0" {
		t.Errorf("nobody: %+v", d)
	}
	create(t, s, "limits", `{"type":"scheduleUpdateTwin","queryCondition":"*","updateTwin":{"tags":{"a.b":1}}}`)
	if d := until(t, s, "limits", "completed"); d.statistics() != "3 3 0 0 0" {
		t.Errorf("a patch that no twin takes: %+v", d)
	}
	create(t, s, "stale", `{"type":"scheduleUpdateTwin","queryCondition":"*","updateTwin":{"etag":"AAAAAAAAAAE=","tags":{"n":1}}}`)
	if diff := cmp.Diff([]string{"d1 stale failed null 412001"}, rowsOf(t, s, "jobId = 'nothing' OR status = 'failed' AND deviceId = 'd1' AND jobId = '"+until(t, s, "stale", "completed").JobID+"'")); diff != "" {
		t.Error(diff)
	}
	create(t, s, "offline", `{"type":"scheduleDeviceMethod","queryCondition":"deviceId = 'd0'","cloudToDeviceMethod":{"methodName":"m"}}`)
	if d := until(t, s, "offline", "completed"); d.statistics() != "1 1 0 0 0" {
		t.Errorf("offline: %+v", d)
	}
}

func TestRefusals(t *testing.T) {
	s := start(t, Options{Registry: fleet(t, 1), MaxActive: 1})
	const method = `{"type":"scheduleDeviceMethod","queryCondition":"*","cloudToDeviceMethod":{"methodName":"m"}}`
	later := `{"type":"scheduleUpdateTwin","queryCondition":"*","updateTwin":{},"startTime":"` + time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `"}`
	for name, c := range map[string]struct{ id, body string }{
		"id":             {"a_b", method},
		"long id":        {strings.Repeat("a", 65), method},
		"body":           {"a", `[]`},
		"no type":        {"a", `{}`},
		"type":           {"a", `{"type":"export"}`},
		"no patch":       {"a", `{"type":"scheduleUpdateTwin"}`},
		"patch":          {"a", `{"type":"scheduleUpdateTwin","updateTwin":[1]}`},
		"no method":      {"a", `{"type":"scheduleDeviceMethod","updateTwin":{}}`},
		"method name":    {"a", `{"type":"scheduleDeviceMethod","cloudToDeviceMethod":{"methodName":"a b"}}`},
		"method timeout": {"a", `{"type":"scheduleDeviceMethod","cloudToDeviceMethod":{"methodName":"a","responseTimeoutInSeconds":301}}`},
		"time":           {"a", `{"type":"scheduleUpdateTwin","updateTwin":{},"startTime":"tomorrow"}`},
		"too far":        {"a", `{"type":"scheduleUpdateTwin","updateTwin":{},"startTime":"` + time.Now().Add(169*time.Hour).UTC().Format(time.RFC3339) + `"}`},
		"duration":       {"a", `{"type":"scheduleUpdateTwin","updateTwin":{},"maxExecutionTimeInSeconds":-1}`},
	} {
		_, err := s.Create(c.id, []byte(c.body))
		wantRefusal(t, name, err, http.StatusBadRequest, "ArgumentInvalid")
	}
	create(t, s, "a", later)
	_, err := s.Create("a", []byte(method))
	wantRefusal(t, "twice", err, http.StatusConflict, "JobAlreadyExists")
	_, err = s.Create("b", []byte(method))
	wantRefusal(t, "a second", err, http.StatusTooManyRequests, "ThrottlingMaxActiveJobCountExceeded")
	_, err = s.Cancel("b")
	wantRefusal(t, "cancel nothing", err, http.StatusNotFound, "JobNotFound")
	if got := string(s.Job("b")); got != `{"type":"unknown","status":"unknown"}` {
		t.Errorf("an unknown job: %s", got)
	}

	until(t, s, "a", "scheduled")
	if text, err := s.Cancel("a"); err != nil || read(t, text).Status != "cancelled" || read(t, text).EndTime.IsZero() {
		t.Errorf("cancel: %s, %v", text, err)
	}
	_, err = s.Cancel("a")
	wantRefusal(t, "cancel twice", err, http.StatusMethodNotAllowed, "OperationNotAllowedInCurrentState")
	create(t, s, "b", method) // there is room again
	until(t, s, "b", "completed")
}

func wantRefusal(t *testing.T, what string, err error, status int, name string) {
	t.Helper()
	var refusal *registry.Error
	if !errors.As(err, &refusal) || refusal.Status != status || refusal.Name != name {
		t.Errorf("%s: %v, want %d %s", what, err, status, name)
	}
}

// TestTimes shows that a job begins when it is due and ends when its time is over.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var most, now atomic.Int32
		s := start(t, Options{Registry: fleet(t, 100), Invoker: devices(func(ctx context.Context, id registry.ID, _ rest.MethodRequest) (rest.MethodResponse, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			select {
			case <-ctx.Done():
				return rest.MethodResponse{}, context.Cause(ctx)
			case <-time.After(time.Second):
				return rest.MethodResponse{Status: 200}, nil
			}
		})})
		began := time.Now()
		create(t, s, "later", `{"type":"scheduleDeviceMethod","queryCondition":"*","cloudToDeviceMethod":{"methodName":"m"},"maxExecutionTimeInSeconds":2,"startTime":"`+
			began.Add(10*time.Minute).UTC().Format("2006-01-02T15:04:05.000")+`"}`)
		synctest.Wait()
		if d := read(t, s.Job("later")); d.Status != "scheduled" {
			t.Errorf("before its time: %s", d.Status)
		}
		time.Sleep(10*time.Minute + 500*time.Millisecond)
		if d := read(t, s.Job("later")); d.Status != "running" || d.statistics() != fmt.Sprintf("100 0 0 %d %d", parallel, 100-parallel) {
			t.Errorf("in the middle: %s %s", d.Status, d.statistics())
		}
		if _, err := s.Cancel("later"); err == nil {
			t.Error("a running job was cancelled")
		}
		time.Sleep(10 * time.Second)
		d := read(t, s.Job("later"))
		if d.Status != "failed" || d.FailureReason == "" || !d.EndTime.Equal(began.Add(10*time.Minute+2*time.Second)) {
			t.Errorf("out of time: %+v after %v", d, d.EndTime.Sub(began))
		}
		if n := d.DeviceJobStatistics; n.SucceededCount < parallel || n.SucceededCount+n.FailedCount != 100 {
			t.Errorf("out of time: %s", d.statistics())
		}
		if most.Load() != parallel {
			t.Errorf("%d devices at once, want %d", most.Load(), parallel)
		}
		s.Close()
	})
}

func TestListing(t *testing.T) {
	s := start(t, Options{Registry: fleet(t, 1)})
	for i := range 5 {
		id := fmt.Sprint("j", i)
		create(t, s, id, `{"type":"scheduleUpdateTwin","queryCondition":"`+map[bool]string{true: "*", false: "bad ("}[i%2 == 0]+`","updateTwin":{}}`)
		until(t, s, id, map[bool]string{true: "completed", false: "failed"}[i%2 == 0])
	}
	list := func(kind, status string) (ids []string) {
		for after := uint64(0); ; {
			documents, next := s.Jobs(kind, status, after, 2)
			for _, d := range documents {
				ids = append(ids, read(t, d).JobID)
			}
			if after = next; next == 0 {
				return ids
			}
		}
	}
	for _, c := range []struct {
		kind, status string
		want         []string
	}{
		{"", "", []string{"j0", "j1", "j2", "j3", "j4"}},
		{"scheduleupdatetwin", "Completed", []string{"j0", "j2", "j4"}},
		{"", "failed", []string{"j1", "j3"}},
		{"scheduleDeviceMethod", "", nil},
	} {
		if diff := cmp.Diff(c.want, list(c.kind, c.status)); diff != "" {
			t.Errorf("%s %s: %s", c.kind, c.status, diff)
		}
	}
}
