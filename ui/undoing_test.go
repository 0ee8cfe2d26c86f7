package ui

import (
	"strings"
	"testing"
	"time"
)

// change sets a property of the selected twin through the form.
func (p *pump) change(name, value string) {
	p.t.Helper()
	p.Press("e", "a")
	p.Type(name)
	p.Press("enter")
	p.Type(value)
	p.Press("enter", "s", "enter")
	p.wait(10 * time.Millisecond)
}

func TestUndoTakesBackStepByStep(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("z")
		p.sees("nothing was saved here in this run")
		p.change("first", "1")
		p.Press("t", "d", "s", "enter")
		p.sees("saved the tags")
		p.change("second", "2")
		p.Press("z")
		p.sees("Undo in desired properties", "second", "removed", `{"properties":{"desired":{"second":null}}}`)
		p.Press("enter")
		p.sees("saved v4")
		p.Press("z")
		p.sees("Undo in tags", "owner", `{"tags":{"owner":"facilities"}}`)
		p.Press("enter")
		p.sees("saved the tags")
		p.Press("z")
		p.sees(`{"properties":{"desired":{"first":null}}}`)
		p.Press("enter")
		p.sees("saved v5")
		p.wait(time.Minute)
		p.Press("z")
		p.sees("nothing was saved here in this run")
		if got := p.hub.twins[controller].Desired.Value.JSON(); got != `{"firmware":"1.4.2","telemetryInterval":60,"setPoint":21.5,"limits":{"min":5,"max":30}}` {
			t.Errorf("after taking all back: %s", got)
		}
	})
}

// What others did since stays; what cannot be taken back without losing it is asked.
func TestUndoOfATwinThatHasMovedOn(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("e", "j", "enter", "ctrl+u")
		p.Type("75")
		p.Press("enter", "s", "enter")
		p.sees("saved v2")
		p.hub.elsewhere(controller, `{"setPoint":20}`)
		p.Press("r")
		p.wait(100 * time.Millisecond)
		p.Press("z")
		p.sees("Undo in desired properties", "the twin has changed since")
		p.Press("s")
		p.sees(`{"properties":{"desired":{"telemetryInterval":60}}}`)
		p.Press("esc", "esc", "y")

		p.hub.elsewhere(controller, `{"telemetryInterval":90}`)
		p.Press("r")
		p.wait(100 * time.Millisecond)
		p.Press("z")
		p.sees("changed on both sides", "90", "60")
		p.Press("t")
		p.Press("s")
		p.sees("nothing is changed yet")
	})
}

// The etag that was reviewed is what the undo is sent under.
func TestUndoUnderAStaleEtag(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.change("first", "1")
		p.Press("z")
		p.hub.elsewhere(controller, `{"setPoint":20}`)
		p.Press("enter")
		p.wait(100 * time.Millisecond)
		p.sees("the twin has changed since")
		p.Press("s", "enter")
		p.wait(10 * time.Millisecond)
		p.sees("saved v4")
		if v, there := p.hub.twins[controller].Desired.Value.Get("first"); there {
			t.Errorf("first is still %s", v.JSON())
		}
	})
}

// Digits come back as they were, not as what they mean.
func TestUndoRestoresTheDigits(t *testing.T) {
	const before = `{"big":4503599627370495,"one":1.0,"exp":1e3,"tenth":0.1,"zero":-0,"s":"1.0","list":[1.0,{"a":1e3}]}`
	odd := func(f *fakeHub) {
		demo(f)
		f.add(controller, `{}`, before, `{}`)
	}
	inBubble(t, Options{}, 120, 36, odd, func(p *pump) {
		p.toController()
		p.Press("e")
		for range 7 {
			p.Press("d", "j")
		}
		p.Press("s", "enter")
		p.wait(time.Second)
		p.sees("saved v2")
		p.Press("z")
		p.sees("4503599627370495", "1.0", "1e3", "0.1", "-0", `"1.0"`)
		p.Press("enter")
		p.wait(time.Second)
		p.sees("saved v3")
		if got := p.hub.twins[controller].Desired.Value.JSON(); got != before {
			t.Errorf("%s", got)
		}
	})
}

// A save that somebody else has taken back already, or that is let stand, is not in the way of those
// before it.
func TestUndoGoesOnPastWhatIsDone(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.change("first", "1")
		p.change("second", "2")
		p.change("third", "3")
		p.hub.elsewhere(controller, `{"third":null}`)
		p.hub.elsewhere(controller, `{"second":5}`)
		p.Press("r")
		p.wait(time.Second)
		p.Press("z")
		p.sees("changed on both sides", "second", "5")
		p.Press("t", "esc") // theirs stays
		p.wait(time.Second)
		p.Press("z", "s")
		p.sees(`{"properties":{"desired":{"first":null}}}`)
		p.Press("esc", "esc", "y") // not now: it is offered again
		p.Press("z", "s")
		p.sees(`{"properties":{"desired":{"first":null}}}`)
		p.Press("enter")
		p.wait(time.Second)
		p.Press("z")
		p.sees("nothing was saved here in this run")
		if got := p.hub.twins[controller].Desired.Value.JSON(); !strings.Contains(got, `"second":5`) || strings.Contains(got, "first") {
			t.Errorf("%s", got)
		}
	})
}

// What was saved to an identity that is gone is nothing to take back from another one of its name.
func TestUndoEndsWithTheIdentity(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.change("first", "1")
		p.Press("d", "y")
		p.wait(time.Second)
		p.sees("deleted controller")
		p.hub.add(controller, `{}`, `{"first":1}`, `{}`)
		p.Press("r")
		p.wait(time.Second)
		p.toController()
		p.Press("z")
		p.sees("nothing was saved here in this run")
	})
}
