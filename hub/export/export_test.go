package export

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"twindeck/hub/patch"
)

func parse(t testing.TB, text string) patch.Value {
	t.Helper()
	v, err := patch.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func write(t testing.TB, f Format, columns []string, rows ...[]patch.Value) string {
	t.Helper()
	var b strings.Builder
	w, err := NewWriter(&b, f, columns)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestBothFormats(t *testing.T) {
	columns := []string{"device", "tags.floor", "tags", "reason"}
	rows := [][]patch.Value{
		{patch.String(`d,1`), parse(t, `1.50`), parse(t, `{"a":"x\"y","n":[1e3]}`), patch.Null()},
		{patch.String("=cmd|' /C calc'!A0"), parse(t, `-2`), patch.Null(), patch.String("two\r\nlines")},
	}
	want := "device,tags.floor,tags,reason\r\n" +
		`"d,1",1.50,"{""a"":""x\""y"",""n"":[1e3]}",` + "\r\n" +
		"'=cmd|' /C calc'!A0,-2,,\"two\r\nlines\"\r\n"
	if got := write(t, CSV, columns, rows...); got != want {
		t.Errorf("CSV\n%q\nwant\n%q", got, want)
	}
	want = `{"device":"d,1","tags.floor":1.50,"tags":{"a":"x\"y","n":[1e3]}}` + "\n" +
		`{"device":"=cmd|' /C calc'!A0","tags.floor":-2,"reason":"two\r\nlines"}` + "\n"
	if got := write(t, JSONLines, columns, rows...); got != want {
		t.Errorf("JSON lines\n%q\nwant\n%q", got, want)
	}
}

func TestARowHasAValueForEachColumn(t *testing.T) {
	w, err := NewWriter(&strings.Builder{}, CSV, []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	if w.Write([]patch.Value{patch.Null()}) == nil {
		t.Error("a row that is too short was written")
	}
}

// Whatever a hub holds, a reader of CSV gets it back, and a spreadsheet finds no formula in it.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"", "a", "=1+1", "-5", "'", "''=", "a,b", "\"", "\r", "\n", "\r\n", "a\rb", " x ", "＝A1", "\x00", "\u2028", "@SUM(A1)", "\t=1"} {
		f.Add(s, "x")
		f.Add("x", s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		text := write(t, CSV, []string{"a", "b"}, []patch.Value{patch.String(a), patch.String(b)})
		r := csv.NewReader(strings.NewReader(text))
		all, err := r.ReadAll()
		if err != nil || len(all) != 2 {
			t.Fatalf("%q is read as %q: %v", text, all, err)
		}
		for i, want := range []string{a, b} {
			got := all[1][i]
			if got != "" && strings.ContainsAny(got[:1], "=+-@\t\r\n") {
				t.Fatalf("%q begins like a formula", got)
			}
			// encoding/csv reads every line break inside a field as LF.
			if Unguard(got) != strings.ReplaceAll(want, "\r\n", "\n") {
				t.Fatalf("%q came back as %q", want, got)
			}
		}
		if back := Unguard(Guard(a)); back != a {
			t.Fatalf("%q came back as %q", a, back)
		}
	})
}

func TestAFileIsWholeOrNotThere(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rows.csv")
	content := func() string {
		text, err := os.ReadFile(name)
		if err != nil {
			return err.Error()
		}
		return string(text)
	}
	begin := func(private, replace bool, text string) *File {
		t.Helper()
		f, err := Create(name, private, replace)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		return f
	}
	if err := begin(false, false, "given up").Abort(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); err == nil {
		t.Error("what was given up is there")
	}
	late := begin(true, false, "late")
	_ = late.Flush()
	if _, err := os.Stat(name); err == nil {
		t.Error("half a file is there")
	}
	if err := os.WriteFile(name, []byte("meanwhile"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := late.Commit(); !errors.Is(err, ErrExists) || content() != "meanwhile" {
		t.Errorf("one that came meanwhile: %v, %q", err, content())
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := begin(true, false, "first").Commit(); err != nil || content() != "first" {
		t.Fatalf("%v, %q", err, content())
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a private file is for all to read: %v", info.Mode())
	}
	if _, err := Create(name, false, false); !errors.Is(err, ErrExists) || content() != "first" {
		t.Errorf("one that is there: %v, %q", err, content())
	}
	f := begin(false, true, "second")
	if content() != "first" {
		t.Errorf("before it is whole there is %q", content())
	}
	if err := f.Abort(); err != nil || content() != "first" {
		t.Errorf("%v, %q", err, content())
	}
	if err := begin(false, true, "second").Commit(); err != nil || content() != "second" {
		t.Errorf("%v, %q", err, content())
	}
	if left, err := os.ReadDir(filepath.Dir(name)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if _, err := Create(filepath.Join(name, "below"), false, false); err == nil {
		t.Error("a file below a file was made")
	}
}

func TestHome(t *testing.T) {
	t.Setenv("HOME", "/home/ada")
	for in, want := range map[string]string{"~": "/home/ada", "~/a.csv": "/home/ada/a.csv", "~bob/a": "~bob/a", "./~": "./~", "/x": "/x", "": ""} {
		if got, err := ExpandHome(in); err != nil || got != want {
			t.Errorf("%q is %q, %v, want %q", in, got, err, want)
		}
	}
}
