package redact

import (
	"bytes"
	"encoding/json"
)

// document returns a copy of b, the text of a JSON document or the beginning of one, in which the
// values of all members are masked whose name says that they are secret, with all that is in them,
// and in every other string what looks like a secret. It reports whether b was JSON throughout: of
// what is not, no more than this can be said.
func (r *Redactor) document(b []byte) (out []byte, isJSON bool) {
	s := scanner{redactor: r, in: b, out: make([]byte, 0, len(b)+16), inside: -1, names: map[string]bool{}}
	for s.at < len(b) {
		switch c := b[s.at]; {
		case c == '"':
			s.text()
		case c == '{' || c == '[':
			if s.secret && s.inside < 0 {
				s.inside = s.depth
			}
			s.depth++
			s.secret = false
			s.copy(1)
		case c == '}' || c == ']':
			s.depth--
			if s.depth <= s.inside {
				s.inside = -1
			}
			s.secret = false
			s.copy(1)
		case c == ',':
			s.secret = false
			s.copy(1)
		case c == ':' || c == ' ' || c == '\t' || c == '\r' || c == '\n':
			s.copy(1)
		case c == '-' || c >= '0' && c <= '9':
			s.number()
		default:
			s.word()
		}
	}
	return s.out, !s.odd
}

type scanner struct {
	redactor *Redactor
	in, out  []byte
	at       int
	depth    int
	inside   int             // depth around the secret value that at is in; -1 for none
	secret   bool            // the value that follows is secret
	odd      bool            // there was something that no JSON has
	names    map[string]bool // whether they are secret; in a list of objects they come again and again
}

func (s *scanner) copy(n int) {
	s.out = append(s.out, s.in[s.at:s.at+n]...)
	s.at += n
}

func (s *scanner) hidden() bool { return s.secret || s.inside >= 0 }

func (s *scanner) mask() {
	s.out = append(append(append(s.out, '"'), Mask...), '"')
	s.secret = false
}

// text takes one string: a name, or a value. Escapes could hide a secret from whoever looks at
// the text as it is, so a string with escapes is looked at without them.
func (s *scanner) text() {
	end, closed := s.at+1, false
	for ; end < len(s.in); end++ {
		if s.in[end] == '\\' {
			end++
		} else if s.in[end] == '"' {
			closed = true
			break
		}
	}
	end = min(end, len(s.in))
	token := s.in[s.at:end]
	if closed {
		token = s.in[s.at : end+1]
	}
	s.at += len(token)
	plain, escaped := unquoted(token, closed)
	switch {
	case s.isName():
		secret, seen := s.names[string(plain)]
		if !seen {
			secret = Name(string(plain))
			s.names[string(plain)] = secret
		}
		s.secret = secret
	case s.hidden() && len(plain) > 0: // an empty one says that there is none
		s.mask()
		return
	default:
		s.secret = false
	}
	if escaped || worth(plain) {
		if clean := text(bytes.Clone(s.redactor.told(plain))); !bytes.Equal(clean, plain) {
			token, _ = json.Marshal(string(clean)) // a string can always be
		}
	}
	s.out = append(s.out, token...)
}

// worth reports whether there can be a secret in a string that its form gives away: most strings
// of a document are names, numbers and times, and are done with here.
func worth(plain []byte) bool { return len(plain) >= keySize || bytes.ContainsAny(plain, "=:% ") }

// isName reports whether a colon follows.
func (s *scanner) isName() bool {
	rest := bytes.TrimLeft(s.in[s.at:], " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

// unquoted returns what a string says and whether that differs from how it is written.
func unquoted(token []byte, closed bool) (plain []byte, escaped bool) {
	if bytes.IndexByte(token, '\\') < 0 {
		if closed {
			return token[1 : len(token)-1], false
		}
		return token[1:], false
	}
	if !closed {
		token = append(bytes.TrimRight(bytes.Clone(token), `\`), '"')
	}
	var said string
	if json.Unmarshal(token, &said) != nil { // an escape that is none, or half of one
		return bytes.ReplaceAll(token[1:len(token)-1], []byte(`\/`), []byte("/")), true
	}
	return []byte(said), true
}

func (s *scanner) number() {
	n := 1
	for s.at+n < len(s.in) && bytes.IndexByte([]byte("0123456789+-.eE"), s.in[s.at+n]) >= 0 {
		n++
	}
	if s.hidden() {
		s.mask()
		s.at += n
		return
	}
	s.copy(n)
	s.secret = false
}

// word takes true, false, null or, of what is no JSON, anything else.
func (s *scanner) word() {
	n := 0
	for s.at+n < len(s.in) && s.in[s.at+n] >= 'a' && s.in[s.at+n] <= 'z' {
		n++
	}
	switch string(s.in[s.at : s.at+n]) {
	case "true", "false", "null":
	default:
		s.odd = true
	}
	s.copy(max(n, 1))
	s.secret = false
}
