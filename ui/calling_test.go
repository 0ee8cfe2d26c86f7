package ui

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/ui/form"
)

// exchanges fills the log with calls such as a dashboard makes.
func exchanges(f *fakeHub) {
	text := func(s string) hub.Content { return hub.Content{Body: s, Size: int64(len(s))} }
	began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, c := range []hub.Call{
		{Method: "POST", Target: "/devices/query?api-version=2021-04-12", Status: 200, Took: 31 * time.Millisecond, Sent: text(`{"query":"SELECT deviceId, tags FROM devices"}`), Received: text(`[{"deviceId":"gateway-01"}]`)},
		{Method: "GET", Target: "/twins/thermostat-01/modules/controller?api-version=2021-04-12", Status: 200, Took: 14 * time.Millisecond, Received: text(`{"deviceId":"thermostat-01","moduleId":"controller","n":9007199254740993}`)},
		{Protocol: hub.MQTT, ID: controller, Method: "CONNECT", Target: "contoso.azure-devices.net:8883", Took: 90 * time.Millisecond},
		{Protocol: hub.MQTT, ID: controller, Method: "NOTIFY", Target: "$iothub/twin/PATCH/properties/desired/", Received: text(`{"setPoint":22.5,"$version":2}`)},
		{Method: "PATCH", Target: "/twins/thermostat-01/modules/controller?api-version=2021-04-12", Status: 412, Took: 9 * time.Millisecond, Problem: "it was changed by somebody else in the meantime", Code: hub.CodePreconditionFailed, Number: 412001, TrackingID: "4b1d", Sent: hub.Content{Body: `{"tags":{"floor":4}}`, Size: 20, Fields: []hub.Field{{Name: "Authorization", Value: "SharedAccessSignature ***"}, {Name: "If-Match", Value: `"AAAAAAAAABI="`}}}},
	} {
		c.At = began.Add(time.Duration(i) * 1234 * time.Millisecond)
		f.exchange(c)
	}
}

func busyHub(f *fakeHub) {
	demo(f)
	exchanges(f)
}

func TestTheCallLogFollowsAndClearsNothingBehind(t *testing.T) {
	inBubble(t, Options{}, 120, 36, busyHub, func(p *pump) {
		p.toController()
		ages := regexp.MustCompile(`[0-9]+s`)
		background := func() string { return ages.ReplaceAllString(p.Text(), "") }
		before := background()
		p.Press("@")
		p.sees("Calls: 5", "✗412", "PreconditionFailed", "thermostat-01/controller  $iothub/twin/PATCH")
		p.hub.exchange(hub.Call{Method: "GET", Target: "/statistics/service", Status: 200})
		p.wait(100 * time.Millisecond)
		p.sees("Calls: 6", "/statistics/service")
		p.Press("j", "enter")
		p.sees("error code PreconditionFailed (412001)", `"floor": 4`, `"If-Match"`)
		p.Press("y")
		if len(p.copied) != 1 || !strings.Contains(p.copied[0], "-H 'If-Match: \"AAAAAAAAABI=\"'") || !strings.Contains(p.copied[0], "${SAS:?") {
			t.Errorf("copied %q", p.copied)
		}
		p.Press("esc")
		p.sees("Calls: 6")
		p.wait(6 * time.Second) // what was said about the copy goes
		p.Press("esc")
		p.seesNot("Calls:")
		if after := background(); after != before {
			t.Errorf("something behind it has changed:\n%s\nbefore:\n%s", after, before)
		}
		// Nobody waits for calls any more.
		n := p.hub.count("NextCalls")
		p.hub.exchange(hub.Call{Method: "GET", Target: "/x"})
		p.wait(time.Second)
		if again := p.hub.count("NextCalls"); again != n {
			t.Errorf("%d more reads of a log that is closed", again-n)
		}
	})
}

