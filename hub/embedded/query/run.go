package query

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"

	"twindeck/hub/embedded/registry"
)

// DefaultPage is the largest page of results, and the one for callers who do not say, unless a
// hub is told otherwise.
const DefaultPage = 100

// scanRows is how many rows are looked at between two looks at the context.
const scanRows = 256

// Twins is where queries over devices and modules find their rows.
type Twins interface {
	// AppendRows appends up to limit twins behind after to rows, fewer only at the end.
	AppendRows(rows []registry.Row, source registry.Source, after registry.Cursor, limit int) []registry.Row
	// OfDevice returns what belongs to one device behind after.
	OfDevice(source registry.Source, device string, after registry.Cursor) []registry.Row
}

// Entry is a row with the place behind it. Places only grow.
type Entry struct {
	Row  Row
	Next uint64
}

// DeviceJobs is where queries over jobs find their rows.
type DeviceJobs interface {
	// List returns up to limit rows behind after, fewer only at the end.
	List(after uint64, limit int) []Entry
}

// Sources are the collections.
type Sources struct {
	Twins Twins
	Jobs  DeviceJobs // nil: none
}

// Page is a part of a query's results.
type Page struct {
	Items        [][]byte // JSON objects
	Continuation string   // empty on the last page
}

// Run returns the page of q's results that continuation, empty for the first, points at, with
// up to size items; a page that is not the last may be followed by an empty one. Aggregates come
// as one page. It looks at rows until the page is full or ctx is done. Errors are
// ErrContinuation, ErrTooManyGroups and those of ctx.
func (q *Query) Run(ctx context.Context, sources Sources, continuation string, size int) (Page, error) {
	at, err := parsePlace(continuation)
	if err != nil {
		return Page{}, err
	}
	if q.aggregates {
		if continuation != "" {
			return Page{}, ErrContinuation
		}
		return q.aggregate(ctx, sources)
	}
	page := Page{Items: [][]byte{}}
	if q.top > 0 {
		if at.given >= q.top {
			return page, nil
		}
		size = min(size, q.top-at.given)
	}
	full := func() bool { return len(page.Items) == size }
	more := false
	err = q.scan(ctx, sources, at.after, size, func(e Entry) bool {
		if full() {
			more = true
			return false
		}
		at.after = e.Next
		if q.Matches(e.Row) {
			page.Items = append(page.Items, q.render(e.Row))
			at.given++
		}
		return q.top == 0 || at.given < q.top
	})
	if err != nil {
		return Page{}, err
	}
	if more {
		page.Continuation = at.String()
	}
	return page, nil
}

func (q *Query) render(row Row) []byte {
	if q.columns == nil {
		return row.AppendJSON(nil)
	}
	return q.project(row)
}

// aggregate runs over everything at once.
func (q *Query) aggregate(ctx context.Context, sources Sources) (Page, error) {
	groups := newGrouping(q)
	var failed error
	err := q.scan(ctx, sources, 0, scanRows, func(e Entry) bool {
		if q.Matches(e.Row) {
			failed = groups.add(e.Row)
		}
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return Page{}, err
	}
	rows := groups.rows()
	if q.top > 0 {
		rows = rows[:min(q.top, len(rows))]
	}
	return Page{Items: rows}, nil
}

// Each calls yield with every twin that the query's condition holds for, in the order of
// creation, until yield returns false or ctx is done, whose error it returns. The query must be
// one over devices or modules; its projections are ignored.
func (q *Query) Each(ctx context.Context, twins Twins, yield func(registry.Twin) bool) error {
	return q.scan(ctx, Sources{Twins: twins}, 0, scanRows, func(e Entry) bool {
		return !q.Matches(e.Row) || yield(*e.Row.(*registry.Twin))
	})
}

// scan calls yield with every row behind after that can match, until it returns false; a row is
// good only until yield returns. size is
// how many rows the caller hopes to need.
func (q *Query) scan(ctx context.Context, sources Sources, after uint64, size int, yield func(Entry) bool) error {
	if q.devices.known && q.collection != Jobs {
		for _, e := range q.ofDevices(sources.Twins, after) {
			if !yield(e) {
				break
			}
		}
		return ctx.Err()
	}
	limit := scanRows
	if q.where == nil {
		limit = min(size+1, scanRows) // one more to see whether there is one
	}
	listed := listing{q: q, sources: sources}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		found := listed.next(after, limit)
		for _, e := range found {
			if !yield(e) {
				return nil
			}
			after = e.Next
		}
		if len(found) < limit {
			return nil
		}
	}
}

// listing reads a collection piece by piece into the same memory.
type listing struct {
	q       *Query
	sources Sources
	rows    []registry.Row
	entries []Entry
}

// next returns up to limit rows behind after, which are good until the next call.
func (l *listing) next(after uint64, limit int) []Entry {
	if l.q.collection == Jobs {
		if l.sources.Jobs == nil {
			return nil
		}
		return l.sources.Jobs.List(after, limit)
	}
	l.rows = l.sources.Twins.AppendRows(l.rows[:0], l.q.collection.source(), registry.Cursor(after), limit)
	l.entries = entries(l.entries[:0], l.rows)
	return l.entries
}

// ofDevices returns the rows of the devices that the plan names, in the order of creation.
func (q *Query) ofDevices(twins Twins, after uint64) []Entry {
	var all []Entry
	for _, device := range q.devices.devices {
		all = entries(all, twins.OfDevice(q.collection.source(), device, registry.Cursor(after)))
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.Next, b.Next) })
	return all
}

func entries(dst []Entry, rows []registry.Row) []Entry {
	dst = slices.Grow(dst, len(rows))
	for i := range rows {
		dst = append(dst, Entry{&rows[i].Twin, uint64(rows[i].Next)})
	}
	return dst
}

// position is where a page begins: behind a row, and after so many results.
type position struct {
	after uint64
	given int
}

// String returns the position as a continuation token.
func (p position) String() string {
	return base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "after:%d:%d", p.after, p.given))
}

func parsePlace(token string) (position, error) {
	var p position
	if token == "" {
		return p, nil
	}
	text, err := base64.URLEncoding.DecodeString(token)
	if err != nil {
		return p, ErrContinuation
	}
	if _, err := fmt.Sscanf(string(text), "after:%d:%d", &p.after, &p.given); err != nil || p.String() != token || p.given < 0 {
		return p, ErrContinuation
	}
	return p, nil
}
