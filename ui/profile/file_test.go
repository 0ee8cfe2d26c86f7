package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsSavedIsThereAgain(t *testing.T) {
	f := File{filepath.Join(t.TempDir(), "made", "contoso.json")}
	if s, err := f.Load(); err != nil || !cmp.Equal(s, State{}) {
		t.Fatalf("before anything was saved: %v %v", s, err)
	}
	want := State{
		Columns: []string{"id", "tags.site"}, Sort: "tags.site", Reverse: true, Refresh: time.Minute,
		Queries: []Query{{"all", "SELECT * FROM devices"}}, History: []string{"SELECT COUNT() FROM devices"},
	}
	for range 2 {
		if err := f.Save(want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := f.Load()
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	info, err := os.Stat(f.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(filepath.Dir(f.Path)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestAFileOfSomethingElseStays(t *testing.T) {
	f := File{filepath.Join(t.TempDir(), "state.json")}
	if err := os.WriteFile(f.Path, []byte("columns = id"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Load(); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("%v", err)
	}
	if text, _ := os.ReadFile(f.Path); string(text) != "columns = id" {
		t.Errorf("it was changed: %s", text)
	}
}
