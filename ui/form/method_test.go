package form

import (
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

var (
	controller = hub.ID{Device: "thermostat-07", Module: "controller"}
	noon       = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
)

func clock() time.Time { return noon }

func newMethod(runs ...Run) *Method {
	return NewMethod(controller, runs, []Suggestion{{"ping", ""}, {"setLight", `{"on": true}`}}, clock, keymap.Default(), theme.New(true, true))
}

func value(t *testing.T, text string) patch.Value {
	t.Helper()
	v, err := patch.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// answered is a run that was answered.
func answered(t *testing.T, name, typed, result string) Run {
	t.Helper()
	return Run{
		ID: controller, At: noon, Typed: typed, Call: hub.MethodCall{Name: name, ResponseTimeout: 45 * time.Second, ConnectTimeout: 5 * time.Second},
		Result: hub.MethodResult{Status: 200, Payload: value(t, result), Took: 14 * time.Millisecond},
	}
}

func TestCallingAMethod(t *testing.T) {
	f := newMethod()
	wantOn(t, f, "Direct method on thermostat-07/controller", "this fleet answers ping, setLight")
	call, ok := press(f, "reboot", "tab", `{"delay": 1.50,`, "enter", ` "n": 9007199254740993}`, "tab", "backspace", "backspace", "60", "tab", "backspace", "5", "enter").(Call)
	if !ok {
		t.Fatalf("nothing is called:\n%s", screen(f, 80, 24))
	}
	c := call.Run.Call
	if call.Run.ID != controller || c.Name != "reboot" || c.Payload.JSON() != `{"delay":1.50,"n":9007199254740993}` || c.ResponseTimeout != time.Minute || c.ConnectTimeout != 5*time.Second {
		t.Errorf("called %+v", call.Run)
	}
	f.SetBusy()
	wantOn(t, f, "waiting for the answer", "esc stop waiting")
	if a := press(f, "enter"); a != nil {
		t.Errorf("called again while it waits: %v", a)
	}
	if a := press(f, "esc"); a != (Stop{}) {
		t.Errorf("esc did %v", a)
	}
	f.SetResult([]Run{answered(t, "reboot", "{}", `{"rebooting":true,"n":9007199254740993}`)})
	wantOn(t, f, "✓ 200  reboot  took 14 ms", `"rebooting": true`, `"n": 9007199254740993`)
}

func TestAMethodWithoutAPayload(t *testing.T) {
	f := newMethod()
	call, ok := press(f, "ping", "enter").(Call)
	if !ok || !call.Run.Call.Payload.IsNull() || call.Run.Call.ResponseTimeout != 30*time.Second || call.Run.Call.ConnectTimeout != 0 {
		t.Errorf("called %+v, %v", call, ok)
	}
}

func TestAMethodNoHubWouldTake(t *testing.T) {
	for want, keys := range map[string][]string{
		"type the name of a method":         {"enter"},
		"is not allowed in the name":        {"a/b", "enter"},
		"not JSON yet":                      {"a", "tab", "{", "ctrl+s"},
		"the time to answer is 5 to 300":    {"a", "tab", "tab", "backspace", "backspace", "4", "enter"},
		"the time to connect is 0 to 300":   {"a", "tab", "tab", "tab", "x", "enter"},
		"longer than the time to answer":    {"a", "tab", "tab", "tab", "99", "enter"},
		"101 characters long; 100 are":      {strings.Repeat("a", 101), "enter"},
		"131075 bytes large; a payload has": nil,
	} {
		f := newMethod()
		if keys == nil {
			f.name.set("a")
			f.payload.set(`"` + strings.Repeat("x", maxMethodPayload) + `"` + "\n")
			keys = []string{"ctrl+s"}
		}
		if a := press(f, keys...); a != nil {
			t.Errorf("%s: %v", want, a)
		}
		wantOn(t, f, want)
	}
}

func TestTheNameIsCompleted(t *testing.T) {
	f := newMethod(answered(t, "readAll", `[1]`, `null`))
	f.name.set("")
	f.payload.set("")
	press(f, "se", "right")
	if f.name.text() != "setLight" || f.payload.text() != `{"on": true}` {
		t.Errorf("completed to %q with %q", f.name.text(), f.payload.text())
	}
	press(f, "ctrl+u", "rea", "right")
	if f.name.text() != "readAll" || f.payload.text() != `{"on": true}` {
		t.Errorf("completed to %q with %q: what was typed stays", f.name.text(), f.payload.text())
	}
	press(f, "left", "right", "x", "right")
	if f.name.text() != "readAllx" {
		t.Errorf("completed to %q", f.name.text())
	}
}

func TestTheFormBeginsWithTheLastCallOnTheSameIdentity(t *testing.T) {
	other := answered(t, "other", "1", "1")
	other.ID = hub.ID{Device: "pump-01"}
	f := newMethod(other, answered(t, "mine", "2", "2"))
	if f.name.text() != "mine" || f.payload.text() != "2" || f.respond.text() != "45" || f.connect.text() != "5" {
		t.Errorf("begins with %q %q %q %q", f.name.text(), f.payload.text(), f.respond.text(), f.connect.text())
	}
	wantOn(t, f, "other", "on pump-01", "mine")
}

func TestTheHistoryOfCalls(t *testing.T) {
	failed := Run{ID: controller, At: noon, Call: hub.MethodCall{Name: "slow", ResponseTimeout: 30 * time.Second}, Failed: "cannot call slow: the call was delivered and nothing came back in time; see that its program answers"}
	f := newMethod()
	f.SetResult([]Run{answered(t, "readAll", `[1]`, `{"deep":{"n":1.50}}`), failed, answered(t, "ping", "", `"pong"`)})
	press(f, "shift+tab") // from the name to the calls
	wantOn(t, f, "✓ 200  readAll", "✗ failed  slow", `"n": 1.50`)
	if a := press(f, "y"); a != (Copy{`{"deep":{"n":1.50}}`, "the result"}) {
		t.Errorf("y copies %v", a)
	}
	press(f, "l", "down", "down")
	if a := press(f, "y"); a != (Copy{"1.50", "deep.n"}) {
		t.Errorf("y copies %v", a)
	}
	press(f, "esc", "h")
	wantNotOn(t, f, `"n": 1.50`)
	press(f, "down")
	wantOn(t, f, "nothing came back in time")
	if a, ok := press(f, "y").(Copy); !ok || a.Text != failed.Failed {
		t.Errorf("y copies %v", a)
	}
	press(f, "down", "e")
	if f.name.text() != "ping" || f.focus != methodName {
		t.Errorf("edits %q", f.name.text())
	}
	press(f, "shift+tab", "up", "up")
	if call, ok := press(f, "r").(Call); !ok || call.Run.Call.Name != "readAll" || call.Run.Call.Payload.JSON() != "[1]" || call.Run.Call.ResponseTimeout != 45*time.Second {
		t.Errorf("r calls %+v", call)
	}
	press(f, "up")
	if f.focus != methodCall {
		t.Errorf("the focus is on %v", f.focus)
	}
}

func newMessage() *Message {
	return NewMessage(hub.ID{Device: "thermostat-07"}, nil, clock, keymap.Default(), theme.New(true, true))
}

func TestSendingAMessage(t *testing.T) {
	f := newMessage()
	send, ok := press(f, `{"on":`, "enter", "true}", "tab", "space", "tab", "site = ist", "enter", "a=b=c", "tab", "m-1", "tab", "c-1", "tab", "2h", "tab", "left", "tab", "enter").(Send)
	if !ok {
		t.Fatalf("nothing is sent:\n%s", screen(f, 80, 24))
	}
	m := send.Message
	if send.Device != "thermostat-07" || string(m.Body) != "{\"on\":\ntrue}" || m.ContentType != "application/json" || m.ID != "m-1" || m.CorrelationID != "c-1" ||
		!m.Expiry.Equal(noon.Add(2*time.Hour)) || m.Ack != hub.AckFull || len(m.Properties) != 2 || m.Properties["site"] != "ist" || m.Properties["a"] != "b=c" {
		t.Errorf("sends %+v", send)
	}
	f.SetBusy()
	wantOn(t, f, "waiting for the hub", "esc stop waiting")
	mail := Mail{Device: "thermostat-07", Message: m, Sent: hub.Sent{ID: "m-1", At: noon}}
	f.SetMails([]Mail{mail})
	f.SetDone("queued message m-1")
	wantOn(t, f, "✓ queued message m-1", "12:00:00  … queued  m-1", "Look for feedback")
	if a := press(f, "tab", "enter"); a != (ReadFeedback{}) {
		t.Errorf("asks for %v", a)
	}
	mail.Feedback = "Expired"
	f.SetMails([]Mail{mail})
	wantOn(t, f, "✗ Expired")
	wantNotOn(t, f, "Look for feedback")
	if a := press(f, "tab", "enter"); a != (Purge{"thermostat-07"}) {
		t.Errorf("asks for %v", a)
	}
	if f.body.text() == "" || press(f, "esc") != (Cancel{}) {
		t.Error("what was typed is gone, or the form stays")
	}
}

func TestAMessageWithNothingSaid(t *testing.T) {
	f := newMessage()
	send, ok := press(f, "hi", "ctrl+s").(Send)
	if m := send.Message; !ok || string(m.Body) != "hi" || m.ID != "" || m.ContentType != "" || !m.Expiry.IsZero() || m.Ack != hub.AckNone || len(m.Properties) != 0 {
		t.Errorf("sends %+v", send)
	}
	module := NewMessage(controller, nil, clock, keymap.Default(), theme.New(true, true))
	wantOn(t, module, "Message to thermostat-07", "modules have no queue of their own")
	if module.Device() != "thermostat-07" {
		t.Errorf("it is for %s", module.Device())
	}
}

func TestAMessageNoHubWouldTake(t *testing.T) {
	for want, keys := range map[string][]string{
		"not JSON yet":              {"{", "tab", "right", "ctrl+s"},
		"write it as name=value":    {"tab", "tab", "a", "ctrl+s"},
		"a is there twice":          {"tab", "tab", "a=1", "enter", "a=2", "ctrl+s"},
		"129 bytes long":            {"tab", "tab", "tab", strings.Repeat("x", 129), "ctrl+s"},
		"not a time; write it as":   {"tab", "tab", "tab", "tab", "tab", "soon", "ctrl+s"},
		"48 h at most":              {"tab", "tab", "tab", "tab", "tab", "49h", "ctrl+s"},
		"65537 bytes large":         nil,
		"too short; a second is":    {"tab", "tab", "tab", "tab", "tab", "1ms", "ctrl+s"},
		"a hub keeps a message for": {"tab", "tab", "tab", "tab", "tab", "9999", "ctrl+s"},
	} {
		f := newMessage()
		if keys == nil {
			f.body.set(strings.Repeat("x", hub.MaxMessageSize+1))
			keys = []string{"ctrl+s"}
		}
		if a := press(f, keys...); a != nil {
			t.Errorf("%s: %v", want, a)
		}
		wantOn(t, f, want)
	}
}

func FuzzReadProperties(f *testing.F) {
	f.Add("a=b\n\nc = d=e")
	f.Fuzz(func(t *testing.T, text string) {
		properties, err := readProperties(text)
		for name := range properties {
			if name == "" || strings.TrimSpace(name) != name {
				t.Fatalf("%q is a name", name)
			}
		}
		if err == nil && strings.Contains(text, "=") && len(properties) == 0 {
			t.Fatal("properties were lost")
		}
	})
}

// methodStates are the forms of this file in every state that looks different.
func methodStates(th theme.Theme) map[string]updater {
	target := hub.ID{Device: hostile[2], Module: hostile[3]}
	run := func(failed string) Run {
		return Run{ID: hub.ID{Device: hostile[4]}, At: noon, Typed: hostile[2], Call: hub.MethodCall{Name: hostile[2]}, Failed: failed, Result: hub.MethodResult{Status: 500, Payload: hostileSection()}}
	}
	method := func(keys ...string) *Method {
		f := NewMethod(target, []Run{run(""), run(hostile[9])}, []Suggestion{{hostile[2], hostile[3]}}, clock, keymap.Default(), th)
		press(f, keys...)
		return f
	}
	empty := NewMethod(target, nil, []Suggestion{{hostile[2], hostile[3]}}, clock, keymap.Default(), th)
	done := method()
	done.SetResult([]Run{run(""), run(hostile[9])})
	failed := method()
	failed.SetResult([]Run{run(hostile[9]), run("")})
	busy := method()
	busy.SetBusy()
	inside := method()
	inside.SetResult([]Run{run(""), run("")})
	press(inside, "shift+tab", "l", "down")
	pasted := method("tab")
	pasted.payload.insert(strings.Join(hostile, "\n"))
	message := func(keys ...string) *Message {
		f := NewMessage(target, []Mail{{Device: hostile[2], Sent: hub.Sent{ID: hostile[3]}, Message: hub.Message{Ack: hub.AckFull}}, {Device: hostile[5], Feedback: hostile[2]}}, clock, keymap.Default(), th)
		press(f, keys...)
		return f
	}
	refused := message()
	refused.SetError(hostile[9] + hostile[2])
	typed := message("東京", "tab", "tab", "x", "tab", hostile[3], "tab", "a", "tab", "zz")
	waits := message()
	waits.SetBusy()
	return map[string]updater{
		"method": method(), "method empty": empty, "method done": done, "method failed": failed, "method busy": busy, "method inside": inside, "method pasted": pasted,
		"method history": method("shift+tab", "down"), "message": message(), "message refused": refused, "message typed": typed, "message waits": waits,
		"message end": message("shift+tab"),
	}
}

func TestTheNewFormsAreExactlyAsLargeAsAsked(t *testing.T) {
	for name, f := range methodStates(theme.New(true, true)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for w := 0; w <= 60; w++ {
				for h := 0; h <= 40; h++ {
					if h > 14 && h%7 != 0 || w > 24 && w%5 != 0 {
						continue // every small size, and a sample of the others
					}
					checkSize(t, name, f.View(w, h), w, h)
				}
			}
			checkSize(t, name, f.View(200, 60), 200, 60)
			s := f.(interface{ Size(w, h int) (int, int) })
			for _, at := range [][2]int{{1, 1}, {20, 5}, {80, 24}, {200, 60}} {
				if w, h := s.Size(at[0], at[1]); w < 1 || h < 1 || w > at[0] || h > at[1] {
					t.Errorf("wants %dx%d of %v", w, h, at)
				}
			}
		})
	}
}

