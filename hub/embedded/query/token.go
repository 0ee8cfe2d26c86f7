package query

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

// text is a string literal without its quotes and escapes.
type text string

// Capture implements participle.Capture.
func (t *text) Capture(values []string) error {
	s, err := unquote(values[0])
	*t = text(s)
	return err
}

// truth is a boolean literal.
type truth bool

// Capture implements participle.Capture.
func (t *truth) Capture(values []string) error {
	*t = truth(strings.EqualFold(values[0], "true"))
	return nil
}

// number is a number literal, decimal or hexadecimal.
type number float64

// Capture implements participle.Capture. A sign is a token of its own.
func (n *number) Capture(values []string) error {
	written := values[len(values)-1]
	var f float64
	if hexadecimal, ok := strings.CutPrefix(strings.ToLower(written), "0x"); ok {
		for _, digit := range []byte(hexadecimal) {
			value, _ := strconv.ParseUint(string(digit), 16, 8) // the lexer has seen that it is one
			f = f*16 + float64(value)
		}
	} else {
		f, _ = strconv.ParseFloat(written, 64) // out of range it is infinite, which compares well
	}
	if values[0] == "-" {
		f = math.Copysign(f, -1)
	}
	*n = number(f)
	return nil
}

// name is one step of a path or an alias; names that are not identifiers, and those that are
// words of the language, stand in [[ ]].
type name string

var reserved = map[string]bool{
	"SELECT": true, "TOP": true, "FROM": true, "WHERE": true, "GROUP": true, "BY": true, "AS": true,
	"AND": true, "OR": true, "NOT": true, "IN": true, "NIN": true,
	"TRUE": true, "FALSE": true, "NULL": true, "UNDEFINED": true,
}

// Capture implements participle.Capture.
func (n *name) Capture(values []string) error {
	if odd, ok := strings.CutPrefix(values[0], "[["); ok {
		*n = name(strings.TrimSuffix(odd, "]]"))
		return nil
	}
	if reserved[strings.ToUpper(values[0])] {
		return ErrSyntax
	}
	*n = name(values[0])
	return nil
}

// unquote removes the quotes and reads the escapes \' \" \\ and \uXXXX.
func unquote(quoted string) (string, error) {
	inner := quoted[1 : len(quoted)-1]
	if !strings.Contains(inner, `\`) {
		return inner, nil
	}
	var b strings.Builder
	for inner != "" {
		plain, rest, escaped := strings.Cut(inner, `\`)
		b.WriteString(plain)
		if !escaped {
			break
		}
		switch c := rest[0]; c {
		case '\'', '"', '\\':
			b.WriteByte(c)
			inner = rest[1:]
		case 'u':
			r, n := unicodeEscape(rest[1:])
			if n == 0 {
				return "", ErrSyntax
			}
			b.WriteRune(r)
			inner = rest[1+n:]
		default:
			return "", ErrSyntax
		}
	}
	return b.String(), nil
}

// unicodeEscape reads what stands behind \u, two escapes for a character outside the basic plane.
// n is how much of it was read, 0 when it is not an escape.
func unicodeEscape(s string) (r rune, n int) {
	high, ok := fourHex(s)
	if !ok {
		return 0, 0
	}
	if low, ok := strings.CutPrefix(s[4:], `\u`); ok && utf16.IsSurrogate(high) {
		if second, ok := fourHex(low); ok {
			if r := utf16.DecodeRune(high, second); r != '\uFFFD' {
				return r, len(`XXXX\uXXXX`)
			}
		}
	}
	return high, len(`XXXX`)
}

func fourHex(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	code, err := strconv.ParseUint(s[:4], 16, 16)
	return rune(code), err == nil
}
