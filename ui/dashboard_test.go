package ui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
)

var controller = hub.ID{Device: "thermostat-01", Module: "controller"}

// toController selects the module controller of thermostat-01.
func (p *pump) toController() {
	p.t.Helper()
	p.Press("1", "g", "j", "j", "l", "j")
	p.wait(100 * time.Millisecond)
	if got := p.m.twin.ID(); got != controller {
		p.t.Fatalf("selected %v:\n%s", got, p.Text())
	}
}

// The journey of a new user: create, attach, edit, watch it arrive.
func TestFromAnEmptyHubToAPatchThatArrives(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, nil, func(p *pump) {
		p.wait(100 * time.Millisecond)
		p.sees("no devices; n creates one", "embedded hub", "0 devices")

		p.Press("n")
		p.Type("myFirstDevice")
		p.Press("enter")
		p.sees("created myFirstDevice", "  1 device")
		p.Press("m")
		p.Type("myFirstModule")
		p.Press("enter")
		p.wait(100 * time.Millisecond)
		p.sees("created myFirstModule", "2 myFirstDevice / myFirstModule", "no properties yet")

		p.Press("c")
		p.sees("Live: 1 attached", "myFirstModule connected", "synced v1")

		p.Press("e", "a")
		p.Type("telemetryInterval")
		p.Press("tab")
		p.Type("122")
		p.Press("enter", "s")
		p.sees(`{"properties":{"desired":{"telemetryInterval":122}}}`)
		p.Press("enter")
		p.sees("saved v2", "… telemetryInterval", "desired v2",
			"telemetryInterval – → 122", `{"telemetryInterval":122,"$version":2}`, "after PATCH")

		// Again: what is there is opened, not refused.
		p.wait(time.Minute)
		p.Press("n")
		p.Type("myFirstDevice")
		p.Press("enter")
		p.sees("myFirstDevice already exists: opened it", "2 myFirstDevice ")
		p.Press("m")
		p.Type("myFirstModule")
		p.Press("enter")
		p.sees("myFirstModule already exists: opened it", "2 myFirstDevice / myFirstModule")
	})
}

func TestAChangeFromElsewhereArrivesAndIsReadAgain(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("c")
		reads := p.hub.count("Twin")
		p.hub.elsewhere(controller, `{"telemetryInterval":122}`)
		p.wait(20 * time.Millisecond)
		p.sees("telemetryInterval 60 → 122", `{"telemetryInterval":122,"$version":2}`, "desired v2")
		p.seesNot("after PATCH", "stale")
		if p.hub.count("Twin") != reads+1 {
			t.Errorf("%d reads for one change", p.hub.count("Twin")-reads)
		}
	})
}

func TestAStaleTwinSaysSoUntilItIsReadAgain(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		if err := p.hub.Attach(p.t.Context(), controller, hub.AttachOptions{}); err != nil {
			t.Fatal(err)
		}
		p.hub.slow(func(method string, _ hub.ID) time.Duration {
			if method == "Twin" {
				return time.Second
			}
			return 0
		})
		p.hub.elsewhere(controller, `{"telemetryInterval":122}`)
		p.wait(100 * time.Millisecond)
		p.sees("stale, reading again")
		p.wait(2 * time.Second)
		p.sees("desired v2")
		p.seesNot("stale")
	})
}

// However the answers are late, the pane shows the twin of the row the cursor is on.
func TestTheWrongTwinNeverAppears(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		before := p.hub.count("Twin")
		p.hub.slow(func(method string, id hub.ID) time.Duration {
			if method == "Twin" && id.Device == "pump-01" {
				return 900 * time.Millisecond // later than that of the next row
			}
			return 100 * time.Millisecond
		})
		p.Press("j")
		p.wait(100 * time.Millisecond) // the read of pump-01 is on its way
		p.Press("j")
		p.sees("2 thermostat-01 ")
		p.seesNot("rpm")
		p.wait(3 * time.Second)
		p.sees("2 thermostat-01 ", "bootCount")
		p.seesNot("rpm")
		if n := p.hub.count("Twin") - before; n != 2 {
			t.Errorf("%d reads for two rows", n)
		}
	})
}

