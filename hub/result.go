package hub

import (
	"context"
	"strings"
	"time"

	"twindeck/hub/patch"
)

// Result is one page of what a query returned, whatever it asked for.
type Result struct {
	// Rows are the rows as the hub sent them: objects, for SELECT * whole twins or jobs.
	Rows         []patch.Value
	Whole        bool   // the rows are whole twins (SELECT * FROM devices or devices.modules)
	Continuation string // empty on the last page; belongs to the query it came from
	ReadAt       time.Time
}

// Run returns a page of a query in the hub's own language (Azure docs:
// iot-hub-devguide-query-language). An empty continuation asks for the first page; size is what the
// hub is asked for, and it may send fewer; 0 leaves it to the hub. A query that the hub does not
// understand is an [Error] of status 400, without a position. The index that queries see lags
// behind the twins by seconds.
func (c *Client) Run(ctx context.Context, query, continuation string, size int) (Result, error) {
	var result Result
	_, err := c.do(ctx, queryCall("run the query", query, continuation, size, func(a answer) error {
		rows, err := rowsOf(a)
		result = Result{
			Rows:         rows,
			Whole:        strings.EqualFold(a.header.Get("x-ms-item-type"), "Twin"),
			Continuation: a.header.Get("x-ms-continuation"),
			ReadAt:       a.got,
		}
		return err
	}))
	if err != nil {
		return Result{}, err
	}
	return result, nil
}

// RowID returns the identity a row of a [Result] is about, and false when the query did not ask
// for it, as with aggregates.
func RowID(row patch.Value) (ID, bool) {
	id := ID{Device: text(row, "deviceId"), Module: text(row, "moduleId")}
	return id, id.Device != ""
}
