package query

import (
	"slices"
	"strings"
	"unicode/utf8"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
	"twindeck/ui/query/language"
)

// Column is one column of a result.
type Column struct {
	Name string // as a query would name it: tags.site; untrusted

	path    patch.Path
	title   string // what its head shows, safe
	rank    int    // columns of a lower one stand on the left
	width   int    // of the widest cell so far
	numbers int    // cells that are numbers
	others  int    // cells that are something else
}

// Value returns what a row has in the column, and false when it has nothing there.
func (c Column) Value(row patch.Value) (patch.Value, bool) { return row.At(c.path) }

const (
	minWidth = 3
	maxWidth = 48
)

func newColumn(path patch.Path, rank int) Column {
	name, ok := language.Spell(path...)
	if !ok {
		name = path.String()
	}
	title := strings.TrimPrefix(name, "properties.")
	title = strings.NewReplacer("desired.$version", "desired v", "reported.$version", "reported v").Replace(title)
	c := Column{Name: name, path: path, rank: rank, title: cell.Safe(title)}
	c.width = min(max(cell.Width(c.title)+1, minWidth), maxWidth) // one more for the arrow of a sorted column
	return c
}

// cell returns what a row shows in the column, unsafe and no longer than a cell has use for, and
// the kind of what it is; "" when there is nothing.
func (c *Column) cell(row patch.Value) (text string, kind patch.Kind) {
	v, ok := row.At(c.path)
	if !ok {
		return "", patch.KindNull
	}
	switch v.Kind() {
	case patch.KindString:
		return shortened(v.Text()), patch.KindString
	case patch.KindNumber:
		return v.Text(), patch.KindNumber
	case patch.KindNull, patch.KindBool, patch.KindArray, patch.KindObject:
	}
	return string(compact(nil, v)), v.Kind()
}

// measure takes note of a cell.
func (c *Column) measure(text string, kind patch.Kind) {
	switch {
	case text == "" || kind == patch.KindNull:
	case kind == patch.KindNumber:
		c.numbers++
	default:
		c.others++
	}
	if c.width < maxWidth {
		c.width = min(max(c.width, cell.Width(cell.Safe(text))), maxWidth)
	}
}

// numeric reports whether the column stands at its right edge.
func (c *Column) numeric() bool { return c.numbers > 0 && c.others == 0 }

// merge adds columns that another page has, each behind those of its rank, and what the page says
// about those that are known.
func merge(columns, more []Column) []Column {
	for _, m := range more {
		if at := slices.IndexFunc(columns, func(c Column) bool { return c.Name == m.Name }); at >= 0 {
			c := &columns[at]
			c.width = max(c.width, m.width)
			c.numbers += m.numbers
			c.others += m.others
			continue
		}
		at := len(columns)
		for at > 0 && columns[at-1].rank > m.rank {
			at--
		}
		columns = slices.Insert(columns, at, m)
	}
	return columns
}

// enough is how much of a text is looked at for a cell.
const enough = 4 * maxWidth

// shortened returns as much of a text as a cell can show.
func shortened(s string) string {
	if len(s) <= enough {
		return s
	}
	n := enough
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// compact appends a value as JSON, and no more of it than a cell can show. The metadata of properties,
// which would be all that one sees of them, are left out.
func compact(dst []byte, v patch.Value) []byte {
	switch v.Kind() {
	case patch.KindString:
		return append(dst, patch.QuoteString(shortened(v.Text()))...)
	case patch.KindArray:
		dst = append(dst, '[')
		for i, e := range v.Elems() {
			if i > 0 {
				dst = append(dst, ',')
			}
			if len(dst) > enough {
				return dst
			}
			dst = compact(dst, e)
		}
		return append(dst, ']')
	case patch.KindObject:
		dst = append(dst, '{')
		first := true
		for _, m := range v.Members() {
			if m.Key == "$metadata" {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			if len(dst) > enough {
				return dst
			}
			dst = append(dst, patch.QuoteString(shortened(m.Key))...)
			dst = compact(append(dst, ':'), m.Value)
		}
		return append(dst, '}')
	case patch.KindNull, patch.KindBool, patch.KindNumber:
	}
	return v.AppendJSON(dst)
}
