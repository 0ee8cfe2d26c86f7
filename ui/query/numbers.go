package query

import (
	"slices"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// Columns returns the columns of the table, in their order.
func (r *Results) Columns() []Column { return slices.Clone(r.columns) }

// Matches returns how many rows the filter lets through, also those that name nobody.
func (r *Results) Matches() int { return r.length() }

// Numbers returns the rows that the filter lets through, or all that are marked, in the order of the
// table as it is now. Numbers stay what they are when rows are added or ordered in another way.
func (r *Results) Numbers(marked bool) []int {
	numbers := make([]int, 0, r.length())
	visible := make([]bool, len(r.rows))
	for i := range r.length() {
		n := r.number(i)
		visible[n] = true
		if !marked || r.marked(n) {
			numbers = append(numbers, n)
		}
	}
	if !marked || len(r.marks) == 0 {
		return numbers
	}
	for n := range r.rows { // marked, and hidden by the filter
		if !visible[n] && r.marked(n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// At returns a row by its number as the hub sent it, and whom it is about: the zero ID for nobody.
func (r *Results) At(number int) (patch.Value, hub.ID) {
	row := &r.rows[number]
	return row.value(), row.id
}
