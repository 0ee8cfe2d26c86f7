package roster

import (
	"unicode"
	"unicode/utf8"
)

// Fold returns text as a filter compares it: upper and lower case alike. Only a text that has
// upper case or bytes that are no UTF-8 is copied.
func Fold(s string) string {
	if folded(s) {
		return s
	}
	return string(appendFold(nil, s))
}

// folded reports whether Fold changes nothing.
func folded(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return c >= utf8.RuneSelf && foldedRunes(s)
		}
	}
	return true
}

func foldedRunes(s string) bool {
	for i, r := range s {
		if unicode.ToLower(r) != r || r == utf8.RuneError && !valid(s[i:]) {
			return false
		}
	}
	return true
}

func valid(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	return n > 1
}

func appendFold[T string | []byte](dst []byte, s T) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := decode(s[i:])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += n
	}
	return dst
}

func decode[T string | []byte](s T) (rune, int) {
	return utf8.DecodeRuneInString(string(s[:min(len(s), utf8.UTFMax)]))
}
