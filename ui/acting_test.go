package ui

import (
	"testing"
	"time"

	"twindeck/hub"
)

func TestAClientAcknowledgesAsItIsTold(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("3", "a")
		p.sees("attach a client first, with c")
		p.Press("c")
		p.wait(time.Second)
		p.Press("a")
		p.golden("acknowledge-120x36")
		p.Press("j", "j", "enter")
		p.sees("acks ac/av · v1", "controller reports back what is desired")
		if p.hub.acks[controller] != hub.AckConvention {
			t.Errorf("told %v", p.hub.acks[controller])
		}
		p.Press("a", "k", "k", "enter")
		p.sees("no longer reports back")
		p.seesNot("acks ac/av")
	})
}

func TestAPropertyIsReportedByHand(t *testing.T) {
	for _, size := range []string{"80x24", "120x36", "20x5"} {
		inBubble(t, Options{Embedded: true}, sizes[size][0], sizes[size][1], demo, func(p *pump) {
			p.toController()
			p.Press("3", "c", "p")
			p.Type("limits.now")
			p.Press("tab")
			p.Type("27")
			p.golden("report-" + size)
			p.hub.failing("Report", hub.ErrNotConnected)
			p.Press("enter")
			if size != "20x5" {
				p.sees("not connected", "limits.now", "27")
			}
			p.hub.failing("Report", nil)
			p.Press("enter")
			p.wait(time.Second)
			if v, _ := p.hub.twins[controller].Reported.Value.At([]string{"limits", "now"}); v.Text() != "27" {
				t.Errorf("reported %s", p.hub.twins[controller].Reported.Value.JSON())
			}
			if size != "20x5" {
				p.sees("reported v2", `{"limits":{"now":27}}`)
			}
		})
	}
}

func TestMethodsAreAnsweredAsTyped(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 80, 24, demo, func(p *pump) {
		p.toController()
		p.Press("3", "c", "I")
		p.golden("answer-80x24")
		p.Press("backspace")
		p.Press("enter")
		p.sees("the payload is JSON")
		p.Type(`"ok":1}`)
		p.Press("enter")
		p.sees("answers 200", "controller answers direct methods with 200")
		if got := p.hub.replies[controller]; got.Status != 200 || got.Payload.JSON() != `{"ok":1}` {
			t.Errorf("told %v", got)
		}
		p.Press("I")
		p.sees(`{"ok":1}`)
	})
}

func TestAmongSeveralClientsTheOneMeantIsAsked(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 80, 24, demo, func(p *pump) {
		p.toController()
		p.Press("c")
		p.wait(time.Second)
		p.Press("j", "c")
		p.wait(time.Second)
		p.Press("3", "p") // the selected one is attached: it is meant
		p.sees("Report as thermostat-01/sensors")
		p.Press("esc", "1", "g", "3", "p") // none of both
		p.sees("As which client?", "thermostat-01/controller")
		p.Press("esc", "G", "p") // the cursor is on what happened to one of them first
		p.sees("Report as thermostat-01/controller")
	})
}

func TestReadOnlyNothingIsReported(t *testing.T) {
	inBubble(t, Options{Embedded: true, ReadOnly: true}, 80, 24, demo, func(p *pump) {
		p.toController()
		p.Press("c", "3")
		p.wait(time.Second)
		for _, key := range []string{"a", "p", "I"} {
			p.Press(key)
			p.sees("read-only: no ")
			p.wait(10 * time.Second)
		}
	})
}
