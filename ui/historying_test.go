package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/history"
)

// toHistory goes to the History tab of the selected twin.
func (p *pump) toHistory() {
	p.t.Helper()
	p.Press("2", "[")
	p.sees("what changed")
}

// past gives the controller a history: a save, somebody else's edits, tags, a patch that is received.
func (p *pump) past() {
	p.t.Helper()
	p.toController()
	p.change("first", "1")
	p.hub.elsewhere(controller, `{"setPoint":19,"limits":{"max":40}}`)
	p.Press("r")
	p.wait(time.Second)
	p.Press("t", "d", "s", "enter")
	p.wait(time.Second)
	p.Press("c", "y")
	p.wait(time.Second)
	p.hub.elsewhere(controller, `{"mode":"eco"}`)
	p.wait(time.Second)
	p.hub.report(controller, `{"bootCount":18}`)
	p.Press("r")
	p.wait(time.Second)
}

// jump goes to a version as an event does.
func (p *pump) jump(id hub.ID, desired int64) {
	p.t.Helper()
	p.Send(act(func(m *Model) tea.Cmd { return m.showVersion(id, desired) }))
	p.wait(time.Second)
}

func TestHistoryHasEveryVersionFromEverySource(t *testing.T) {
	inBubble(t, Options{}, 200, 60, demo, func(p *pump) {
		p.past()
		p.toHistory()
		for _, line := range []string{
			"v1 · r1  00:00:0", "first seen",
			"v2 · r1  00:00:0", "saved                  first  – → 1",
			"v3 · r1  00:00:0", "read                   setPoint  21.5 → 19  +1",
			"read, saved            tags owner  facilities",
			"v4 · r1", "read, attached         mode  – → eco",
			"v4 · r2", "read                   reported bootCount  17",
		} {
			p.sees(line)
		}
		if n := len(p.m.book.Entries(controller)); n != 6 {
			t.Errorf("%d versions:\n%s", n, p.Text())
		}
		p.wait(time.Hour)
		p.Press("r")
		p.wait(time.Second)
		if n := len(p.m.book.Entries(controller)); n != 6 {
			t.Errorf("%d versions after a read that showed nothing new", n)
		}
	})
}

func TestAnyTwoVersionsCanBeCompared(t *testing.T) {
	inBubble(t, Options{}, 200, 60, demo, func(p *pump) {
		p.past()
		p.toHistory()
		p.sees("v4 · r1 → now (v4 · r2)", "reported  1 → 2  1 difference", "~ bootCount  17 → 18")
		p.Press("G") // the first that was seen, against what is now
		p.sees("v1 · r1 → now (v4 · r2)", "desired  1 → 4  4 differences", "~ setPoint  21.5 → 19", "~ limits.max  30 → 40", "+ mode  – → eco", "– owner  facilities → –")
		p.Press("space", "k", "k") // against the third
		p.sees("▪ v1 · r1", "v1 · r1 → v3 · r1", "desired  1 → 3  3 differences")
		p.seesNot("+ mode")
		p.Press("k") // tags moved, the versions did not
		p.sees("v1 · r1 → v3 · r1", "– owner")
		p.Press("space", "space") // and with what is now again
		p.sees("v3 · r1 → now")
		p.Press("enter")
		p.sees("v3 · r1 at 00:00:", `"setPoint": 19,`, `"$version": 3`)
		p.seesNot(`"mode": "eco"`)
		p.Press("/")
		p.Type("MAX")
		p.sees("1 of 2")
		p.Press("enter", "esc", "esc")
		p.sees("what changed")
	})
}

func TestAnOldValueIsRestoredThroughTheReview(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.past()
		p.toHistory()
		patches := p.hub.count("PatchTwin")
		p.Press("G", "u") // both sections differ: which?
		p.sees("choose what to restore", "owner")
		p.Press("j", "j", "u") // limits.max alone
		p.sees("Back to v1 · r1 in desired properties", p.hub.twins[controller].ETag, `{"properties":{"desired":{"limits":{"max":30}}}}`)
		p.Press("esc", "esc", "y")
		p.sees("4 differences")
		p.Press("g", "u") // the whole section
		p.sees("first", "removed, sends null", "limits.max", `{"properties":{"desired":{"setPoint":21.5`)
		if n := p.hub.count("PatchTwin"); n != patches {
			t.Fatal("it was sent before it was reviewed")
		}
		p.Press("enter")
		p.wait(time.Second)
		p.sees("saved v5", "v5 · r2")
		if got := p.hub.twins[controller].Desired.Value.JSON(); got != `{"firmware":"1.4.2","telemetryInterval":60,"setPoint":21.5,"limits":{"min":5,"max":30}}` {
			t.Errorf("%s", got)
		}
		p.Press("z") // a restore is a save as any other
		p.sees("Undo in desired properties", `"mode":"eco"`)
	})
}

// Somebody else may write between the look at the past and the restore.
func TestARestoreDoesNotClobber(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.change("first", "1")
		p.toHistory()
		p.Press("G", "u")
		p.sees(`{"properties":{"desired":{"first":null}}}`)
		p.hub.elsewhere(controller, `{"first":2,"other":true}`)
		p.Press("enter")
		p.wait(time.Second)
		p.sees("changed on both sides", "theirs 2")
		if got := p.hub.twins[controller].Desired.Value.JSON(); !strings.Contains(got, `"first":2,"other":true`) {
			t.Errorf("%s", got)
		}
		p.Press("m", "s", "enter")
		p.wait(time.Second)
		if got := p.hub.twins[controller].Desired.Value.JSON(); strings.Contains(got, "first") || !strings.Contains(got, `"other":true`) {
			t.Errorf("%s", got)
		}
	})
}

