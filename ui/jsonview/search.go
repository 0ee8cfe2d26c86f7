package jsonview

import (
	"unicode"
	"unicode/utf8"

	"twindeck/hub/patch"
)

// query is a text to find, folded to lower case rune by rune; empty finds nothing.
type query []rune

func newQuery(text string) query {
	var q query
	for _, r := range text {
		q = append(q, unicode.ToLower(r))
	}
	return q
}

// in returns where the query first occurs in s, upper and lower case alike, as byte
// offsets, or -1.
func (q query) in(s string) (start, end int) {
	if len(q) == 0 {
		return -1, -1
	}
	for start, r := range s {
		if unicode.ToLower(r) != q[0] {
			continue
		}
		if n := q.prefix(s[start:]); n > 0 {
			return start, start + n
		}
	}
	return -1, -1
}

// prefix returns how many bytes of s the query takes when s begins with it, or 0.
func (q query) prefix(s string) int {
	n := 0
	for _, want := range q {
		r, size := utf8.DecodeRuneInString(s[n:])
		if size == 0 || unicode.ToLower(r) != want {
			return 0
		}
		n += size
	}
	return n
}

// Search sets the text to find in keys and scalar values, upper and lower case alike, and
// moves the cursor to the first match from where it stands on, around the end if need be.
// Folded arrays and objects are searched, and opened where the match is. The matches on
// the screen stay marked until the text is set to "". It reports whether there is a match.
func (m *Model) Search(text string) bool {
	m.query = newQuery(text)
	return m.find(m.cursor, 1)
}

// SearchNext moves the cursor to the next match, around the end if need be. It reports
// whether there is one.
func (m *Model) SearchNext() bool { return m.find(m.cursor+1, 1) }

// SearchPrev moves the cursor to the match before it, around the beginning if need be. It
// reports whether there is one.
func (m *Model) SearchPrev() bool { return m.find(m.cursor-1, -1) }

func (m *Model) find(from, step int) bool {
	if len(m.query) == 0 {
		return false
	}
	n := len(m.rows)
	for k := range n {
		i := ((from+k*step)%n + n) % n
		if m.matches(&m.rows[i]) {
			m.reveal(i)
			return true
		}
	}
	return false
}

func (m *Model) matches(r *row) bool {
	if r.closing {
		return false
	}
	if start, _ := m.query.in(r.key); start >= 0 {
		return true
	}
	text := ""
	switch r.value.Kind() {
	case patch.KindArray, patch.KindObject:
	case patch.KindString, patch.KindNumber:
		text = r.value.Text()
	default:
		text = r.value.JSON()
	}
	start, _ := m.query.in(text)
	return start >= 0
}

// reveal opens everything around row i and moves the cursor to it.
func (m *Model) reveal(i int) {
	for p := m.rows[i].parent; p >= 0; p = m.rows[p].parent {
		m.rows[p].folded = false
	}
	m.settle(i)
}
