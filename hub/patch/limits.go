package patch

import (
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// The limits of IoT Hub for tags and properties (Azure docs:
// iot-hub-devguide-device-twins, "Tags and properties format" and "Device twin size").
const (
	MaxSectionDepth = 10   // objects and arrays inside each other; the section itself does not count
	MaxKeyBytes     = 1024 // of a key, in UTF-8
	MaxStringBytes  = 4096 // of a string value, in UTF-8
	MinInteger      = -1 << 52
	MaxInteger      = 1<<52 - 1
)

// Section names one of the three parts of a twin that hold properties.
type Section uint8

// The sections of a twin.
const (
	Tags Section = iota
	Desired
	Reported
)

// String returns tags, desired or reported.
func (s Section) String() string {
	switch s {
	case Tags:
		return "tags"
	case Desired:
		return "desired"
	default:
		return "reported"
	}
}

// MaxSize returns how large the section may be, as [Size] counts: 8 KB for tags, 32 KB
// for desired and reported properties.
func (s Section) MaxSize() int {
	if s == Tags {
		return 8 << 10
	}
	return 32 << 10
}

// Size returns the size of a section's value as IoT Hub counts it (Azure docs:
// iot-hub-devguide-device-twins, "Device twin size"): the characters of keys and strings
// without the control characters of C0 and C1, 8 for a number, 4 for a boolean, 0 for
// null. The value must not hold $metadata and $version, which do not count.
func Size(v Value) int {
	size := 0
	switch v.kind {
	case KindBool:
		size = 4
	case KindNumber:
		size = 8
	case KindString:
		size = characters(v.text)
	}
	for _, e := range v.elems {
		size += Size(e)
	}
	for _, m := range v.members {
		size += characters(m.Key) + Size(m.Value)
	}
	return size
}

func characters(s string) int {
	n := 0
	for _, r := range s {
		if r >= ' ' && (r < 0x80 || r > 0x9F) {
			n++
		}
	}
	return n
}

// Violation is one way in which a section is beyond what IoT Hub accepts.
type Violation struct {
	Path   Path   // the property; empty for the section as a whole. What is inside an array is named by the array.
	Reason string // in words, to follow the path: "is null inside an array, …"
}

// String returns the path and the reason as one sentence.
func (v Violation) String() string {
	if len(v.Path) == 0 {
		return "The section " + v.Reason
	}
	return v.Path.String() + " " + v.Reason
}

// CheckSection returns what IoT Hub would refuse in a section's value or in a merge patch
// for it (in which a null member removes a key), in document order; nil when there is
// nothing. The value must not hold $metadata and $version. For a patch, check the section
// that comes out of it too: only that has the size that counts.
func CheckSection(section Section, v Value) []Violation {
	if v.kind != KindObject {
		return []Violation{{nil, "must be an object, not " + article(v.kind)}}
	}
	var c checker
	if size := Size(v); size > section.MaxSize() {
		c.add(nil, "is %d bytes large, IoT Hub allows %d for %s", size, section.MaxSize(), section)
	}
	c.members(nil, v, 0, false)
	return c.found
}

// CheckKey returns why IoT Hub would refuse key as the name of a property, to follow the
// name: "has a dot in its name, …". It returns "" for a key that is fine, as the empty one is.
func CheckKey(key string) string {
	if len(key) > MaxKeyBytes {
		return fmt.Sprintf("has a name of %d bytes, IoT Hub allows %d", len(key), MaxKeyBytes)
	}
	for _, r := range key {
		what := ""
		switch {
		case r == '.':
			what = "a dot"
		case r == '$' || r == '#':
			what = "a " + string(r)
		case unicode.IsControl(r):
			what = "a control character"
		case unicode.IsSpace(r):
			what = "a space"
		default:
			continue
		}
		return "has " + what + " in its name, which IoT Hub does not accept"
	}
	if !utf8.ValidString(key) {
		return "has a name that is not UTF-8"
	}
	return ""
}

type checker struct{ found []Violation }

func (c *checker) add(at Path, format string, args ...any) {
	c.found = append(c.found, Violation{at, fmt.Sprintf(format, args...)})
}

// value checks what is at a path; depth is that of v itself when it is an array or object.
func (c *checker) value(at Path, v Value, depth int, inArray bool) {
	switch v.kind {
	case KindNull:
		if inArray {
			c.add(at, "holds a null inside an array, which IoT Hub does not accept")
		}
	case KindString:
		if len(v.text) > MaxStringBytes {
			c.add(at, "holds a string of %d bytes, IoT Hub allows %d", len(v.text), MaxStringBytes)
		}
	case KindNumber:
		if isInteger(v.text) && !inRange(v.text) {
			c.add(at, "is an integer out of range, IoT Hub allows %d to %d", MinInteger, MaxInteger)
		}
	case KindArray, KindObject:
		if depth > MaxSectionDepth {
			c.add(at, "is nested too deep, IoT Hub allows %d objects and arrays inside each other", MaxSectionDepth)
			return
		}
		for _, e := range v.elems {
			c.value(at, e, depth+1, true)
		}
		c.members(at, v, depth, inArray)
	}
}

func (c *checker) members(at Path, v Value, depth int, inArray bool) {
	for _, m := range v.members {
		path := at
		if !inArray {
			path = at.Child(m.Key)
		}
		if reason := CheckKey(m.Key); reason != "" {
			c.add(path, "%s", reason)
		}
		c.value(path, m.Value, depth+1, inArray)
	}
}

func isInteger(text string) bool {
	for i := range len(text) {
		if c := text[i]; c != '-' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func inRange(integer string) bool {
	n, err := strconv.ParseInt(integer, 10, 64)
	return err == nil && n >= MinInteger && n <= MaxInteger
}

func article(k Kind) string {
	switch k {
	case KindArray:
		return "an array"
	case KindNull:
		return "null"
	default:
		return "a " + k.String()
	}
}
