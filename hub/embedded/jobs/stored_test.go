package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

// TestRestart stops the hub with one job done, one running, one scheduled and one cancelled.
func TestRestart(t *testing.T) {
	keeper := &memory{values: map[string]string{}}
	r := fleet(t, 3*chunkRows/2)
	reached := make(chan struct{}, len(r.ListDevices(1000)))
	hangs := devices(func(ctx context.Context, id registry.ID, _ rest.MethodRequest) (rest.MethodResponse, error) {
		if id.Device == "d0" {
			return rest.MethodResponse{Status: 200, Payload: []byte(`"ok"`)}, nil
		}
		reached <- struct{}{}
		<-ctx.Done()
		return rest.MethodResponse{}, context.Cause(ctx)
	})
	first := start(t, Options{Registry: r, Keeper: keeper, Invoker: hangs})
	create(t, first, "done", patchD)
	until(t, first, "done", "completed")
	startTime := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	create(t, first, "later", `{"type":"scheduleUpdateTwin","queryCondition":"deviceId = 'd0'","updateTwin":{"tags":{"n":1}},"startTime":"`+startTime+`"}`)
	create(t, first, "cancelled", `{"type":"scheduleUpdateTwin","updateTwin":{},"startTime":"`+startTime+`"}`)
	if _, err := first.Cancel("cancelled"); err != nil {
		t.Fatal(err)
	}
	create(t, first, "reboot", `{"type":"scheduleDeviceMethod","queryCondition":"*","cloudToDeviceMethod":{"methodName":"reboot"}}`)
	until(t, first, "reboot", "running")
	<-reached
	doneBefore := string(first.Job("done"))
	first.Close()

	second := start(t, Options{Registry: r, Keeper: keeper})
	if diff := cmp.Diff(doneBefore, string(second.Job("done"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"d1 done completed null", "d3 done completed null"}, rowsOf(t, second, "jobId = 'done'")); diff != "" {
		t.Error(diff)
	}
	if d := read(t, second.Job("cancelled")); d.Status != "cancelled" {
		t.Errorf("cancelled: %s", d.Status)
	}
	d := read(t, second.Job("reboot"))
	if n := d.DeviceJobStatistics; d.Status != "failed" || d.FailureReason == "" || d.EndTime.IsZero() || n.DeviceCount != 3*chunkRows/2 || n.FailedCount+n.SucceededCount != n.DeviceCount {
		t.Errorf("running when the hub stopped: %+v", d)
	}
	if got := rowsOf(t, second, "jobId = 'reboot' AND deviceId = 'd700'"); len(got) != 1 || got[0] != "d700 reboot failed null 500001" {
		t.Errorf("a device that was not reached: %q", got)
	}
	until(t, second, "later", "scheduled")
	second.Close()

	// Its time passes while the hub is down: it runs at the next start.
	third := start(t, Options{Registry: r, Keeper: keeper, Now: func() time.Time { return time.Now().Add(2 * time.Hour) }})
	if d := until(t, third, "later", "completed"); d.statistics() != "1 0 1 0 0" {
		t.Errorf("later: %s", d.statistics())
	}
	if _, err := third.Create("later", []byte(patchD)); err == nil {
		t.Error("a stored id was taken again")
	}
}

func TestNotStored(t *testing.T) {
	broken := &memory{values: map[string]string{}, broken: errors.New("disk full")}
	s := start(t, Options{Registry: fleet(t, 4), Keeper: broken})
	if _, err := s.Create("a", []byte(patchD)); !errors.Is(err, broken.broken) {
		t.Errorf("created without being stored: %v", err)
	}
	if d := read(t, s.Job("a")); d.Status != "unknown" {
		t.Errorf("a job that was not stored is %s", d.Status)
	}
	for key, value := range map[string]string{"job/a": `{`, "job/b": `{}`, "rows/a/00000000": `1`} {
		keeper := &memory{values: map[string]string{"job/a": `{"Seq":1,"Status":"completed"}`, key: value}}
		if s, err := New(Options{Registry: fleet(t, 1), Keeper: keeper}); err == nil {
			s.Close()
			t.Errorf("%s = %s was accepted", key, value)
		}
	}
}

// TestPruned shows that old jobs go, with all that is stored of them, and that jobs which have
// not ended stay.
func TestPruned(t *testing.T) {
	keeper := &memory{values: map[string]string{}}
	s := start(t, Options{Registry: fleet(t, 2), Keeper: keeper})
	create(t, s, "stays", `{"type":"scheduleUpdateTwin","updateTwin":{},"startTime":"`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"}`)
	for i := range maxJobs {
		create(t, s, fmt.Sprint("j", i), `{"type":"scheduleUpdateTwin","queryCondition":"deviceId = 'd0'","updateTwin":{}}`)
		until(t, s, fmt.Sprint("j", i), "completed")
	}
	until(t, s, "j0", "unknown")
	until(t, s, "stays", "scheduled")
	documents, _ := s.Jobs("", "", 0, 2*maxJobs)
	if len(documents) != maxJobs {
		t.Errorf("%d jobs are kept, want %d", len(documents), maxJobs)
	}
	s.Close()
	orphan := rowKey("gone", 0)
	keeper.values[orphan] = `[]`
	again := start(t, Options{Registry: fleet(t, 2), Keeper: keeper})
	if documents, _ := again.Jobs("", "", 0, 2*maxJobs); len(documents) != maxJobs {
		t.Errorf("%d jobs are stored, want %d", len(documents), maxJobs)
	}
	if keeper.values[orphan] != "" || keeper.values[rowKey("j0", 0)] != "" {
		t.Error("rows of jobs that are gone are still stored")
	}
}

func TestActiveLimits(t *testing.T) {
	for tier, want := range map[string]int{"": 0, "F1": 1, "s1": 1, "S2": 5, "S3": 10} {
		if got := ActiveLimit(tier); got != want {
			t.Errorf("%s: %d, want %d", tier, got, want)
		}
	}
}

// TestEndIsStoredFirst shows that a job which is seen to be completed stays so after a crash.
func TestEndIsStoredFirst(t *testing.T) {
	keeper := &memory{values: map[string]string{}}
	s := start(t, Options{Registry: fleet(t, 4), Keeper: keeper})
	for i := range 20 {
		id := fmt.Sprint("j", i)
		create(t, s, id, patchD)
		until(t, s, id, "completed")
		keeper.mu.Lock()
		stored := keeper.values[jobPrefix+id]
		keeper.mu.Unlock()
		if !strings.Contains(stored, `"Status":"completed"`) {
			t.Fatalf("seen as completed, stored as %s", stored)
		}
	}
}
