package query

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"twindeck/hub"
	"twindeck/keymap"
)

// long returns n rows.
func long(n, from int) []string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"deviceId":"d%06d","n":%d}`, from+i, (from+i)*7919%1000)
	}
	return rows
}

// A long table is sorted and filtered elsewhere; what was wanted before is dropped.
func TestLongTablesAreArrangedElsewhere(t *testing.T) {
	const query = "SELECT deviceId, n FROM devices"
	r := results(t, query, false, long(3000, 0)...)
	keys(r, "l")
	first, ok := press(r, "s").(Work)
	if !ok {
		t.Fatal("sorted at once")
	}
	second, ok := press(r, "s").(Work)
	if !ok {
		t.Fatal("the other way is not wanted")
	}
	if a := r.Done(first.Run()); a != nil || r.arrange.order != nil {
		t.Error("what is not wanted any more was taken")
	}
	add(t, r, query, "", long(100, 3000)...) // while it is under way
	drain(r, r.Done(second.Run()))
	got := column(r, "n")
	if len(got) != 3100 || got[0] != "999" || got[len(got)-1] != "0" || r.arrange.working {
		t.Errorf("%d rows from %s to %s", len(got), got[0], got[len(got)-1])
	}
	press(r, "s")
	keys(r, "/", "d", "0", "0", "3")
	if got := column(r, "deviceId"); len(got) != 100 || got[0] != "d003000" {
		t.Errorf("%d rows, %s first", len(got), got[0])
	}
}

func TestMoreIsAskedForNearTheEnd(t *testing.T) {
	const query = "SELECT deviceId FROM devices"
	r := NewResults(query, false, keymap.Default())
	tableText(r, 40, 12)
	add(t, r, query, "next", long(100, 0)...)
	tableText(r, 40, 12)
	if a := keys(r, "j"); a != nil {
		t.Errorf("far from the end: %v", a)
	}
	if a := keys(r, "G"); a != (More{}) {
		t.Errorf("at the end: %v", a)
	}
	r.Begin()
	if a := keys(r, "k"); a != nil {
		t.Errorf("while it comes: %v", a)
	}
	r.Fail("the hub is gone")
	if got := tableText(r, 40, 12); !strings.Contains(got, "✗ the hub is gone") {
		t.Errorf("%s", got)
	}
	if a := keys(r, "G"); a != nil {
		t.Errorf("after it failed by itself: %v", a)
	}
	if a := keys(r, "p"); a != (LoadAll{}) {
		t.Errorf("%v", a)
	}
	r.BeginAll()
	r.Begin()
	if a := keys(r, "esc"); a != (Pause{}) {
		t.Errorf("%v", a)
	}
	add(t, r, query, "", long(1, 100)...)
	if _, all := r.Loading(); all || !r.Complete() {
		t.Error("the last page is not the last")
	}
}

// Pages may be short, or empty, before the last.
func TestPagesAreAskedForUntilTheWindowIsFull(t *testing.T) {
	const query = "SELECT deviceId FROM devices"
	r := NewResults(query, false, keymap.Default())
	tableText(r, 40, 20)
	asked := 0
	for range 10 {
		page := Prepare(query, hub.Result{Continuation: "next"}, 0)
		if slices.Contains(r.Add(page), Action(More{})) {
			asked++
		}
	}
	if asked != maxChase {
		t.Errorf("asked %d times", asked)
	}
	if got := tableText(r, 40, 20); !strings.Contains(got, "no rows yet; p goes on") {
		t.Errorf("%s", got)
	}
}

// The same query again keeps what was made of the table.
func TestRunningAgainKeepsCursorMarksFilterAndOrder(t *testing.T) {
	const query = "SELECT deviceId, n FROM devices"
	before := results(t, query, false, long(50, 0)...)
	keys(before, "space", "l", "s", "G", "k", "/", "d", "enter")
	selected, _ := before.Selected()
	r := NewResults(query, false, keymap.Default())
	r.Follow(before)
	add(t, r, query, "", long(40, 5)...)
	if got, _ := r.Selected(); got != selected {
		t.Errorf("the cursor went from %v to %v", selected, got)
	}
	if _, at, _ := r.Cell(); at != "n" {
		t.Errorf("the cursor is on %s", at)
	}
	if got := column(r, "n"); !slices.IsSortedFunc(got, func(a, b string) int { return len(a) - len(b) }) || len(got) != 40 || !r.Filtered() {
		t.Errorf("%q", got)
	}
	if r.MarkedCount() != 0 { // its row is gone
		t.Errorf("%v", r.Marked())
	}
}
