package ui

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/query"
)

// fakeQueries is what the hub in memory knows of queries: the rows of those that a test has told it,
// and of two more.
type fakeQueries struct {
	rows map[string][]string // JSON, by the query
	ran  []string            // queries that were asked for, a page each
	held chan struct{}       // not nil: each waits for a value
}

// answers makes the hub answer a query.
func (f *fakeHub) answers(query string, rows ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.queries.rows == nil {
		f.queries.rows = map[string][]string{}
	}
	f.queries.rows[query] = rows
}

// hold makes the hub keep its answers to queries until release, once for each.
func (f *fakeHub) hold() (release func()) {
	held := make(chan struct{})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queries.held = held
	return func() { held <- struct{}{} }
}

func (f *fakeHub) Run(ctx context.Context, query, continuation string, size int) (hub.Result, error) {
	if err := f.enter(ctx, "Run", hub.ID{}); err != nil {
		return hub.Result{}, err
	}
	f.mu.Lock()
	held := f.queries.held
	f.queries.ran = append(f.queries.ran, query)
	f.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done():
			return hub.Result{}, ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	rows, whole, ok := f.rows(query)
	if !ok {
		return hub.Result{}, &hub.Error{
			Op: "run the query", Status: 400, Code: "ArgumentInvalid", Message: "BadRequest", TrackingID: "track-400",
		}
	}
	from, _ := strconv.Atoi(continuation)
	to := min(from+min(size, f.pageSize), len(rows))
	result := hub.Result{Rows: rows[from:to], Whole: whole}
	if to < len(rows) {
		result.Continuation = strconv.Itoa(to)
	}
	return result, nil
}

// rows returns what a query returns. The caller holds mu.
func (f *fakeHub) rows(query string) (rows []patch.Value, whole, ok bool) {
	if texts, told := f.queries.rows[query]; told {
		for _, text := range texts {
			rows = append(rows, parse(text))
		}
		return rows, false, true
	}
	modules := query == "SELECT * FROM devices.modules"
	if query != "SELECT * FROM devices" && !modules {
		return nil, false, false
	}
	var ids []hub.ID
	for id := range f.identities {
		if id.IsModule() == modules {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b hub.ID) int { return strings.Compare(a.String(), b.String()) })
	for _, id := range ids {
		rows = append(rows, f.row(f.twins[id]))
	}
	return rows, true, true
}

// row is a twin as a query returns it whole.
func (f *fakeHub) row(t hub.Twin) patch.Value {
	row := t.Document
	if t.IsModule() {
		row = row.With(patch.Path{"moduleId"}, patch.String(t.Module))
	}
	return row.With(patch.Path{"version"}, patch.Int(t.Version)).
		With(patch.Path{"status"}, patch.String(string(t.Status))).
		With(patch.Path{"properties", "desired", "$version"}, patch.Int(t.Desired.Version)).
		With(patch.Path{"properties", "reported", "$version"}, patch.Int(t.Reported.Version))
}

// many returns n rows such as a projection has.
func many(n int) []string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"deviceId":"device-%04d","tags":{"floor":%d},"version":%d}`, i, i%7, i)
	}
	return rows
}

// preparedPage is what a command makes of an answer to the projection.
func preparedPage(result hub.Result) query.Page { return query.Prepare(projection, result, 0) }
