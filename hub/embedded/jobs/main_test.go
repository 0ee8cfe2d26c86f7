package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twindeck/hub/embedded/query"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a Keeper that outlives a scheduler.
type memory struct {
	mu     sync.Mutex
	values map[string]string
	broken error // what writes fail with
}

func (m *memory) Put(key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken == nil {
		m.values[key] = string(value)
	}
	return m.broken
}

func (m *memory) Delete(key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, key)
	return m.broken
}

func (m *memory) Each(f func(key string, value []byte) error) error {
	m.mu.Lock()
	values := maps.Clone(m.values)
	m.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := f(key, []byte(values[key])); err != nil {
			return err
		}
	}
	return nil
}

// devices answers methods as a test says.
type devices func(ctx context.Context, id registry.ID, m rest.MethodRequest) (rest.MethodResponse, error)

func (d devices) Invoke(ctx context.Context, id registry.ID, m rest.MethodRequest) (rest.MethodResponse, error) {
	return d(ctx, id, m)
}

// fleet returns a registry with devices d0 … dn-1.
func fleet(t testing.TB, n int) *registry.Store {
	t.Helper()
	s := registry.New(registry.Options{})
	if err := s.Seed(n, func(i int) registry.Seed { return registry.Seed{Device: fmt.Sprintf("d%d", i), Tags: `{"old":1}`} }); err != nil {
		t.Fatal(err)
	}
	return s
}

func start(t testing.TB, opts Options) *Scheduler {
	t.Helper()
	s, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func create(t testing.TB, s *Scheduler, id, body string) document {
	t.Helper()
	text, err := s.Create(id, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return read(t, text)
}

// document is what tests look at of a job.
type document struct {
	JobID, Type, Status, FailureReason, QueryCondition string
	CreatedTime, StartTime, EndTime                    time.Time
	MaxExecutionTimeInSeconds                          int
	UpdateTwin, CloudToDeviceMethod                    json.RawMessage
	DeviceJobStatistics                                struct{ DeviceCount, FailedCount, SucceededCount, RunningCount, PendingCount int }
}

func (d document) statistics() string {
	n := d.DeviceJobStatistics
	return fmt.Sprint(n.DeviceCount, n.FailedCount, n.SucceededCount, n.RunningCount, n.PendingCount)
}

func read(t testing.TB, text []byte) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

// until polls a job until it has a status.
func until(t testing.TB, s *Scheduler, id, want string) document {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		d := read(t, s.Job(id))
		if d.Status == want {
			return d
		}
		if time.Now().After(deadline) {
			t.Fatalf("job %s is %s after 10 s, want %s", id, d.Status, want)
		}
		<-time.After(time.Millisecond)
	}
}

// rowsOf returns the rows of a query over devices.jobs, with times left out.
func rowsOf(t testing.TB, s *Scheduler, condition string) []string {
	t.Helper()
	q, err := query.Parse("SELECT * FROM devices.jobs WHERE " + condition)
	if err != nil {
		t.Fatal(err)
	}
	found := []string{}
	for continuation := ""; ; {
		page, err := q.Run(context.Background(), query.Sources{Jobs: s}, continuation, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			var d struct {
				DeviceID, JobID, JobType, Status                         string
				StartTimeUTC, LastUpdatedDateTimeUTC, CreatedDateTimeUTC time.Time
				Outcome                                                  struct{ DeviceMethodResponse json.RawMessage }
				Error                                                    struct{ Code, Description string }
			}
			if err := json.Unmarshal(item, &d); err != nil {
				t.Fatalf("%s: %v", item, err)
			}
			if d.CreatedDateTimeUTC.IsZero() || d.StartTimeUTC.IsZero() || d.LastUpdatedDateTimeUTC.IsZero() {
				t.Errorf("a time is missing: %s", item)
			}
			found = append(found, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", d.DeviceID, d.JobID, d.Status, d.Outcome.DeviceMethodResponse, d.Error.Code)))
		}
		if continuation = page.Continuation; continuation == "" {
			return found
		}
	}
}
