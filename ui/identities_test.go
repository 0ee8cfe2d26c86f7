package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
)

var pump01 = hub.ID{Device: "pump-01"}

// toPump selects pump-01.
func (p *pump) toPump() {
	p.t.Helper()
	p.wait(time.Second)
	p.Press("1", "g", "j")
	p.wait(100 * time.Millisecond)
	if got := p.m.twin.ID(); got != pump01 {
		p.t.Fatalf("selected %v:\n%s", got, p.Text())
	}
}

// settled checks that no write was sent without an etag: the fake refuses that with words of its own.
func (p *pump) settled() {
	p.t.Helper()
	p.seesNot("unconditional")
}

func TestADeviceIsDisabledAndEnabledWithAReason(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.toPump()
		p.Press("x")
		p.sees("Disable pump-01", "now         enabled")
		p.Type("lost at sea, q?n")
		p.Press("enter")
		p.sees("✓ disabled pump-01", "⊘ pump-01")
		if i := p.hub.identities[pump01]; i.Status != hub.Disabled || i.StatusReason != "lost at sea, q?n" {
			t.Errorf("it is %+v", i)
		}
		p.Press("v")
		p.wait(100 * time.Millisecond)
		p.sees("status              disabled", "reason              lost at sea, q?n")
		p.Press("x")
		p.sees("Enable pump-01", "because     lost at sea, q?n")
		p.Press("enter")
		p.sees("✓ enabled pump-01", "status              enabled")
		p.seesNot("lost at sea")
		p.Press("1", "j", "l", "j", "x")
		p.wait(time.Second)
		p.sees("a module has no status of its own; x on its device is for both")
		p.settled()
	})
}

func TestAStatusThatSomebodyElseChangesIsOfferedAgain(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.toPump()
		p.Press("x")
		p.Type("mine")
		p.hub.touch(pump01, func(i *hub.Identity) { i.StatusReason = "theirs" })
		p.Press("enter")
		p.sees("Disable pump-01", "✗ it was changed by somebody else in the meantime", "mine", "because     theirs")
		if p.hub.identities[pump01].Status != hub.Enabled {
			t.Error("written over theirs")
		}
		p.Press("enter")
		p.sees("✓ disabled pump-01")
		if p.hub.count("ChangeIdentity") != 2 || p.hub.identities[pump01].StatusReason != "mine" {
			t.Errorf("%d writes, %+v", p.hub.count("ChangeIdentity"), p.hub.identities[pump01])
		}
		p.Press("x")
		p.hub.failing("ChangeIdentity", errUnplugged)
		p.Type("kept")
		p.Press("enter")
		p.sees("connection refused", "kept")
		p.hub.failing("ChangeIdentity", stale("enable device pump-01"))
		p.hub.failing("Identity", errUnplugged)
		p.Press("enter")
		p.sees("was changed by somebody else, and reading it again failed", "kept")
		p.hub.failing("ChangeIdentity", nil)
		p.hub.failing("Identity", nil)
		p.Press("enter")
		p.sees("✓ enabled pump-01")
	})
}

func TestAChangeThatHangsCanBeCalledOff(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.toPump()
		p.Press("x")
		p.Type("typed")
		p.hub.slow(late(20*time.Second, "ChangeIdentity"))
		p.Press("enter")
		p.sees("changing…", "esc stop")
		p.Press("esc")
		p.wait(100 * time.Millisecond)
		p.sees("Disable pump-01", "typed", "✗")
		p.hub.slow(nil)
		p.Press("enter")
		p.sees("✓ disabled pump-01")
	})
}

