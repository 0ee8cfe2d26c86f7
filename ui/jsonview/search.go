package jsonview

import (
	"unicode"
	"unicode/utf8"

	"twindeck/hub/patch"
)

// Query is a text to find, upper and lower case alike. The zero Query finds nothing.
type Query []rune // folded to lower case rune by rune

// NewQuery returns the query for a text.
func NewQuery(text string) Query {
	var q Query
	for _, r := range text {
		q = append(q, unicode.ToLower(r))
	}
	return q
}

// Find returns where the query first occurs in s as byte offsets, or -1. Combining marks belong to
// what they follow.
func (q Query) Find(s string) (start, end int) {
	if len(q) == 0 {
		return -1, -1
	}
	for start, r := range s {
		if unicode.ToLower(r) != q[0] {
			continue
		}
		if n := q.prefix(s[start:]); n > 0 {
			end := start + n
			for end < len(s) {
				mark, size := utf8.DecodeRuneInString(s[end:])
				if !unicode.Is(unicode.M, mark) {
					break
				}
				end += size
			}
			return start, end
		}
	}
	return -1, -1
}

// prefix returns how many bytes of s the query takes when s begins with it, or 0.
func (q Query) prefix(s string) int {
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
	m.query = NewQuery(text)
	return m.find(m.cursor, 1)
}

// SearchNext moves the cursor to the next match, around the end if need be. It reports
// whether there is one.
func (m *Model) SearchNext() bool { return m.find(m.cursor+1, 1) }

// SearchPrev moves the cursor to the match before it, around the beginning if need be. It
// reports whether there is one.
func (m *Model) SearchPrev() bool { return m.find(m.cursor-1, -1) }

// Matches returns how many rows match the search, folded ones too, and which of them the cursor is
// on: 1 for the first, 0 for none.
func (m *Model) Matches() (at, of int) {
	if len(m.query) == 0 {
		return 0, 0
	}
	for i := range m.rows {
		if m.matches(&m.rows[i]) {
			of++
			if i == m.cursor {
				at = of
			}
		}
	}
	return at, of
}

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
	if start, _ := m.query.Find(r.key); start >= 0 {
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
	start, _ := m.query.Find(text)
	return start >= 0
}

// reveal opens everything around row i and moves the cursor to it.
func (m *Model) reveal(i int) {
	for p := m.rows[i].parent; p >= 0; p = m.rows[p].parent {
		m.rows[p].folded = false
	}
	m.settle(i)
}
