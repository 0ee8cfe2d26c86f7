package patch

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Path names a place in a tree of objects by the keys that lead to it. The empty path
// is the whole tree. Arrays are leaves of a twin, so a path never leads into one.
type Path []string

// String returns the keys joined by dots, for people: sensor.interval. A key that holds
// anything but letters, digits, - and _ is written as a JSON string, so that the text is
// unambiguous and safe to show: sensor."a.b". [ParsePath] reads it back.
func (p Path) String() string {
	var b strings.Builder
	for i, key := range p {
		if i > 0 {
			b.WriteByte('.')
		}
		if isPlainKey(key) {
			b.WriteString(key)
		} else {
			b.WriteString(QuoteString(key))
		}
	}
	return b.String()
}

// Equal reports whether both paths name the same place.
func (p Path) Equal(q Path) bool { return slices.Equal(p, q) }

// Child returns the path of a member of what p names. It shares no memory with p.
func (p Path) Child(key string) Path {
	return append(p[:len(p):len(p)], key)
}

func isPlainKey(key string) bool {
	for _, r := range key {
		if r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return key != ""
}

// ParsePath reads what [Path.String] writes. Outside quotes a key may hold everything
// but dots and quotes. The empty text is the empty path.
func ParsePath(text string) (Path, error) {
	if text == "" {
		return nil, nil
	}
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("the path %s is not readable: it is not UTF-8", QuoteString(text))
	}
	var path Path
	for rest := text; ; {
		var key string
		if strings.HasPrefix(rest, `"`) {
			p := parser{data: []byte(rest)}
			s, err := p.string()
			if err != nil {
				return nil, fmt.Errorf("the path %s is not readable: a key in quotes must be a JSON string", QuoteString(text))
			}
			key, rest = s, rest[p.pos:]
		} else {
			n := strings.IndexAny(rest, `."`)
			if n < 0 {
				n = len(rest)
			}
			key, rest = rest[:n], rest[n:]
			if key == "" {
				return nil, fmt.Errorf("the path %s is not readable: a key is missing; write the empty key as \"\"", QuoteString(text))
			}
		}
		path = append(path, key)
		if rest == "" {
			return path, nil
		}
		if rest[0] != '.' {
			return nil, fmt.Errorf("the path %s is not readable: keys are separated by dots", QuoteString(text))
		}
		rest = rest[1:]
	}
}

// At returns the value that p leads to. It reports false when there is none.
func (v Value) At(p Path) (Value, bool) {
	for _, key := range p {
		var ok bool
		if v, ok = v.Get(key); !ok {
			return Value{}, false
		}
	}
	return v, true
}

// With returns v with val at p: in the place of what was there, or as the last member of
// its object. Whatever on the way is missing or no object becomes one. The empty path
// returns val.
func (v Value) With(p Path, val Value) Value {
	if len(p) == 0 {
		return val
	}
	out := slices.Clone(v.members)
	for i := range out {
		if out[i].Key == p[0] {
			out[i].Value = out[i].Value.With(p[1:], val)
			return Value{kind: KindObject, members: out}
		}
	}
	out = append(out, Member{p[0], Value{}.With(p[1:], val)})
	return Value{kind: KindObject, members: out}
}

// Without returns v without what p leads to, and v itself when there is nothing. An
// object that loses its last member stays, empty. The empty path returns {}.
func (v Value) Without(p Path) Value {
	if len(p) == 0 {
		return Object()
	}
	for i, m := range v.members {
		if m.Key != p[0] {
			continue
		}
		out := slices.Clone(v.members)
		if len(p) == 1 {
			out = slices.Delete(out, i, i+1)
		} else {
			out[i].Value = m.Value.Without(p[1:])
		}
		return Value{kind: KindObject, members: out}
	}
	return v
}
