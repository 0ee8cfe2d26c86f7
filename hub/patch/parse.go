package patch

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how many arrays and objects [Parse] accepts inside each other. IoT Hub
// allows ten in a section; the rest is room for documents that are not twins.
const MaxDepth = 128

// SyntaxError says where a text stops being JSON.
type SyntaxError struct {
	Line   int    // 1 for the first line
	Column int    // in characters, 1 for the first of a line
	Reason string // what is wrong, in words; holds no control characters
}

// Error names the place and the reason: "line 2, column 7: a comma or } is missing".
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// Parse reads one JSON value (RFC 8259), strictly: nothing may follow it but white
// space, and there are no comments or trailing commas. The order of keys and the text of
// numbers are kept; a repeated key takes its last value. A byte order mark in front is
// skipped. Text that is not UTF-8 is refused; a \u escape that is half of a surrogate
// pair becomes U+FFFD. Every error is a [*SyntaxError]. The value shares no memory with
// data.
func Parse(data []byte) (Value, error) {
	p := parser{data: bytes.TrimPrefix(data, []byte("\uFEFF"))}
	v, err := p.document()
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

type parser struct {
	data  []byte
	pos   int
	depth int
}

func (p *parser) document() (Value, error) {
	p.space()
	if p.pos == len(p.data) {
		return Value{}, p.fail("there is nothing here, a JSON value is expected")
	}
	v, err := p.value()
	if err != nil {
		return Value{}, err
	}
	return v, p.end()
}

// end fails when more than white space is left.
func (p *parser) end() error {
	p.space()
	if p.pos < len(p.data) {
		return p.fail("nothing may follow the value, but " + p.here() + " does")
	}
	return nil
}

func (p *parser) value() (Value, error) {
	switch c := p.peek(); {
	case c == '{':
		return p.object()
	case c == '[':
		return p.array()
	case c == '"':
		s, err := p.string()
		return Value{kind: KindString, text: s}, err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case p.word("true"):
		return Bool(true), nil
	case p.word("false"):
		return Bool(false), nil
	case p.word("null"):
		return Null(), nil
	}
	return Value{}, p.fail("a JSON value is expected, not " + p.here())
}

func (p *parser) object() (Value, error) {
	b := newObjectBuilder(0)
	err := p.members(func(key []byte) error {
		val, err := p.value()
		if err == nil {
			b.set(string(key), val)
		}
		return err
	})
	if err != nil {
		return Value{}, err
	}
	return b.value(), nil
}

func (p *parser) array() (Value, error) {
	var elems []Value
	err := p.elements(func() error {
		val, err := p.value()
		elems = append(elems, val)
		return err
	})
	if err != nil {
		return Value{}, err
	}
	return Value{kind: KindArray, elems: elems}, nil
}

// members reads an object, the value of each member by each.
func (p *parser) members(each func(key []byte) error) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer p.leave()
	p.pos++
	p.space()
	for first := true; !first || p.peek() != '}'; first = false {
		if p.peek() != '"' {
			return p.fail(`a key in double quotes is expected, not ` + p.here())
		}
		key, err := p.text()
		if err != nil {
			return err
		}
		p.space()
		if p.peek() != ':' {
			return p.fail("a colon is expected after the key, not " + p.here())
		}
		p.pos++
		p.space()
		if err := each(key); err != nil {
			return err
		}
		p.space()
		if p.peek() == '}' {
			break
		}
		if p.peek() != ',' {
			return p.fail("a comma or } is expected, not " + p.here())
		}
		p.pos++
		p.space()
	}
	p.pos++
	return nil
}

// elements reads an array, each element by each.
func (p *parser) elements(each func() error) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer p.leave()
	p.pos++
	p.space()
	for first := true; !first || p.peek() != ']'; first = false {
		if err := each(); err != nil {
			return err
		}
		p.space()
		if p.peek() == ']' {
			break
		}
		if p.peek() != ',' {
			return p.fail("a comma or ] is expected, not " + p.here())
		}
		p.pos++
		p.space()
	}
	p.pos++
	return nil
}

func (p *parser) number() (Value, error) {
	digits, err := p.digits()
	if err != nil {
		return Value{}, err
	}
	return Value{kind: KindNumber, text: string(digits)}, nil
}