func TestKeysAreSwappedAndRegeneratedAfterAsking(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.toController()
		before := p.hub.identities[controller]
		p.Press("K")
		p.sees("Keys of thermostat-01/controller", "Swap the keys")
		p.Press("enter")
		p.sees("Swap the keys of thermostat-01/controller?", "Both stay valid")
		p.Press("enter") // the default is No
		p.seesNot("Both stay valid")
		p.sees("Keys of thermostat-01/controller")
		if p.hub.count("ChangeIdentity") != 0 {
			t.Fatal("swapped without a yes")
		}
		p.Press("enter", "y")
		p.sees("✓ swapped the keys of controller")
		now := p.hub.identities[controller]
		if now.PrimaryKey != before.SecondaryKey || now.SecondaryKey != before.PrimaryKey {
			t.Error("the keys are not swapped")
		}
		for n, want := range []string{"regenerated the primary key", "regenerated the secondary key", "regenerated both keys"} {
			p.Press("K")
			p.Press(strings.Split(strings.Repeat("j", n+1), "")...)
			p.Press("enter")
			p.sees("The old key", "brought")
			p.Press("y")
			p.sees("✓ " + want + " of controller")
		}
		p.Press("K", "G", "enter")
		p.sees("Authentication of thermostat-01/controller")
		p.Press("right", "right", "enter")
		p.sees("Change the authentication of thermostat-01/controller?", "signed by a CA")
		p.Press("y")
		p.sees("✓ changed the authentication of controller")
		if p.hub.identities[controller].Auth != hub.AuthCA {
			t.Error("it was not changed")
		}
		p.Press("K")
		p.sees("it has no symmetric keys")
		p.settled()
	})
}

func TestKeysThatSomebodyElseChangesAreOfferedAgain(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.toPump()
		p.Press("K", "j", "enter")
		theirs := hub.NewKey("dGhlaXJz")
		p.hub.touch(pump01, func(i *hub.Identity) { i.PrimaryKey = theirs })
		p.Press("y")
		p.sees("Keys of pump-01", "✗ it was changed by somebody else in the meantime")
		if p.hub.identities[pump01].PrimaryKey != theirs {
			t.Error("written over theirs")
		}
		p.Press("enter", "y")
		p.sees("✓ regenerated the primary key of pump-01")
	})
}

func TestSystemModulesAreShownAndLeftAlone(t *testing.T) {
	inBubble(t, Options{}, 80, 24, func(f *fakeHub) {
		demo(f)
		f.add(hub.ID{Device: "gateway-01", Module: "$edgeAgent"}, `{}`, `{}`, `{}`)
	}, func(p *pump) {
		p.wait(time.Second)
		p.Press("g", "l")
		p.wait(100 * time.Millisecond)
		p.Press("j")
		p.wait(100 * time.Millisecond)
		p.sees("$edgeAgent")
		for _, key := range []string{"d", "K"} {
			p.Press(key)
			p.sees("✗ $edgeAgent belongs to IoT Edge, which alone changes and deletes it")
			p.m.status.text = ""
		}
		p.Press("x")
		p.sees("a module has no status")
		if n := p.hub.count("Dependents") + p.hub.count("Identity") + p.hub.count("ChangeIdentity"); n != 0 {
			t.Errorf("the hub was asked %d times", n)
		}
	})
}

func TestATokenIsSignedAndCopied(t *testing.T) {
	const secret = "cHJpbWFyeSBzZWNyZXQ="
	inBubble(t, Options{Policy: "iothubowner"}, 80, 24, demo, func(p *pump) {
		p.toController()
		p.Press("T")
		p.sees("SAS token of thermostat-01/controller", "‹ primary key ›", "‹ 1 hour ›", "contoso.azure-devices.net/devices/thermostat-01/modules/co ", " ntroller ", "expires     2000-01-01 01:00:0", "••••••••")
		p.Press("v")
		p.sees("SharedAccessSignature sr=contoso")
		p.Press("v")
		p.seesNot("SharedAccessSignature")
		p.Press("enter")
		p.sees("✓ copied a SAS token for")
		if got := p.copied[0]; !strings.HasPrefix(got, "SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fthermostat-01%2Fmodules%2Fcontroller&sig=") {
			t.Errorf("copied %q", got)
		}
		p.seesNot("SharedAccessSignature")
		p.Press("Y")
		p.sees("copied the connection string of thermostat-01/controller")
		if got := p.copied[1]; got != "HostName=contoso.azure-devices.net;DeviceId=thermostat-01;ModuleId=controller;SharedAccessKey="+secret {
			t.Errorf("copied %q", got)
		}
		p.Press("tab", "right", "Y") // the focus was on the token
		if got := p.copied[2]; !strings.HasSuffix(got, "c2Vjb25kYXJ5IHNlY3JldA==") {
			t.Errorf("copied %q", got)
		}
		p.Press("right", "enter")
		p.sees("policy iothubowner")
		if got := p.copied[3]; !strings.HasPrefix(got, "SharedAccessSignature sr=contoso.azure-devices.net&sig=") || !strings.HasSuffix(got, "&skn=iothubowner") {
			t.Errorf("copied %q", got)
		}
		p.Press("Y")
		p.sees("the connection string of a policy is not shown")
		p.hub.failing("PolicyToken", errUnplugged)
		p.Press("enter")
		p.sees("✗ cannot reach")
		p.seesNot(secret)
		p.Press("esc")
		p.seesNot("SAS token of")
		p.hub.failing("Identity", errUnplugged)
		p.Press("T")
		p.sees("✗ cannot reach", "policy iothubowner")
	})
}

