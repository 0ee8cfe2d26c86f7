package ordered

import "strings"

// Find returns the text of the value at a path of keys in JSON text that this package wrote:
// compact, valid and without repeated keys. It reads no further than it must and builds no tree,
// so that a search through many documents costs little. The result is a part of text.
func Find(text string, path ...string) (value string, ok bool) {
	for _, key := range path {
		if text, ok = member(text, key); !ok {
			return "", false
		}
	}
	return text, text != ""
}

// member returns the value of one key of an object.
func member(object, key string) (value string, ok bool) {
	if object == "" || object[0] != '{' {
		return "", false
	}
	var buffer [64]byte
	quoted := string(AppendString(buffer[:0], key))
	for rest := object[1:]; rest != "" && rest[0] == '"'; {
		end := skipString(rest)
		found := rest[:end] == quoted
		rest = rest[end+1:] // behind the colon
		end = skipValue(rest)
		if found {
			return rest[:end], true
		}
		if rest = rest[end:]; rest != "" {
			rest = rest[1:] // behind the comma or the end of the object
		}
	}
	return "", false
}

// skipValue returns the length of the value that text begins with.
func skipValue(text string) int {
	depth := 0
	for i := 0; i < len(text); {
		switch text[i] {
		case '"':
			i += skipString(text[i:])
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			i++
		case ',':
			if depth == 0 {
				return i
			}
			i++
		default:
			i++
		}
		if depth == 0 && (i == len(text) || text[i] == ',' || text[i] == '}' || text[i] == ']') {
			return i
		}
	}
	return len(text)
}

// skipString returns the length of the string that text begins with, quotes included.
func skipString(text string) int {
	for i := 1; i < len(text); {
		stop := strings.IndexAny(text[i:], `"\`)
		if stop < 0 {
			break
		}
		if i += stop; text[i] == '"' {
			return i + 1
		}
		i += len(`\"`)
	}
	return len(text)
}

// Stored reads a value's text that this package wrote, scalars without a parser. An object or array is
// read when somebody asks what is in it: most are only passed on, in a listing of a million twins for
// one. It is null for text that is not JSON, as far as that can be seen from its ends.
func Stored(text string) Value {
	if text == "" {
		return Value{}
	}
	switch c := text[0]; {
	case c == '"' && strings.IndexByte(text, '\\') < 0 && len(text) >= len(`""`):
		return NewString(text[1 : len(text)-1])
	case c == 't', c == 'f':
		return NewBool(c == 't')
	case c == '-' || '0' <= c && c <= '9':
		return NewNumber(text)
	case c == '{' && text[len(text)-1] == '}':
		return Value{kind: Object, text: text}
	case c == '[' && text[len(text)-1] == ']':
		return Value{kind: Array, text: text}
	}
	v, err := Parse([]byte(text))
	if err != nil {
		return Value{}
	}
	return v
}
