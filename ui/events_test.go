package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// story attaches two clients, and lets happen to them what can happen.
func story(p *pump) {
	p.t.Helper()
	valve := hub.ID{Device: "pump-01", Module: "valve"}
	p.hub.add(valve, `{}`, `{"open":true}`, `{}`)
	p.m.live.Attach(valve)
	p.toController()
	p.Press("c")
	p.wait(time.Second)
	p.hub.elsewhere(controller, `{"setPoint":22.5,"mode":"eco","limits":{"max":null}}`)
	p.wait(300 * time.Millisecond)
	tell := func(after time.Duration, ev hub.Event) {
		p.hub.mu.Lock()
		p.hub.emit(ev)
		p.hub.mu.Unlock()
		p.wait(after)
	}
	tell(time.Second, hub.Event{ID: controller, Kind: hub.EventAcknowledged, Version: 8, Value: parse(`{"setPoint":{"value":21.5,"ac":400,"av":2,"ad":"out of range"}}`)})
	tell(time.Second, hub.Event{ID: valve, Kind: hub.EventConnected})
	tell(0, hub.Event{ID: valve, Kind: hub.EventSynced, Version: 4, Value: parse(`{"open":true}`)})
	tell(time.Second, hub.Event{ID: valve, Kind: hub.EventMethod, Method: "ping", Value: parse(`{"n":1}`), Answer: &hub.MethodAnswer{Status: 200, Payload: parse(`{"pong":true}`)}})
	tell(time.Second, hub.Event{ID: valve, Kind: hub.EventGap, Version: 7})
	tell(2*time.Second, hub.Event{ID: valve, Kind: hub.EventTakenOver, Err: errors.New("cannot stay connected as module pump-01/valve: another client connected as it")})
	tell(time.Second, hub.Event{ID: valve, Kind: hub.EventConnecting, Wait: 2 * time.Second, Err: errors.New("another client connected as it")})
	tell(0, hub.Event{ID: valve, Kind: hub.EventSynced, Version: 9, Value: parse(`{"open":false}`), Changes: []patch.Change{{Path: patch.Path{"open"}, Kind: patch.Changed, Old: patch.Bool(true), New: patch.Bool(false)}}})
	tell(time.Second, hub.Event{ID: controller, Kind: hub.EventRenewed})
	tell(time.Second, hub.Event{ID: valve, Kind: hub.EventLost, Err: errors.New("cannot stay connected as module pump-01/valve: the connection to contoso.azure-devices.net:8883 broke")})
	tell(time.Second, hub.Event{ID: valve, Kind: hub.EventConnecting, Wait: 8 * time.Second, Err: errors.New("the connection broke")})
	p.Press("3")
}

func TestGoldenEvents(t *testing.T) {
	for _, size := range []string{"80x24", "120x36", "200x60", "20x5"} {
		t.Run(size, func(t *testing.T) {
			inBubble(t, Options{Embedded: true}, sizes[size][0], sizes[size][1], demo, func(p *pump) {
				story(p)
				p.golden("events-" + size)
				p.Press("s")
				p.Type("pong")
				p.Press("enter", "l")
				p.golden("events-search-" + size)
				p.Press("esc", "/")
				p.Type("!kind:conn id:valve")
				p.golden("events-filter-" + size)
				p.Press("enter", "g", "=", "j", "j", "=")
				p.golden("events-compare-" + size)
				p.Press("esc", "enter")
				p.golden("events-whole-" + size)
			})
		})
	}
}

func TestAnEventIsCopiedWhereTheEventsAre(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		story(p)
		p.Press("g", "y")
		p.sees("copied pump-01/valve reconnecting")
		p.Press("2", "y")
		p.sees("copied thermostat-01/controller")
		if len(p.copied) != 2 || !strings.Contains(p.copied[0], `"kind":"connecting","device":"pump-01","module":"valve","wait":8.000,"error":"the connection broke"}`) || p.copied[1] != "thermostat-01/controller" {
			t.Errorf("copied %q", p.copied)
		}
	})
}

func TestALongListIsFilteredWithoutStoppingTheDashboard(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("c", "3")
		for i := range 5000 {
			p.hub.mu.Lock()
			p.hub.emit(hub.Event{ID: controller, Kind: hub.EventPatch, Version: int64(i + 2), Raw: []byte(`{"a":1}`), Value: parse(`{"a":1}`)})
			p.hub.mu.Unlock()
		}
		p.wait(100 * time.Millisecond)
		p.Press("/")
		p.Type("kind:connected")
		p.wait(100 * time.Millisecond)
		p.sees("/ kind:connected", "1 of 5,003", "controller connected")
		p.Press("enter", "q")
		if !p.Quit() {
			t.Error("a key went astray")
		}
	})
}

func TestTheCountdownMoves(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		story(p)
		p.sees("reconnects in 8 s")
		p.wait(3 * time.Second)
		p.sees("reconnects in 5 s")
	})
}

func TestTheKeyForAVersionLeadsToIt(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("c")
		p.wait(time.Second)
		p.hub.elsewhere(controller, `{"mode":"eco"}`)
		p.wait(time.Second)
		p.hub.elsewhere(controller, `{"mode":"off"}`)
		p.wait(time.Second)
		p.Press("1", "g", "3", "j") // another twin is shown, and the cursor is on the older patch
		p.Press("V")
		p.wait(time.Second)
		if p.m.twin.ID() != controller || p.m.focus != paneTwin {
			t.Fatalf("not there:\n%s", p.Text())
		}
		p.golden("version-120x36")
		p.Press("3", "G", "V")
		p.sees("this event is of no version")
	})
}

func TestARecordingThatFailsIsNotOverlooked(t *testing.T) {
	for _, size := range []string{"80x24", "120x36", "20x5"} {
		inBubble(t, Options{Embedded: true, Record: "/tmp/record.jsonl"}, sizes[size][0], sizes[size][1], demo, func(p *pump) {
			p.toController()
			p.Press("c")
			p.wait(time.Second)
			if size != "20x5" {
				p.sees("Live: 1 attached · rec")
			}
			full := errors.New("cannot write /tmp/record.jsonl: no space left on device; make room, and it goes on")
			p.Send(eventsMsg{batch: hub.Batch{Recording: &hub.RecordState{Err: full, LetGo: 1234}}})
			p.Press("3")
			p.golden("unrecorded-" + size)
			p.Send(eventsMsg{batch: hub.Batch{Recording: &hub.RecordState{LetGo: 1234}}})
			p.wait(time.Second)
			p.seesNot("NOT RECORDING", "no space left")
			if size != "20x5" {
				p.sees("recording again", "the record lacks 1,234 events")
			}
		})
	}
}
