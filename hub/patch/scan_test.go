package patch

import "testing"

// A scanner reads what Parse reads, refuses what it refuses, and returns it as it stands.
func FuzzScanner(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,-2.5e3,true,null,"x\u00e9\n"],"b":{"c":{}}}`, ` [ ] `, `"s"`, `nul`, `[1,]`, `{"a":1,}`, `{"a"}`, "\uFEFF{}", `"\ud83d"`, `{}x`, `01`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want, wantErr := Parse(data)
		s := NewScanner(data)
		raw, err := s.Raw()
		if err == nil {
			err = s.End()
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("scanned %v, parsed %v", err, wantErr)
		}
		if err != nil {
			return
		}
		got, err := Parse(raw)
		if err != nil || !Equal(got, want) {
			t.Errorf("%s is scanned as %s", data, raw)
		}
	})
}

func TestScannerGoesThroughADocument(t *testing.T) {
	s := NewScanner([]byte(`[{"id":"a\"b","n":12,"skip":{"x":[1]}},{"id":7}]`))
	var got []string
	err := s.Array(func() error {
		return s.Object(func(key []byte) error {
			if string(key) == "id" {
				text, err := s.Text()
				got = append(got, "id "+string(text))
				return err
			}
			kind := s.Kind()
			raw, err := s.Raw()
			got = append(got, kind.String()+" "+string(raw))
			return err
		})
	})
	if err == nil {
		err = s.End()
	}
	want := []string{`id a"b`, "number 12", `object {"x":[1]}`, "id "}
	if err != nil || len(got) != len(want) {
		t.Fatalf("%q %v", got, err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
	if err := NewScanner([]byte(`{}`)).Array(func() error { return nil }); err == nil {
		t.Error("an object is taken for an array")
	}
	if err := NewScanner([]byte(`[]`)).Object(func([]byte) error { return nil }); err == nil {
		t.Error("an array is taken for an object")
	}
}