func TestNothingIsRestoredWhereNothingMayBeWritten(t *testing.T) {
	inBubble(t, Options{ReadOnly: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.hub.elsewhere(controller, `{"setPoint":19}`)
		p.Press("r")
		p.wait(time.Second)
		p.toHistory()
		p.seesNot("u restore")
		p.Press("G", "u")
		p.sees("read-only: no restore here")
		p.seesNot("Review")
	})
}

func TestReportedPropertiesAreNotRestored(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.toHistory()
		p.Press("u")
		p.sees("the only version that was seen")
		p.hub.report(controller, `{"bootCount":18}`)
		p.Press("r")
		p.wait(time.Second)
		p.Press("u")
		p.sees("are now what they were in v1")
		p.Press("l", "j", "u")
		p.sees("reported properties are the device's own")
	})
}

func TestAnEventLeadsToItsVersion(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("c", "y")
		p.wait(time.Second)
		for _, v := range []string{`{"n":1}`, `{"n":2}`, `{"n":3}`} {
			p.hub.elsewhere(controller, v)
		}
		p.wait(time.Second)
		p.Press("1", "g")
		p.wait(time.Second)
		p.seesNot("2 thermostat-01 / controller")
		p.jump(controller, 3)
		p.sees("2 thermostat-01 / controller", "n  1 → 2", "v3 → now (v4 · r1)", "~ n  2 → 3")
		p.jump(controller, 99)
		p.sees("v99 of controller is not kept any more")
		p.jump(hub.ID{Device: "pump-01"}, 99)
		p.sees("2 pump-01", "v1 · r1", "first seen")
	})
}

// A device that is deleted and made again begins a history behind the old one.
func TestAnIdentityThatIsMadeAgain(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.change("first", "1")
		p.m.book.End(controller)
		p.hub.add(controller, `{}`, `{"fresh":true}`, `{}`)
		p.Press("r")
		p.wait(time.Second)
		p.toHistory()
		p.sees("v1 · r1", "+ fresh  – → true", "v2 · r1 → now (v1 · r1)")
		if n := len(p.m.book.Entries(controller)); n != 3 {
			t.Errorf("%d versions:\n%s", n, p.Text())
		}
	})
}

func TestGoldenHistory(t *testing.T) {
	for size, wh := range sizes {
		t.Run(size, func(t *testing.T) {
			inBubble(t, Options{Policy: "iothubowner"}, wh[0], wh[1], demo, func(p *pump) {
				p.past()
				p.Press("2", "[")
				p.Press("j", "j", "j", "space", "g")
				p.golden("history-" + size)
				p.Press("l", "j")
				p.golden("history-changes-" + size)
				p.Press("enter")
				p.golden("history-document-" + size)
			})
		})
	}
}

// What an attached client hears is kept even when it is never read.
func TestVersionsBetweenTwoReads(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		now := time.Now()
		p.tell(hub.Event{ID: controller, At: now, Kind: hub.EventPatch, Version: 2, Value: parse(`{"n":1}`)})
		p.tell(hub.Event{ID: controller, At: now, Kind: hub.EventAcknowledged, Version: 2, Value: parse(`{"n":1}`)})
		p.tell(hub.Event{ID: controller, At: now, Kind: hub.EventPatch, Version: 5, Value: parse(`{"n":4}`)})
		p.tell(hub.Event{ID: controller, At: now, Kind: hub.EventSynced, Version: 6, Value: parse(`{"n":5}`)})
		p.wait(time.Second)
		var got []string
		for _, e := range p.m.book.Entries(controller) {
			d, r := patch.Null(), patch.Null()
			if e.Desired.Known && !e.Desired.Carried {
				d, _ = e.Desired.Value.Get("n")
			}
			if e.Reported.Known && !e.Reported.Carried {
				r, _ = e.Reported.Value.Get("n")
			}
			got = append(got, d.JSON()+" "+r.JSON())
		}
		if text := strings.Join(got, ", "); text != "null null, 1 null, null 1, null null, 5 null" {
			t.Errorf("%s", text)
		}
		p.toHistory()
		p.Press("j")
		p.sees("desired  5 → 6  not all of it was seen")
		p.Press("l", "u")
		p.sees("was not seen, so it cannot be restored")
	})
}

func TestHistoryOfATwinThatIsObserved(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		observes(p)
		for v := int64(2); v < 5; v++ {
			seen := p.hub.twins[controller]
			seen.ETag, seen.Version = fmt.Sprint("observed", v), 10*v
			seen.Desired.Version, seen.Desired.Value = v, seen.Desired.Value.With(patch.Path{"n"}, patch.Int(v))
			seen.Reported.Version, seen.Reported.Value = 3*v, seen.Reported.Value.With(patch.Path{"n"}, patch.Int(v))
			p.observed(hub.Event{Kind: hub.EventObserved, Version: v, Value: seen.Desired.Value, ReportedVersion: 3 * v, Twin: &seen})
		}
		p.toHistory()
		p.sees("v4 · r12", "n  3 → 4  +1", "v3 · r9", "v2 · r6")
		if s := p.m.book.Entries(controller)[2].Sources; s != history.Observed {
			t.Errorf("%v", s)
		}
	})
}
