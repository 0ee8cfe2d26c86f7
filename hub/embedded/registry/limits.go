package registry

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"twindeck/hub/embedded/ordered"
)

// Limits of twin sections (Azure docs: iot-hub-devguide-device-twins, "Device twin size" and
// "Tags and properties format").
const (
	maxTagsSize       = 8 << 10
	maxPropertiesSize = 32 << 10
	maxKeyBytesTwin   = 1024
	maxStringBytes    = 4096
	maxDepth          = 10
	maxInteger        = 1<<52 - 1
	minInteger        = -1 << 52
)

func invalidSection(format string, args ...any) *Error {
	return argumentInvalid("Provided json is not a valid 'tags' or 'properties' object: "+format+".", args...)
}

// checkSection applies the limits that concern a patch or a replacement by itself.
func checkSection(v ordered.Value) error {
	if v.Kind() != ordered.Object {
		return invalidSection("the top level of a section is an object")
	}
	return checkValue(v, 0, false)
}

func checkValue(v ordered.Value, depth int, inArray bool) error {
	switch v.Kind() {
	case ordered.Null:
		if inArray {
			return invalidSection("null is not allowed inside an array")
		}
	case ordered.Number:
		return checkNumber(v.Text())
	case ordered.String:
		if len(v.Text()) > maxStringBytes {
			return invalidSection("a string has more than %d bytes", maxStringBytes)
		}
	case ordered.Object, ordered.Array:
		return checkContainer(v, depth, inArray)
	}
	return nil
}

func checkContainer(v ordered.Value, depth int, inArray bool) error {
	if depth > maxDepth {
		return invalidSection("it is nested more than %d levels deep", maxDepth)
	}
	for _, m := range v.Members() {
		if err := checkKey(m.Key); err != nil {
			return err
		}
		if err := checkValue(m.Value, depth+1, inArray); err != nil {
			return err
		}
	}
	for _, item := range v.Items() {
		if err := checkValue(item, depth+1, true); err != nil {
			return err
		}
	}
	return nil
}

func checkKey(key string) error {
	if len(key) > maxKeyBytesTwin {
		return invalidSection("a key has more than %d bytes", maxKeyBytesTwin)
	}
	bad := strings.IndexFunc(key, func(r rune) bool {
		return r == '.' || r == '$' || r == '#' || unicode.IsControl(r) || unicode.IsSpace(r)
	})
	if bad >= 0 {
		return invalidSection("a key contains one of . $ # or a space or control character")
	}
	return nil
}

func checkNumber(text string) error {
	if strings.ContainsAny(text, ".eE") {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < minInteger || n > maxInteger {
		return invalidSection("an integer is outside %d to %d", int64(minInteger), int64(maxInteger))
	}
	return nil
}

// check applies the limit of a section after a write.
func (rule SizeRule) check(v ordered.Value, limit int) error {
	size := 0
	if rule == SerializedSize {
		size = len(v.Append(nil))
	} else {
		size = sizeOf(v)
	}
	if size > limit {
		return invalidSection("the section would have %d bytes, more than %d", size, limit)
	}
	return nil
}

// sizeOf counts as the docs do: the characters of keys and strings without control characters,
// 8 for a number, 4 for a boolean.
func sizeOf(v ordered.Value) int {
	size := 0
	switch v.Kind() {
	case ordered.Number:
		return 8
	case ordered.Bool:
		return 4
	case ordered.String:
		return textSize(v.Text())
	}
	for _, m := range v.Members() {
		size += textSize(m.Key) + sizeOf(m.Value)
	}
	for _, item := range v.Items() {
		size += sizeOf(item)
	}
	return size
}

// textSize counts all characters but those of the control sets C0 and C1. Delete is in neither.
func textSize(s string) int {
	size := utf8.RuneCountInString(s)
	for _, r := range s {
		if unicode.IsControl(r) && r != '\x7f' {
			size--
		}
	}
	return size
}
