package ui

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/keymap"
)

// reads are the methods of a backend that change nothing. One that is not here has to be refused.
var reads = []string{"List", "Statistics", "Usage", "Calls", "NextCalls", "Modules", "Identity", "Dependents", "PolicyToken", "Twin", "Run", "Detach", "Next", "Reach", "Observe", "Unobserve", "Observations"}

// call calls a method with nothing but a context, and returns its last result.
func call(b Backend, name string) error {
	m := reflect.ValueOf(b).MethodByName(name)
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // nothing is to be waited for
	var args []reflect.Value
	for i := range m.Type().NumIn() {
		if in := m.Type().In(i); in == reflect.TypeFor[context.Context]() {
			args = append(args, reflect.ValueOf(ctx))
		} else {
			args = append(args, reflect.Zero(in))
		}
	}
	var results []reflect.Value
	if m.Type().IsVariadic() {
		results = m.CallSlice(args)
	} else {
		results = m.Call(args)
	}
	if len(results) == 0 {
		return ErrReadOnly // it cannot say so
	}
	err, _ := results[len(results)-1].Interface().(error)
	return err
}

// Every method of a backend either reads or is refused before it reaches the hub: a method that is
// new has to be put on one side or the other.
func TestReadOnlyRefusesWhatIsNotARead(t *testing.T) {
	methods := reflect.TypeFor[Backend]()
	if methods.NumMethod() < len(reads) {
		t.Fatalf("%d methods", methods.NumMethod())
	}
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		f := newFakeHub()
		err := call(ReadOnly(f, false), name)
		switch reading := slices.Contains(reads, name); {
		case name == "Usage", name == "Calls", name == "Observations": // which ask nobody
		case reading && f.count(name) != 1:
			t.Errorf("%s did not reach the hub", name)
		case !reading && (f.count(name) != 0 || !errors.Is(err, ErrReadOnly)):
			t.Errorf("%s reached the hub %d times and returned %v", name, f.count(name), err)
		}
	}
	f := newFakeHub()
	if err := ReadOnly(f, true).Attach(t.Context(), hub.ID{Device: "d"}, hub.AttachOptions{}); err != nil || !f.attached[hub.ID{Device: "d"}] {
		t.Errorf("attach where it is allowed: %v", err)
	}
}

// Whatever key is pressed wherever, a hub that is open read-only is not written to, and a key that
// would says why it does not.
func TestReadOnlyOnTheScreen(t *testing.T) {
	inBubble(t, Options{ReadOnly: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.sees("READ-ONLY")
		p.seesNot("e edit", "n new device", "m new module", "c attach", "t edit tags")
		for _, pane := range []string{"1", "2", "3"} {
			p.Press(pane)
			for _, b := range p.m.scope() {
				if b.Writes {
					p.Press(b.Keys[0])
					p.sees("read-only: no " + b.Short + " here")
					if p.m.front() != nil {
						t.Fatalf("%s opened something:\n%s", b.Label, p.Text())
					}
				}
			}
		}
		for _, g := range keymap.Default().Groups() {
			for _, b := range g.Bindings {
				for _, key := range b.Keys {
					if slices.Contains(p.m.keys.Global.Quit.Keys, key) || slices.Contains(p.m.keys.Global.Interrupt.Keys, key) {
						continue
					}
					p.Press(key, "enter", "y")
					p.wait(10 * time.Millisecond)
					p.Press("esc", "esc")
				}
			}
		}
		p.hub.mu.Lock()
		defer p.hub.mu.Unlock()
		for method, n := range p.hub.calls {
			if !slices.Contains(reads, method) {
				t.Errorf("%s was called %d times", method, n)
			}
		}
	})
}

// What a read-only hub refuses is offered nowhere, and the help says why.
func TestReadOnlyOffersNothingThatItRefuses(t *testing.T) {
	inBubble(t, Options{ReadOnly: true}, 120, 36, func(*fakeHub) {}, func(p *pump) {
		p.sees("no devices", "Nothing is attached.")
		p.seesNot("creates one", "to attach")
		p.Press("t")
		p.sees("read-only: no edit tags here")
		p.hub.add(hub.ID{Device: "bare"}, `{}`, `{}`, `{}`)
		p.Press("r")
		p.wait(time.Second)
		p.Press("l", "2")
		p.sees("no modules", "no properties yet")
		p.seesNot("creates one", "adds desired")
		p.Press("]")
		p.sees("no tags yet")
		p.seesNot("adds some")
		p.Press("]")
		p.wait(time.Second)
		p.sees("SAS token")
		p.seesNot("K keys", "d delete", "x disable")
		p.Press("?")
		p.sees("create a device (read-only)")
		p.seesNot("type a query of the hub (read-only")
	})
	inBubble(t, Options{}, 120, 36, func(*fakeHub) {}, func(p *pump) {
		p.sees("no devices; n creates one", "Press c to attach")
	})
}

// In presenter mode nothing offers to reveal what stays masked.
func TestPresenterModeOffersNothingThatItRefuses(t *testing.T) {
	onDeck(t, DeckOptions{}, func(p *deckPump) {
		p.Press("2", "]", "]")
		p.wait(time.Second)
		p.sees("v reveals")
		p.Press("ctrl+p")
		p.seesNot("v reveals", "v reveal")
		p.Press("T")
		p.sees("token")
		p.seesNot("reveals it")
		p.Press("esc", "ctrl+p")
		p.sees("v reveals")
	})
}

// On the embedded hub nobody depends on the devices, so that one may watch what they receive.
func TestReadOnlyOnTheEmbeddedHubAttaches(t *testing.T) {
	inBubble(t, Options{ReadOnly: true, Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.sees("c attach")
		p.Press("c")
		p.sees("attached controller", "READ-ONLY")
		p.Press("e")
		p.sees("read-only: no edit here")
	})
}

func TestAttachingOnAProductionHubTakesTwoKeys(t *testing.T) {
	inBubble(t, Options{Production: true, Name: "contoso-prod", Color: "red"}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.sees("PRODUCTION", "▪ contoso-prod contoso.azure-devices.net")
		p.Press("c")
		p.sees("PRODUCTION: watch thermostat-01/controller")
		p.Press("j", "enter")
		p.sees("PRODUCTION: attach a client as thermostat-01/controller?", "disturb nobody")
		p.wait(time.Second)
		p.Press("y")
		if p.hub.count("Attach") != 0 {
			t.Fatal("one key attached")
		}
		p.Press("enter")
		p.sees("attached controller")
	})
}
