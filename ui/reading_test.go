package ui

import (
	"testing"
	"time"

	"twindeck/hub"
)

// tell lets the hub send one event.
func (p *pump) tell(ev hub.Event) {
	p.hub.mu.Lock()
	p.hub.emit(ev)
	p.hub.mu.Unlock()
}

// A read may have left before the event that made it necessary, so it is repeated; but not for
// ever: a device that was created again counts its versions from the start.
func TestAReadThatIsOlderThanAnEventIsRepeatedAFewTimes(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		before := p.hub.count("Twin")
		p.tell(hub.Event{ID: controller, Kind: hub.EventPatch, Version: 9})
		p.wait(50 * time.Millisecond)
		p.sees("stale, reading again")
		p.wait(time.Minute)
		p.seesNot("stale")
		if n := p.hub.count("Twin") - before; n != 1+maxRereads {
			t.Errorf("%d reads", n)
		}
	})
}

func TestWhatADeviceReportsIsRead(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.hub.report(controller, `{"bootCount":18}`)
		p.tell(hub.Event{ID: controller, Kind: hub.EventAcknowledged})
		p.wait(50 * time.Millisecond)
		p.sees("18")
	})
}

func TestTheTwinsRememberedAreBounded(t *testing.T) {
	kept := newTwins()
	id := func(i int) hub.ID { return hub.ID{Device: string(rune('a' + i))} }
	for i := range rememberedTwins + 1 {
		kept.put(hub.Twin{ID: id(i)})
		kept.put(hub.Twin{ID: id(i), Version: 2}) // again, which takes no more room
	}
	if kept.get(id(0)) != nil || len(kept.byID) != rememberedTwins {
		t.Errorf("%d are kept", len(kept.byID))
	}
	if last := kept.get(id(rememberedTwins)); last == nil || last.Version != 2 {
		t.Errorf("the last is %v", last)
	}
}
