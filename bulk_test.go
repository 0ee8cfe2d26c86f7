package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/embedded"
)

// A bulk run on a hub of the smallest tier goes at the pace that the tier allows. Stopped, it says what
// was done, no more and no less than what the hub has; and the rest is done when it is tried again.
func TestABulkRunOnAHubThatIsThrottled(t *testing.T) {
	const rows = 110
	screen, other := onFleet(t, rows, embedded.Options{Tier: "S1"})
	marked := func() (n int) {
		t.Helper()
		for more := ""; ; {
			page, err := other.List(t.Context(), hub.Listing{Where: "tags.lot = 7"}, more, 100)
			if err != nil {
				t.Fatal(err)
			}
			n += len(page.Rows)
			if more = page.Continuation; more == "" {
				return n
			}
		}
	}
	screen.WaitFor(fmt.Sprintf("loaded %d of %d", rows, rows))
	screen.Press("1", "*", "b", "enter")
	screen.WaitFor("Bulk action on 110 rows")
	screen.Type("lot")
	screen.Press("enter")
	screen.Type("7")
	screen.Press("enter")
	screen.WaitFor("100 would change")
	screen.Press("enter", "y")
	some := regexp.MustCompile(`([2-9]\d|1\d\d) of 110 rows`)
	screen.WaitUntil("shows that it has begun", some.MatchString)
	screen.Press("c", "y")
	screen.WaitFor("Report")
	told := regexp.MustCompile(`✓ (\d+) done  ○ (\d+) not reached`)
	screen.WaitUntil("tells what was done", told.MatchString)
	report := told.FindStringSubmatch(screen.Text())
	done, _ := strconv.Atoi(report[1])
	left, _ := strconv.Atoi(report[2])
	if has := marked(); has != done || done+left != rows {
		t.Fatalf("the report says %d done and %d not reached, the hub has %d", done, left, has)
	}
	for begin := time.Now(); !strings.Contains(screen.Text(), "Preview") && time.Since(begin) < 10*time.Second; <-time.After(time.Second) {
		screen.Press("r") // what opens by itself takes no key until none has come for a moment
	}
	screen.WaitFor(fmt.Sprintf("of %d rows", left), fmt.Sprintf("read %[1]d of %[1]d: %[1]d would change", min(left, 100)))
	screen.Press("enter", "y")
	screen.WaitFor(fmt.Sprintf("✓ %d done", left))
	if has := marked(); has != rows {
		t.Errorf("%d of %d rows are done at last", has, rows)
	}
}
