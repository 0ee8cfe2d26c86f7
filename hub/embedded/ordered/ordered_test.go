package ordered

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
)

func mustParse(t testing.TB, s string) Value {
	t.Helper()
	v, err := Parse([]byte(s))
	if err != nil {
		t.Fatalf("Parse(%s): %v", s, err)
	}
	return v
}

func TestParseKeepsOrderAndDigits(t *testing.T) {
	for name, doc := range map[string]string{
		"order":     `{"z":1,"a":2,"m":{"y":true,"b":null}}`,
		"digits":    `[1.0,1,1e3,-0,9007199254740993,0.10,1E400]`,
		"strings":   `{"a<b>&":"ü\u0001\"\\"}`,
		"scalars":   `"x"`,
		"empties":   `{"a":{},"b":[],"":""}`,
		"separator": "\"\\u2028\"",
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustParse(t, doc).String(); got != doc {
				t.Errorf("got %s, want %s", got, doc)
			}
		})
	}
}

func TestParseRepeatedKey(t *testing.T) {
	if got, want := mustParse(t, `{"a":1,"b":2,"a":3}`).String(), `{"a":3,"b":2}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, doc := range []string{"", " ", "{", `{"a":}`, "[1,]", "1 2", "{}{}", "nul", strings.Repeat("[", 20_000)} {
		if v, err := Parse([]byte(doc)); err == nil {
			t.Errorf("Parse(%.20q) = %s, want an error", doc, v)
		}
	}
}

func TestMerge(t *testing.T) {
	for _, c := range []struct{ name, target, patch, want string }{
		{"new key goes last", `{"b":1,"a":2}`, `{"c":3}`, `{"b":1,"a":2,"c":3}`},
		{"changed key stays in place", `{"b":1,"a":2}`, `{"b":"x"}`, `{"b":"x","a":2}`},
		{"null removes", `{"b":1,"a":2}`, `{"b":null}`, `{"a":2}`},
		{"removed and set again goes last", `{"a":{"x":1},"b":1}`, `{"a":5}`, `{"a":5,"b":1}`},
		{"last child leaves an empty object", `{"a":{"x":1}}`, `{"a":{"x":null}}`, `{"a":{}}`},
		{"null below a missing parent creates it", `{}`, `{"p1":{"p2":null}}`, `{"p1":{}}`},
		{"object replaces scalar", `{"a":1}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
		{"arrays are replaced as a whole", `{"a":[1,2]}`, `{"a":[3]}`, `{"a":[3]}`},
		{"explicit empty object is kept", `{}`, `{"a":{}}`, `{"a":{}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := mustParse(t, c.target)
			if got := Merge(target, mustParse(t, c.patch)).String(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if target.String() != c.target {
				t.Errorf("the target was changed to %s", target)
			}
		})
	}
}

func TestMergeLargeObject(t *testing.T) {
	var doc, patch []string
	for i := range 2000 {
		doc = append(doc, `"k`+strconv.Itoa(i)+`":`+strconv.Itoa(i))
		if i%2 == 0 {
			patch = append(patch, `"k`+strconv.Itoa(i)+`":null`)
		}
	}
	got := Merge(mustParse(t, "{"+strings.Join(doc, ",")+"}"), mustParse(t, "{"+strings.Join(patch, ",")+"}"))
	if n := len(got.Members()); n != 1000 {
		t.Fatalf("%d members left, want 1000", n)
	}
	if first := got.Members()[0].Key; first != "k1" {
		t.Errorf("first key is %s, want k1", first)
	}
}

func TestWriter(t *testing.T) {
	w := NewWriter(nil)
	w.String("a", `q"`)
	w.RawMembers(`{}`)
	w.RawMembers(`{"b":1,"c":2}`)
	w.StringOrNull("d", "")
	w.Object("e", func(w *Writer) { w.Int("f", -1) })
	if got, want := string(w.Close()), `{"a":"q\"","b":1,"c":2,"d":null,"e":{"f":-1}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// FuzzParse checks against encoding/json that writing loses nothing and that the text is a
// fixed point.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2,{"b":null}]}`, `"\ud800"`, `[1e5,-0.0]`, `{"a":1,"a":2}`, "\"\xff\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := Parse(data)
		if (err == nil) != json.Valid(data) {
			t.Fatalf("Parse error %v, but json.Valid says %v", err, json.Valid(data))
		}
		if err != nil {
			return
		}
		text := v.Append(nil)
		var a, b any
		if decode(t, data, &a); !cmp.Equal(a, func() any { decode(t, text, &b); return b }()) {
			t.Fatalf("%s was written as %s", data, text)
		}
		if again := mustParse(t, string(text)).Append(nil); !bytes.Equal(again, text) {
			t.Fatalf("%s was written again as %s", text, again)
		}
	})
}

func decode(t *testing.T, data []byte, into *any) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("decode %s: %v", data, err)
	}
}

// FuzzMerge checks against an independent merge-patch implementation.
func FuzzMerge(f *testing.F) {
	f.Add([]byte(`{"a":{"b":1},"c":[1]}`), []byte(`{"a":{"b":null,"d":{"e":null}},"c":2}`))
	f.Add([]byte(`{"a":1}`), []byte(`{"a":{"x":{"y":null}}}`))
	f.Fuzz(func(t *testing.T, target, patch []byte) {
		tv, err := Parse(target)
		if err != nil || tv.Kind() != Object {
			return
		}
		pv, err := Parse(patch)
		if err != nil || pv.Kind() != Object {
			return
		}
		// Canonical text first: the oracle treats repeated keys and broken UTF-8 differently.
		want, err := jsonpatch.MergePatch(tv.Append(nil), pv.Append(nil))
		if err != nil {
			t.Skip(err)
		}
		var a, b any
		decode(t, want, &a)
		got := Merge(tv, pv)
		decode(t, got.Append(nil), &b)
		if !cmp.Equal(a, b) {
			t.Fatalf("merge of %s into %s is %s, want %s", pv, tv, got, want)
		}
	})
}
