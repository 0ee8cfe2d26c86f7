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

// text returns the query that the listing is.
func (l Listing) text() string {
	q := "SELECT " + entryAttributes + " FROM devices"
	if l.Modules {
		q = "SELECT moduleId, " + entryAttributes + " FROM devices.modules"
	}
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
// is asked for, and it may send fewer; 0 leaves it to the hub.
func (c *Client) List(ctx context.Context, l Listing, continuation string, size int) (Entries, error) {
	op := "list the devices"
	if l.Modules {
		op = "list the modules"
	}
	var page Entries
	_, err := c.do(ctx, queryCall(op, l.text(), continuation, size, func(a answer) (err error) {
		page, err = entriesOf(a)
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

func entriesOf(a answer) (Entries, error) {
	rows, err := rowsOf(a)
	if err != nil {
		return Entries{}, err
	}
	page := Entries{Continuation: a.header.Get("x-ms-continuation"), Rows: make([]Entry, 0, len(rows))}
	for _, row := range rows {
		entry, err := entryOf(row)
		if err != nil {
			return Entries{}, err
		}
		page.Rows = append(page.Rows, entry)
	}
	return page, nil
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

func entryOf(row patch.Value) (Entry, error) {
	device := text(row, "deviceId")
	if device == "" {
		return Entry{}, errNoTwin
	}
	capabilities, _ := row.Get("capabilities")
	edge, _ := capabilities.Get("iotEdge")
	scopes, _ := row.Get("parentScopes")
	tags, ok := row.Get("tags")
	if !ok || tags.Kind() != patch.KindObject {
		tags = patch.Object()
	}
	e := Entry{
		ID:               ID{Device: device, Module: text(row, "moduleId")},
		Status:           Status(text(row, "status")),
		Connected:        text(row, "connectionState") == "Connected",
		Auth:             AuthType(text(row, "authenticationType")),
		LastActivityTime: twinTime(text(row, "lastActivityTime")),
		Edge:             edge.AsBool(),
		DeviceScope:      text(row, "deviceScope"),
		Tags:             tags,
	}
	if scopes.Kind() == patch.KindArray {
		for _, s := range scopes.Elems() {
			e.ParentScopes = append(e.ParentScopes, s.Text())
		}
	}
	return e, nil
}
