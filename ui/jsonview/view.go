package jsonview

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
)

// Styles prints the parts of a line. A nil function prints the text as it is; every
// function must keep the width of what it is given. Cursor gets a whole line with its
// styles in it, the others plain text.
type Styles struct {
	Key    func(string) string
	String func(string) string
	Number func(string) string
	Bool   func(string) string
	Null   func(string) string
	Punct  func(string) string // brackets, commas, fold marks, the summary of what is folded
	Match  func(string) string // what was searched for
	Cursor func(string) string // the line of the cursor
}

const (
	openMark   = "▾ "
	foldedMark = "▸ "
	noMark     = "  "
)

// View returns exactly height lines of at most width cells; the cursor's line fills the
// width. Longer lines end with an ellipsis. Everything from the document is made safe to
// print. For a width or height under 1 it returns "". View remembers height, which is
// what scrolling and paging go by until the next one.
func (m *Model) View(width, height int, styles Styles) string {
	if width < 1 || height < 1 {
		return ""
	}
	if m.height != height {
		m.height = height
		m.goTo(m.cursor)
	}
	var b strings.Builder
	i := m.top
	for line := range height {
		if line > 0 {
			b.WriteByte('\n')
		}
		if i >= len(m.rows) {
			continue
		}
		w := lineWriter{width: width, query: m.query, match: styles.Match}
		w.row(&m.rows[i], &styles)
		text, left := w.line()
		if i == m.cursor {
			text = apply(styles.Cursor, text+cell.Spaces(left))
		}
		b.WriteString(text)
		i = m.rows.after(i)
	}
	return b.String()
}

func apply(style func(string) string, text string) string {
	if style == nil || text == "" {
		return text
	}
	return style(text)
}

// lineWriter collects the pieces of one line until they are wider than the screen.
type lineWriter struct {
	strings.Builder
	width int
	used  int // cells written, more than width when the line must be cut
	query Query
	match func(string) string
}

// line returns what was written, cut at the width, and how many cells are left.
func (l *lineWriter) line() (string, int) {
	if l.used > l.width {
		line := cell.Truncate(l.String(), l.width)
		return line, l.width - cell.Width(line)
	}
	return l.String(), l.width - l.used
}

func (l *lineWriter) row(r *row, s *Styles) {
	l.text(cell.Spaces(min(2*r.depth, l.width/2)), nil)
	switch {
	case !r.foldable():
		l.text(noMark, nil)
	case r.folded:
		l.text(foldedMark, s.Punct)
	default:
		l.text(openMark, s.Punct)
	}
	if r.inObject {
		l.marked(quoted(r.key, l.width), s.Key)
		l.text(": ", s.Punct)
	}
	l.value(r, s)
	if !r.last && (!r.foldable() || r.folded) {
		l.text(",", s.Punct)
	}
}

func (l *lineWriter) value(r *row, s *Styles) {
	open, shut := "{", "}"
	switch v := *r.value; v.Kind() {
	case patch.KindString:
		l.marked(quoted(v.Text(), l.width), s.String)
	case patch.KindNumber:
		l.marked(shortened(v.Text(), l.width), s.Number)
	case patch.KindBool:
		l.marked(v.JSON(), s.Bool)
	case patch.KindNull:
		l.marked(v.JSON(), s.Null)
	case patch.KindArray:
		open, shut = "[", "]"
		fallthrough
	default:
		switch {
		case r.closing:
			l.text(shut, s.Punct)
		case r.folded:
			l.text(open+cell.Ellipsis+" "+summary(v)+shut, s.Punct)
		case r.foldable():
			l.text(open, s.Punct)
		default:
			l.text(open+shut, s.Punct)
		}
	}
}

// summary says how much is folded away.
func summary(v patch.Value) string {
	one, many := " key", " keys"
	if v.Kind() == patch.KindArray {
		one, many = " item", " items"
	}
	if v.Len() == 1 {
		return "1" + one
	}
	return strconv.Itoa(v.Len()) + many
}

// quoted returns s as a JSON string that is safe to print, or enough of it for a line.
func quoted(s string, width int) string {
	return cell.Safe(patch.QuoteString(shortened(s, width)))
}

// shortened returns as much of s as could fit into width cells, and some more, so that a
// line costs no more than a line however long a string is.
func shortened(s string, width int) string {
	limit := 16*width + 64
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// marked writes a token with what is searched for marked in it.
func (l *lineWriter) marked(token string, style func(string) string) {
	for {
		start, end := l.query.Find(token)
		if start < 0 {
			l.text(token, style)
			return
		}
		l.text(token[:start], style)
		l.text(token[start:end], l.match)
		token = token[end:]
	}
}

// text writes one piece in one style.
func (l *lineWriter) text(piece string, style func(string) string) {
	if l.used > l.width || piece == "" {
		return
	}
	l.used += cell.Width(piece)
	l.WriteString(apply(style, piece))
}
