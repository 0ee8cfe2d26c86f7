package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/ui/draft"
)

// run is one program over a folder of drafts, on a hub of four devices, to its end without a goodbye.
func (r *marking) run(test func(p *pump)) {
	r.t.Helper()
	store := draft.Open(r.drafts)
	inBubble(r.t, Options{Drafts: store, BulkFolder: r.journals, ReadOnly: r.readOnly}, 120, 36, fleetOf(4), func(p *pump) {
		p.wait(time.Second)
		test(p)
		p.wait(lasting)
		p.m.Close()
	})
	if err := store.Close(); err != nil {
		r.t.Fatal(err)
	}
}

type marking struct {
	t                *testing.T
	drafts, journals string
	readOnly         bool
}

func newMarking(t *testing.T) *marking {
	return &marking{t: t, drafts: t.TempDir(), journals: t.TempDir()}
}

// kept fails unless n drafts are kept, and nothing but them.
func (r *marking) kept(n int, p *pump) {
	r.t.Helper()
	p.wait(lasting)
	if got := drafts(r.t, r.drafts); got != n {
		r.t.Fatalf("%d drafts, not %d:\n%s", got, n, p.Text())
	}
}

// changes opens the form over the first n rows and types another interval.
func (p *pump) changes(n int, interval string) {
	p.t.Helper()
	p.marks(n)
	p.Press("e")
	p.wait(time.Second)
	p.Press("enter", "ctrl+u")
	p.Type(interval)
}

// The program may end at any key: the next one asks whether to go on, and has everything.
func TestWhatWasTypedForMarkedRowsOutlivesTheProgram(t *testing.T) {
	for name, tc := range map[string]struct {
		key  string
		keys []string
		sees []string
	}{
		"in a field": {"e", []string{"enter", "ctrl+u", "9"}, []string{"interval  number   9"}},
		"accepted":   {"e", []string{"enter", "ctrl+u", "9", "enter"}, []string{"1 change", "9   was 60"}},
		"reviewed":   {"e", []string{"d", "s"}, []string{"1 change", "removed, sends null"}},
		"previewed":  {"e", []string{"d", "s", "enter"}, []string{"1 change", "removed, sends null"}},
		"leaving":    {"e", []string{"d", "esc"}, []string{"1 change"}},
		"tags":       {"t", []string{"a", "n", "enter", "7"}, []string{"Tags of 3 marked rows", "+   n ", "7"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newMarking(t)
			r.run(func(p *pump) {
				p.marks(3)
				p.Press(tc.key)
				p.wait(time.Second)
				p.Press(tc.keys...)
				r.kept(1, p)
			})
			// By the question that comes by itself; it stays as long as nobody has decided.
			r.run(func(p *pump) {
				p.sees("unsaved changes are kept for 3 marked rows", "Unsaved changes of marked rows", "device-0000, device-0001, device-0002")
				p.Press("n")
				p.seesNot("Unsaved changes of marked rows")
				r.kept(1, p)
			})
			r.run(func(p *pump) {
				p.Press("y")
				p.wait(time.Second)
				p.sees(append(tc.sees, "unsaved changes of")...)
				r.kept(1, p)
			})
			// By marking the same rows.
			r.run(func(p *pump) {
				p.Press("n")
				p.marks(2)
				p.Press(tc.key)
				p.wait(time.Second)
				p.sees("of 2 marked rows")
				p.seesNot("unsaved changes of")
				p.Press("esc")
				p.Press("space", tc.key)
				p.wait(time.Second)
				p.sees(append(tc.sees, "unsaved changes of")...)
				for range 5 { // discarded, it is gone for good
					if strings.Contains(p.Text(), "Discard ") {
						p.Press("y")
						break
					}
					p.Press("esc")
				}
				r.kept(0, p)
			})
			r.run(func(p *pump) { p.seesNot("nsaved") })
		})
	}
}

