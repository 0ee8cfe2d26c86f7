package calls

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

const evil = "\x1b[2J\x1b]0;owned\x07\u202e東京\r\n\tx"

var (
	began = time.Date(2026, 1, 2, 14, 2, 11, 318_000_000, time.UTC)
	where = Where{Host: "contoso.azure-devices.net"}
)

// some are calls of every kind.
func some() []hub.Call {
	text := func(s string) hub.Content { return hub.Content{Body: s, Size: int64(len(s))} }
	all := []hub.Call{
		{Method: "GET", Target: "/twins/thermostat-07?api-version=2021-04-12", Status: 200, Took: 14 * time.Millisecond, Received: text(`{"deviceId":"thermostat-07","n":9007199254740993}`)},
		{Method: "POST", Target: "/devices/query?api-version=2021-04-12", Status: 429, Code: "ThrottlingBacklogTimeout", Number: 429003, TrackingID: "track-1", Problem: "the hub is throttling", Took: 3 * time.Second, Sent: text(`{"query":"SELECT * FROM devices"}`)},
		{Protocol: hub.MQTT, ID: hub.ID{Device: "d", Module: "m"}, Method: "CONNECT", Target: "localhost:8883", Took: time.Millisecond},
		{Protocol: hub.MQTT, ID: hub.ID{Device: "d", Module: "m"}, Method: "NOTIFY", Target: "$iothub/twin/PATCH/properties/desired/", Received: text(`{"a":1,"$version":2}`)},
		{Protocol: hub.MQTT, ID: hub.ID{Device: "d"}, Method: "METHOD", Target: "$iothub/methods/POST/ping/?$rid=1", Status: 200, Sent: text(`"pong"`), Received: text(`5`)},
		{Protocol: hub.AMQP, Method: "SEND", Target: "/messages/devicebound", Problem: "the hub does not take the message", Sent: text("hello")},
		{Method: evil, Target: evil, Problem: evil, Code: evil, TrackingID: evil, Sent: hub.Content{Fields: []hub.Field{{Name: evil, Value: evil}, {Name: evil, Value: "2"}}}, Received: hub.Content{Body: `{"` + "\u202e" + `":["\u001b[31m`, Size: 1 << 21, Cut: true}},
	}
	for i := range all {
		all[i].Seq, all[i].At = uint64(i+1), began.Add(time.Duration(i)*time.Second)
	}
	return all
}

func newLog(list []hub.Call) *Log {
	l := NewLog(where, time.UTC, keymap.Default(), theme.New(true, true))
	l.Add(hub.Calls{List: list})
	return l
}

