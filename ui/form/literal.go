package form

import (
	"errors"
	"strings"

	"twindeck/hub/patch"
	"twindeck/ui/cell"
)

// kinds are the types a typed value can be given, in the order in which they are offered.
// Arrays and objects are one choice: both are typed as JSON.
var kinds = []patch.Kind{patch.KindString, patch.KindNumber, patch.KindBool, patch.KindObject}

// kindName names a type as the form offers it.
func kindName(k patch.Kind) string {
	if k == patch.KindObject || k == patch.KindArray {
		return "JSON"
	}
	return k.String()
}

// infer reads typed text as the value it looks like: 122 is a number, true a boolean,
// {…} and […] are JSON, text in double quotes is the string inside, anything else is a
// string as it stands. A text that begins like JSON and is none is an error, in words.
func infer(text string) (patch.Value, error) {
	t := strings.TrimSpace(text)
	switch {
	case t == "true" || t == "false":
		return patch.Bool(t == "true"), nil
	case t == "null":
		return patch.Value{}, errNull
	case t != "" && strings.ContainsRune(`{["`, rune(t[0])):
		v, err := patch.Parse([]byte(text)) // with the space before it: an error names its line
		if err != nil {
			return patch.Value{}, err
		}
		return v, checkNulls(v)
	}
	if v, err := patch.Number(t); err == nil {
		return v, nil
	}
	return patch.String(text), nil
}

// literal returns the text that is put into a field to edit v: one line without control
// characters, of which [infer] makes v again.
func literal(v patch.Value) string {
	if v.Kind() != patch.KindString {
		return typeable(v.JSON())
	}
	s := v.Text()
	if cell.Safe(s) == s && strings.TrimSpace(s) == s && s != "" && !strings.ContainsRune(s, '\ufffd') {
		if back, err := infer(s); err == nil && back.Kind() == patch.KindString && back.Text() == s {
			return s
		}
	}
	return typeable(patch.QuoteString(s))
}

// typeable escapes, in JSON, the one printable character that a text input drops.
func typeable(json string) string { return strings.ReplaceAll(json, "\ufffd", `\ufffd`) }

var (
	errNull      = errors.New("null removes a property; remove it in the list instead")
	errNullKey   = errors.New("null removes a key; leave the key out instead")
	errNumber    = errors.New("not a number; correct it or change the type")
	errBool      = errors.New("type true or false, or change the type")
	errNoSection = errors.New("a section is an object in {}, with a value for each name")
	errJSONKind  = errors.New("type an object in {} or an array in []")
)

// read reads typed text as a value of the type chosen. A string may be given in double
// quotes with JSON's escapes, which is the way to type a control character.
func read(text string, k patch.Kind) (patch.Value, error) {
	t := strings.TrimSpace(text)
	switch k {
	case patch.KindString:
		if strings.HasPrefix(t, `"`) {
			if v, err := patch.Parse([]byte(t)); err == nil && v.Kind() == patch.KindString {
				return v, nil
			}
		}
		return patch.String(text), nil
	case patch.KindNumber:
		v, err := patch.Number(t)
		if err != nil {
			return patch.Value{}, errNumber
		}
		return v, nil
	case patch.KindBool:
		if t != "true" && t != "false" {
			return patch.Value{}, errBool
		}
		return patch.Bool(t == "true"), nil
	default:
		v, err := patch.Parse([]byte(text))
		if err != nil {
			return patch.Value{}, err
		}
		if v.Kind() != patch.KindObject && v.Kind() != patch.KindArray {
			return patch.Value{}, errJSONKind
		}
		return v, checkNulls(v)
	}
}

// checkNulls refuses objects with null members: a merge patch cannot store one (RFC 7396 §1).
func checkNulls(v patch.Value) error {
	for _, m := range v.Members() {
		if m.Value.IsNull() {
			return errNullKey
		}
		if err := checkNulls(m.Value); err != nil {
			return err
		}
	}
	return nil
}