// A move of the cursor changes what differs between two twins: the pane is not emptied in between,
// unless the hub takes its time, and never shows a name above what belongs to another.
func TestTheTwinPaneDoesNotFlicker(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.sees("2 gateway-01 ")
		p.Press("j")
		p.sees("2 gateway-01 ", "desired v1")
		p.wait(100 * time.Millisecond)
		p.sees("2 pump-01 ", "rpm")
		p.hub.slow(func(string, hub.ID) time.Duration { return time.Second })
		p.Press("j")
		p.sees("2 pump-01 ", "rpm")
		p.wait(holdFor)
		p.sees("2 thermostat-01 ", "reading…")
		p.wait(3 * time.Second)
		p.sees("2 thermostat-01 ", "bootCount")
	})
}

func TestMovingFastReadsOnlyWhereTheCursorRests(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		before := p.hub.count("Twin")
		p.Press("j", "j", "j")
		p.wait(time.Second)
		if n := p.hub.count("Twin") - before; n != 1 {
			t.Errorf("%d reads for three quick moves", n)
		}
		p.Press("k")
		p.wait(time.Second)
		p.Press("j")
		p.sees("desired v1") // remembered: shown before it has been read again
	})
}

func TestAnEditWaitsForItsTwin(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.hub.slow(func(string, hub.ID) time.Duration { return time.Second })
		p.Press("j", "e")
		p.sees("reading the twin…")
		p.wait(1100 * time.Millisecond)
		p.sees("Desired properties of pump-01", "rpm")
		p.Press("esc", "j", "e", "k") // another key: the form is not wanted any more
		p.wait(3 * time.Second)
		p.seesNot("Desired properties")
	})
}

func TestARealHubIsAskedBeforeAModuleIsThrownOff(t *testing.T) {
	inBubble(t, Options{}, 120, 36, func(f *fakeHub) {
		demo(f)
		i := f.identities[controller]
		i.Connected = true
		f.identities[controller] = i
	}, func(p *pump) {
		p.toController()
		p.Press("c")
		p.sees("is connected right now", "disconnects the real one")
		p.Press("enter") // the default is No
		if p.hub.count("Attach") != 0 {
			t.Error("attached without a yes")
		}
		p.seesNot("Attach a client")

		p.hub.slow(func(string, hub.ID) time.Duration { return time.Second })
		p.Press("c")
		p.wait(1010 * time.Millisecond)
		p.Press("y") // meant for something else: the question has only just opened by itself
		p.sees("Attach a client")
		p.hub.slow(nil)
		p.wait(time.Second)
		p.Press("esc", "c", "y")
		p.sees("Live: 1 attached")
		p.Press("c")
		p.sees("detached controller")
		p.seesNot("Live: 1 attached")
	})
}

func TestARealHubIsNotPolled(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		before := p.hub.count("List") + p.hub.count("Twin") + p.hub.count("Modules") + p.hub.count("Identity")
		p.wait(time.Minute)
		if after := p.hub.count("List") + p.hub.count("Twin") + p.hub.count("Modules") + p.hub.count("Identity"); after != before {
			t.Errorf("%d requests in an idle minute", after-before)
		}
	})
}

func TestAWriteIsWatchedUntilTheDeviceHasFollowed(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press("j")
		p.wait(100 * time.Millisecond)
		p.Press("e", "enter")
		p.Type("9")
		p.Press("enter", "s", "enter")
		p.sees("saved v2", "… rpm")
		p.hub.report(hub.ID{Device: "pump-01"}, `{"rpm":15009}`)
		p.wait(1200 * time.Millisecond)
		p.sees("✓ rpm")
		before := p.hub.count("Twin")
		p.wait(time.Minute)
		if n := p.hub.count("Twin") - before; n != 0 {
			t.Errorf("%d more reads although nothing is pending", n)
		}
	})
}

