package patch

import "unicode/utf8"

// AppendJSON appends v to dst as compact JSON. Keys keep their order and numbers their
// text. Characters that could act on a terminal or change the direction of the text
// around them (control characters and Unicode's line separators and bidirectional
// controls) are written as \u escapes, and bytes that are not UTF-8 as \ufffd.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case KindArray:
		dst = append(dst, '[')
		for i, e := range v.elems {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.AppendJSON(dst)
		}
		return append(dst, ']')
	case KindObject:
		dst = append(dst, '{')
		for i, m := range v.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, m.Key)
			dst = append(dst, ':')
			dst = m.Value.AppendJSON(dst)
		}
		return append(dst, '}')
	default:
		return v.appendScalar(dst)
	}
}

func (v Value) appendScalar(dst []byte) []byte {
	switch v.kind {
	case KindBool:
		if v.bool {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case KindNumber:
		return append(dst, v.text...)
	case KindString:
		return appendString(dst, v.text)
	default:
		return append(dst, "null"...)
	}
}

// JSON returns v as compact JSON, written as [Value.AppendJSON] does.
func (v Value) JSON() string { return string(v.AppendJSON(nil)) }

// MarshalJSON implements [encoding/json.Marshaler]; it never fails. Note that
// encoding/json itself escapes <, > and & in what it is handed.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// UnmarshalJSON implements [encoding/json.Unmarshaler] with [Parse].
func (v *Value) UnmarshalJSON(data []byte) error {
	parsed, err := Parse(data)
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}

// Indent returns v as JSON over several lines, one key or element a line, each level
// indented by indent. Every line but the first begins with prefix. Empty arrays and
// objects stay on their line. Characters are escaped as [Value.AppendJSON] does.
func (v Value) Indent(prefix, indent string) string {
	return string(v.appendIndented(nil, "\n"+prefix, indent))
}

// appendIndented appends v; newline is the line break with the indentation of the line v is on.
func (v Value) appendIndented(dst []byte, newline, indent string) []byte {
	if v.Len() == 0 {
		return v.AppendJSON(dst)
	}
	inner := newline + indent
	if v.kind == KindArray {
		for i, e := range v.elems {
			dst = append(dst, "[,"[min(i, 1)])
			dst = e.appendIndented(append(dst, inner...), inner, indent)
		}
		return append(append(dst, newline...), ']')
	}
	for i, m := range v.members {
		dst = append(dst, "{,"[min(i, 1)])
		dst = append(appendString(append(dst, inner...), m.Key), ": "...)
		dst = m.Value.appendIndented(dst, inner, indent)
	}
	return append(append(dst, newline...), '}')
}

// QuoteString returns s as a JSON string in double quotes, escaped as [Value.AppendJSON] does.
func QuoteString(s string) string { return string(appendString(nil, s)) }

func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < 0x7F {
			i++
			continue
		}
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
			if (r != utf8.RuneError || n > 1) && !actsOnTerminal(r) {
				i += n
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, r)
		i += n
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// actsOnTerminal reports whether r, sent to a terminal, would do more than show itself.
func actsOnTerminal(r rune) bool {
	switch {
	case r < ' ', r >= 0x7F && r < 0xA0: // C0, DEL, C1
		return true
	case r == 0x061C, r >= 0x200E && r <= 0x200F, r >= 0x2028 && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return true // separators and bidirectional controls
	default:
		return false
	}
}

// appendEscape appends the escape of a character below U+10000.
func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12&0xF], hex[r>>8&0xF], hex[r>>4&0xF], hex[r&0xF])
}
