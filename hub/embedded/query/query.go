package query

import (
	"errors"
	"strings"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/registry"
)

// Errors of a query. They quote nothing of it.
var (
	ErrSyntax        = errors.New("the query is not valid")
	ErrTooLong       = errors.New("the query is too long")
	ErrContinuation  = errors.New("the continuation token is not valid")
	ErrTooManyGroups = errors.New("the query makes too many groups")
)

// Collection is what a query runs over.
type Collection uint8

const (
	// Devices are the twins of devices.
	Devices Collection = iota
	// Modules are the twins of modules.
	Modules
	// Jobs are the parts that jobs have for single devices.
	Jobs
)

// Query is a query that is ready to run. It never changes, and may be used concurrently.
type Query struct {
	collection Collection
	top        int // 0: all
	where      node
	columns    []column // nil: whole documents
	groups     []attribute
	aggregates bool
	devices    plan
}

// Dialect says how to read what the public descriptions of the language leave open. The zero
// Dialect is what makes most queries work.
type Dialect struct {
	// StrictNot makes the negation of a comparison with an attribute that does not exist undefined
	// too, so that it does not match; otherwise it is true.
	StrictNot bool
	// Contains adds CONTAINS(text, part), which is documented for message routing alone.
	Contains bool
	// NamedAggregates gives an aggregate without AS the name of its function, with a number behind
	// it from the second on: COUNT, SUM, COUNT2. Otherwise it is $1, $2 and so on. The documented
	// grammar has a name for each (Azure docs: iot-hub-devguide-query-language, "SELECT clause").
	NamedAggregates bool
}

// Parse reads a query in the zero Dialect. The error is ErrSyntax, without a position, as the
// service has it, or ErrTooLong.
func Parse(text string) (*Query, error) { return Dialect{}.Parse(text) }

// Parse reads a query. The error is ErrSyntax or ErrTooLong.
func (d Dialect) Parse(text string) (*Query, error) {
	tree, err := parse(statements, text)
	if err != nil {
		return nil, err
	}
	return compiler{d}.statement(tree)
}

// ParseCondition reads what stands behind WHERE as a query for whole twins of devices, in the
// zero Dialect. Jobs and configurations select devices that way; nothing and a star stand for
// all devices. The error is ErrSyntax or ErrTooLong.
func ParseCondition(text string) (*Query, error) { return Dialect{}.ParseCondition(text) }

// ParseCondition is the function of that name in this dialect.
func (d Dialect) ParseCondition(text string) (*Query, error) {
	if trimmed := strings.TrimSpace(text); trimmed == "" || trimmed == "*" {
		return &Query{}, nil
	}
	tree, err := parse(conditions, text)
	if err != nil {
		return nil, err
	}
	return compiler{d}.statement(&statement{All: true, Source: []string{"devices"}, Where: tree.Where})
}

// Row is a document of a collection.
type Row interface {
	// Attribute returns the value at a path, whose first step is in canonical case; ok is false
	// when there is none.
	Attribute(path []string) (v ordered.Value, ok bool)
	// AppendJSON appends the whole document to dst.
	AppendJSON(dst []byte) []byte
}

// Collection returns what the query runs over.
func (q *Query) Collection() Collection { return q.collection }

// Matches says whether the row satisfies the query's condition.
func (q *Query) Matches(row Row) bool { return q.where == nil || isTrue(q.where.eval(row)) }

// ItemType returns what the results are, as the x-ms-item-type header names it: Twin and
// DeviceJob for whole documents, Raw for projections and aggregates.
func (q *Query) ItemType() string {
	switch {
	case q.columns != nil:
		return "Raw"
	case q.collection == Jobs:
		return "DeviceJob"
	}
	return "Twin"
}

// source returns the registry's listing of a collection of twins.
func (c Collection) source() registry.Source {
	if c == Modules {
		return registry.Modules
	}
	return registry.Devices
}
