package patch

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// parse is Parse for texts that a test writes down.
func parse(t testing.TB, text string) Value {
	t.Helper()
	v, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	return v
}

func TestParseKeepsWhatWasWritten(t *testing.T) {
	for name, text := range map[string]string{
		"key order":        `{"z":1,"a":2,"m":{"y":1,"b":2}}`,
		"number spelling":  `[1,1.0,1e3,1E+3,-0,4503599627370495,0.1000,123456789012345678901234567890]`,
		"scalars":          `[true,false,null,"",0]`,
		"empty containers": `{"a":{},"b":[]}`,
		"empty key":        `{"":1}`,
		"escapes":          `["\"\\\n\r\t\u0000\u001b"]`,
		"unicode":          `{"şehir":"İstanbul","emoji":"🚀"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := parse(t, text).JSON(); got != text {
				t.Errorf("got  %s\nwant %s", got, text)
			}
		})
	}
}

func TestParseReads(t *testing.T) {
	many := strings.Repeat(`"k":1,`, 40) + `"k":2`
	for _, tt := range []struct{ name, text, want string }{
		{"white space", " \t\r\n{ \"a\" : [ 1 , 2 ] }\n", `{"a":[1,2]}`},
		{"a repeated key takes its last value at its first place", `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		{"many repeated keys", `{` + many + `}`, `{"k":2}`},
		{"short escapes", `"\/\b\f"`, `"/\u0008\u000c"`},
		{"a surrogate pair", `"\ud83d\ude80"`, `"🚀"`},
		{"half a surrogate pair", `"\ud83dx"`, "\"\uFFFDx\""},
		{"two first halves", `"\ud83d\ud83d"`, "\"\uFFFD\uFFFD\""},
		{"a byte order mark", "\uFEFF1", `1`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := parse(t, tt.text).JSON(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", "line 1, column 1: there is nothing here, a JSON value is expected"},
		{"only white space", "\n ", "line 2, column 2: there is nothing here, a JSON value is expected"},
		{"something behind the value", "{}\n}", "line 2, column 1: nothing may follow the value, but '}' does"},
		{"a missing comma", "{\n  \"é\": 1 \"b\": 2\n}", "line 2, column 10: a comma or } is expected, not '\"'"},
		{"a trailing comma in an object", `{"a":1,}`, `line 1, column 8: a key in double quotes is expected, not '}'`},
		{"a trailing comma in an array", `[1,]`, `line 1, column 4: a JSON value is expected, not ']'`},
		{"a missing colon", `{"a" 1}`, `line 1, column 6: a colon is expected after the key, not '1'`},
		{"a bare key", `{a:1}`, `line 1, column 2: a key in double quotes is expected, not 'a'`},
		{"an open object", `{"a":1`, `line 1, column 7: a comma or } is expected, not the end of the text`},
		{"an open array", `[`, `line 1, column 2: a JSON value is expected, not the end of the text`},
		{"an open string", `["ab`, `line 1, column 2: the string that begins here has no closing quote`},
		{"a raw control character", "\"a\x1b\"", `line 1, column 3: a control character must be written as an escape such as \n inside a string`},
		{"a wrong escape", `"\x"`, `line 1, column 2: a backslash must be followed by one of " \ / b f n r t, or by u and four hexadecimal digits`},
		{"a short escape", `"\u12"`, `line 1, column 2: a backslash must be followed by one of " \ / b f n r t, or by u and four hexadecimal digits`},
		{"bytes that are not UTF-8", "\"a\xff\"", `line 1, column 3: the text is not UTF-8`},
		{"a byte that is no character", "\xff", `line 1, column 1: a JSON value is expected, not the byte 0xFF`},
		{"a longer word", `nullx`, `line 1, column 1: a JSON value is expected, not 'n'`},
		{"a leading zero", `01`, `line 1, column 1: this is not a JSON number: digits, then perhaps a point and digits, then perhaps an exponent`},
		{"too deep", strings.Repeat("[", MaxDepth+1), `line 1, column 129: more than 128 arrays and objects are inside each other`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text))
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got %v, want a *SyntaxError", err)
			}
			if syntax.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", syntax, tt.want)
			}
		})
	}
	deepest := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	if got := parse(t, deepest).JSON(); got != deepest {
		t.Error("the deepest nesting that is allowed was changed")
	}
}