func TestANewDeviceWithAllThereIs(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press("n")
		p.Type("valve-01")
		p.Press("tab", "tab", "space", "tab")
		p.Type("in stock")
		p.Press("tab", "tab", "space", "tab")
		p.sees("→ takes gateway-01")
		p.Press("right", "tab")
		p.Type(`{"site":"ist"}`)
		p.Press("tab")
		p.Type(`{"open":false}`)
		p.sees("desired     1 key")
		p.Press("ctrl+s")
		p.wait(100 * time.Millisecond)
		p.sees("✓ created valve-01", "⊘ valve-01")
		id := hub.ID{Device: "valve-01"}
		i, twin := p.hub.identities[id], p.hub.twins[id]
		if i.StatusReason != "in stock" || len(i.Parents()) != 1 || twin.Tags.JSON() != `{"site":"ist"}` || twin.Desired.Value.JSON() != `{"open":false}` {
			t.Errorf("it became %+v with %s", i, twin.Document.JSON())
		}
		// What exists already is opened, and what was typed is not thrown away.
		p.Press("n")
		p.Type("pump-01")
		p.Press("tab", "tab", "tab", "tab", "space", "tab", "tab")
		p.Type(`{"mine":1}`)
		p.Press("ctrl+s")
		p.wait(100 * time.Millisecond)
		p.sees("pump-01 exists already and was left as it is", `{"mine":1}`)
		if got, _ := p.m.selected(); got != pump01 {
			t.Errorf("selected %v", got)
		}
		p.Press("esc", "y")
		p.seesNot("New device")
	})
}

func TestACreationByHalfIsToldAndFinished(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.toPump()
		p.hub.failing("InitTwin", &hub.Error{Op: "change the twin", Status: 429, RetryAfter: 10 * time.Second})
		p.Press("m")
		p.Type("m1")
		p.Press("tab", "tab", "space", "tab")
		p.Type(`{"mine":1}`)
		p.Press("ctrl+s")
		p.wait(100 * time.Millisecond)
		p.sees("First tags and properties of pump-01/m1", "module pump-01/m1 was created, but", `{"mine":1}`)
		id := hub.ID{Device: "pump-01", Module: "m1"}
		if _, there := p.hub.identities[id]; !there || p.hub.twins[id].Tags.Len() != 0 {
			t.Error("the hub is not as the test wants it")
		}
		p.Press("ctrl+s")
		p.sees("✗ cannot change the twin: the hub is throttling", `{"mine":1}`)
		p.hub.failing("InitTwin", nil)
		p.Press("ctrl+s")
		p.wait(100 * time.Millisecond)
		p.sees("✓ wrote the first tags and properties of m1", "○ m1")
		if got := p.hub.twins[id].Tags.JSON(); got != `{"mine":1}` {
			t.Errorf("the tags are %s", got)
		}
	})
}

// Every overlay about identities at every size, over a hub whose strings try to reach the terminal.
func TestEverySizeOfEveryIdentityDialog(t *testing.T) {
	inBubble(t, Options{Policy: "owner\x1b[2J", Production: true}, 120, 36, hostile, func(p *pump) {
		p.wait(time.Second)
		for name, keys := range map[string][]string{
			"status": {"x", "r"}, "keys": {"K"}, "a question": {"K", "enter"}, "authentication": {"K", "G", "enter", "right", "tab", "z"},
			"token": {"T", "v"}, "delete": {"d", "z"}, "more": {"n", "d", "tab", "tab", "tab", "tab", "space", "tab", "g", "tab", "{", "enter", "}"},
		} {
			p.m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
			p.Press(keys...)
			if p.m.front() == nil {
				t.Fatalf("%s: nothing is open", name)
			}
			for w := 0; w <= 130; w += 1 + w/8 {
				for h := 0; h <= 40; h += 1 + h/6 {
					p.m.Update(tea.WindowSizeMsg{Width: w, Height: h})
					p.checkScreen(w, h)
				}
			}
			p.m.overlays = nil
		}
	})
}
