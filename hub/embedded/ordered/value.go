// Package ordered is JSON that keeps what its author wrote: the order of the keys and the
// spelling of the numbers. An IoT Hub returns twins that way, so a hub built on maps and
// floats could not.
package ordered

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Kind is the JSON type of a Value.
type Kind uint8

// The JSON types. Null is the zero Kind.
const (
	Null Kind = iota
	Bool
	Number
	String
	Object
	Array
)

// Value is one immutable JSON value. The zero Value is null. Values may be shared between
// goroutines.
type Value struct {
	kind    Kind
	text    string // Bool: true or false; Number: as written; String: decoded; Object and Array: see Stored
	members []Member
	items   []Value
}

// parsed returns v with the members or items that [Stored] has put off reading.
func (v Value) parsed() Value {
	if v.text == "" || v.kind != Object && v.kind != Array {
		return v
	}
	v, _ = Parse([]byte(v.text))
	return v
}

// Member is one key of an object with its value.
type Member struct {
	Key   string
	Value Value
}

// NewString returns a JSON string.
func NewString(s string) Value { return Value{kind: String, text: s} }

// NewNumber returns a JSON number spelled as text, which must be a valid JSON number.
func NewNumber(text string) Value { return Value{kind: Number, text: text} }

// NewBool returns true or false.
func NewBool(b bool) Value {
	if b {
		return Value{kind: Bool, text: "true"}
	}
	return Value{kind: Bool, text: "false"}
}

// NewObject returns an object of members, which must have distinct keys and must not be
// changed afterwards.
func NewObject(members ...Member) Value { return Value{kind: Object, members: members} }

// NewArray returns an array of items, which must not be changed afterwards.
func NewArray(items ...Value) Value { return Value{kind: Array, items: items} }

// Kind returns the JSON type.
func (v Value) Kind() Kind { return v.kind }

// Text returns a number as it was written, a string decoded, and true or false; it is empty
// for the other kinds.
func (v Value) Text() string {
	if v.kind == Object || v.kind == Array {
		return ""
	}
	return v.text
}

// Members returns the members of an object in order, nil for other kinds. The caller must
// not change them.
func (v Value) Members() []Member { return v.parsed().members }

// Items returns the elements of an array, nil for other kinds. The caller must not change
// them.
func (v Value) Items() []Value { return v.parsed().items }

// Get returns the member called key, and whether there is one.
func (v Value) Get(key string) (Value, bool) {
	for _, m := range v.Members() {
		if m.Key == key {
			return m.Value, true
		}
	}
	return Value{}, false
}

// Without returns the object without its own members that drop selects; nested objects are
// left alone.
func (v Value) Without(drop func(key string) bool) Value {
	v = v.parsed()
	kept := make([]Member, 0, len(v.members))
	for _, m := range v.members {
		if !drop(m.Key) {
			kept = append(kept, m)
		}
	}
	v.members = kept
	return v
}

// Parse reads exactly one JSON value. When an object repeats a key, the last value counts and
// the first position is kept. The error names no content of data.
func Parse(data []byte) (Value, error) {
	// Valid also bounds the nesting, which makes the recursion below safe.
	if !json.Valid(data) {
		var syntax *json.SyntaxError
		if err := json.Unmarshal(data, new(json.RawMessage)); errors.As(err, &syntax) {
			return Value{}, fmt.Errorf("not valid JSON at byte %d", syntax.Offset)
		}
		return Value{}, errors.New("not valid JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := read(dec)
	if err != nil {
		return Value{}, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Value{}, errors.New("more than one JSON value")
	}
	return v, nil
}

func read(dec *json.Decoder) (Value, error) {
	token, err := dec.Token()
	if err != nil {
		return Value{}, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return readObject(dec)
		}
		return readArray(dec)
	case string:
		return NewString(t), nil
	case json.Number:
		return NewNumber(t.String()), nil
	case bool:
		return NewBool(t), nil
	default:
		return Value{}, nil
	}
}

func readObject(dec *json.Decoder) (Value, error) {
	b := newObjectBuilder(nil)
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return Value{}, err
		}
		v, err := read(dec)
		if err != nil {
			return Value{}, err
		}
		b.set(key.(string), v)
	}
	if _, err := dec.Token(); err != nil {
		return Value{}, err
	}
	return b.value(), nil
}

func readArray(dec *json.Decoder) (Value, error) {
	items := []Value{}
	for dec.More() {
		v, err := read(dec)
		if err != nil {
			return Value{}, err
		}
		items = append(items, v)
	}
	if _, err := dec.Token(); err != nil {
		return Value{}, err
	}
	return Value{kind: Array, items: items}, nil
}