// While a failure is on the screen, a key tells all that is known of it, from a form too.
func TestTheDetailsOfAFailureAreOneKeyAway(t *testing.T) {
	inBubble(t, Options{}, 120, 36, busyHub, func(p *pump) {
		p.toController()
		p.Press("!")
		p.sees("nothing has failed")
		p.hub.failing("Twin", &hub.Error{Op: "read the twin of module thermostat-01/controller", Status: 412, Code: hub.CodePreconditionFailed, Number: 412001, TrackingID: "4b1d", Message: "its own words", Call: 5})
		p.Press("r")
		p.wait(100 * time.Millisecond)
		p.sees("!/f1 details")
		p.m.say(bad, strings.Repeat("a sentence that takes the whole line ", 5))
		p.sees("a sentence that takes", "!/f1 details")
		p.wait(13 * time.Second)
		p.Press("!")
		p.sees("Failure", "cannot read the twin of module thermostat-01/controller", "HTTP status 412", "error code PreconditionFailed (412001)", "tracking id 4b1d", "its own words",
			"2000-01-01 00:00:00", "call 5: PATCH /twins/thermostat-01/modules/controller", `"floor": 4`)
		p.Press("c")
		if len(p.copied) != 1 || !strings.Contains(p.copied[0], "tracking id 4b1d") {
			t.Errorf("copied %q", p.copied)
		}
		p.Press("esc")
		p.seesNot("HTTP status")

		p.hub.failing("CreateIdentity", errUnplugged)
		p.Press("n")
		p.Type("new!")
		p.Press("enter")
		p.wait(100 * time.Millisecond)
		p.sees("new!", "connection refused")
		p.seesNot("Failure")
		p.m.say(bad, "another failure") // where ! is typed, f1 alone leads to it
		lines := strings.Split(p.Text(), "\n")
		if last := lines[len(lines)-1]; !strings.Contains(last, "another failure  f1 details") {
			t.Errorf("the last line is %q", last)
		}
		p.Press("f1")
		p.sees("Failure 2 of 2", "connection refused", "nothing was exchanged with the hub")
		p.Press("]")
		p.sees("Failure 1 of 2", "HTTP status 412")
		p.Press("f1")
		p.sees("new!", "New device")
	})
}

func TestAFailureThatRepeatsItselfIsOne(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.hub.failing("Twin", errUnplugged)
		p.wait(5 * time.Second)
		p.Press("!")
		p.sees("times in a row")
		p.seesNot("Failure 1 of")
		if n := len(p.m.calling.failures); n != 1 {
			t.Errorf("%d failures are kept", n)
		}
	})
}

func TestFailuresAreBounded(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		for i := range 3 * maxFailures {
			p.m.failed(fmt.Sprint("failure ", i), errors.New("x"))
		}
		if n := len(p.m.calling.failures); n != maxFailures {
			t.Errorf("%d failures are kept", n)
		}
	})
}

func TestADirectMethod(t *testing.T) {
	options := Options{Methods: []form.Suggestion{{Name: "setLight", Payload: `{"on": true}`}}}
	inBubble(t, options, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("i")
		p.sees("Direct method on thermostat-01/controller", "answers setLight")
		p.Type("se")
		p.Press("right", "ctrl+s")
		p.sees("✓ 200  setLight  took 14 ms", `"echo"`, `"on": true`)
		p.hub.exchanged.answer = func(hub.ID, hub.MethodCall) (hub.MethodResult, error) {
			return hub.MethodResult{}, &hub.Error{Op: `call "setLight" on module thermostat-01/controller`, Status: 404, Code: hub.CodeDeviceNotOnline, Number: 404103}
		}
		p.Press("enter")
		p.sees("✗ failed  setLight", "listens to no direct methods", "see that its program runs", "give it time to connect")
		p.Press("esc")
		p.seesNot("Direct method")
		p.Press("i") // with what was typed
		p.sees("setLight", `{"on": true}`)
		p.Press("esc")
		// The history stays for the next time, and says whose it is.
		p.hub.exchanged.answer = func(_ hub.ID, m hub.MethodCall) (hub.MethodResult, error) {
			return hub.MethodResult{Status: 207, Payload: m.Payload}, nil
		}
		p.Press("k", "k", "i")
		p.sees("Direct method on pump-01", "on thermostat-01/controller")
		p.Press("shift+tab", "r")
		p.sees("✓ 207  setLight")
		p.Press("y")
		if want := `{"on":true}`; len(p.copied) != 1 || !strings.Contains(p.copied[0], want) {
			t.Errorf("copied %q", p.copied)
		}
		if n := len(p.m.runs); n != 3 {
			t.Errorf("%d calls are kept", n)
		}
	})
}

