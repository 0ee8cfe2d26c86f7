package bulk_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twindeck/hub"
	"twindeck/hub/bulk"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/patch"
)

// These make the test binary a program that does a bulk run on a hub and keeps a journal.
const (
	childHub    = "TWINDECK_TEST_BULK_HUB"    // connection string
	childCA     = "TWINDECK_TEST_BULK_CA"     // file
	childFolder = "TWINDECK_TEST_BULK_FOLDER" // of the journal
)

func TestMain(m *testing.M) {
	if os.Getenv(childHub) != "" {
		runUntilKilled()
		return
	}
	goleak.VerifyTestMain(m)
}

var operation = bulk.Operation{Kind: bulk.SetTag, Path: patch.Path{"site"}, Value: patch.String("ank")}

func names(n int) []hub.ID {
	ids := make([]hub.ID, n)
	for i := range ids {
		ids[i] = hub.ID{Device: fmt.Sprintf("d%%%04d", i)}
	}
	return ids
}

// runUntilKilled is the child process.
func runUntilKilled() {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	cs, err := hub.ParseConnectionString(os.Getenv(childHub))
	fail(err)
	roots, err := hub.ReadRootCAs(os.Getenv(childCA))
	fail(err)
	client, err := hub.NewClient(cs, hub.Options{RootCAs: roots})
	fail(err)
	ids := names(killedRows)
	journal, err := bulk.NewJournal(os.Getenv(childFolder), client.Host(), operation, ids, time.Now)
	fail(err)
	s := bulk.Run(context.Background(), client, operation, ids, nil, journal)
	done := 0
	for {
		b, err := s.Next(context.Background())
		fail(err)
		done += len(b.Items)
		fmt.Println(done)
		if b.Over {
			return
		}
	}
}

const killedRows = 400

