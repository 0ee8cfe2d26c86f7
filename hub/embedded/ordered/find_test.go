package ordered

import "testing"

func TestFind(t *testing.T) {
	text := mustParse(t, `{"a":1,"b\"":{"c":[1,{"d":2}],"e":"}\",{"},"":{"x":null},"t":true,"ü":"ö","last":-1e3}`).String()
	for _, c := range []struct {
		path []string
		want string
		ok   bool
	}{
		{nil, text, true},
		{[]string{"a"}, "1", true},
		{[]string{`b"`, "c"}, `[1,{"d":2}]`, true},
		{[]string{`b"`, "e"}, `"}\",{"`, true},
		{[]string{`b"`, "c", "d"}, "", false},
		{[]string{"", "x"}, "null", true},
		{[]string{"t"}, "true", true},
		{[]string{"ü"}, `"ö"`, true},
		{[]string{"last"}, "-1e3", true},
		{[]string{"d"}, "", false},
		{[]string{"a", "x"}, "", false},
		{[]string{"missing"}, "", false},
	} {
		if got, ok := Find(text, c.path...); got != c.want || ok != c.ok {
			t.Errorf("%q: got %s, %t; want %s, %t", c.path, got, ok, c.want, c.ok)
		}
	}
}

// FuzzFind checks against the tree that the text of every member is found, that what is found is
// the same value, and that nothing is found that is not there.
func FuzzFind(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,{"c":"x\\\"}"}]},"d":{}}`), "b")
	f.Add([]byte(`{"":{"":""},"\\":"\\"}`), "\\")
	f.Fuzz(func(t *testing.T, data []byte, key string) {
		v, err := Parse(data)
		if err != nil {
			return
		}
		text := v.String()
		if _, in := v.Get(key); in != found(text, key) {
			t.Fatalf("%s: %q is found: %t", text, key, !in)
		}
		checkFind(t, text, v)
	})
}

func found(text, key string) bool {
	_, ok := Find(text, key)
	return ok
}

func checkFind(t *testing.T, text string, v Value) {
	for _, m := range v.Members() {
		raw, ok := Find(text, m.Key)
		if stored := Stored(raw); stored.Kind() != m.Value.Kind() || stored.Text() != m.Value.Text() ||
			len(stored.Members()) != len(m.Value.Members()) || len(stored.Items()) != len(m.Value.Items()) {
			t.Fatalf("%s: stored it is another value", raw)
		}
		if !ok || raw != m.Value.String() || Stored(raw).String() != raw {
			t.Fatalf("%s: at %q is %q, want %s", text, m.Key, raw, m.Value)
		}
		checkFind(t, raw, m.Value)
	}
}
