package ui

import (
	"slices"
	"strings"
	"testing"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/ui/uitest"
)

// The dashboard of the embedded hub asks every second or two. That does not bury what its user does.
func TestTheCallLogTellsWhatTheUserDid(t *testing.T) {
	_, client := onHub(t, embedded.Options{}, 1)
	monitor := hub.NewMonitor(client)
	t.Cleanup(func() { _ = monitor.Close() })
	m := New(realHub{client, monitor}, Options{Host: client.Host(), Embedded: true})
	t.Cleanup(m.Close)
	begin := client.Calls(0).List
	p := uitest.NewPump(t, m, 120, 36)
	p.WaitFor("d0", "loaded 1 of 1")
	p.Press("r")
	since := begin[len(begin)-1].Seq
	p.WaitUntil("the polls", func(string) bool {
		n := 0
		for _, c := range client.Calls(since).List {
			if c.Routine && strings.HasPrefix(c.Target, "/twins/d0") {
				n++
			}
		}
		return n >= 2
	})
	own := slices.DeleteFunc(client.Calls(since).List, func(c hub.Call) bool { return c.Routine })
	if n := len(own); n < 3 || n > 6 { // the first listing and twin, and those that r asked for
		t.Errorf("%d calls are the user's: %+v", n, own)
	}
	for _, c := range own {
		if strings.HasPrefix(c.Target, "/statistics") {
			t.Errorf("%s is said to be the user's", c.Target)
		}
	}
	p.Press("@")
	p.WaitFor("in the background hidden, a shows them")
}