func TestARefreshSaysWhenItIsDone(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.wait(time.Second)
		p.seesNot("refreshed")
		p.Press("r")
		p.sees("refreshed")
	})
}

func TestTheEmbeddedHubRefreshesItself(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.hub.elsewhere(controller, `{"setPoint":25}`)
		p.hub.mu.Lock()
		p.hub.add(hub.ID{Device: "zzz-new"}, `{}`, `{}`, `{}`)
		delete(p.hub.identities, hub.ID{Device: "pump-01"})
		p.hub.mu.Unlock()
		p.wait(4 * time.Second)
		p.sees("25", "zzz-new", "desired v2")
		p.seesNot("pump-01")
		if p.m.twin.ID() != controller {
			t.Errorf("the refresh moved the selection to %v", p.m.twin.ID())
		}
	})
}

func TestKeysAreMaskedUntilAskedFor(t *testing.T) {
	const secret = "cHJpbWFyeSBzZWNyZXQ="
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("2", "]", "]")
		p.sees("primary key", "••••••••")
		p.seesNot(secret)
		p.Press("v")
		p.sees(secret)
		p.Press("1", "j")
		p.seesNot(secret)
		p.Press("k")
		p.wait(time.Second)
		p.seesNot(secret)
		p.Press("Y")
		want := "HostName=contoso.azure-devices.net;DeviceId=thermostat-01;ModuleId=controller;SharedAccessKey=" + secret
		if len(p.copied) != 1 || p.copied[0] != want {
			t.Errorf("copied %q", p.copied)
		}
		p.seesNot(secret)
		p.Press("y")
		if got := p.copied[len(p.copied)-1]; got != "thermostat-01/controller" {
			t.Errorf("copied %q", got)
		}
	})
}

func TestTypingAFilterTakesEveryKey(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press("/")
		p.Type("q?1")
		if p.Quit() || p.m.front() != nil {
			t.Fatal("a key of the filter did something else")
		}
		p.sees("nothing matches; esc clears the filter")
		p.Press("esc")
		p.Press("/")
		p.Send(tea.PasteMsg{Content: "SITE=ank"})
		p.sees("pump-01")
		p.seesNot("gateway-01", "thermostat")
		p.Press("enter", "2")
		p.wait(time.Second)
		p.sees("rpm")
	})
}

func TestLeavingCancelsWhatIsRunning(t *testing.T) {
	for _, name := range []string{"q", "ctrl+c"} {
		inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
			p.hub.slow(func(string, hub.ID) time.Duration { return time.Hour })
			p.Press("j", "r", name)
			if !p.Quit() {
				t.Errorf("%s does not quit", name)
			}
		})
	}
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.Press("n", "q")
		if p.Quit() {
			t.Error("q in a form quits")
		}
		p.Press("ctrl+c")
		if !p.Quit() {
			t.Error("ctrl+c in a form does not quit")
		}
	})
}

func TestAnOldTimerLeavesANewMessageAlone(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press("y")
		p.wait(statusStays - time.Second)
		p.Press("j")
		p.wait(100 * time.Millisecond)
		p.Press("y")
		p.wait(2 * time.Second) // the timer of the first message has run off
		p.sees("copied pump-01")
		p.wait(statusStays)
		p.seesNot("copied")
	})
}

func TestALightTerminalMayAnswerLate(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		dark, text := p.m.View().Content, p.Text()
		p.Send(tea.BackgroundColorMsg{Color: white{}})
		if p.m.View().Content == dark || p.Text() != text {
			t.Error("a light background should change the colours and nothing else")
		}
	})
}

type white struct{}

func (white) RGBA() (r, g, b, a uint32) { return 0xffff, 0xffff, 0xffff, 0xffff }
