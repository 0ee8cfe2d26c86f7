package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
)

// fleetOf fills a hub with n devices.
func fleetOf(n int) func(*fakeHub) {
	return func(f *fakeHub) {
		for i := range n {
			f.add(hub.ID{Device: fmt.Sprintf("device-%04d", i)}, `{"site":"ist"}`, `{"interval":60}`, `{}`)
		}
	}
}

// marks marks the first n rows.
func (p *pump) marks(n int) {
	p.t.Helper()
	p.Press("1", "g")
	for range n {
		p.Press("space")
	}
	p.wait(time.Second)
}

// previewsTag opens the preview of setting the tag site of what is marked.
func (p *pump) previewsTag(value string) {
	p.t.Helper()
	p.Press("b", "enter")
	p.Type("site")
	p.Press("enter")
	p.Type(value)
	p.Press("enter")
	p.wait(time.Second)
}

// withSlowWrites lets every write of a twin take two seconds.
func (p *pump) withSlowWrites() {
	p.hub.slow(func(method string, _ hub.ID) time.Duration {
		if method == "PatchTwin" {
			return 2 * time.Second
		}
		return 0
	})
}

func (f *fakeHub) tag(id hub.ID, key string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, _ := f.twins[id].Tags.Get(key)
	return v.Text()
}

func TestATagIsSetOnMarkedRows(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press("b")
		p.sees("mark rows first")
		p.marks(4)
		p.Press("b")
		p.sees("Bulk action on 4 rows", "What is to be done to 4 devices?", "Set a tag", "Delete")
		p.Press("enter")
		p.Type("site")
		p.Press("enter")
		p.Type("ist")
		p.sees("as it looks, string")
		p.Press("enter")
		p.wait(time.Second)
		p.sees(`set the tag site to "ist" of 4 rows`, "read 4 of 4: 1 would change, 3 would not", `site "ank" → "ist"`, "already so")
		p.Press("enter")
		p.sees("Do this on contoso.azure-devices.net", "▸No")
		p.Press("enter") // No, unless told otherwise
		p.sees("already so")
		p.Press("enter", "y")
		p.wait(2 * time.Second)
		p.sees("Report", "✓ 1 done", "– 3 skipped", "showing all: 4 rows", "bulk run ended: 1 done, 3 skipped")
		if got := p.hub.tag(hub.ID{Device: "pump-01"}, "site"); got != "ist" || p.hub.count("PatchTwin") != 1 {
			t.Errorf("the tag is %q after %d patches", got, p.hub.count("PatchTwin"))
		}
		p.Press("esc")
		p.seesNot("Report")
		if p.m.devices.MarkedCount() != 0 {
			t.Error("the marks are still there")
		}
	})
}

// Deleting wants the number or the word, and says that modules go along.
func TestDeletingIsConfirmedInWords(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.hub.answers("SELECT deviceId, moduleId FROM devices.modules WHERE deviceId IN ['thermostat-01']",
			`{"deviceId":"thermostat-01","moduleId":"controller"}`, `{"deviceId":"thermostat-01","moduleId":"sensors"}`)
		p.Press("j", "j")
		p.Press("space")
		p.Press("b")
		for range 5 {
			p.Press("j")
		}
		p.Press("enter")
		p.wait(time.Second)
		p.sees("delete 1 row", "deleted with controller, sensors")
		p.Press("enter")
		p.sees("gone for good", "1 or delete", "enter alone is No")
		p.Press("y", "enter")
		p.sees("that is neither")
		p.Press("backspace", "enter")
		p.sees("deleted with") // enter alone is No
		p.Press("enter")
		p.Type("delete")
		p.Press("enter")
		p.wait(2 * time.Second)
		p.sees("✓ 1 done")
		if _, there := p.hub.identities[controller]; there {
			t.Error("the module is still there")
		}
	})
}

func TestAProductionHubWantsMoreThanAKey(t *testing.T) {
	inBubble(t, Options{Production: true}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.marks(2)
		p.Press("b", "j", "j", "j", "j", "enter")
		p.Type("recall")
		p.Press("enter")
		p.wait(time.Second)
		p.sees(`status "enabled" → "disabled"`, `→ "recall"`)
		p.Press("enter", "y")
		p.sees("2 or disable")
		p.Press("backspace", "2", "enter")
		p.wait(2 * time.Second)
		p.sees("✓ 2 done")
		if i := p.hub.identities[hub.ID{Device: "pump-01"}]; i.Status != hub.Disabled || i.StatusReason != "recall" {
			t.Errorf("%+v", i)
		}
	})
}

func TestAReadOnlyHubRefusesAtOnce(t *testing.T) {
	inBubble(t, Options{ReadOnly: true}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.marks(2)
		p.Press("b")
		p.sees("read-only")
		p.seesNot("Bulk action")
	})
}

func TestWhatIsWrongWithAPatchIsSaidWhereItIsTyped(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.marks(1)
		p.Press("b", "j", "j", "enter")
		p.Type(`{"a":`)
		p.Press("ctrl+s")
		p.sees("✗")
		p.Type(`1,"b.c":2}`)
		p.Press("ctrl+s")
		p.sees("has a dot in its name")
		for range len(`,"b.c":2}`) {
			p.Press("backspace")
		}
		p.Type(`}`)
		p.Press("ctrl+s")
		p.wait(time.Second)
		p.sees("a – → 1")
		p.Press("esc")
		p.sees(`{"a":1}`) // nothing typed is lost
	})
}

