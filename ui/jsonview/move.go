package jsonview

// Up moves the cursor one line up.
func (m *Model) Up() { m.Move(-1) }

// Down moves the cursor one line down.
func (m *Model) Down() { m.Move(1) }

// PageUp moves the cursor up by the height of the last [Model.View].
func (m *Model) PageUp() { m.Move(-m.height) }

// PageDown moves the cursor down by the height of the last [Model.View].
func (m *Model) PageDown() { m.Move(m.height) }

// Home moves the cursor to the first line.
func (m *Model) Home() { m.goTo(0) }

// End moves the cursor to the last line.
func (m *Model) End() { m.goTo(m.rows.visible(len(m.rows) - 1)) }

// Move moves the cursor n lines down, up when n is negative, and stops at the ends.
func (m *Model) Move(n int) {
	if n < 0 {
		m.goTo(m.rows.back(m.cursor, -n))
	} else {
		m.goTo(m.rows.forward(m.cursor, n))
	}
}

// MoveToLine moves the cursor to a line of the screen, 0 for the first of the last
// [Model.View]. It reports whether the document has something there.
func (m *Model) MoveToLine(line int) bool {
	if line < 0 || line >= m.height {
		return false
	}
	row := m.rows.forward(m.top, line)
	if m.rows.distance(m.top, row, line) < line {
		return false
	}
	m.goTo(row)
	return true
}

// Toggle folds or unfolds the array or object the cursor is on, at either of its
// brackets. On anything else it does nothing.
func (m *Model) Toggle() {
	i := m.rows.opening(m.cursor)
	m.fold(i, !m.rows[i].folded)
}

// Fold folds what the cursor is on or, where that is folded or cannot be, moves the
// cursor to the array or object around it.
func (m *Model) Fold() {
	i := m.rows.opening(m.cursor)
	if m.rows[i].foldable() && !m.rows[i].folded {
		m.fold(i, true)
	} else if parent := m.rows[i].parent; parent >= 0 {
		m.goTo(parent)
	}
}

// Unfold unfolds what the cursor is on.
func (m *Model) Unfold() { m.fold(m.rows.opening(m.cursor), false) }

func (m *Model) fold(i int, folded bool) {
	if m.rows[i].foldable() {
		m.rows[i].folded = folded
		m.settle(m.rows.visible(m.cursor))
	}
}

// FoldAll folds everything inside the outermost array or object.
func (m *Model) FoldAll() { m.setAll(true) }

// UnfoldAll unfolds everything.
func (m *Model) UnfoldAll() { m.setAll(false) }

// FoldKey folds the value of every member called key, wherever it is.
func (m *Model) FoldKey(key string) {
	for i := range m.rows {
		if r := &m.rows[i]; r.inObject && r.key == key && r.foldable() {
			r.folded = true
		}
	}
	m.settle(m.rows.visible(m.cursor))
}

func (m *Model) setAll(folded bool) {
	m.rows[0].folded = false
	for i := 1; i < len(m.rows); i++ {
		m.rows[i].folded = folded && m.rows[i].foldable()
	}
	m.settle(m.rows.visible(m.cursor))
}

// settle puts the cursor on a visible row after a fold has changed, and the top too.
func (m *Model) settle(cursor int) {
	m.top = m.rows.visible(m.top)
	m.goTo(cursor)
}

// goTo moves the cursor to a visible row and scrolls no further than it must, but never
// leaves lines empty behind the end while there are rows above the top.
func (m *Model) goTo(row int) {
	m.cursor = row
	switch {
	case row < m.top:
		m.top = row
	case m.rows.distance(m.top, row, m.height) >= m.height:
		m.top = m.rows.back(row, m.height-1)
	}
	last := m.rows.visible(len(m.rows) - 1)
	if m.rows.distance(m.top, last, m.height) < m.height-1 {
		m.top = m.rows.back(last, m.height-1)
	}
}
