package ui

import (
	"context"
	"errors"
	"testing"
	"time"

	"twindeck/hub"
)

var errUnplugged = errors.New("cannot reach contoso.azure-devices.net: connection refused; is the hub running?")

func TestAConflictKeepsWhatWasTyped(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("e", "a")
		p.Type("mine")
		p.Press("tab")
		p.Type("7")
		p.Press("enter", "s")
		p.hub.elsewhere(controller, `{"theirs":1}`)
		p.Press("enter")
		p.wait(100 * time.Millisecond)
		p.sees("the twin has changed since", "mine", "theirs")
		p.Press("s", "enter")
		p.sees("saved v3")
		desired := p.hub.twins[controller].Desired.Value
		for _, name := range []string{"mine", "theirs"} {
			if _, ok := desired.Get(name); !ok {
				t.Errorf("%s is lost: %s", name, desired.JSON())
			}
		}
	})
}

func TestAFailedSaveKeepsWhatWasTyped(t *testing.T) {
	for name, err := range map[string]error{
		"network":  errUnplugged,
		"refusal":  &hub.Error{Op: "patch twin", Status: 400, Message: "no"},
		"deadline": context.DeadlineExceeded,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
				p.toController()
				p.Press("t", "a")
				p.Type("draft")
				p.Press("tab")
				p.Type("typed")
				p.Press("enter", "s")
				p.hub.failing("PatchTwin", err)
				p.Press("enter")
				p.sees("Review", "draft", "typed")
				p.hub.failing("PatchTwin", nil)
				p.Press("enter")
				p.sees("saved the tags")
				p.seesNot("Review")
			})
		})
	}
}

// A hub that does not answer need not be waited for: esc calls the save off and keeps the draft.
func TestASaveThatHangsCanBeCalledOff(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("t", "a")
		p.Type("draft")
		p.Press("tab")
		p.Type("typed")
		p.Press("enter", "s")
		p.hub.slow(late(20*time.Second, "PatchTwin"))
		p.Press("enter")
		p.sees("saving", "esc stop")
		p.Press("esc")
		p.wait(100 * time.Millisecond)
		p.seesNot("saving")
		p.sees("Review", "draft", "typed", "✗")
		p.hub.slow(nil)
		p.Press("enter")
		p.sees("saved the tags")
	})
}

// The selection may move while a form is open, because a device is deleted.
func TestASaveLeavesTheReadOfAnotherTwinAlone(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press("j")
		p.wait(time.Second)
		p.hub.failing("List", errUnplugged)
		p.hub.failing("Twin", errUnplugged)
		p.Press("r", "e", "enter")
		p.Type("9")
		p.Press("enter", "s")
		p.sees("Review: Desired properties of pump-01", "✗ unreachable")
		p.hub.failing("List", nil)
		p.hub.failing("Twin", nil)
		p.hub.slow(late(time.Second, "Twin"))
		p.hub.mu.Lock()
		delete(p.hub.identities, hub.ID{Device: "pump-01"})
		p.hub.emit(hub.Event{ID: controller, Kind: hub.EventConnected})
		p.hub.mu.Unlock()
		p.wait(200 * time.Millisecond)
		p.Press("enter")
		p.sees("saved v2", "2 thermostat-01 ")
		p.wait(3 * time.Second)
		p.sees("bootCount")
	})
}

func TestAFailedCreationKeepsWhatWasTyped(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.hub.failing("CreateIdentity", errUnplugged)
		p.Press("n")
		p.Type("new-device")
		p.Press("enter")
		p.sees("New device", "new-device", "connection refused")
		p.hub.failing("CreateIdentity", nil)
		p.Press("enter")
		p.sees("created new-device", "5 devices")
	})
}