// press presses keys, the printable ones by what they type, and returns the last action.
func press(d interface{ Update(tea.Msg) Action }, names ...string) (a Action) {
	codes := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "tab": tea.KeyTab, "backspace": tea.KeyBackspace, "left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd}
	for _, name := range names {
		if code, ok := codes[name]; ok {
			a = d.Update(tea.KeyPressMsg{Code: code})
			continue
		}
		for _, r := range name {
			a = d.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
	return a
}

func screen(d interface{ View(w, h int) string }, w, h int) string { return ansi.Strip(d.View(w, h)) }

func shows(t *testing.T, d interface{ View(w, h int) string }, texts ...string) {
	t.Helper()
	s := screen(d, 120, 30)
	for _, text := range texts {
		if !strings.Contains(s, text) {
			t.Fatalf("%q is not shown:\n%s", text, s)
		}
	}
}

func hides(t *testing.T, d interface{ View(w, h int) string }, texts ...string) {
	t.Helper()
	s := screen(d, 120, 30)
	for _, text := range texts {
		if strings.Contains(s, text) {
			t.Fatalf("%q is shown:\n%s", text, s)
		}
	}
}

func TestTheNewestCallIsFirst(t *testing.T) {
	l := newLog(some()[:2])
	shows(t, l, "Calls: 2", "✗429", "ThrottlingBacklogTimeout", "14:02:11.318", "/twins/thermostat-07")
	s := screen(l, 120, 30)
	if strings.Index(s, "/devices/query") > strings.Index(s, "/twins/thermostat-07") {
		t.Errorf("the older call is first:\n%s", s)
	}
	l.Add(hub.Calls{List: some()[:3]}) // a batch that begins with what is known already
	shows(t, l, "Calls: 3", "following", "d/m  localhost:8883")
	press(l, "j")
	l.Add(hub.Calls{List: some()[3:4]})
	shows(t, l, "Calls: 4", "1 newer")
	if c := l.selected(); c.Seq != 2 {
		t.Errorf("the cursor went to call %d", c.Seq)
	}
	press(l, "f")
	if c := l.selected(); c.Seq != 4 || !l.follow {
		t.Errorf("following again, the cursor is on %d", c.Seq)
	}
}

func TestFilter(t *testing.T) {
	for text, want := range map[string]string{
		"rest": "1 2 7", "mqtt": "3 4 5", "amqp": "6", "failed": "2 6 7", "429": "2", "4xx": "2", "2xx": "1 5", "!rest": "3 4 5 6",
		"thermostat-07": "1", "THERMO": "1", "track-1": "2", "throttl": "2", "get !twins": "", "mqtt !connect": "4 5", "d/m": "3 4", "429003": "2", "": "1 2 3 4 5 6 7", "!": "1 2 3 4 5 6 7",
	} {
		var f filter
		f.parse(text)
		var got []string
		for _, c := range some() {
			if f.fits(&c) {
				got = append(got, fmt.Sprint(c.Seq))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q shows %v, want %s", text, got, want)
		}
	}
}

func TestFilteringTheList(t *testing.T) {
	l := newLog(some())
	press(l, "/", "mqtt")
	shows(t, l, "/ mqtt", "Calls: 3 of 7", "CONNECT")
	hides(t, l, "/devices/query")
	press(l, "q") // is typed
	shows(t, l, "/ mqttq", "no call fits the filter; esc shows all")
	press(l, "backspace", "enter", "j")
	if c := l.selected(); c.Seq != 4 {
		t.Errorf("the cursor is on %d", c.Seq)
	}
	l.Add(hub.Calls{List: []hub.Call{{Seq: 8, Method: "GET", Target: "/hidden"}, {Seq: 9, Protocol: hub.MQTT, Method: "GET", Target: "shown"}}})
	shows(t, l, "4 of 9", "shown")
	hides(t, l, "/hidden")
	if c := l.selected(); c.Seq != 4 {
		t.Errorf("the cursor went to %d", c.Seq)
	}
	if a := press(l, "esc"); a != nil {
		t.Errorf("esc did %v", a)
	}
	shows(t, l, "Calls: 9", "/hidden")
	press(l, "x")
	shows(t, l, "Calls: 3 of 9", " failed ")
	press(l, "x", "tab", "tab", "tab")
	shows(t, l, " AMQP ", "1 of 9")
	press(l, "tab")
	shows(t, l, "Calls: 9")
	if a := press(l, "esc"); a != (Close{}) {
		t.Errorf("esc did %v", a)
	}
}

// What the program asks by itself is not what somebody looks for: it is counted, and shown on request.
// What failed of it is shown in any case.
func TestCallsInTheBackgroundAreHidden(t *testing.T) {
	list := some()[:2]
	for i := range 5 {
		list = append(list, hub.Call{Seq: uint64(3 + i), At: began, Method: "GET", Target: "/routine", Status: 200, Routine: true})
	}
	list = append(list, hub.Call{Seq: 8, At: began, Method: "GET", Target: "/broken", Status: 503, Routine: true})
	l := newLog(list)
	shows(t, l, "Calls: 3", "5 in the background hidden, a shows them", "/broken", "/twins/thermostat-07")
	hides(t, l, "/routine")
	press(l, "a")
	shows(t, l, "Calls: 8", "· /routine", "· /broken", "those marked · are in the background, a hides them")
	press(l, "j", "enter")
	shows(t, l, "in the background", "GET /routine")
	press(l, "esc", "/", "routine", "enter")
	shows(t, l, "Calls: 5 of 8")
	press(l, "esc") // shows all again, and leaves a as it was
	shows(t, l, "Calls: 8")
	press(l, "a")
	l.Add(hub.Calls{List: []hub.Call{{Seq: 9, Target: "/routine", Status: 200, Routine: true}}})
	shows(t, l, "Calls: 3", "6 in the background hidden")
	// The count is of what is kept.
	var many []hub.Call
	for i := range 3 * hub.MaxCalls {
		many = append(many, hub.Call{Seq: uint64(10 + i), Status: 200, Routine: true})
	}
	l.Add(hub.Calls{List: many})
	if l.hidden != len(l.all) || len(l.shown) != 0 {
		t.Errorf("%d hidden and %d shown of %d", l.hidden, len(l.shown), len(l.all))
	}
	shows(t, l, "Calls: 0", "nothing but calls in the background yet; a shows them")
}

func TestACallOpensToItsBodies(t *testing.T) {
	l := newLog(some()[:2])
	press(l, "j", "enter")
	shows(t, l, "200  GET /twins/thermostat-07?api-version=2021-04-12", `"n": 9007199254740993`, "14 ms", "REST", "received 49 B")
	press(l, "[")
	shows(t, l, "✗ 429  POST", "the hub is throttling", "error code ThrottlingBacklogTimeout (429003)", "tracking id track-1", `"query": "SELECT * FROM devices"`)
	press(l, "]", "]")
	shows(t, l, "GET /twins")
	if a := press(l, "b"); a != (Copy{Text: `{"deviceId":"thermostat-07","n":9007199254740993}`, What: "the body of the answer"}) {
		t.Errorf("b copies %v", a)
	}
	if a, ok := press(l, "y").(Copy); !ok || !strings.HasPrefix(a.Text, "curl -i -X GET 'https://contoso.azure-devices.net/twins/thermostat-07?api-version=2021-04-12' \\\n  -H \"Authorization: ${SAS:?") {
		t.Errorf("y copies %v", a)
	}
	if a := press(l, "esc"); a != nil {
		t.Errorf("esc did %v", a)
	}
	shows(t, l, "Calls: 2")
}

func TestTheBodyOfARequestIsCopiedWhereTheCursorIsOnIt(t *testing.T) {
	l := newLog([]hub.Call{{Seq: 1, Method: "PATCH", Status: 200, Sent: hub.Content{Body: `{"a":1}`, Size: 7}, Received: hub.Content{Body: `{"b":2}`, Size: 7}}})
	press(l, "enter")
	if a := press(l, "b").(Copy); a.Text != `{"b":2}` {
		t.Errorf("copied %q", a.Text)
	}
	if a := press(l, "end", "k", "b").(Copy); a.Text != `{"a":1}` {
		t.Errorf("copied %q:\n%s", a.Text, screen(l, 80, 24))
	}
}

func TestWhatCurlCannotDoIsSaid(t *testing.T) {
	for name, tc := range map[string]struct {
		call   hub.Call
		caveat string
		ok     bool
	}{
		"MQTT":   {hub.Call{Protocol: hub.MQTT}, "", false},
		"masked": {hub.Call{Method: "PUT", Sent: hub.Content{Body: `{"primaryKey":"***"}`, Size: 64}}, "masked", true},
		"cut":    {hub.Call{Method: "PUT", Sent: hub.Content{Body: `{"a`, Size: 1 << 20, Cut: true}}, "only the beginning", true},
		"whole":  {hub.Call{Method: "PUT", Sent: hub.Content{Body: `{}`, Size: 2}}, "", true},
	} {
		if _, caveat, ok := Curl(tc.call, where); ok != tc.ok || !strings.Contains(caveat, tc.caveat) || caveat != "" && tc.caveat == "" {
			t.Errorf("%s: %q, %v", name, caveat, ok)
		}
	}
}

// However a document is cut, what is shown of it is JSON and the beginning of the whole.
func FuzzCompleted(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,{"b":"c\n\"d"}],"e":null,"f":true}`, `[{"x":1},{"y":{}}]`, `"abc"`, `123`, `{"a":"\u00e4"}`, `[[[[`} {
		f.Add(s, len(s)/2)
		f.Add(s, len(s))
	}
	f.Fuzz(func(t *testing.T, text string, at int) {
		if at < 0 || at > len(text) || len(text) > 1<<16 {
			return
		}
		got := completed(text[:at])
		if json.Valid([]byte(text)) && strings.ContainsAny(strings.TrimSpace(text)[:1], "{[") && at > len(text)-len(strings.TrimLeft(text, " \t\r\n")) {
			if !json.Valid([]byte(got)) {
				t.Fatalf("%q cut at %d is shown as %q", text, at, got)
			}
		}
		body(hub.Content{Body: text[:at], Cut: true})
	})
}

func TestTheBeginningOfALongBodyIsShownAsJSON(t *testing.T) {
	v := body(hub.Content{Body: `[{"deviceId":"a","n":1.50},{"deviceId":"b","tags":{"site":"i`, Size: 1 << 20, Cut: true})
	if want := `[{"deviceId":"a","n":1.50},{"deviceId":"b","tags":{}}]`; v.JSON() != want {
		t.Errorf("got %s", v.JSON())
	}
	if v := body(hub.Content{Body: "<html>"}); v.Kind() != patch.KindString || v.Text() != "<html>" {
		t.Errorf("got %s", v.JSON())
	}
}

func TestEveryOverlayIsExactlyAsLargeAsAsked(t *testing.T) {
	th := theme.New(true, true)
	opened := func(keys ...string) *Log {
		l := newLog(some())
		press(l, keys...)
		return l
	}
	details := func(at int, c *hub.Call) *Details {
		d, _ := NewDetails(failures(), at, where, time.UTC, keymap.Default(), th)
		if c != nil {
			d.SetCall(d.failure().Call, *c, true)
		}
		return d
	}
	bad := some()[6]
	empty := NewLog(where, time.UTC, keymap.Default(), th)
	empty.Add(hub.Calls{Lost: 100})
	for name, d := range map[string]interface {
		View(w, h int) string
		Size(w, h int) (int, int)
	}{
		"list": opened(), "bottom": opened("G"), "open": opened("enter"), "open folded": opened("enter", "h"), "no body": opened("j", "j", "j", "j", "enter"),
		"typing": opened("/", "東京 !mqtt failed 404"), "filtered": opened("x", "tab"), "nothing fits": opened("/", "zzz", "enter"), "empty": empty,
		"failure": details(1, nil), "failure with call": details(1, &bad), "plain failure": details(0, nil),
	} {
		for w := 1; w <= 130; w += 1 + w/9 {
			for h := 1; h <= 45; h += 1 + h/9 {
				lines := strings.Split(d.View(w, h), "\n")
				if len(lines) != h {
					t.Fatalf("%s at %dx%d has %d lines", name, w, h, len(lines))
				}
				for _, l := range lines {
					if n := ansi.StringWidth(l); n != w {
						t.Fatalf("%s at %dx%d: %q is %d cells", name, w, h, ansi.Strip(l), n)
					}
					if strings.ContainsAny(ansi.Strip(l), "\x1b\x07\r\t\u202e") || strings.Contains(l, "\x1b]") || strings.Contains(l, "\x1b[2J") {
						t.Fatalf("%s at %dx%d: a control character got through: %q", name, w, h, l)
					}
				}
				if gw, gh := d.Size(w, h); gw < 1 || gh < 1 || gw > w || gh > h {
					t.Fatalf("%s wants %dx%d of %dx%d", name, gw, gh, w, h)
				}
			}
		}
	}
}

// Whatever is pressed while calls keep coming: no panic, and the list is never more than is kept.
func TestRandomKeys(t *testing.T) {
	names := strings.Fields("j k g G enter esc up down / x tab f y b c ] [ l h backspace m q t r e s 4 ! left right")
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		l := newLog(nil)
		next := uint64(1)
		for range 300 {
			if r.IntN(3) == 0 {
				var list []hub.Call
				for range r.IntN(120) {
					c := some()[r.IntN(7)]
					c.Seq = next
					next++
					list = append(list, c)
				}
				l.Add(hub.Calls{List: list})
			}
			press(l, names[r.IntN(len(names))])
			l.View(1+r.IntN(120), 1+r.IntN(40))
			if len(l.all) > hub.MaxCalls+spare || len(l.shown) > len(l.all) || len(l.shown) > 0 && l.call(l.shown[0]) == nil {
				t.Fatalf("seed %d: %d calls, %d shown", seed, len(l.all), len(l.shown))
			}
		}
	}
}

// A frame costs what is on the screen.
func BenchmarkLog(b *testing.B) {
	for _, n := range []int{50, 1000} {
		list := make([]hub.Call, n)
		for i := range list {
			list[i] = some()[i%6]
			list[i].Seq = uint64(i + 1)
		}
		l := newLog(list)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				press(l, []string{"j", "k"}[i%2])
				l.View(120, 36)
			}
		})
	}
}
