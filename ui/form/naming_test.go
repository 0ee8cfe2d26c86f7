package form

import (
	"testing"
	"time"

	"twindeck/hub/patch"
)

func TestRenaming(t *testing.T) {
	for name, tc := range map[string]struct {
		keys []string
		want string
	}{
		"a number keeps its digits": {[]string{"j", "r", "ctrl+u", "period", "enter"}, `{"period":60.0,"interval":null}`},
		"a group goes along":        {[]string{"j", "j", "j", "r", "2", "enter"}, `{"sensor2":{"unit":"C","limits":{"low":-40,"high":85.50}},"sensor":null}`},
		"inside a group":            {[]string{"j", "j", "j", "j", "r", "s", "enter"}, `{"sensor":{"units":"C","unit":null}}`},
		"into a group":              {[]string{"r", "ctrl+u", "os.version", "enter"}, `{"os":{"version":"1.4.2"},"firmware":null}`},
		"back again":                {[]string{"r", "2", "enter", "d", "g", "u", "r", "2", "enter"}, `{"firmware2":"1.4.2","firmware":null}`},
		"and changed":               {[]string{"r", "2", "enter", "enter", "-rc", "enter"}, `{"firmware2":"1.4.2-rc","firmware":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForm(t, patch.Desired, thermostat)
			press(f, tc.keys...)
			if got := save(t, f); got.Patch.JSON() != tc.want {
				t.Errorf("patch %s, want %s\n%s", got.Patch.JSON(), tc.want, screen(f, 80, 24))
			}
		})
	}
}

func TestTheReviewTellsARename(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	press(f, "j", "r", "ctrl+u", "period")
	wantOn(t, f, "another name for interval", "enter/tab rename")
	press(f, "enter")
	wantOn(t, f, "+   period", "60.0", "–   interval", "removed, sends null")
	press(f, "s")
	wantOn(t, f, "interval  60.0 → removed, sends null", "period    – → 60.0", `{"period":60.0,"interval":null}`)
}

func TestNamesThatCannotBeGiven(t *testing.T) {
	for keys, want := range map[string]string{
		"interval":  "interval is there already",
		"":          "type a name",
		"a b":       "a space",
		"$x":        "a $",
		"enabled.x": "enabled is a boolean and holds nothing",
	} {
		f := newForm(t, patch.Desired, thermostat)
		press(f, "r", "ctrl+u", keys)
		wantOn(t, f, "✗", want) // while it is typed
		press(f, "enter")
		wantOn(t, f, "✗", want)
		if f.typing == nil || f.changes > 0 {
			t.Errorf("%q was accepted", keys)
		}
		press(f, "esc")
		if f.Dirty() {
			t.Errorf("%q: not taken back", keys)
		}
	}
}

func TestANameHalfTypedOutlivesTheProgram(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	press(f, "j", "r", "s")
	d, _ := f.Draft()
	g := newForm(t, patch.Desired, thermostat)
	g.Restore(d, time.Now())
	press(g, "2", "enter")
	if got := save(t, g); got.Patch.JSON() != `{"intervals2":60.0,"interval":null}` {
		t.Errorf("would send %s", got.Patch.JSON())
	}
}

// Whatever was done in the form, z takes it back step by step.
func TestStepsAreTakenBack(t *testing.T) {
	for name, keys := range map[string][]string{
		"a rename":       {"r", "2", "enter"},
		"a removal":      {"d"},
		"a toggle":       {"j", "j", "space"},
		"a type":         {"j", "ctrl+t", "enter"},
		"an addition":    {"a", "x", "enter", "1", "enter"},
		"a removed type": {"G", "k", "k", "d"},
		"a section":      {"G", "J", "down", "ctrl+k", "tab"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForm(t, patch.Desired, thermostat)
			press(f, keys...)
			changed := f.draft
			if !f.Dirty() {
				t.Fatal("nothing is changed")
			}
			wantOn(t, f, "z undo")
			press(f, "g", "u", "d") // and reset what was done, or something else
			for len(f.past) > 1 {
				press(f, "z")
			}
			if !patch.Equal(f.draft, changed) {
				t.Errorf("one step is %s, not %s", f.draft.JSON(), changed.JSON())
			}
			press(f, "z")
			if f.Dirty() {
				t.Errorf("left: %s\n%s", f.draft.JSON(), screen(f, 80, 24))
			}
			press(f, "z")
			wantOn(t, f, "nothing was changed in this form")
		})
	}
}

// A step taken back after the twin has changed does not bring back what others had changed.
func TestStepsOverATwinThatHasChanged(t *testing.T) {
	f := newForm(t, patch.Desired, `{"a":1,"b":1}`)
	press(f, "d", "j", "d") // both removed
	f.SetBase(parse(t, `{"a":1,"b":1,"c":5}`), "NEW")
	press(f, "z")
	if got := save(t, f); got.Patch.JSON() != `{"a":null}` {
		t.Errorf("would send %s", got.Patch.JSON())
	}
	press(f, "esc")
	f.SetBase(parse(t, `{"a":2,"b":1,"c":5}`), "NEWER")
	press(f, "t", "z")
	wantOn(t, f, "theirs 2") // the decision is taken back
	press(f, "z")
	if f.Dirty() {
		t.Errorf("left: %s", f.draft.JSON())
	}
	press(f, "z")
	wantOn(t, f, "nothing was changed")
}
