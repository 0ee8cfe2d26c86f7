package language

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says what a token is.
type Kind uint8

// The kinds of token.
const (
	Word   Kind = iota // a name or keyword
	Odd                // a name between [[ and ]]
	Number             // also hexadecimal
	Text               // a string between quotes
	Symbol             // an operator, bracket, comma or dot
	Other              // a character that the language does not have
)

// Token is one token of a query. Between tokens there is only white space.
type Token struct {
	Kind       Kind
	Start, End int  // bytes of the query
	Open       bool // a Text or Odd that is not closed; it is the last token
}

// Tokens returns the tokens of a query.
func Tokens(query string) []Token {
	var all []Token
	for at := 0; at < len(query); {
		r, size := utf8.DecodeRuneInString(query[at:])
		if unicode.IsSpace(r) {
			at += size
			continue
		}
		t := next(query, at, r, size)
		all = append(all, t)
		at = t.End
	}
	return all
}

// next returns the token at a place, which begins with r.
func next(query string, at int, r rune, size int) Token {
	rest := query[at:]
	t := Token{Kind: Other, Start: at, End: at + size}
	switch {
	case strings.HasPrefix(rest, "[["):
		t.Kind = Odd
		if n := strings.Index(rest, "]]"); n >= 0 {
			t.End = at + n + 2
		} else {
			t.End, t.Open = len(query), true
		}
	case r == '\'' || r == '"':
		t.Kind = Text
		n, closed := quotedLength(rest)
		t.End, t.Open = at+n, !closed
	case nameStart(r):
		t.Kind = Word
		t.End = at + nameLength(rest)
	case r >= '0' && r <= '9':
		t.Kind = Number
		t.End = at + numberLength(rest)
	case len(rest) > 1 && (rest[:2] == "!=" || rest[:2] == "<>" || rest[:2] == "<=" || rest[:2] == ">="):
		t.Kind, t.End = Symbol, at+2
	case strings.ContainsRune("-+*/%=<>(),.[]", r):
		t.Kind = Symbol
	}
	return t
}

// quotedLength returns how long the string is that s begins with, and whether it ends.
func quotedLength(s string) (n int, closed bool) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case s[0]:
			return i + 1, true
		case '\\':
			i++
		}
	}
	return len(s), false
}

func nameStart(r rune) bool { return unicode.IsLetter(r) || r == '_' || r == '$' }

func nameLength(s string) int {
	for i, r := range s {
		if !nameStart(r) && !unicode.IsNumber(r) {
			return i
		}
	}
	return len(s)
}

func numberLength(s string) int {
	n := 0
	for n < len(s) {
		c := s[n]
		exponent := (c == '-' || c == '+') && (s[n-1] == 'e' || s[n-1] == 'E') && !strings.HasPrefix(s, "0x") && !strings.HasPrefix(s, "0X")
		if !exponent && c != '.' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return n
		}
		n++
	}
	return n
}

// plainName reports whether a name needs no [[ and ]] around it.
func plainName(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && nameStart(r) && nameLength(s) == len(s)
}

// element is a token, or the tokens of a path taken together.
type element struct {
	kind  Kind     // of the first token
	text  string   // of the query
	start int      // byte of the query
	steps []string // of a path: its names, without [[ and ]]
	dot   bool     // a path that ends with a dot
}

// keyword returns a word that stands alone in upper case, "" for everything else.
func (e element) keyword() string {
	if e.kind == Word && len(e.steps) == 1 && !e.dot {
		return strings.ToUpper(e.text)
	}
	return ""
}

// elements takes the names of each path together.
func elements(query string, tokens []Token) []element {
	var all []element
	onPath := false // the last element is a path, which the next token may go on
	for _, t := range tokens {
		text := query[t.Start:t.End]
		name := t.Kind == Word || t.Kind == Odd
		if onPath {
			path := &all[len(all)-1]
			more := path.dot && name
			if more {
				path.steps = append(path.steps, nameOf(text))
			}
			if more || !path.dot && text == "." {
				path.dot = !more
				path.text = query[path.start:t.End]
				continue
			}
		}
		e := element{kind: t.Kind, text: text, start: t.Start}
		if name {
			e.steps = []string{nameOf(text)}
		}
		all = append(all, e)
		onPath = name
	}
	return all
}

// nameOf returns a name without [[ and ]].
func nameOf(text string) string {
	return strings.TrimSuffix(strings.TrimPrefix(text, "[["), "]]")
}
