package ordered

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Append appends the value to dst as compact JSON.
func (v Value) Append(dst []byte) []byte {
	switch {
	case v.kind == Null:
		return append(dst, "null"...)
	case v.kind == String:
		return AppendString(dst, v.text)
	case v.text != "": // a scalar, or what is stored
		return append(dst, v.text...)
	case v.kind == Object:
		dst = append(dst, '{')
		for i, m := range v.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(AppendString(dst, m.Key), ':')
			dst = m.Value.Append(dst)
		}
		return append(dst, '}')
	}
	dst = append(dst, '[')
	for i, item := range v.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = item.Append(dst)
	}
	return append(dst, ']')
}

// String returns the value as compact JSON.
func (v Value) String() string { return string(v.Append(nil)) }

// AppendString appends s to dst as a JSON string.
func AppendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return appendEscaped(dst, s)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

func appendEscaped(dst []byte, s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// A string always encodes, and a buffer always takes it.
	_ = enc.Encode(s)
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte{'\n'})...)
}

// Writer builds one JSON object member by member, without a tree. The zero Writer is not
// usable; start with NewWriter and finish with Close.
type Writer struct {
	buf   []byte
	first bool
}

// NewWriter starts an object at the end of dst.
func NewWriter(dst []byte) *Writer { return &Writer{buf: append(dst, '{'), first: true} }

func (w *Writer) key(key string) {
	if !w.first {
		w.buf = append(w.buf, ',')
	}
	w.first = false
	w.buf = append(AppendString(w.buf, key), ':')
}

// String adds a string member.
func (w *Writer) String(key, value string) {
	w.key(key)
	w.buf = AppendString(w.buf, value)
}

// StringOrNull adds a string member that is null when value is empty.
func (w *Writer) StringOrNull(key, value string) {
	if value == "" {
		w.Raw(key, "null")
		return
	}
	w.String(key, value)
}

// Int adds an integer member.
func (w *Writer) Int(key string, value int64) {
	w.key(key)
	w.buf = strconv.AppendInt(w.buf, value, 10)
}

// Raw adds a member whose value is already JSON.
func (w *Writer) Raw(key, json string) {
	w.key(key)
	w.buf = append(w.buf, json...)
}

// RawMembers adds the members of an object that is already compact JSON.
func (w *Writer) RawMembers(object string) {
	if len(object) <= len("{}") {
		return
	}
	if !w.first {
		w.buf = append(w.buf, ',')
	}
	w.first = false
	w.buf = append(w.buf, object[1:len(object)-1]...)
}

// Object adds an object member that fill writes.
func (w *Writer) Object(key string, fill func(*Writer)) {
	w.key(key)
	inner := NewWriter(w.buf)
	fill(inner)
	w.buf = inner.Close()
}

// Close ends the object and returns the buffer given to NewWriter with the object appended.
func (w *Writer) Close() []byte { return append(w.buf, '}') }
