package bulk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/export"
	"twindeck/hub/patch"
)

// begin begins a journal of a run of three rows.
func beginJournal(t testing.TB, folder string) *Journal {
	t.Helper()
	op := Operation{Kind: SetTag, Path: patch.Path{"a b", "c"}, Value: parse(`{"n":1.50,"x":"\u001b<>"}`)}
	j, err := NewJournal(folder, "contoso", op, []hub.ID{{Device: "d"}, {Device: "d", Module: "m"}, {Device: "=e"}}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestAJournalTellsOfAnInterruptedRun(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made")
	if run, err := FindInterrupted(folder, "contoso"); run != nil || err != nil {
		t.Fatalf("before there is any: %v %v", run, err)
	}
	j := beginJournal(t, folder)
	for _, step := range []error{
		j.begin(0, "e1"), j.result(Result{Row: 0, Outcome: Failed, Note: "no\nway", Code: "500"}), j.begin(2, "e2"),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if info, err := os.Stat(j.Path()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v %v", info.Mode(), err)
	}
	if run, err := FindInterrupted(folder, "contoso"); run != nil || err != nil {
		t.Errorf("a run that is going on is told to be interrupted: %v %v", run, err)
	}
	if _, err := j.file.WriteString(`{"row":1,"state":"do`); err != nil { // and then it crashed
		t.Fatal(err)
	}
	if err := j.file.Close(); err != nil {
		t.Fatal(err)
	}
	if run, err := FindInterrupted(folder, "fabrikam"); run != nil || err != nil {
		t.Errorf("one of another hub: %v %v", run, err)
	}
	run, err := FindInterrupted(folder, "contoso")
	if err != nil || run == nil {
		t.Fatal(run, err)
	}
	if run.Operation.Value.JSON() != `{"n":1.50,"x":"\u001b<>"}` || !run.Operation.Path.Equal(patch.Path{"a b", "c"}) || run.Rows[1] != (hub.ID{Device: "d", Module: "m"}) {
		t.Errorf("%+v", run)
	}
	if run.Summary() != "1 failed, 1 unknown, 1 not reached" || run.Of(0) != (Result{Row: 0, Outcome: Failed, Note: "no\nway", Code: "500"}) || run.Of(2).Note == "" {
		t.Errorf("%s: %+v %+v", run.Summary(), run.Of(0), run.Of(2))
	}
	if err := Dismiss(run.Path); err != nil {
		t.Fatal(err)
	}
	if run, err := FindInterrupted(folder, "contoso"); run != nil || err != nil {
		t.Errorf("after it was dismissed: %v %v", run, err)
	}
	if again, err := read(run.Path); err != nil || again.Summary() != run.Summary() {
		t.Errorf("%v %v", again, err)
	}
}

func TestOldJournalsGoAndInterruptedOnesStay(t *testing.T) {
	folder := t.TempDir()
	interrupted := beginJournal(t, folder)
	if err := interrupted.end(""); err != nil {
		t.Fatal(err)
	}
	for range 2 * kept {
		if err := beginJournal(t, folder).end(finished); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(journals(folder)); n != kept+1 {
		t.Errorf("%d journals are kept", n)
	}
	if _, err := os.Stat(interrupted.Path()); err != nil {
		t.Error(err)
	}
}

// A run whose journal cannot be written changes nothing, and says why.
func TestNothingIsChangedWithoutTheJournal(t *testing.T) {
	ids := some(30)
	f := newFake(ids...)
	j, err := NewJournal(t.TempDir(), "contoso", tagSite, ids, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.file.Close(); err != nil {
		t.Fatal(err)
	}
	s := Run(t.Context(), f, tagSite, ids, nil, j)
	for {
		b, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if b.Paused {
			if !strings.Contains(b.Why, "journal") {
				t.Errorf("paused because %q", b.Why)
			}
			break
		}
	}
	s.Stop()
	if _, last := finish(t, s); last.Err == nil || len(f.applied) != 0 {
		t.Errorf("%v, %d rows were changed", last.Err, len(f.applied))
	}
}

func TestAJournalThatBreaksOffOrIsSomethingElse(t *testing.T) {
	j := beginJournal(t, t.TempDir())
	if err := j.end(finished); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	for _, bad := range [][]byte{nil, []byte("{}\n"), []byte(`{"bulk":2,"operation":{}}` + "\n"), bytes.Join(lines[:3], nil), []byte(`{"bulk":1,"rows":-1,"operation":{}}` + "\n"), []byte(`{"bulk":1,"rows":2000000,"operation":{}}` + "\n")} {
		if run, err := parseJournal(bytes.NewReader(bad)); err == nil {
			t.Errorf("%q is read as %v", bad, run)
		}
	}
}

func FuzzJournal(f *testing.F) {
	j := beginJournal(f, f.TempDir())
	_ = j.begin(1, "e")
	_ = j.result(Result{Row: 1, Outcome: Done})
	_ = j.end(stopped)
	text, err := os.ReadFile(j.Path())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:len(text)-9])
	f.Add([]byte(`{"bulk":1,"rows":0,"operation":{"kind":"delete"}}` + "\n" + `{"row":9,"state":"done"}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		run, err := parseJournal(bytes.NewReader(text))
		if err != nil {
			return
		}
		sum := 0
		for o := range outcomes {
			sum += run.Count(o)
		}
		if sum != run.Len() || len(run.Select()) != run.Len() {
			t.Fatalf("%d outcomes of %d rows", sum, run.Len())
		}
		_ = run.String()
	})
}

func TestTheReportIsWrittenRowByRow(t *testing.T) {
	r := NewReport(tagSite, []hub.ID{{Device: "=d"}, {Device: "e", Module: "m"}})
	r.Add(Result{Row: 1, Outcome: Failed, Note: `no, "never"`, Code: "401 X"})
	for format, want := range map[export.Format]string{
		export.CSV:       "device,module,outcome,note,code\r\n'=d,,not reached,,\r\n" + `e,m,failed,"no, ""never""",401 X` + "\r\n",
		export.JSONLines: `{"device":"=d","outcome":"not reached"}` + "\n" + `{"device":"e","module":"m","outcome":"failed","note":"no, \"never\"","code":"401 X"}` + "\n",
	} {
		var b strings.Builder
		if err := r.Write(&b, format); err != nil || b.String() != want {
			t.Errorf("%v: %v\n%s", format, err, b.String())
		}
	}
	broken := errors.New("no room")
	if err := r.Write(failing{broken}, export.CSV); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// The last result of a row counts, and the counts are those of the rows.
func TestAReportCounts(t *testing.T) {
	r := NewReport(tagSite, some(4))
	r.Add(Result{Row: 0, Outcome: Unknown, Note: "x"}, Result{Row: 0, Outcome: Done}, Result{Row: 3, Outcome: Conflict})
	if got := fmt.Sprint(r.Summary(), "; ", r.Of(0).Outcome, r.Reached(), r.Select(Conflict, NotReached), r.Rest()[0]); got != "1 done, 1 conflict, 2 not reached; done 2 [1 2 3] device-001" {
		t.Error(got)
	}
}

// Two million lines of a run over a whole hub are read in a moment.
func BenchmarkReadJournal(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			j, err := NewJournal(b.TempDir(), "contoso", tagSite, some(n), time.Now)
			if err != nil {
				b.Fatal(err)
			}
			for i := range n {
				_ = j.result(Result{Row: i, Outcome: Done})
			}
			_ = j.end("")
			for b.Loop() {
				if _, err := read(j.Path()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
