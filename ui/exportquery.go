package ui

import (
	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/query"
)

// queryRows offers the rows of a query, as far as they are loaded.
type queryRows struct {
	results *query.Results
	shown   map[string]query.Column
	numbers []int
}

func (*queryRows) what() string { return "rows" }
func (*queryRows) more() bool   { return false }

// identities says that there are keys to be had: every row names somebody, or those that do not
// stay without.
func (q *queryRows) identities() bool { return len(q.results.Matching()) > 0 }

func (q *queryRows) counts() (marked, matching int) {
	return len(q.results.Numbers(true)), q.results.Matches()
}

func (q *queryRows) take(marked bool) int {
	q.numbers = q.results.Numbers(marked)
	return len(q.numbers)
}

func (q *queryRows) columns(bool) []string {
	q.shown = map[string]query.Column{}
	var names []string
	for _, c := range q.results.Columns() {
		q.shown[c.Name] = c
		names = append(names, c.Name)
	}
	return names
}

func (q *queryRows) row(i int, columns []string) ([]patch.Value, hub.ID) {
	value, id := q.results.At(q.numbers[i])
	row := make([]patch.Value, len(columns), len(columns)+2)
	for j, name := range columns {
		if v, ok := q.shown[name].Value(value); ok {
			row[j] = v
		}
	}
	return row, id
}
