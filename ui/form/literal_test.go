package form

import (
	"testing"
	"unicode"

	"twindeck/hub/patch"
)

func parse(t testing.TB, json string) patch.Value {
	t.Helper()
	v, err := patch.Parse([]byte(json))
	if err != nil {
		t.Fatalf("%s: %v", json, err)
	}
	return v
}

func TestTypedTextIsReadAsWhatItLooksLike(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want string // JSON; empty for an error
	}{
		"integer":              {"122", "122"},
		"digits are kept":      {"21.50", "21.50"},
		"exponent":             {"1e3", "1e3"},
		"beyond a float":       {"4503599627370495", "4503599627370495"},
		"spaces around":        {" 122 ", "122"},
		"true":                 {"true", "true"},
		"false":                {"false", "false"},
		"text":                 {"1.4.2", `"1.4.2"`},
		"leading zero":         {"007", `"007"`},
		"capital":              {"True", `"True"`},
		"quoted number":        {`"122"`, `"122"`},
		"quoted with escapes":  {`"a\nb"`, `"a\nb"`},
		"empty":                {"", `""`},
		"spaces belong to it":  {" a b ", `" a b "`},
		"backslash":            {`C:\temp`, `"C:\\temp"`},
		"array":                {"[1,2]", "[1,2]"},
		"object":               {`{"a":{"b":1.0}}`, `{"a":{"b":1.0}}`},
		"null":                 {"null", ""},
		"object with null":     {`{"a":null}`, ""},
		"null in an object in": {`{"a":{"b":null}}`, ""},
		"unfinished object":    {`{"a":`, ""},
		"unfinished string":    {`"a`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := infer(tc.text)
			if tc.want == "" {
				if err == nil {
					t.Fatalf("%q was read as %s", tc.text, v.JSON())
				}
				return
			}
			if err != nil || v.JSON() != tc.want {
				t.Errorf("infer(%q) = %s, %v; want %s", tc.text, v.JSON(), err, tc.want)
			}
		})
	}
}

func TestTheTypeChosenWins(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		kind patch.Kind
		want string
	}{
		"number as string":      {"122", patch.KindString, `"122"`},
		"true as string":        {"true", patch.KindString, `"true"`},
		"null as string":        {"null", patch.KindString, `"null"`},
		"braces as string":      {"{", patch.KindString, `"{"`},
		"one quote as string":   {`"`, patch.KindString, `"\""`},
		"quotes are unwrapped":  {`"\t"`, patch.KindString, `"\t"`},
		"text as number":        {"abc", patch.KindNumber, ""},
		"number as number":      {"1.0", patch.KindNumber, "1.0"},
		"number as boolean":     {"1", patch.KindBool, ""},
		"boolean":               {"true", patch.KindBool, "true"},
		"array as JSON":         {"[]", patch.KindObject, "[]"},
		"object as JSON":        {"{}", patch.KindArray, "{}"},
		"number as JSON":        {"1", patch.KindObject, ""},
		"null member as JSON":   {`{"a":null}`, patch.KindObject, ""},
		"null element as JSON":  {`[null]`, patch.KindObject, "[null]"}, // the limits refuse it, the syntax does not
		"not JSON as JSON":      {"x", patch.KindObject, ""},
		"empty text is a value": {"", patch.KindString, `""`},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := read(tc.text, tc.kind)
			if tc.want == "" {
				if err == nil {
					t.Fatalf("%q was read as %s", tc.text, v.JSON())
				}
				return
			}
			if err != nil || v.JSON() != tc.want {
				t.Errorf("read(%q, %s) = %s, %v; want %s", tc.text, tc.kind, v.JSON(), err, tc.want)
			}
		})
	}
}

// What a field shows is what it means: accepting it unchanged must change nothing, whatever
// the value holds, and the field itself must not lose a character of it.
func FuzzLiteralIsReadBack(f *testing.F) {
	for _, s := range []string{"", "a", "122", "true", "null", " x", `"`, `"a"`, "{", "[1]", "a\nb\t", "\x1b[2J", "\u200b", "\ufffd", "東京", "C:\\x", "1e5", "\u009b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := patch.String(s)
		v = parse(t, v.JSON()) // what is not UTF-8 cannot come from a hub
		for _, v := range []patch.Value{v, patch.Array(v), patch.Object(patch.Member{Key: v.Text(), Value: v})} {
			text := literal(v)
			for _, r := range text {
				if unicode.IsControl(r) {
					t.Fatalf("literal(%s) = %q holds %U", v.JSON(), text, r)
				}
			}
			field := newLine(text)
			if field.text() != text {
				t.Fatalf("the field turns %q into %q", text, field.text())
			}
			if back, err := infer(text); err != nil || !patch.Equal(back, v) {
				t.Fatalf("infer(%q) = %s, %v; want %s", text, back.JSON(), err, v.JSON())
			}
			if back, err := read(text, v.Kind()); err != nil || !patch.Equal(back, v) {
				t.Fatalf("read(%q, %s) = %s, %v; want %s", text, v.Kind(), back.JSON(), err, v.JSON())
			}
		}
	})
}

func FuzzTypedTextNeverPanics(f *testing.F) {
	for _, s := range []string{"", "1", "-", "{", `{"a":[`, `"\ud800"`, "nul", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := infer(s); err == nil && v.IsNull() {
			t.Fatalf("%q was read as null", s)
		}
		for _, k := range kinds {
			v, err := read(s, k)
			if err == nil && kindName(v.Kind()) != kindName(k) {
				t.Fatalf("%q as %s was read as %s", s, k, v.Kind())
			}
		}
	})
}
