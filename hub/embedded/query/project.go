package query

import (
	"slices"

	"twindeck/hub/embedded/ordered"
)

// column is one projection.
type column struct {
	alias    string    // empty: the path is kept
	path     attribute // empty for COUNT()
	function string    // empty for a plain attribute
	group    int       // in a query with aggregates: which of the groups a plain attribute is
}

// clashes says whether two columns would write the same member.
func (c column) clashes(other column) bool {
	a, b := c.place(), other.place()
	shared := min(len(a), len(b))
	return slices.Equal(a[:shared], b[:shared])
}

// place is where the column stands in a result.
func (c column) place() attribute {
	if c.alias != "" {
		return attribute{c.alias}
	}
	return c.path
}

// project renders the columns of one row. What the row does not have is left out.
func (q *Query) project(row Row) []byte {
	var members []ordered.Member
	for _, c := range q.columns {
		if v, ok := c.path.eval(row); ok {
			members = place(members, c.place(), v)
		}
	}
	return ordered.NewObject(members...).Append(nil)
}

// place puts a value at a path, creating the objects on the way.
func place(members []ordered.Member, path attribute, v ordered.Value) []ordered.Member {
	if len(path) == 1 {
		return append(members, ordered.Member{Key: path[0], Value: v})
	}
	i := slices.IndexFunc(members, func(m ordered.Member) bool { return m.Key == path[0] })
	if i < 0 {
		i = len(members)
		members = append(members, ordered.Member{Key: path[0]})
	}
	inner := slices.Clone(members[i].Value.Members())
	members[i].Value = ordered.NewObject(place(inner, path[1:], v)...)
	return members
}
