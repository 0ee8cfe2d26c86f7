package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/embedded/rest"
	"twindeck/hub/patch"
	"twindeck/ui/uitest"
)

// review opens the review of one more property of the device under the cursor.
func review(p *uitest.Pump, key, value string) {
	p.WaitFor("2 d0", "Properties")
	p.Press("e", "a")
	p.Type(key)
	p.Press("tab")
	p.Type(value)
	p.Press("enter", "s")
	p.WaitFor("Review", key)
}

// What became of a save is read, never guessed: the hub carries it out or not, and its answer is lost.
func TestTheOutcomeOfASaveIsReadWhenItsAnswerIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		fault   rest.Fault
		sees    []string
		version int64 // of desired, when nothing else is pressed
		again   []string
		after   int64
	}{
		"carried out":             {fault: rest.Fault{LoseAnswer: true}, sees: []string{"saved v2", "answer was lost, but the twin has the change"}, version: 2},
		"not carried out":         {fault: rest.Fault{Drop: true}, sees: []string{"Review", "does not have the change: save it again"}, version: 1, again: []string{"saved v2"}, after: 2},
		"the hub's own failure":   {fault: rest.Fault{Status: 500}, sees: []string{"Review", "a problem of its own", "does not have the change: save it again"}, version: 1, again: []string{"saved v2"}, after: 2},
		"unavailable":             {fault: rest.Fault{Status: 503}, sees: []string{"Review", "does not have the change: save it again"}, version: 1, again: []string{"saved v2"}, after: 2},
		"throttled, which is not": {fault: rest.Fault{Status: 429}, sees: []string{"Review", "the hub is throttling; try again in"}, version: 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := &faults.Faults{}
			p, client := onHub(t, embedded.Options{Faults: f}, 1)
			review(p, "speed", "7")
			f.OnRequest("PATCH", "/twins/", 1, c.fault)
			p.Press("enter")
			p.WaitFor(c.sees...)
			at := desired(t, client)
			if at.Version != c.version {
				t.Errorf("the hub has v%d: %s", at.Version, at.Value.JSON())
			}
			if c.again != nil {
				p.Press("enter")
				p.WaitFor(c.again...)
				if at := desired(t, client); at.Version != c.after || at.Value.JSON() != `{"speed":7}` {
					t.Errorf("the hub has v%d: %s", at.Version, at.Value.JSON())
				}
			}
		})
	}
}

// The hub is away when the save's answer is lost and when the twin is to be read: that the save was
// made shows when it is repeated, which writes nothing twice.
func TestASaveInDoubtIsSettledWhenItIsRepeated(t *testing.T) {
	for name, theirs := range map[string]string{"alone": "", "others wrote": `{"theirs":1}`} {
		t.Run(name, func(t *testing.T) {
			f := &faults.Faults{}
			p, client := onHub(t, embedded.Options{Faults: f}, 1)
			review(p, "speed", "7")
			f.OnRequest("PATCH", "/twins/", 1, rest.Fault{LoseAnswer: true})
			remove := f.OnRequest("GET", "/twins/", faults.Always, rest.Fault{Drop: true})
			p.Press("enter")
			p.WaitFor("Review", "whether it was saved is not known", "save again later")
			remove()
			want := int64(2)
			if theirs != "" {
				want++
				writes(t, client, theirs)
			}
			p.Press("enter")
			p.WaitFor(fmt.Sprintf("saved v%d", want), "answer was lost")
			if at := desired(t, client); at.Version != want {
				t.Errorf("the hub has v%d: %s", at.Version, at.Value.JSON())
			}
			p.Press("z") // takes back what was saved, and nothing of the others
			if theirs != "" {
				p.WaitFor("Undo", "speed")
				p.Press("s")
			}
			p.WaitFor("Review", `"speed":null`)
			if strings.Contains(p.Text(), `"theirs":null`) {
				t.Errorf("the undo takes others' changes back:\n%s", p.Text())
			}
			p.Press("enter")
			p.WaitFor(fmt.Sprintf("saved v%d", want+1))
			if _, there := desired(t, client).Value.Get("speed"); there {
				t.Error("the save was not taken back")
			}
		})
	}
}

// A save that is called off may have been made.
func TestASaveThatIsCalledOffIsReadAgain(t *testing.T) {
	f := &faults.Faults{}
	p, client := onHub(t, embedded.Options{Faults: f}, 1)
	review(p, "speed", "7")
	f.OnRequest("PATCH", "/twins/", 1, rest.Fault{Delay: 20 * time.Second})
	p.Press("enter")
	p.WaitFor("saving", "esc stop")
	p.Press("esc")
	p.WaitFor("it was cancelled", "does not have the change: save it again")
	p.Press("enter")
	p.WaitFor("saved v2")
	if at := desired(t, client); at.Version != 2 {
		t.Errorf("the hub has v%d: %s", at.Version, at.Value.JSON())
	}
}

func desired(t *testing.T, client *hub.Client) hub.Section {
	t.Helper()
	twin, err := client.Twin(t.Context(), hub.ID{Device: "d0"})
	if err != nil {
		t.Fatal(err)
	}
	return twin.Desired
}

// writes patches the desired properties of d0, as somebody else would.
func writes(t *testing.T, client *hub.Client, desired string) {
	t.Helper()
	twin, err := client.Twin(t.Context(), hub.ID{Device: "d0"})
	if err != nil {
		t.Fatal(err)
	}
	value, err := patch.Parse([]byte(desired))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.PatchTwin(t.Context(), twin.ID, hub.TwinPatch{Desired: &value}, twin.ETag); err != nil {
		t.Fatal(err)
	}
}