func TestNumber(t *testing.T) {
	for _, text := range []string{"0", "-0", "1", "1.0", "-12.50", "1e3", "1E-07", "1.5e+300", "4503599627370495"} {
		v, err := Number(text)
		if err != nil || v.Kind() != KindNumber || v.Text() != text {
			t.Errorf("Number(%q) = %v, %v", text, v, err)
		}
	}
	for _, text := range []string{"", "-", "+1", "01", "1.", ".5", "1e", "1e+", "0x1", "1_000", "NaN", "Infinity", "1 ", " 1", "1,5"} {
		if v, err := Number(text); !errors.Is(err, ErrNumber) {
			t.Errorf("Number(%q) = %v, %v; want ErrNumber", text, v, err)
		}
	}
}

func TestInt64(t *testing.T) {
	for text, want := range map[string]int64{"7": 7, "-9223372036854775808": -9223372036854775808, "4503599627370495": 4503599627370495} {
		if got, ok := parse(t, text).Int64(); !ok || got != want {
			t.Errorf("%s: got %d, %t", text, got, ok)
		}
	}
	for _, text := range []string{"1.0", "1e3", "9223372036854775808", `"7"`, "null"} {
		if got, ok := parse(t, text).Int64(); ok {
			t.Errorf("%s: got %d, want none", text, got)
		}
	}
	if got := Int(-42).JSON(); got != "-42" {
		t.Errorf("Int(-42) = %s", got)
	}
}

func TestInsideOtherDocuments(t *testing.T) {
	var body struct {
		Tags Value `json:"tags"`
		None Value `json:"none"`
	}
	const text = `{"tags":{"z":1.0,"a":[true]},"none":null}`
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatal(err)
	}
	if back, err := json.Marshal(body); err != nil || string(back) != text {
		t.Errorf("came back as %s (%v)", back, err)
	}
	if z, ok := body.Tags.Get("a"); !ok || z.Kind().String() != "array" || !z.Elems()[0].AsBool() {
		t.Errorf("a is %s", z.JSON())
	}
	var v Value
	if err := v.UnmarshalJSON([]byte(`{`)); err == nil || !v.IsNull() {
		t.Errorf("half a document was read as %s (%v)", v.JSON(), err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.50,-0,1e3],"b":{"c":null,"":true}}`, `"\ud83d\ude80\u001b"`, `[[],{}]`, `{"a":1,"a":2}`, "\uFEFF1", `1 2`, `{"a"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := Parse(data)
		trimmed := strings.TrimPrefix(string(data), "\uFEFF")
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Column < 1 {
				t.Fatalf("%#v is no *SyntaxError with a place", err)
			}
			if utf8.ValidString(trimmed) && json.Valid([]byte(trimmed)) && !strings.Contains(err.Error(), "inside each other") {
				t.Fatalf("encoding/json accepts %q, Parse says %v", data, err)
			}
			return
		}
		if !json.Valid([]byte(trimmed)) {
			t.Fatalf("encoding/json refuses %q, Parse does not", data)
		}
		compact := v.AppendJSON(nil)
		for _, text := range []string{string(compact), v.Indent("", "  "), v.Indent("> ", "\t")} {
			text = strings.ReplaceAll(text, "\n> ", "\n")
			again, err := Parse([]byte(text))
			if err != nil || !Equal(again, v) || again.JSON() != string(compact) {
				t.Fatalf("%q came back as %s (%v)", text, again.JSON(), err)
			}
		}
		for _, r := range string(compact) {
			if actsOnTerminal(r) {
				t.Fatalf("%q holds the raw character %U", compact, r)
			}
		}
	})
}
