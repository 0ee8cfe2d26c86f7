package query

import "twindeck/hub"

// Marked returns the identities that are marked, in the order of the table, and those that the
// filter hides after them in the order they came.
func (r *Results) Marked() []hub.ID {
	if len(r.marks) == 0 {
		return nil
	}
	ids := make([]hub.ID, 0, len(r.marks))
	taken := make(map[hub.ID]struct{}, len(r.marks))
	take := func(id hub.ID) {
		if _, marked := r.marks[id]; marked {
			if _, again := taken[id]; !again {
				taken[id] = struct{}{}
				ids = append(ids, id)
			}
		}
	}
	for i := range r.length() {
		take(r.rows[r.number(i)].id)
	}
	for i := range r.rows {
		take(r.rows[i].id)
	}
	for id := range r.marks { // of an earlier run, and not loaded again yet
		take(id)
	}
	return ids
}

// MarkedCount returns how many identities are marked.
func (r *Results) MarkedCount() int { return len(r.marks) }

// ClearMarks takes all marks back.
func (r *Results) ClearMarks() {
	r.revision++
	clear(r.marks)
	r.anchor = -1
}

// Matching returns the identities of the rows that the filter lets through, each once, in the order of the table.
func (r *Results) Matching() []hub.ID {
	var ids []hub.ID
	taken := make(map[hub.ID]struct{}, r.length())
	for i := range r.length() {
		id := r.rows[r.number(i)].id
		if _, again := taken[id]; again || id.Device == "" {
			continue
		}
		taken[id] = struct{}{}
		ids = append(ids, id)
	}
	return ids
}

// mark marks the row of the cursor, or takes its mark back.
func (r *Results) mark() {
	row := r.row()
	if row == nil || row.id.Device == "" {
		return
	}
	r.anchor = r.current
	if _, marked := r.marks[row.id]; marked {
		delete(r.marks, row.id)
		return
	}
	r.marks[row.id] = struct{}{}
}

// markRange marks the rows from the one that was marked last to that of the cursor.
func (r *Results) markRange() {
	if r.row() == nil {
		return
	}
	from, to := r.grid.Cursor(), r.grid.Cursor()
	if r.anchor >= 0 {
		if at := r.line(r.anchor); at >= 0 {
			from, to = min(from, at), max(to, at)
		}
	}
	for i := from; i <= to; i++ {
		r.put(r.number(i))
	}
	r.anchor = r.current
}

// markAll marks every row that the filter lets through, or none any more when all of them are.
func (r *Results) markAll() {
	before := len(r.marks)
	for i := range r.length() {
		r.put(r.number(i))
	}
	if len(r.marks) == before {
		r.ClearMarks()
	}
}

func (r *Results) put(number int) {
	if id := r.rows[number].id; id.Device != "" {
		r.marks[id] = struct{}{}
	}
}

// dropMarks lets go of the marks of rows that are no longer in the result.
func (r *Results) dropMarks() {
	if len(r.marks) == 0 {
		return
	}
	kept := make(map[hub.ID]struct{}, len(r.marks))
	for i := range r.rows {
		if _, marked := r.marks[r.rows[i].id]; marked {
			kept[r.rows[i].id] = struct{}{}
		}
	}
	r.marks = kept
}

// marked reports whether a row is.
func (r *Results) marked(number int) bool {
	_, ok := r.marks[r.rows[number].id]
	return ok
}