func TestWaitingForAMethodIsCalledOff(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.hub.slow(late(time.Minute, "CallMethod"))
		p.Press("i")
		p.Type("slow")
		p.Press("enter")
		p.wait(3 * time.Second)
		p.sees("waiting for the answer… 3s", "esc stop waiting")
		p.Press("esc")
		p.wait(100 * time.Millisecond)
		p.seesNot("waiting for the answer")
		p.sees("✗ failed  slow", "Direct method on")
		p.Press("esc")
		p.seesNot("Direct method on")
	})
}

func TestAMessage(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("w")
		p.sees("Message to thermostat-01", "modules have no queue of their own")
		p.Type("hello")
		p.Press("tab", "tab")
		p.Type("site=ist")
		p.Press("tab")
		p.Type("m-1")
		p.Press("tab", "tab", "tab", "left", "ctrl+s")
		p.sees("✓ queued message m-1 for thermostat-01", "… queued  m-1", "hello")
		sent := p.hub.exchanged.messages["thermostat-01"]
		if len(sent) != 1 || string(sent[0].Body) != "hello" || sent[0].Properties["site"] != "ist" || sent[0].Ack != hub.AckFull {
			t.Errorf("sent %+v", sent)
		}
		// What became of it shows by itself.
		p.hub.mu.Lock()
		p.hub.exchanged.feedback = []hub.Feedback{{MessageID: "theirs"}, {MessageID: "m-1", Outcome: "Success"}}
		p.hub.mu.Unlock()
		p.wait(3 * time.Second)
		p.sees("✓ delivered  m-1")
		n := p.hub.count("Feedback")
		p.wait(10 * time.Second)
		if again := p.hub.count("Feedback"); again != n {
			t.Errorf("%d more looks when nothing is awaited", again-n)
		}
		// Purging tells how many there are and asks; no is the default.
		p.Press("tab", "tab", "enter")
		p.sees("Purge the queue of thermostat-01?", "1 message waits for thermostat-01")
		p.Press("enter")
		if p.hub.count("PurgeMessages") != 0 {
			t.Error("purged without a yes")
		}
		p.Press("enter", "y")
		p.sees("✓ purged 1 message for thermostat-01")
		p.Press("enter")
		p.sees("no message waits for thermostat-01")
	})
}

// On a hub in use nobody's feedback is touched unless the user asks.
func TestFeedbackIsLookedForOnRequestOnARealHub(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("w")
		p.Type("x")
		p.Press("tab", "tab", "tab", "tab", "tab", "tab", "left", "ctrl+s")
		p.wait(time.Minute)
		if n := p.hub.count("Feedback"); n != 0 {
			t.Errorf("looked %d times unasked", n)
		}
		p.Press("tab", "tab", "enter")
		p.sees("there is no feedback of these messages yet")
		p.hub.exchanged.feedback = []hub.Feedback{{MessageID: p.m.mails[0].Sent.ID, Outcome: "Expired"}}
		p.Press("enter")
		p.sees("✗ Expired", "feedback of 1 message")
	})
}

func TestAMessageThatFailsKeepsWhatWasTyped(t *testing.T) {
	for name, err := range map[string]error{"network": errUnplugged, "refusal": &hub.Error{Op: "send a message", Status: 403, Code: hub.CodeQuotaExceeded}, "deadline": context.DeadlineExceeded} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
				p.toController()
				p.hub.failing("SendMessage", err)
				p.Press("w")
				p.Type("draft")
				p.Press("ctrl+s")
				p.sees("draft", "✗")
				p.Press("esc")
				p.seesNot("draft")
				p.Press("w")
				p.hub.failing("SendMessage", nil)
				p.Press("ctrl+s")
				p.sees("draft", "✓ queued message")
			})
		})
	}
}