func TestADraftOfMarkedRowsIsLaidOverWhatTheyHaveBecome(t *testing.T) {
	r := newMarking(t)
	second := hub.ID{Device: "device-0001"}
	r.run(func(p *pump) {
		p.changes(3, "90")
		p.Press("enter")
	})
	r.run(func(p *pump) {
		p.hub.elsewhere(second, `{"interval":75}`)
		p.Press("y")
		p.wait(time.Second)
		p.sees("the rows have changed since", "1 to decide", "theirs differ: 60, 75", "mine 90")
	})
	r.run(func(p *pump) { // it has not been decided yet
		for i := range 3 {
			p.hub.elsewhere(hub.ID{Device: fmt.Sprintf("device-%04d", i)}, `{"interval":15}`)
		}
		p.Press("y")
		p.wait(time.Second)
		p.sees("theirs 15", "mine 90")
		p.Press("m", "s", "enter")
		p.wait(time.Second)
		p.sees("interval 15 → 90", "3 would change")
		r.kept(1, p)
		p.Press("enter", "y")
		p.wait(2 * time.Second)
		p.sees("3 done")
		r.kept(0, p)
		p.Press("esc")
		p.seesNot("Unsaved")
	})
}

// What was typed where the rows differ is meant for all of them, whatever they have by now.
func TestADraftOverRowsThatDifferStands(t *testing.T) {
	r := newMarking(t)
	second := hub.ID{Device: "device-0001"}
	r.run(func(p *pump) {
		p.hub.elsewhere(second, `{"interval":75}`)
		p.changes(2, "90")
		p.Press("enter")
	})
	r.run(func(p *pump) { // now it is the same in both
		p.Press("y")
		p.wait(time.Second)
		p.sees("1 change", "90   was 60")
		p.seesNot("to decide")
	})
}

// Rows that cannot be read now are no reason to put everything typed in doubt.
func TestADraftWaitsForItsRowsToBeRead(t *testing.T) {
	r := newMarking(t)
	r.run(func(p *pump) {
		p.changes(2, "90")
		p.Press("enter")
	})
	r.run(func(p *pump) {
		p.hub.failing("Twin", errUnplugged)
		p.Press("y")
		p.wait(time.Minute)
		p.sees("2 could not be read", "stay kept")
		p.Press("esc")
		r.kept(1, p)
		p.hub.failing("Twin", nil)
		p.sees("2 marked")
		p.Press("e")
		p.wait(time.Second)
		p.sees("1 change", "90   was 60")
		p.Press("esc", "y")
		r.kept(0, p)
	})
}

// A run that has begun is its journal's; where it has failed, what was typed is kept for the rest alone.
func TestARunTakesTheDraftOver(t *testing.T) {
	r := newMarking(t)
	first := hub.ID{Device: "device-0000"}
	r.run(func(p *pump) {
		p.changes(3, "90")
		p.Press("enter", "s", "enter")
		p.wait(time.Second)
		p.hub.elsewhere(first, `{"interval":15}`)
		p.Press("enter", "y")
		p.wait(2 * time.Second)
		p.sees("2 done", "1 conflict", "kept for the rest")
		r.kept(1, p)
	})
	r.run(func(p *pump) {
		p.hub.elsewhere(first, `{"interval":15}`)
		p.sees("kept for 1 marked row;")
		p.Press("y")
		p.wait(time.Second)
		p.sees("of 1 marked row", "1 to decide", "theirs 15", "mine 90")
		p.Press("m", "s", "enter")
		p.wait(time.Second)
		p.hub.elsewhere(first, `{"interval":16}`)
		p.Press("enter", "y")
		p.wait(2 * time.Second)
		p.sees("1 conflict")
		r.kept(1, p)
		p.Press("r") // the rest, once more
		p.wait(time.Second)
		p.Press("enter", "y")
		p.wait(2 * time.Second)
		p.sees("1 done")
		r.kept(0, p)
	})
	r.run(func(p *pump) { p.seesNot("nsaved") })
}

