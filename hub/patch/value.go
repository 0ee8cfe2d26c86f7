// Package patch is the algebra of twin sections: JSON values that keep the order
// of their keys and the digits of their numbers, the merge patch that turns one
// section into another, its application, its inverse, and what changed between two.
//
// Everything here is pure: no I/O, no clock, no goroutine. A [Value] is immutable,
// so it may be shared between goroutines freely.
package patch

// Kind says which of the six JSON types a [Value] holds.
type Kind uint8

// The kinds of JSON value. The zero Kind is KindNull.
const (
	KindNull Kind = iota
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

// String returns the JSON name of the type: null, boolean, number, string, array or object.
func (k Kind) String() string {
	switch k {
	case KindBool:
		return "boolean"
	case KindNumber:
		return "number"
	case KindString:
		return "string"
	case KindArray:
		return "array"
	case KindObject:
		return "object"
	default:
		return "null"
	}
}

// Member is one key of an object with its value.
type Member struct {
	Key   string
	Value Value
}

// Value is one JSON value. Objects keep the order of their keys and numbers keep
// the text they were written with, so 1.0, 1e3 and 4503599627370495 survive a round
// trip. The zero Value is null. A Value is immutable.
type Value struct {
	kind    Kind
	bool    bool
	text    string // a string's content or a number's digits
	elems   []Value
	members []Member
}

// Null returns the JSON null.
func Null() Value { return Value{} }

// Bool returns a JSON boolean.
func Bool(b bool) Value { return Value{kind: KindBool, bool: b} }

// String returns a JSON string with the content s.
func String(s string) Value { return Value{kind: KindString, text: s} }

// Array returns a JSON array. It keeps elems, which the caller must not change afterwards.
func Array(elems ...Value) Value { return Value{kind: KindArray, elems: elems} }

// Object returns a JSON object with the members in the order given. A repeated key
// takes its last value at its first position.
func Object(members ...Member) Value {
	b := newObjectBuilder(len(members))
	for _, m := range members {
		b.set(m.Key, m.Value)
	}
	return b.value()
}

// Kind returns which JSON type v holds.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.kind == KindNull }

// AsBool returns a boolean's value, and false for every other kind.
func (v Value) AsBool() bool { return v.bool }

// Text returns a string's content or a number's digits as they were written, and ""
// for every other kind. The content is untrusted: it may hold control characters.
func (v Value) Text() string { return v.text }

// Elems returns an array's elements, nil for every other kind. The caller must not change them.
func (v Value) Elems() []Value { return v.elems }

// Members returns an object's members in order, nil for every other kind. The caller must not change them.
func (v Value) Members() []Member { return v.members }

// Len returns the number of elements of an array or members of an object, and 0 for every other kind.
func (v Value) Len() int { return len(v.elems) + len(v.members) }

// Get returns the member of an object by key. It reports false when v is no object
// or has no such key.
func (v Value) Get(key string) (Value, bool) {
	for _, m := range v.members {
		if m.Key == key {
			return m.Value, true
		}
	}
	return Value{}, false
}
