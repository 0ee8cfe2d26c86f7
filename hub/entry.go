package hub

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"twindeck/hub/patch"
)

// Entry is a device or module as a listing shows it: what a row of it needs, without
// properties. It comes from the hub's query index, which lags behind by seconds.
type Entry struct {
	ID
	Status           Status
	Connected        bool
	Auth             AuthType
	LastActivityTime time.Time // zero when there was none
	Edge             bool
	DeviceScope      string      // of an edge device its own, of a device below one its parent's; may be empty
	ParentScopes     []string    // usually one at most
	Tags             patch.Value // an object; empty when there are none
}

// Listing says which devices or modules to list. The zero value lists all devices.
type Listing struct {
	Modules bool   // modules, of all devices
	Where   string // a condition of the query language; empty lists all
}

// entryAttributes are what a listing asks for of each twin. The whole twin would be three times
// as much to send and to read.
const entryAttributes = "deviceId, status, connectionState, authenticationType, lastActivityTime, capabilities, deviceScope, parentScopes, tags"

// text returns the query that the listing is; whole asks for whole twins.
func (l Listing) text(whole bool) string {
	what, from := entryAttributes, "devices"
	if l.Modules {
		what, from = "moduleId, "+what, "devices.modules"
	}
	if whole {
		what = "*"
	}
	q := "SELECT " + what + " FROM " + from
	if l.Where != "" {
		q += " WHERE " + l.Where
	}
	return q
}

// Entries is one page of a listing.
type Entries struct {
	Rows         []Entry
	Continuation string // empty on the last page; belongs to the listing it came from
}

// List returns a page of a listing. An empty continuation asks for the first; size is what the hub
// is asked for, and it may send fewer; 0 leaves it to the hub. A hub that does not understand the
// query, because it projects what it does not know, is asked for whole twins instead, from then on.
func (c *Client) List(ctx context.Context, l Listing, continuation string, size int) (Entries, error) {
	whole := c.entries.projection.Load() == projectionRefused
	page, err := c.list(ctx, l, continuation, size, whole)
	if whole || continuation != "" {
		return page, err
	}
	if err == nil {
		c.entries.projection.Store(projectionTaken)
		return page, nil
	}
	if !BadRequest(err) || c.entries.projection.Load() == projectionTaken {
		return Entries{}, err
	}
	page, wholeErr := c.list(ctx, l, continuation, size, true)
	if wholeErr != nil {
		return Entries{}, err
	}
	c.entries.projection.Store(projectionRefused)
	return page, nil
}

// What is known of whether the hub understands the query of a listing.
const (
	_ int32 = iota
	projectionTaken
	projectionRefused
)

func (c *Client) list(ctx context.Context, l Listing, continuation string, size int, whole bool) (Entries, error) {
	op := "list the devices"
	if l.Modules {
		op = "list the modules"
	}
	var page Entries
	_, err := c.do(ctx, queryCall(op, l.text(whole), continuation, size, func(a answer) (err error) {
		page.Continuation = a.header.Get("x-ms-continuation")
		page.Rows, err = c.entries.read(a.body)
		return err
	}))
	if err != nil {
		return Entries{}, err
	}
	return page, nil
}

// queryCall is the exchange that asks for one page of a query.
func queryCall(op, query, continuation string, size int, take func(answer) error) call {
	header := map[string]string{}
	if continuation != "" {
		header["x-ms-continuation"] = continuation
	}
	if size > 0 {
		header["x-ms-max-item-count"] = strconv.Itoa(size)
	}
	return call{
		op:     op,
		method: http.MethodPost,
		path:   "devices/query",
		header: header,
		body:   patch.Object(patch.Member{Key: "query", Value: patch.String(query)}).AppendJSON(nil),
		take:   take,
	}
}

// rowsOf reads the rows of a page, which come as a bare array.
func rowsOf(a answer) ([]patch.Value, error) {
	rows, err := patch.Parse(a.body)
	if err != nil {
		return nil, err
	}
	if rows.Kind() != patch.KindArray {
		return nil, errors.New("it is no list")
	}
	return rows.Elems(), nil
}
