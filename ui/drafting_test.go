package ui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/ui/draft"
)

// lasting is how long the drafts of a test take to be on the disk.
const lasting = 10 * time.Millisecond

// drafts returns how many drafts are in dir.
func drafts(t *testing.T, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// The program may end at any key: the next one has everything that was typed.
func TestWhatWasTypedOutlivesTheProgram(t *testing.T) {
	steps := []struct {
		keys []string
		sees []string // of the form in the next run
	}{
		{[]string{"e", "enter", "1"}, []string{"unsaved changes of", "1.4.21"}},
		{[]string{"e", "enter", "1", "enter"}, []string{"1 change", "1.4.21"}},
		{[]string{"e", "a", "n", "e", "w"}, []string{"+   new", "on to value"}},
		{[]string{"e", "a", "n", "enter", "7"}, []string{"+   n ", "number   7"}},
		{[]string{"e", "d", "j", "d"}, []string{"2 changes"}},
		{[]string{"e", "d", "s"}, []string{"1 change"}},
		{[]string{"e", "d", "esc"}, []string{"1 change"}}, // while it asks whether to discard
		{[]string{"t", "d"}, []string{"Tags of", "1 change"}},
	}
	for _, step := range steps {
		t.Run(fmt.Sprint(step.keys), func(t *testing.T) {
			dir := t.TempDir()
			first := draft.Open(dir)
			inBubble(t, Options{Drafts: first}, 120, 36, demo, func(p *pump) {
				p.toController()
				p.Press(step.keys...)
				p.wait(lasting)
			})
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			second := draft.Open(dir)
			inBubble(t, Options{Drafts: second}, 120, 36, demo, func(p *pump) {
				p.wait(lasting)
				p.sees("unsaved changes are kept for controller")
				p.toController()
				p.sees("~ unsaved ", step.keys[0]+" goes on")
				p.Press(step.keys[0])
				p.sees(step.sees...)
				p.wait(lasting)
				if n := drafts(t, dir); n != 1 {
					t.Errorf("%d drafts of one edit", n)
				}
				// Discarded, it is gone for good.
				for range 4 {
					if strings.Contains(p.Text(), "Discard ") {
						p.Press("y")
						break
					}
					p.Press("esc")
				}
				p.wait(lasting)
				if n := drafts(t, dir); n != 0 {
					t.Errorf("%d drafts after it was discarded:\n%s", n, p.Text())
				}
			})
			if err := second.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestADraftIsShownAgainstWhatTheTwinHasBecome(t *testing.T) {
	dir := t.TempDir()
	first := draft.Open(dir)
	inBubble(t, Options{Drafts: first}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("e", "d", "j", "enter", "ctrl+u")
		p.Type("75")
		p.Press("enter")
		p.wait(lasting)
	})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := draft.Open(dir)
	defer second.Close()
	inBubble(t, Options{Drafts: second}, 120, 36, demo, func(p *pump) {
		p.hub.elsewhere(controller, `{"telemetryInterval":90,"setPoint":20}`)
		p.toController()
		p.Press("e")
		p.sees("unsaved changes of", "1 to decide", "theirs 90", "mine 75")
		p.Press("m", "s")
		p.sees(`"telemetryInterval":75`, `"firmware":null`)
		p.seesNot(`"setPoint":21.5`)
		p.Press("enter")
		p.sees("saved v3")
		p.wait(lasting)
		if n := drafts(t, dir); n != 0 {
			t.Errorf("%d drafts after the save", n)
		}
		p.Press("e")
		p.seesNot("unsaved changes")
	})
}

func TestAFailedSaveKeepsTheDraftOnDisk(t *testing.T) {
	dir := t.TempDir()
	store := draft.Open(dir)
	defer store.Close()
	inBubble(t, Options{Drafts: store}, 120, 36, demo, func(p *pump) {
		p.toController()
		for _, err := range []error{
			&hub.Error{Op: "x", Status: 429}, &hub.Error{Op: "x", Status: 500}, errUnplugged, &hub.Error{Op: "x", Status: 401},
		} {
			p.hub.failing("PatchTwin", err)
			p.Press("e", "d", "s", "enter")
			p.wait(lasting)
			if n := drafts(t, dir); n != 1 {
				t.Fatalf("%d drafts after %v", n, err)
			}
			p.hub.failing("PatchTwin", nil)
			p.Press("esc", "esc", "y")
			p.wait(lasting)
			if n := drafts(t, dir); n != 0 {
				t.Fatalf("%d drafts after it was discarded", n)
			}
		}
	})
}

// broken is a store on a disk that is full.
type broken struct{ draft.Memory }

func (*broken) Save(draft.Draft) error { return errors.New("no space left on device") }

func TestADraftThatCannotBeKeptIsToldOnce(t *testing.T) {
	inBubble(t, Options{Drafts: &broken{}}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("e", "d")
		p.sees("would not survive a crash", "no space left on device")
		p.wait(time.Minute)
		p.Press("j", "d")
		p.seesNot("would not survive")
		p.Press("s", "enter")
		p.sees("saved v2")
	})
}

// Leaving in the middle of a key that is still being written waits for it.
func TestQuittingKeepsTheLastKey(t *testing.T) {
	dir := t.TempDir()
	first := draft.Open(dir)
	inBubble(t, Options{Drafts: first}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("e", "a")
		p.Type("telemetry")
		p.Press("ctrl+c")
	})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := draft.Open(dir)
	defer second.Close()
	found, err := second.List("contoso.azure-devices.net")
	if err != nil || len(found) != 1 || found[0].Typing == nil || found[0].Typing.Name != "telemetry" {
		t.Errorf("%+v %v", found, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 { // the draft
		t.Errorf("left behind: %v", left)
	}
}

// A twin that is seen to change while its form is open is laid under what was typed.
func TestATwinThatChangesUnderTheForm(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("c", "y")
		p.wait(time.Second)
		p.Press("e", "j", "enter", "ctrl+u")
		p.Type("75")
		p.hub.elsewhere(controller, `{"setPoint":20}`)
		p.wait(time.Second)
		p.sees("75", "the twin has changed since")
		p.Press("enter")
		p.hub.elsewhere(controller, `{"telemetryInterval":90}`)
		p.wait(time.Second)
		p.sees("was 60", "theirs 90", "mine 75")
		p.Press("m", "s", "enter")
		p.wait(time.Second)
		p.sees("saved v4") // under the etag that was followed, at the first attempt
		if n := p.hub.count("PatchTwin"); n != 1 {
			t.Errorf("%d attempts", n)
		}
		if got := p.hub.twins[controller].Desired.Value.JSON(); !strings.Contains(got, `"telemetryInterval":75,"setPoint":20`) {
			t.Errorf("%s", got)
		}
	})
}

// A change of the other section is no reason to disturb anybody.
func TestAnotherSectionThatChangesUnderTheForm(t *testing.T) {
	inBubble(t, Options{Embedded: true}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("e", "d", "s")
		tags := parse(`{"owner":"nobody"}`)
		if _, _, err := p.hub.PatchTwin(t.Context(), controller, hub.TwinPatch{Tags: &tags}, p.hub.twins[controller].ETag); err != nil {
			t.Fatal(err)
		}
		p.wait(2 * time.Second) // the embedded hub is read again by itself
		p.sees("Review", p.hub.twins[controller].ETag)
		p.seesNot("the twin has changed")
		p.Press("enter")
		p.wait(time.Second)
		p.sees("saved v2")
	})
}