// digits reads a number as a part of the data.
func (p *parser) digits() ([]byte, error) {
	n := scanNumber(p.data[p.pos:])
	if n == 0 || p.pos+n < len(p.data) && numberish(p.data[p.pos+n]) {
		return nil, p.fail("this is not a JSON number: digits, then perhaps a point and digits, then perhaps an exponent")
	}
	p.pos += n
	return p.data[p.pos-n : p.pos], nil
}

// numberish reports whether c, right after a number, shows that a longer one was meant.
func numberish(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == '+' || c == '-' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// string reads a string whose opening quote is next.
func (p *parser) string() (string, error) {
	s, err := p.text()
	return string(s), err
}

// text is string without a copy of what has no escapes: that is part of the data.
func (p *parser) text() ([]byte, error) {
	open := p.pos
	p.pos++
	start := p.pos
	var out []byte // nil while the content is the same as the source
	for p.pos < len(p.data) {
		switch c := p.data[p.pos]; {
		case c == '"':
			part := p.data[start:p.pos]
			p.pos++
			if out == nil {
				return part, nil
			}
			return append(out, part...), nil
		case c == '\\':
			out = append(out, p.data[start:p.pos]...)
			r, err := p.escape()
			if err != nil {
				return nil, err
			}
			out = utf8.AppendRune(out, r)
			start = p.pos
		case c < ' ':
			return nil, p.fail(`a control character must be written as an escape such as \n inside a string`)
		case c < utf8.RuneSelf:
			p.pos++
		default:
			r, n := utf8.DecodeRune(p.data[p.pos:])
			if r == utf8.RuneError && n == 1 {
				return nil, p.fail("the text is not UTF-8")
			}
			p.pos += n
		}
	}
	p.pos = open
	return nil, p.fail("the string that begins here has no closing quote")
}

// escape reads an escape whose backslash is next.
func (p *parser) escape() (rune, error) {
	const plain, means = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if p.pos+1 < len(p.data) {
		c := p.data[p.pos+1]
		if i := strings.IndexByte(plain, c); i >= 0 {
			p.pos += 2
			return rune(means[i]), nil
		}
		if r, ok := p.hex(p.pos); ok {
			p.pos += 6
			if utf16.IsSurrogate(r) {
				if low, ok := p.hex(p.pos); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
					p.pos += 6
					return utf16.DecodeRune(r, low), nil
				}
				return utf8.RuneError, nil
			}
			return r, nil
		}
	}
	return 0, p.fail(`a backslash must be followed by one of " \ / b f n r t, or by u and four hexadecimal digits`)
}

// hex reads \uXXXX at pos without moving.
func (p *parser) hex(pos int) (rune, bool) {
	if pos+6 > len(p.data) || p.data[pos] != '\\' || p.data[pos+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range p.data[pos+2 : pos+6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

func (p *parser) enter() error {
	if p.depth == MaxDepth {
		return p.fail(fmt.Sprintf("more than %d arrays and objects are inside each other", MaxDepth))
	}
	p.depth++
	return nil
}

func (p *parser) leave() { p.depth-- }

func (p *parser) space() {
	for p.pos < len(p.data) {
		switch p.data[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// peek returns the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

// word consumes w when it is next and no letter or digit goes on behind it.
func (p *parser) word(w string) bool {
	rest := p.data[p.pos:]
	if !bytes.HasPrefix(rest, []byte(w)) || len(rest) > len(w) && numberish(rest[len(w)]) {
		return false
	}
	p.pos += len(w)
	return true
}

// here names what is next, for an error.
func (p *parser) here() string {
	if p.pos >= len(p.data) {
		return "the end of the text"
	}
	r, n := utf8.DecodeRune(p.data[p.pos:])
	if r == utf8.RuneError && n == 1 {
		return fmt.Sprintf("the byte 0x%02X", p.data[p.pos])
	}
	return fmt.Sprintf("%q", r)
}

func (p *parser) fail(reason string) error {
	before := p.data[:p.pos]
	line := 1 + bytes.Count(before, []byte("\n"))
	return &SyntaxError{
		Line:   line,
		Column: 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]),
		Reason: reason,
	}
}
