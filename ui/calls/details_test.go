package calls

import (
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

func failures() []Failure {
	return []Failure{
		{Text: "cannot reach contoso; is the hub running?", At: began, Times: 3},
		{Text: evil, At: began, Times: 1, Status: 404, Code: evil, Number: 404001, TrackingID: evil, Message: evil, Call: 7},
		{Text: "cannot run the query: the hub is throttling; try again in 10 s", At: began, Times: 1, Status: 429, Code: "ThrottlingBacklogTimeout", Number: 429003, TrackingID: "track-1", Call: 2},
	}
}

func TestDetailsOfAFailure(t *testing.T) {
	d, a := NewDetails(failures(), 2, where, time.UTC, keymap.Default(), theme.New(true, true))
	if a != (Lookup{2}) {
		t.Fatalf("asks for %v", a)
	}
	shows(t, d, "Failure 3 of 3", "✗ cannot run the query: the hub is throttling; try again in 10 s", "2026-01-02 14:02:11.318 UTC", "HTTP status 429", "error code ThrottlingBacklogTimeout (429003)", "tracking id track-1")
	d.SetCall(1, some()[0], true) // the answer to another question
	hides(t, d, "thermostat-07")
	d.SetCall(2, some()[1], true)
	shows(t, d, "call 2: POST /devices/query", `"query": "SELECT * FROM devices"`)
	if c, ok := press(d, "c").(Copy); !ok || !strings.Contains(c.Text, "tracking id track-1\n") || !strings.Contains(c.Text, "call 2: POST") {
		t.Errorf("c copies %v", c)
	}
	if c, ok := press(d, "y").(Copy); !ok || !strings.HasPrefix(c.Text, "curl ") {
		t.Errorf("y copies %v", c)
	}
	if a := press(d, "["); a != nil {
		t.Errorf("there is nothing newer, but %v", a)
	}
	if a := press(d, "]"); a != (Lookup{7}) {
		t.Errorf("] asks for %v", a)
	}
	d.SetCall(7, hub.Call{}, false)
	shows(t, d, "call 7 is not in the call log any more")
	if a := press(d, "]"); a != nil {
		t.Errorf("] asks for %v", a)
	}
	shows(t, d, "3 times in a row", "nothing was exchanged with the hub")
	d.View(20, 5)
	press(d, "j", "j", "G")
	if s := screen(d, 20, 5); !strings.Contains(s, "call log") {
		t.Errorf("the end is out of reach:\n%s", s)
	}
	if a := press(d, "!"); a != (Close{}) {
		t.Errorf("! does %v", a)
	}
}
