package hub

import (
	"strings"
	"unicode/utf8"
)

// Literal returns s as a string of the query language, in quotes (Azure docs:
// iot-hub-devguide-query-language, "Expressions and conditions"): whatever is in s stays in the
// string. Bytes that are no UTF-8, which no id and no value of a twin has, become U+FFFD.
func Literal(s string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('\'')
	for _, r := range s {
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029':
			b.WriteString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				b.WriteByte(hex[r>>shift&0xf])
			}
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// Attribute returns the path of an attribute in the query language: tags.site. Keys that the language would take
// for something else stand in double brackets (the same docs). It returns false when there is no way to
// write one of the keys, or there are none.
func Attribute(path ...string) (string, bool) {
	var b strings.Builder
	for i, key := range path {
		if i > 0 {
			b.WriteByte('.')
		}
		switch {
		case plainKey(key):
			b.WriteString(key)
		case key == "" || strings.ContainsAny(key, "[]") || !utf8.ValidString(key):
			return "", false
		default:
			b.WriteString("[[" + key + "]]")
		}
	}
	return b.String(), len(path) > 0
}

// words are those of the language, which are no keys without brackets.
var words = map[string]bool{
	"select": true, "top": true, "from": true, "where": true, "group": true, "by": true, "as": true,
	"and": true, "or": true, "not": true, "in": true, "nin": true, "order": true,
	"true": true, "false": true, "null": true, "undefined": true,
	"count": true, "avg": true, "sum": true, "min": true, "max": true,
}

func plainKey(key string) bool {
	for i, c := range []byte(key) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return key != "" && !words[strings.ToLower(key)]
}
