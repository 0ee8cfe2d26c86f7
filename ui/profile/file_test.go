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
	if err := f.Save(State{Sort: "id"}); err == nil || !strings.Contains(err.Error(), "correct it or remove it") {
		t.Errorf("saved over it: %v", err)
	}
	if text, _ := os.ReadFile(f.Path); string(text) != "columns = id" {
		t.Errorf("it was changed: %s", text)
	}
}

// What is chosen before the file has been read is added to it.
func TestWhatIsChosenLaterGoesOnTop(t *testing.T) {
	stored := State{
		Columns: []string{"id", "tags.site"}, Sort: "tags.site", Reverse: true, Refresh: time.Minute,
		Queries: []Query{{"all", "SELECT *"}, {"few", "SELECT 1"}}, History: []string{"a", "b"},
	}
	for name, c := range map[string]struct{ newer, want State }{
		"nothing": {State{}, stored},
		"a sort": {State{Sort: "id"}, State{
			Columns: stored.Columns, Sort: "id", Refresh: time.Minute, Queries: stored.Queries, History: stored.History,
		}},
		"everything": {
			State{Columns: []string{"id"}, Reverse: true, Refresh: time.Hour, Queries: []Query{{"all", "SELECT 2"}}, History: []string{"c", "a"}},
			State{Columns: []string{"id"}, Reverse: true, Refresh: time.Hour, Queries: []Query{{"few", "SELECT 1"}, {"all", "SELECT 2"}}, History: []string{"b", "c", "a"}},
		},
	} {
		got := stored.With(c.newer)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff(got, got.With(c.newer)); diff != "" {
			t.Errorf("%s, twice: %s", name, diff)
		}
	}
	if stored.Queries[0].Text != "SELECT *" || stored.History[0] != "a" {
		t.Error("what was stored was changed in place")
	}
}
