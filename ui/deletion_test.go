package ui

import (
	"testing"
	"time"

	"twindeck/hub"
)

func TestADeviceIsDeletedWithWhatDependsOnIt(t *testing.T) {
	inBubble(t, Options{}, 100, 30, func(f *fakeHub) {
		demo(f)
		i := f.identities[hub.ID{Device: "thermostat-01"}]
		i.CloudToDeviceMessageCount, i.Connected = 3, true
		f.identities[i.ID] = i
		child := f.identities[pump01]
		child.ParentScopes = []string{"ms-azure-iot-edge://thermostat-01-637394137160664574"}
		f.identities[child.ID] = child
	}, func(p *pump) {
		p.toController()
		if err := p.hub.Attach(p.t.Context(), controller, hub.AttachOptions{}); err != nil {
			t.Fatal(err)
		}
		p.m.live.Attach(controller)
		p.wait(100 * time.Millisecond)
		p.Press("h") // to its device
		p.wait(100 * time.Millisecond)
		p.Press("d")
		p.sees("Delete thermostat-01?", "The device goes with its twin", "2 modules go with it: ", "controller", "sensors",
			"1 device connects through it and is without a parent then:", "pump-01.", "3 messages wait for it", "It is connected right now", "1 client attached here is detached")
		p.Press("enter") // the default is No
		p.seesNot("Delete thermostat-01?")
		if p.hub.count("DeleteIdentity") != 0 {
			t.Fatal("deleted without a yes")
		}
		p.Press("d", "y")
		p.wait(100 * time.Millisecond)
		p.sees("✓ deleted thermostat-01 with 2 modules; detached 1 client")
		p.seesNot("▾", "controller  ")
		if len(p.m.live.AttachedBelow(hub.ID{Device: "thermostat-01"})) != 0 || p.hub.count("Detach") != 1 {
			t.Error("a client of it is still attached")
		}
		if got, _ := p.m.selected(); got != (hub.ID{Device: "thermostat-02"}) {
			t.Errorf("selected %v", got)
		}
		p.wait(time.Second)
		if got := p.m.twin.ID(); got != (hub.ID{Device: "thermostat-02"}) {
			t.Errorf("the twin pane shows %v", got)
		}
		p.settled()
	})
}

func TestAModuleIsDeleted(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.toController()
		p.Press("d")
		p.sees("Delete thermostat-01/controller?", "The module goes with its twin")
		p.Press("y")
		p.wait(100 * time.Millisecond)
		p.sees("✓ deleted controller", "○ sensors")
		if _, there := p.hub.identities[controller]; there {
			t.Error("it is still there")
		}
		if got, _ := p.m.selected(); got.Module != "sensors" {
			t.Errorf("selected %v", got)
		}
	})
}

func TestInProductionTheNameIsTyped(t *testing.T) {
	inBubble(t, Options{Production: true}, 80, 24, demo, func(p *pump) {
		p.toPump()
		p.Press("d", "y")
		p.sees("Delete pump-01?", "type pump-01: y")
		p.Press("tab", "enter")
		p.seesNot("Delete pump-01?")
		if p.hub.count("DeleteIdentity") != 0 {
			t.Fatal("deleted without its name")
		}
		p.Press("d")
		p.Type("pump-01")
		p.Press("tab", "enter")
		p.wait(100 * time.Millisecond)
		p.sees("✓ deleted pump-01")
	})
}

func TestADeletionThatSomebodyElseOvertakesIsAskedAgain(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.toPump()
		p.Press("d")
		p.hub.touch(pump01, func(i *hub.Identity) { i.CloudToDeviceMessageCount = 7 })
		p.Press("y")
		p.wait(100 * time.Millisecond)
		p.sees("Delete pump-01?", "It was changed by somebody else in the meantime, is still", "7 messages wait")
		p.seesNot("deleting")
		p.Press("y") // meant for something else: the question has only just opened by itself
		p.sees("Delete pump-01?")
		p.wait(time.Second)
		p.Press("y")
		p.wait(100 * time.Millisecond)
		p.sees("✓ deleted pump-01")

		p.hub.failing("Dependents", errUnplugged)
		p.Press("d")
		p.sees("✗ cannot reach contoso")
		p.seesNot("Reading what goes")
		p.hub.failing("Dependents", nil)
		p.hub.failing("Dependents.Modules", errUnplugged)
		p.wait(time.Second)
		p.Press("esc", "d")
		p.sees("Its modules go with it. Which they are")
		p.hub.failing("DeleteIdentity", errUnplugged)
		p.Press("y")
		p.wait(100 * time.Millisecond)
		p.sees("Delete thermostat-01", "cannot reach")
		p.wait(time.Second)
		p.Press("esc")
		p.sees("thermostat-01")
	})
}

func TestAQuestionIsNotAnsweredBeforeItIsAsked(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.toPump()
		p.hub.slow(late(2*time.Second, "Dependents"))
		p.Press("d", "y")
		p.sees("Reading what goes with it…")
		p.wait(2100 * time.Millisecond)
		p.sees("The device goes with its twin")
		p.Press("y") // too soon after it opened by itself
		p.sees("The device goes with its twin")
		p.wait(time.Second)
		p.Press("n", "d", "esc") // closed while it is read
		p.wait(3 * time.Second)
		p.seesNot("Delete pump-01?")
		if p.hub.count("DeleteIdentity") != 0 {
			t.Error("deleted")
		}
	})
}

func TestWhatWasGoneAlreadyGoesFromTheScreen(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.toPump()
		p.Press("d")
		p.hub.mu.Lock()
		delete(p.hub.identities, pump01)
		p.hub.mu.Unlock()
		p.Press("y")
		p.wait(100 * time.Millisecond)
		p.sees("pump-01 was gone already")
		p.seesNot("○ pump-01")
	})
}

// The rows of a query stay as the query brought them; what is known of them does not.
func TestARowOfAQueryIsDeleted(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press(":", "enter")
		p.wait(time.Second)
		p.Press("j")
		p.wait(time.Second)
		if got, ok := p.m.selected(); !ok || got != pump01 || p.m.query.results == nil {
			t.Fatalf("selected %v:\n%s", got, p.Text())
		}
		p.Press("d", "y")
		p.wait(time.Second)
		p.sees("✓ deleted pump-01", "does not know it;", "✗ pump-01", "gone since")
	})
}
