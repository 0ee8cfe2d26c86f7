package patch

import "bytes"

// Scanner goes through a JSON text without building values of it, for documents that come in
// their millions and of which little is kept. It is as strict as [Parse]. What it returns is part of
// the text where that is possible and must not be changed. Methods may be called only where
// what they read is next; the first error must end the scan.
type Scanner struct{ p parser }

// NewScanner returns a scanner of data, which must not change meanwhile.
func NewScanner(data []byte) *Scanner {
	s := &Scanner{parser{data: bytes.TrimPrefix(data, []byte("\uFEFF"))}}
	s.p.space()
	return s
}

// Kind returns the kind of the value that is next, [KindNull] when none is.
func (s *Scanner) Kind() Kind {
	switch c := s.p.peek(); {
	case c == '{':
		return KindObject
	case c == '[':
		return KindArray
	case c == '"':
		return KindString
	case c == 't', c == 'f':
		return KindBool
	case c == '-' || c >= '0' && c <= '9':
		return KindNumber
	}
	return KindNull
}

// Array reads an array; each must read one element.
func (s *Scanner) Array(each func() error) error {
	if s.Kind() != KindArray {
		return s.p.fail("an array is expected, not " + s.p.here())
	}
	return s.p.elements(each)
}

// Object reads an object; each must read the value of one member. A repeated key comes again.
func (s *Scanner) Object(each func(key []byte) error) error {
	if s.Kind() != KindObject {
		return s.p.fail("an object is expected, not " + s.p.here())
	}
	return s.p.members(each)
}

// Text reads a string and returns its content; of any other value it returns nil.
func (s *Scanner) Text() ([]byte, error) {
	if s.Kind() != KindString {
		return nil, s.p.skip()
	}
	return s.p.text()
}

// Raw reads any value and returns its text.
func (s *Scanner) Raw() ([]byte, error) {
	from := s.p.pos
	err := s.p.skip()
	return s.p.data[from:s.p.pos], err
}

// End reports what follows the value that was read as an error.
func (s *Scanner) End() error { return s.p.end() }

// skip reads a value and forgets it.
func (p *parser) skip() error {
	var err error
	switch c := p.peek(); {
	case c == '{':
		err = p.members(func([]byte) error { return p.skip() })
	case c == '[':
		err = p.elements(p.skip)
	case c == '"':
		_, err = p.text()
	case c == '-' || c >= '0' && c <= '9':
		_, err = p.digits()
	default:
		_, err = p.value()
	}
	return err
}
