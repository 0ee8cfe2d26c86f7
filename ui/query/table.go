package query

import (
	"slices"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// Table is a result as it was shown at one moment, for an export. It never changes, so it may be
// read while the dashboard goes on.
type Table struct {
	Columns []Column // from left to right
	rows    []row
	order   []int32 // nil: as they came
}

// Table returns the rows that the filter lets through, in the order they are shown.
func (r *Results) Table() Table {
	return Table{Columns: slices.Clone(r.columns), rows: r.rows, order: r.arrange.order}
}

// Len returns how many rows there are.
func (t Table) Len() int {
	if t.order == nil {
		return len(t.rows)
	}
	return len(t.order)
}

// Row returns row i as the hub sent it, and whom it is about, the zero ID for nobody.
func (t Table) Row(i int) (hub.ID, patch.Value) {
	if t.order != nil {
		i = int(t.order[i])
	}
	return t.rows[i].id, t.rows[i].value()
}
