package embedded_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"twindeck/hub/embedded"
	"twindeck/hub/embedded/rest"
)

// TestQueryOverREST shows what a client sees of a query besides its results: the kind of the
// items, pages, limits and errors.
func TestQueryOverREST(t *testing.T) {
	hub := start(t, embedded.Options{Queries: rest.QueryOptions{PageSize: 3, MaxPageSize: 4}})
	c := newClient(t, hub)
	for i := range 5 {
		c.must(t, 200, "PUT", fmt.Sprintf("/devices/d%d", i), `{}`)
	}
	c.must(t, 200, "PUT", "/devices/d0/modules/m", `{}`)

	for query, want := range map[string]struct{ kind, body string }{
		`SELECT COUNT() AS totalNumberOfDevices FROM devices`:              {"Raw", `[{"totalNumberOfDevices":5}]`},
		`select TOP 2 DeviceId, status as Status from devices`:             {"Raw", `[{"deviceId":"d0","Status":"enabled"},{"deviceId":"d1","Status":"enabled"}]`},
		`SELECT deviceId, moduleId FROM devices.modules`:                   {"Raw", `[{"deviceId":"d0","moduleId":"m"}]`},
		`SELECT * FROM devices WHERE STARTSWITH(devices.deviceId,'x')`:     {"Twin", `[]`},
		`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'whatever'`: {"DeviceJob", `[]`},
	} {
		a := c.must(t, 200, "POST", "/devices/query", fmt.Sprintf(`{"query":%q}`, query))
		if got := a.header.Get("x-ms-item-type"); got != want.kind || a.body != want.body {
			t.Errorf("%s: %s %s, want %s %s", query, got, a.body, want.kind, want.body)
		}
		if _, ok := a.header["X-Ms-Continuation"]; ok {
			t.Errorf("%s: the only page has a continuation", query)
		}
	}

	// Pages: the default, one that is asked for, and more than there may be.
	body := `{"Query":"SELECT deviceId FROM devices"}`
	for size, want := range map[string]int{"": 3, "2": 2, "1000": 4} {
		a := c.must(t, 200, "POST", "/devices/query", body, "x-ms-max-item-count", size)
		if got := strings.Count(a.body, "deviceId"); got != want {
			t.Errorf("page size %q: %d items, want %d", size, got, want)
		}
		next := c.must(t, 200, "POST", "/devices/query", body, "x-ms-continuation", a.header.Get("x-ms-continuation"))
		if got := strings.Count(next.body, "deviceId"); got != min(3, 5-want) || strings.Contains(next.body, "d0") {
			t.Errorf("behind page of %d: %s", want, next.body)
		}
	}

	for _, query := range []string{`SELECT`, `SELECT * FROM devices WHERE STARTS_WITH(deviceId, 'd')`, `SELECT * FROM devices ORDER BY deviceId`} {
		a := c.must(t, 400, "POST", "/devices/query", fmt.Sprintf(`{"query":%q}`, query))
		if a.header.Get("iothub-errorcode") != "ArgumentInvalid" || !strings.HasPrefix(a.body, `{"Message":"ErrorCode:ArgumentInvalid;BadRequest"`) {
			t.Errorf("%s: %s", query, a.body)
		}
	}
	c.must(t, 400, "POST", "/devices/query", body, "x-ms-max-item-count", "0")
	c.must(t, 400, "POST", "/devices/query", body, "x-ms-continuation", "nonsense")
	c.must(t, 412, "POST", "/devices/query", fmt.Sprintf(`{"query":"SELECT * FROM devices%s"}`, strings.Repeat(" ", 8192)))
}

// TestIndexLag shows a hub whose queries are behind, like the service's.
func TestIndexLag(t *testing.T) {
	var ahead atomic.Int64
	hub := start(t, embedded.Options{
		IndexLag: 5 * time.Second,
		Now:      func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	c := newClient(t, hub)
	ask := func() string {
		return c.must(t, 200, "POST", "/devices/query", `{"query":"SELECT deviceId, tags.n FROM devices"}`).body
	}
	later := func() { ahead.Add(int64(6 * time.Second)) }

	c.must(t, 200, "PUT", "/devices/d", `{}`)
	if got := ask(); got != `[]` {
		t.Errorf("right after its creation: %s", got)
	}
	later()
	if got := ask(); got != `[{"deviceId":"d"}]` {
		t.Errorf("later: %s", got)
	}
	c.must(t, 200, "PATCH", "/twins/d", `{"tags":{"n":1}}`)
	if got := ask(); got != `[{"deviceId":"d"}]` {
		t.Errorf("right after a patch: %s", got)
	}
	later()
	c.must(t, 204, "DELETE", "/devices/d", "", "If-Match", "*")
	c.must(t, 404, "GET", "/twins/d", "")
	if got := ask(); got != `[{"deviceId":"d","tags":{"n":1}}]` {
		t.Errorf("right after its deletion: %s", got)
	}
	later()
	if got := ask(); got != `[]` {
		t.Errorf("in the end: %s", got)
	}
}