// A log that somebody fills at will costs a frame no more than a log that is full.
func TestTheCallLogUnderLoad(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.wait(time.Second)
		p.Press("@")
		for range 40 {
			for range 100 {
				p.hub.exchange(hub.Call{Method: "GET", Target: "/devices/x", Status: 200})
			}
			p.wait(50 * time.Millisecond)
			p.checkScreen(120, 36)
		}
		p.sees("following", "Calls: 1")
		p.Press("q")
		p.seesNot("following")
	})
}

// sweepCalls opens, one after the other, what this file is about.
var sweepCalls = []struct {
	name string
	do   func(p *pump)
}{
	{"call-log", func(p *pump) { p.Press("@") }},
	{"call-filter", func(p *pump) { p.Press("/"); p.Type("!mqtt"); p.Press("enter") }},
	{"call", func(p *pump) { p.Press("esc", "g", "enter") }},
	{"failure", func(p *pump) {
		p.Press("esc", "esc")
		p.hub.failing("Twin", &hub.Error{Op: "read the twin of module thermostat-01/controller", Status: 412, Code: hub.CodePreconditionFailed, Number: 412001, TrackingID: "4b1d", Call: 5})
		p.Press("r")
		p.wait(100 * time.Millisecond)
		p.hub.failing("Twin", nil)
		p.Press("!")
	}},
	{"method", func(p *pump) {
		p.Press("esc", "r", "i")
		p.Type("setLight")
		p.Press("tab")
		p.Type(`{"on": true}`)
		p.Press("ctrl+s")
	}},
	{"message", func(p *pump) {
		p.Press("esc", "w")
		p.Type("hello")
		p.Press("tab", "tab")
		p.Type("site=ist")
		p.Press("tab", "tab", "tab", "tab", "left", "ctrl+s")
	}},
	{"purge", func(p *pump) { p.Press("tab", "tab", "tab", "enter") }},
}

func TestGoldenCalls(t *testing.T) {
	for size, wh := range sizes {
		t.Run(size, func(t *testing.T) {
			inBubble(t, Options{Policy: "iothubowner"}, wh[0], wh[1], busyHub, func(p *pump) {
				p.toController()
				for _, view := range sweepCalls {
					view.do(p)
					p.golden(view.name + "-" + size)
				}
			})
		})
	}
}

// evilCalls are exchanges whose every string tries to reach the terminal.
func evilCalls(f *fakeHub) {
	hostile(f)
	const evil = "\x1b[2J\x1b]0;owned\x07\u202e東京\r\n\tx"
	for range 50 {
		f.exchange(hub.Call{
			Method: evil, Target: evil, Problem: evil, Code: evil, TrackingID: evil, ID: hub.ID{Device: evil}, Protocol: hub.MQTT,
			Received: hub.Content{Body: evil, Size: 10, Fields: []hub.Field{{Name: evil, Value: evil}}}, Sent: hub.Content{Body: `{"\u001b[31m":"` + strings.Repeat("長", 300), Size: 1 << 20, Cut: true},
		})
	}
	f.exchanged.answer = func(hub.ID, hub.MethodCall) (hub.MethodResult, error) {
		return hub.MethodResult{Status: 500, Payload: parse(`{"\u001b[31m":["\u009b31m\n","東京"]}`)}, nil
	}
}

func TestEverySizeOfTheCalls(t *testing.T) {
	inBubble(t, Options{Policy: "iothubowner"}, 120, 36, evilCalls, func(p *pump) {
		p.wait(time.Second)
		for _, view := range sweepCalls {
			p.m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
			view.do(p)
			for w := 0; w <= 130; w += 1 + w/8 {
				for h := 0; h <= 40; h += 1 + h/6 {
					p.m.Update(tea.WindowSizeMsg{Width: w, Height: h})
					p.checkScreen(w, h)
				}
			}
		}
	})
}