// A run goes on behind the dashboard, can be paused, and is asked after before the program leaves.
func TestARunGoesOnBehindTheDashboard(t *testing.T) {
	inBubble(t, Options{}, 120, 36, fleetOf(30), func(p *pump) {
		p.wait(time.Second)
		p.marks(30)
		p.withSlowWrites()
		p.previewsTag("7")
		p.Press("enter", "y")
		p.wait(5 * time.Second)
		p.sees("Bulk run", "16 of 30 rows", "rows/s", "left", "p pause")
		p.Press("p")
		p.wait(5 * time.Second)
		p.sees("paused", "24 of 30 rows")
		p.Press("esc")
		p.seesNot("Bulk run")
		p.wait(10 * time.Second)
		p.sees("bulk 24/30 paused (b)")
		p.Press("j", "1")
		p.Press("q")
		p.sees("A bulk run is under way", "24 done")
		p.Press("n", "b")
		p.sees("24 of 30 rows")
		p.Press("p")
		p.wait(500 * time.Millisecond)
		p.Press("c")
		p.sees("Stop?")
		p.Press("n") // and it goes on
		p.wait(5 * time.Second)
		p.sees("✓ 30 done")
		p.Press("esc")
		p.Press("q")
		if !p.Quit() {
			t.Error("it did not quit after the run")
		}
	})
}

func TestAStoppedRunReportsAndTriesTheRestAgain(t *testing.T) {
	inBubble(t, Options{}, 120, 36, fleetOf(20), func(p *pump) {
		p.wait(time.Second)
		p.marks(20)
		p.withSlowWrites()
		p.previewsTag("ank")
		p.Press("enter", "y")
		p.wait(3 * time.Second)
		p.Press("c", "y")
		p.wait(5 * time.Second)
		p.sees("✓ 16 done", "○ 4 not reached", "showing not done: 4 rows", "r retry")
		p.Press("r")
		p.wait(time.Second)
		p.sees("Preview", "of 4 rows", "read 4 of 4: 4 would change")
		p.Press("esc")
		p.sees("✓ 16 done") // back at the report
		p.Press("r")
		p.wait(time.Second)
		p.Press("enter", "y")
		p.wait(5 * time.Second)
		p.sees("✓ 4 done")
		p.seesNot("16 done")
		for i := range 20 {
			if got := p.hub.tag(hub.ID{Device: fmt.Sprintf("device-%04d", i)}, "site"); got != "ank" {
				t.Errorf("device %d is at %q", i, got)
			}
		}
	})
}

func TestAReportIsSaved(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.marks(2)
		p.hub.failing("PatchTwin", &hub.Error{Op: "patch", Status: 400, Message: "=no"})
		p.Press("b", "j", "j", "enter")
		p.Type(`{"a":1}`)
		p.Press("ctrl+s")
		p.wait(time.Second)
		p.Press("enter", "y")
		p.wait(2 * time.Second)
		p.sees("✗ 2 failed", "the hub finds it invalid")
		p.Press("s")
		p.sees("Save the report", "~/twindeck-patch-desired-")
		p.Press("ctrl+t")
		p.Press("ctrl+u")
		p.Type("~/report.jsonl")
		p.Press("enter")
		p.wait(time.Second)
		p.sees("saved as " + filepath.Join(dir, "report.jsonl"))
		p.Press("s")
		p.Press("ctrl+u")
		p.Type("~/report.jsonl")
		p.Press("enter")
		p.wait(time.Second)
		p.sees("there is a file of that name")
		p.Press("esc")
		text, err := os.ReadFile(filepath.Join(dir, "report.jsonl"))
		if err != nil || strings.Count(string(text), `"outcome":"failed"`) != 2 || !strings.Contains(string(text), `"code":"400"`) {
			t.Errorf("%v\n%s", err, text)
		}
	})
}

func TestAnInterruptedRunIsOfferedAtTheNextStart(t *testing.T) {
	folder := t.TempDir()
	options := Options{BulkFolder: folder}
	inBubble(t, options, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.marks(3)
		p.hub.slow(func(method string, id hub.ID) time.Duration {
			if method == "PatchTwin" && id.Device != "gateway-01" {
				return time.Hour
			}
			return 0
		})
		p.previewsTag("ank")
		p.Press("enter", "y")
		p.wait(5 * time.Second)
		p.m.Close() // as after SIGTERM
	})
	inBubble(t, options, 120, 36, demo, func(p *pump) {
		p.wait(2 * time.Second)
		p.sees("An interrupted bulk run", `site to "ank" of 3 rows: 1 done, 1 skipped, 1 unknown.`)
		p.Press("n")
		p.seesNot("interrupted")
	})
	inBubble(t, options, 120, 36, demo, func(p *pump) {
		p.wait(2 * time.Second)
		p.Press("y")
		p.sees("Report", "? 1 unknown")
		p.Press("r")
		p.wait(time.Second)
		p.sees("Preview", "of 1 row")
		p.Press("enter", "y")
		p.wait(2 * time.Second)
		p.sees("✓ 1 done")
	})
	inBubble(t, options, 120, 36, demo, func(p *pump) {
		p.wait(2 * time.Second)
		p.seesNot("interrupted")
	})
}