// Wherever the focus goes in these forms, the line it is on is seen, from the smallest screen on.
func TestTheFocusIsAlwaysInView(t *testing.T) {
	for _, size := range [][2]int{{20, 5}, {24, 7}, {40, 12}, {80, 24}} {
		for name, f := range methodStates(theme.New(true, true)) {
			if strings.Contains(name, "busy") || strings.Contains(name, "waits") || strings.Contains(name, "inside") {
				continue
			}
			for i := range 14 {
				if got := screen(f, size[0], size[1]); !strings.Contains(got, theme.Cursor) && !strings.Contains(got, "▸Call") && !strings.Contains(got, "▸Send") && !strings.Contains(got, "▸Look") && !strings.Contains(got, "▸Purge") {
					t.Fatalf("%s at %v: no cursor after %d tabs:\n%s", name, size, i, got)
				}
				press(f, "tab")
			}
		}
	}
}

func TestAFailedCallIsSaidInTheForm(t *testing.T) {
	f := newMethod()
	press(f, "ping")
	f.SetBusy()
	f.SetResult([]Run{{ID: controller, At: noon, Call: hub.MethodCall{Name: "ping"}, Failed: "nobody"}})
	wantOn(t, f, "✗ nobody", "✗ failed  ping")
	if f.name.text() != "ping" {
		t.Error("what was typed is gone")
	}
}
