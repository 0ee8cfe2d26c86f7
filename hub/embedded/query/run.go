package query

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"

	"twindeck/hub/embedded/registry"
)

// MaxPage is the largest page of results, and the one for callers who do not say.
const MaxPage = 100

// scanRows is how many twins are looked at at once.
const scanRows = 256

// Twins is where a query finds its rows.
type Twins interface {
	// List returns up to limit twins behind after, fewer only at the end.
	List(source registry.Source, after registry.Cursor, limit int) []registry.Row
	// OfDevice is List for what belongs to one device, without a limit.
	OfDevice(source registry.Source, device string, after registry.Cursor) []registry.Row
}

// Page is a part of a query's results.
type Page struct {
	Twins        []registry.Twin
	Continuation string // empty on the last page
}

// Run returns the page of q's results that continuation, empty for the first, points at, with
// up to size rows; a page that is not the last may be followed by an empty one. It looks at
// twins until the page is full or ctx is done. Errors are ErrContinuation and those of ctx.
func (q *Query) Run(ctx context.Context, twins Twins, continuation string, size int) (Page, error) {
	after, err := parseContinuation(continuation)
	if err != nil {
		return Page{}, err
	}
	next := func(after registry.Cursor, limit int) []registry.Row {
		return twins.List(q.Source.Listing(), after, limit)
	}
	if device, ok := q.device(); ok {
		next = func(after registry.Cursor, _ int) []registry.Row {
			return twins.OfDevice(q.Source.Listing(), device, after)
		}
	}
	limit := scanRows
	if q.Where == nil {
		limit = size
	}
	page := Page{Twins: []registry.Twin{}}
	for {
		rows := next(after, limit)
		if len(rows) == 0 {
			return page, nil
		}
		for _, row := range rows {
			if len(page.Twins) == size {
				page.Continuation = formatContinuation(after)
				return page, nil
			}
			after = row.Next
			if q.Matches(row.Twin) {
				page.Twins = append(page.Twins, row.Twin)
			}
		}
		if err := ctx.Err(); err != nil {
			return Page{}, err
		}
		if len(page.Twins) == size {
			limit = 1 // only to see whether there is more
		}
	}
}

const continuationPrefix = "after:"

func formatContinuation(after registry.Cursor) string {
	return base64.URLEncoding.EncodeToString([]byte(continuationPrefix + strconv.FormatUint(uint64(after), 10)))
}

func parseContinuation(token string) (registry.Cursor, error) {
	if token == "" {
		return 0, nil
	}
	text, err := base64.URLEncoding.DecodeString(token)
	number, ok := strings.CutPrefix(string(text), continuationPrefix)
	if err != nil || !ok {
		return 0, ErrContinuation
	}
	after, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return 0, ErrContinuation
	}
	return registry.Cursor(after), nil
}
