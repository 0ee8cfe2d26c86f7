package hub

import "context"

// Devices returns a page of all device twins. An empty continuation asks for the first;
// size is what the hub is asked for, and it may send fewer; 0 leaves it to the hub.
func (c *Client) Devices(ctx context.Context, continuation string, size int) (Page, error) {
	return c.query(ctx, "list the devices", "SELECT * FROM devices", continuation, size)
}

// Query returns a page of a query that returns whole twins: SELECT * FROM devices or
// devices.modules (Azure docs: iot-hub-devguide-query-language). Any other query is an
// error. A continuation belongs to the query that returned it. The hub's index lags
// behind its twins by seconds.
func (c *Client) Query(ctx context.Context, query, continuation string, size int) (Page, error) {
	return c.query(ctx, "run the query", query, continuation, size)
}

func (c *Client) query(ctx context.Context, op, query, continuation string, size int) (Page, error) {
	var page Page
	_, err := c.do(ctx, queryCall(op, query, continuation, size, func(a answer) (err error) {
		page, err = pageOf(op, a)
		return err
	}))
	if err != nil {
		return Page{}, err
	}
	return page, nil
}

func pageOf(op string, a answer) (Page, error) {
	rows, err := rowsOf(a)
	if err != nil {
		return Page{}, err
	}
	page := Page{Continuation: a.header.Get("x-ms-continuation"), Twins: make([]Twin, 0, len(rows))}
	for _, row := range rows {
		twin, err := twinOf(row, a.got)
		if err != nil {
			return Page{}, &networkError{
				"cannot " + op + ": it does not return whole twins",
				"write it as SELECT * FROM devices ... or devices.modules ...", err,
			}
		}
		page.Twins = append(page.Twins, twin)
	}
	return page, nil
}
