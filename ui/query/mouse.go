package query

// Click selects the row that was drawn on a line of the last View.
func (r *Results) Click(line int) Action {
	row, ok := r.grid.At(line - r.body)
	if !ok {
		return nil
	}
	r.revision++
	r.grid.Select(row)
	return r.went()
}
