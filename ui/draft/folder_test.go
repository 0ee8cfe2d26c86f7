package draft

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"twindeck/hub"
	"twindeck/hub/patch"
)

func parse(t *testing.T, text string) patch.Value {
	t.Helper()
	v, err := patch.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sample(t *testing.T) Draft {
	return Draft{
		Hub: "contoso.azure-devices.net", Device: "thermostat-01", Module: "\x1b[2J/../x", Section: patch.Desired,
		At: time.Date(2026, 3, 1, 14, 2, 0, 5, time.UTC), ETag: "AAAAAAAAABI=",
		Base:      parse(t, `{"b":1.0,"a":4503599627370495,"gone":true}`),
		Edited:    parse(t, `{"b":1e3,"a":-0,"new":{"東京":[1,2.50]}}`),
		Undecided: []Undecided{{Path: patch.Path{"a", "x.y"}, Old: patch.Int(1), HasOld: true, Mine: patch.Null()}},
		Typing:    &Typing{Group: patch.Path{"new"}, Name: "half", Value: `"unfinish`, Kind: patch.KindString},
	}
}

var asJSON = cmp.Transformer("JSON", func(v patch.Value) string { return v.JSON() })

func TestADraftOutlivesItsProgram(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	first := Open(dir)
	d := sample(t)
	d.Name = first.Name()
	if err := first.Save(Draft{Name: d.Name, Hub: d.Hub}); err != nil {
		t.Fatal(err)
	}
	if err := first.Save(d); err != nil {
		t.Fatal(err)
	}
	second := Open(dir)
	if found, err := second.List(d.Hub); err != nil || len(found) != 0 {
		t.Fatalf("what somebody works on is offered to others: %v %v", found, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if found, err := second.List("another.azure-devices.net"); err != nil || len(found) != 0 {
		t.Errorf("another hub has it: %v %v", found, err)
	}
	found, err := second.List(d.Hub)
	if diff := cmp.Diff([]Draft{d}, found, asJSON); err != nil || diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	if found, err := second.List(d.Hub); err != nil || len(found) != 1 {
		t.Errorf("looking changes something: %v %v", found, err)
	}
	for range 2 {
		if err := second.Remove(d.Name); err != nil {
			t.Error(err)
		}
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("an empty folder is left behind")
	}
}

func TestDraftsAreForTheUserAlone(t *testing.T) {
	f := Open(filepath.Join(t.TempDir(), "made"))
	defer f.Close()
	d := sample(t)
	d.Name = f.Name()
	if err := f.Save(d); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{f.dir: 0o700, f.path(d.Name): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
}

// The rows of a draft come back with it and go with it, and are not written again for every key.
func TestTheRowsOfADraft(t *testing.T) {
	dir := t.TempDir()
	first := Open(dir)
	d := sample(t)
	d.Device, d.Module, d.Name = "", "", first.Name()
	for i := range 3000 {
		d.Rows = append(d.Rows, hub.ID{Device: fmt.Sprintf("device-%d\n東\x1b", i), Module: strings.Repeat("m", i%2)})
	}
	if err := first.Save(d); err != nil {
		t.Fatal(err)
	}
	rows := filepath.Join(dir, d.Name+".rows")
	before, err := os.Stat(rows)
	if err != nil || before.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", before, err)
	}
	d.Edited = parse(t, `{"a":2}`)
	if err := first.Save(d); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(rows); err != nil || !os.SameFile(before, after) || after.ModTime() != before.ModTime() {
		t.Errorf("written again: %v", err)
	}
	if info, err := os.Stat(first.path(d.Name)); err != nil || info.Size() > 2000 {
		t.Errorf("a key writes %d bytes: %v", info.Size(), err)
	}
	// Another one was killed between the rows and what was typed.
	orphan := filepath.Join(dir, "killed-1.rows")
	if err := os.WriteFile(orphan, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := Open(dir)
	found, err := second.List(d.Hub)
	if diff := cmp.Diff([]Draft{d}, found, asJSON); err != nil || diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	if _, err := os.Stat(orphan); err == nil {
		t.Error("rows of no draft are left behind")
	}
	// Without all of its rows it would change fewer than the user has marked.
	if err := os.WriteFile(rows, []byte(`{"device":"a"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := second.List(d.Hub); err != nil || len(found) != 0 {
		t.Errorf("listed with some of its rows: %v %v", found, err)
	}
	if err := second.Remove(d.Name); err != nil {
		t.Error(err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("something is left behind")
	}
}

// What is no draft is neither shown nor touched.
func TestOtherFilesStay(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"1-1.json", "README", "2-2.json.bak", ".3-1.json", "nodash.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(`{"hub":`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := Open(dir)
	if found, err := f.List(""); err != nil || len(found) != 0 {
		t.Errorf("%v %v", found, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 5 {
		t.Errorf("%v", left)
	}
}

// TestKilled is both the test and, with a variable set, the program that is killed.
func TestKilled(t *testing.T) {
	const variable = "DRAFT_TEST_DIR"
	if dir := os.Getenv(variable); dir != "" {
		f := Open(dir)
		d := sample(t)
		d.Name = f.Name()
		for i := 0; ; i++ {
			d.Edited = parse(t, fmt.Sprintf(`{"i":%d,"text":%q}`, i, strings.Repeat("x", 1000)))
			if err := f.Save(d); err != nil {
				t.Fatal(err)
			}
			fmt.Println("saved", i)
		}
	}
	dir := t.TempDir()
	for range 5 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.v")
		cmd.Env = append(os.Environ(), variable+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last, seen := -1, make([]byte, 0, 1<<16)
		buffer := make([]byte, 256)
		for len(seen) < 400 {
			n, err := out.Read(buffer)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, buffer[:n]...)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		for line := range strings.Lines(string(seen)) {
			_, _ = fmt.Sscanf(line, "saved %d\n", &last)
		}
		f := Open(dir)
		found, err := f.List(sample(t).Hub)
		if err != nil || len(found) != 1 {
			t.Fatalf("after a kill: %v %v", found, err)
		}
		i, _ := found[0].Edited.Get("i")
		if n, ok := i.Int64(); !ok || n < int64(last)-1 { // its last line may be cut
			t.Errorf("draft %d is there, %d was saved", n, last)
		}
		if err := f.Remove(found[0].Name); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