func TestEveryFailureIsToldAndSurvived(t *testing.T) {
	for method, step := range map[string]struct {
		do   func(p *pump)
		sees string
	}{
		"List":           {func(p *pump) { p.Press("r") }, "✗ cannot reach"},
		"Modules":        {func(p *pump) { p.Press("1", "g", "l") }, "✗ cannot reach"},
		"Twin":           {func(p *pump) { p.Press("1", "j") }, "✗ cannot reach"},
		"Identity":       {func(p *pump) { p.Press("v") }, "cannot reach"},
		"CreateIdentity": {func(p *pump) { p.Press("n", "x", "enter") }, "cannot reach"},
		"Attach":         {func(p *pump) { p.Press("c") }, "Attach a client"},
		"Detach":         {func(p *pump) { p.Press("c"); p.wait(time.Second); p.Press("c") }, "Detach the client"},
		"Next":           {func(p *pump) { p.hub.elsewhere(controller, `{"a":1}`) }, "connected"},
	} {
		t.Run(method, func(t *testing.T) {
			inBubble(t, Options{Embedded: method != "List" && method != "Twin"}, 120, 36, demo, func(p *pump) {
				p.toController()
				p.hub.failing(method, errUnplugged)
				step.do(p)
				p.wait(1500 * time.Millisecond)
				p.sees(step.sees)
				p.hub.failing(method, nil)
				p.Press("esc", "esc", "r")
				p.wait(5 * time.Second)
				p.sees("● connected", "thermostat-02")
			})
		})
	}
}

func TestAnErrorOnAPageKeepsWhatIsLoaded(t *testing.T) {
	many := func(f *fakeHub) {
		f.pageSize = 2
		demo(f)
	}
	inBubble(t, Options{}, 120, 36, many, func(p *pump) {
		p.wait(time.Second)
		p.sees("4 devices", "loaded 4 of 4")
		p.hub.failing("List", errUnplugged)
		p.Press("r")
		p.sees("thermostat-02", "✗ cannot reach", "running?")
		p.hub.failing("List", nil)
		p.Press("r")
		p.sees("● connected", "loaded 4 of 4")
	})
}

func TestAClientThatFindsTheWayBackRefreshesTheRest(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		for _, method := range []string{"Twin", "List", "Modules"} {
			p.hub.failing(method, errUnplugged)
		}
		p.Press("r")
		p.sees("✗ unreachable", "✗ cannot reach", "desired v1")
		for _, method := range []string{"Twin", "List", "Modules"} {
			p.hub.failing(method, nil)
		}
		p.hub.mu.Lock()
		p.hub.emit(hub.Event{ID: controller, Kind: hub.EventConnected})
		p.hub.mu.Unlock()
		p.wait(100 * time.Millisecond)
		p.sees("● connected", "loaded 4 of 4")
		p.seesNot("✗ cannot reach")
	})
}

func TestARefusedClientIsTold(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 80, 24, demo, func(p *pump) {
		p.toController()
		p.Press("c")
		p.wait(time.Second)
		p.hub.mu.Lock()
		p.hub.emit(hub.Event{ID: controller, Kind: hub.EventRefused, Err: errors.New("the key is not accepted")})
		p.hub.mu.Unlock()
		p.wait(100 * time.Millisecond)
		p.sees("✗ controller: the key is not accepted")
		p.Press("3")
		p.sees("refused", "✗ the key is not accepted")
	})
}

func TestARefusedPolicyIsToldFromAHubThatIsNotThere(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		refused := &hub.Error{Op: "list the devices", Status: 401, Code: hub.CodeUnauthorized}
		p.hub.failing("List", refused)
		p.hub.failing("Twin", refused)
		p.Press("r")
		p.sees("✗ not authorized")
		p.hub.failing("List", nil)
		p.hub.failing("Twin", nil)
		p.Press("r")
		p.sees("● connected")
	})
}

func TestAFailureHasWhatSupportAsksFor(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.hub.failing("Attach", &hub.Error{Op: "attach", Status: 500, Code: "ServerError", Number: 500001, TrackingID: "4711-G:0"})
		p.Press("c")
		p.sees("HTTP status 500", "error code ServerError (500001)", "tracking id 4711-G:0")
	})
}

func TestAConflictThatCannotBeReadKeepsWhatWasTyped(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("e", "a")
		p.Type("mine")
		p.Press("tab")
		p.Type("7")
		p.Press("enter", "s")
		p.hub.elsewhere(controller, `{"theirs":1}`)
		p.hub.failing("Twin", errUnplugged)
		p.Press("enter")
		p.sees("changed by somebody else, and reading it again failed", "mine")
		p.hub.failing("Twin", nil)
		p.Press("enter") // under the same etag, which finds out again
		p.sees("the twin has changed since", "mine", "theirs")
	})
}