// start runs a hub with devices.
func start(t *testing.T, f *faults.Faults, ids []hub.ID) (*embedded.Server, *hub.Client) {
	t.Helper()
	server, err := embedded.Start(t.Context(), embedded.Options{Faults: f})
	if err != nil {
		t.Fatal(err)
	}
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := hub.NewClient(cs, hub.Options{RootCAs: server.CertPool()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, id := range ids {
		if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	return server, client
}

func finish[T any](t *testing.T, s *bulk.Stream[T]) (items []T, last bulk.State) {
	t.Helper()
	for {
		b, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, b.Items...)
		if b.Over {
			return items, b.State
		}
	}
}

// However the program ends, its journal is what is true of the hub.
func TestAKilledRunIsToldAsItWas(t *testing.T) {
	server, client := start(t, nil, names(killedRows))
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, server.CACertificate(), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	unsettled, before := 0, map[hub.ID]bool{}
	for round := range 3 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childHub+"="+server.ConnectionString("iothubowner"), childCA+"="+ca, childFolder+"="+folder)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var done int
			if _, err := fmt.Sscan(lines.Text(), &done); err == nil && done > 20+40*round {
				break
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
		run, err := bulk.FindInterrupted(folder, client.Host())
		if err != nil || run == nil {
			t.Fatalf("round %d: no interrupted run is found: %v", round, err)
		}
		if run.Count(bulk.Done)+run.Count(bulk.Skipped) == 0 || run.Count(bulk.NotReached) == 0 {
			t.Errorf("round %d: %s", round, run)
		}
		unsettled += run.Count(bulk.Unknown)
		for row, id := range run.Rows {
			twin, err := client.Twin(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			site, _ := twin.Tags.At(patch.Path{"site"})
			is := site.Text() == "ank"
			told := run.Of(row)
			switch told.Outcome {
			case bulk.Done, bulk.Skipped:
				if !is {
					t.Errorf("round %d: %v is told to be %v and is %s", round, id, told.Outcome, twin.Tags.JSON())
				}
			case bulk.NotReached:
				if is != before[id] {
					t.Errorf("round %d: %v is told not to be reached and is changed", round, id)
				}
			}
			before[id] = is
		}
		if err := bulk.Dismiss(run.Path); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d rows were under way", unsettled)
	// What is left is done by another run.
	items, last := finish(t, bulk.Run(t.Context(), client, operation, names(killedRows), nil, nil))
	r := bulk.NewReport(operation, names(killedRows))
	r.Add(items...)
	if last.Err != nil || r.Count(bulk.Done)+r.Count(bulk.Skipped) != killedRows {
		t.Errorf("the rest: %s", r.Summary())
	}
}

// Real refusals and lost answers of a real server, and what somebody else does meanwhile.
func TestARunOnAHubThatFails(t *testing.T) {
	for name, tc := range map[string]struct {
		fault   string
		op      bulk.Operation
		summary string
	}{
		"lost answers":             {"twins:PATCH:lose:every=4", operation, "30 done"},
		"errors of the hub":        {"twins:PATCH:500:every=5", operation, "30 done"},
		"connections that break":   {"twins:GET:drop:every=6", operation, "30 done"},
		"conflicts":                {"twins:PATCH:412:every=3", operation, "20 done, 10 conflict"},
		"throttled":                {"twins:PATCH:429:times=1", operation, "30 done"},
		"disabled, answers lost":   {"devices:PUT:lose:every=4", bulk.Operation{Kind: bulk.Disable, Reason: "recall"}, "30 done"},
		"deleted, answers lost":    {"devices:DELETE:lose:every=4", bulk.Operation{Kind: bulk.Delete}, "30 done"},
		"deleted, hub has trouble": {"devices:DELETE:503:every=7", bulk.Operation{Kind: bulk.Delete}, "30 done"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &faults.Faults{}
			ids := names(30)
			_, client := start(t, f, ids)
			if err := f.Set(tc.fault); err != nil {
				t.Fatal(err)
			}
			items, _ := finish(t, bulk.Run(t.Context(), client, tc.op, ids, nil, nil))
			f.Clear()
			r := bulk.NewReport(tc.op, ids)
			r.Add(items...)
			if r.Summary() != tc.summary {
				t.Errorf("%s; %v", r.Summary(), r.Of(0))
			}
			for row, id := range ids {
				twin, err := client.Twin(t.Context(), id)
				site, _ := twin.Tags.At(patch.Path{"site"})
				is := site.Text() == "ank"
				switch tc.op.Kind {
				case bulk.Delete:
					is = hub.NotFound(err)
				case bulk.Disable:
					is = twin.Status == hub.Disabled && twin.StatusReason == "recall"
					if identity, err := client.Identity(t.Context(), id); err != nil || identity.PrimaryKey.IsZero() {
						t.Errorf("%v lost its keys", id)
					}
				}
				if done := r.Of(row).Outcome == bulk.Done; done != is {
					t.Errorf("%v is told to be %v and is %s %s", id, r.Of(row), twin.Status, twin.Tags.JSON())
				}
			}
		})
	}
}

func TestThePreviewNamesTheModulesThatGo(t *testing.T) {
	_, client := start(t, nil, []hub.ID{{Device: "a'b"}, {Device: "c"}, {Device: "a'b", Module: "m#1"}, {Device: "a'b", Module: "n"}})
	plans, _ := finish(t, bulk.Preview(t.Context(), client, bulk.Operation{Kind: bulk.Delete}, []hub.ID{{Device: "a'b"}, {Device: "c"}, {Device: "a'b", Module: "n"}}))
	slices.SortFunc(plans, func(a, b bulk.Plan) int { return a.Row - b.Row })
	slices.Sort(plans[0].Modules)
	if got := fmt.Sprint(plans[0].Modules, plans[1].Modules, plans[2].Skip); got != "[m#1 n] []goes with its device" {
		t.Error(got)
	}
	if strings.Contains(plans[0].ETag, `"`) || plans[0].ETag == "" {
		t.Errorf("etag %q", plans[0].ETag)
	}
}