func TestAnInterruptedRunIsNotOfferedAsADraftToo(t *testing.T) {
	r := newMarking(t)
	r.run(func(p *pump) {
		p.changes(3, "90")
		p.Press("enter", "s", "enter")
		p.wait(time.Second)
		p.hub.slow(func(method string, _ hub.ID) time.Duration {
			if method == "PatchTwin" {
				return time.Hour
			}
			return 0
		})
		// The draft as it is when the program is killed before it can take it away.
		store := draft.Open(r.drafts)
		for f := range p.m.drafting.open {
			d, _ := f.Draft()
			d.Hub, d.At, d.Rows, d.Name = "contoso.azure-devices.net", p.m.opts.Now(), p.m.marked.rows, store.Name()
			if err := store.Save(d); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		p.wait(time.Second)
		p.Press("enter", "y")
		p.wait(time.Second)
	})
	if n := drafts(t, r.drafts); n != 1 {
		t.Fatalf("%d drafts", n)
	}
	r.run(func(p *pump) {
		p.sees("An interrupted bulk run")
		p.seesNot("nsaved")
		r.kept(0, p)
		p.Press("n")
		p.wait(2 * time.Minute)
		p.seesNot("nsaved")
	})
}

// The report comes first, then what else is kept.
func TestAnInterruptedRunComesBeforeADraft(t *testing.T) {
	r := newMarking(t)
	r.run(func(p *pump) {
		p.marks(3)
		p.hub.slow(func(method string, _ hub.ID) time.Duration {
			if method == "PatchTwin" {
				return time.Hour
			}
			return 0
		})
		p.previewsTag("ank")
		p.Press("enter", "y")
		p.wait(time.Second)
		p.m.Close()
	})
	r.run(func(p *pump) {
		p.sees("An interrupted bulk run")
		p.Press("n")
		p.changes(2, "90")
		r.kept(1, p)
	})
	r.run(func(p *pump) {
		p.sees("An interrupted bulk run")
		p.seesNot("Unsaved changes of")
		p.Press("y")
		p.sees("Report")
		p.wait(time.Minute)
		p.sees("Report")
		p.Press("esc")
		p.wait(time.Minute)
		p.sees("Unsaved changes of marked rows", "2 marked rows")
	})
}

func TestADraftOfMarkedRowsOnAReadOnlyHub(t *testing.T) {
	r := newMarking(t)
	r.run(func(p *pump) { p.changes(2, "90") })
	r.readOnly = true
	r.run(func(p *pump) {
		p.sees("kept for 2 marked rows")
		p.seesNot("Unsaved changes of marked rows", "goes on")
		r.kept(1, p)
	})
}

// Without a journal nothing else would have it while the run lasts.
func TestADraftOutlivesARunWithoutAJournal(t *testing.T) {
	r := newMarking(t)
	r.journals = ""
	begin := func(p *pump) {
		p.Press("enter", "s", "enter")
		p.wait(time.Second)
		p.Press("enter", "y")
		p.wait(time.Second)
	}
	r.run(func(p *pump) {
		p.hub.slow(func(method string, _ hub.ID) time.Duration {
			if method == "PatchTwin" {
				return time.Hour
			}
			return 0
		})
		p.changes(3, "90")
		begin(p)
		p.sees("Bulk run")
		r.kept(1, p)
	})
	r.run(func(p *pump) {
		p.Press("y")
		p.wait(time.Second)
		p.sees("90   was 60")
		p.hub.failing("PatchTwin", &hub.Error{Op: "patch", Status: 400})
		p.Press("s", "enter")
		p.wait(time.Second)
		p.Press("enter", "y")
		p.wait(2 * time.Second)
		p.sees("3 failed")
		r.kept(1, p)
		p.hub.failing("PatchTwin", nil)
		p.Press("r")
		p.wait(time.Second)
		p.Press("enter", "y")
		p.wait(2 * time.Second)
		p.sees("3 done")
		r.kept(0, p)
	})
}
