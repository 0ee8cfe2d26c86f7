package patch

import (
	"strings"
	"testing"
)

func TestSizeCountsAsIoTHubDoes(t *testing.T) {
	for text, want := range map[string]int{
		`{}`:                             0,
		`{"abc":"de"}`:                   5,
		`{"n":1.25,"i":123456789}`:       18,
		`{"b":true,"c":false}`:           10,
		`{"a":{"b":{"c":"d"}}}`:          4,
		`{"şehir":"ığ"}`:                 7,
		`{"a":"x\u0000\n\u0085\u009fy"}`: 3,
		`{"a":[1,"xy",{"k":true}]}`:      16,
		`{"gone":null}`:                  4,
	} {
		if got := Size(parse(t, text)); got != want {
			t.Errorf("Size(%s) = %d, want %d", text, got, want)
		}
	}
}

func nested(depth int, inner string) string {
	return strings.Repeat(`{"o":`, depth) + inner + strings.Repeat("}", depth)
}

func TestCheckSection(t *testing.T) {
	long := strings.Repeat("x", MaxStringBytes)
	wide := `{"a":"` + long + `","b":"` + long + `"}` // 8194 characters: too much for tags
	deepPath := strings.Repeat("o.", 10) + "o"
	for _, tt := range []struct {
		name    string
		section Section
		text    string
		want    string
	}{
		{"a plain section", Desired, `{"telemetryInterval":122}`, ""},
		{"an empty key and other alphabets", Tags, `{"":1,"şehir":{"温度":2}}`, ""},
		{"a null removes", Desired, `{"a":null,"b":{"c":null}}`, ""},
		{"not an object", Tags, `[]`, "The section must be an object, not an array"},
		{"null", Tags, `null`, "The section must be an object, not null"},
		{"a dot", Tags, `{"a":{"b.c":1}}`, `a."b.c" has a dot in its name, which IoT Hub does not accept`},
		{"a dollar sign", Desired, `{"$a":1}`, `"$a" has a $ in its name, which IoT Hub does not accept`},
		{"a hash", Desired, `{"a#":1}`, `"a#" has a # in its name, which IoT Hub does not accept`},
		{"a space", Desired, `{"a b":1}`, `"a b" has a space in its name, which IoT Hub does not accept`},
		{"a control character", Desired, `{"a\u001b":1}`, `"a\u001b" has a control character in its name, which IoT Hub does not accept`},
		{"the longest key", Desired, `{"` + strings.Repeat("k", MaxKeyBytes) + `":1}`, ""},
		{"a longer key", Desired, `{"` + strings.Repeat("k", MaxKeyBytes-1) + `ş":1}`, strings.Repeat("k", MaxKeyBytes-1) + "ş has a name of 1025 bytes, IoT Hub allows 1024"},
		{"the longest string", Desired, `{"a":"` + long + `"}`, ""},
		{"a longer string", Desired, `{"a":"` + long + `x"}`, "a holds a string of 4097 bytes, IoT Hub allows 4096"},
		{"a longer string in an array", Desired, `{"a":["` + long + `x"]}`, "a holds a string of 4097 bytes, IoT Hub allows 4096"},
		{"the largest integers", Desired, `{"a":4503599627370495,"b":-4503599627370496}`, ""},
		{"too large an integer", Desired, `{"a":4503599627370496}`, "a is an integer out of range, IoT Hub allows -4503599627370496 to 4503599627370495"},
		{"too small an integer", Desired, `{"a":-4503599627370497}`, "a is an integer out of range, IoT Hub allows -4503599627370496 to 4503599627370495"},
		{"an integer beyond 64 bits", Desired, `{"a":99999999999999999999}`, "a is an integer out of range, IoT Hub allows -4503599627370496 to 4503599627370495"},
		{"any float", Desired, `{"a":1e300,"b":99999999999999999999.5}`, ""},
		{"ten nested objects and a scalar in the tenth", Desired, nested(11, `1`), ""},
		{"eleven nested objects", Desired, nested(11, `{"x":1}`), deepPath + " is nested too deep, IoT Hub allows 10 objects and arrays inside each other"},
		{"an array counts as a level", Desired, nested(11, `[]`), deepPath + " is nested too deep, IoT Hub allows 10 objects and arrays inside each other"},
		{"a null in an array", Desired, `{"a":[1,null]}`, "a holds a null inside an array, which IoT Hub does not accept"},
		{"a null in an object in an array", Reported, `{"a":[{"b":{"c":null}}]}`, "a holds a null inside an array, which IoT Hub does not accept"},
		{"a key inside an array", Desired, `{"a":[{"b.c":1}]}`, "a has a dot in its name, which IoT Hub does not accept"},
		{"too much for tags", Tags, wide, "The section is 8194 bytes large, IoT Hub allows 8192 for tags"},
		{"but not for desired", Desired, wide, ""},
		{"several at once", Tags, `{"a.b":1,"c":[null]}`, "\"a.b\" has a dot in its name, which IoT Hub does not accept\nc holds a null inside an array, which IoT Hub does not accept"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var lines []string
			for _, v := range CheckSection(tt.section, parse(t, tt.text)) {
				lines = append(lines, v.String())
			}
			if got := strings.Join(lines, "\n"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}
