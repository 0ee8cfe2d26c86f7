package form

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/draft"
	"twindeck/ui/theme"
)

var asJSON = cmp.Transformer("JSON", func(v patch.Value) string { return v.JSON() })

// through sends a draft the way it goes through a file.
func through(t rapid.TB, d draft.Draft) draft.Draft {
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var back draft.Draft
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func TestWhatIsUntouchedIsNoDraft(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	press(f, "j", "l", "enter")
	if d, dirty := f.Draft(); dirty {
		t.Errorf("looking around left %+v", d)
	}
}

func TestADraftGoesOnWhereItWasLeft(t *testing.T) {
	at := time.Date(2026, 3, 1, 14, 2, 0, 0, time.UTC)
	f := newForm(t, patch.Desired, thermostat)
	press(f, "d", "j", "enter", "ctrl+u", "75", "enter", "a", "unfinished.name")
	d, dirty := f.Draft()
	if !dirty {
		t.Fatal("nothing to lose")
	}
	d = through(t, d)
	d.At = at

	g := newForm(t, patch.Desired, thermostat)
	g.Restore(d, at.Add(time.Hour))
	wantOn(t, g, "unsaved changes of 14:02", "unfinished.name", "2 changes")
	press(g, "enter", "1", "enter")
	if got := save(t, g); got.Patch.JSON() != `{"interval":75,"unfinished":{"name":1},"firmware":null}` {
		t.Errorf("would send %s", got.Patch.JSON())
	}

	// Later the twin is another: what only the twin changed stands, the rest is to be decided.
	h := newForm(t, patch.Desired, `{"firmware":"1.4.2","interval":90,"enabled":false}`)
	h.target.ETag = "AAAAAAAAACI="
	d.Typing = nil
	h.Restore(d, at.AddDate(0, 1, 0))
	wantOn(t, h, "unsaved changes of 1 March 14:02", "changed on both sides")
	press(h, "m")
	if got := save(t, h); got.Patch.JSON() != `{"interval":75,"firmware":null}` || got.ETag != "AAAAAAAAACI=" {
		t.Errorf("would send %s under %s", got.Patch.JSON(), got.ETag)
	}
}

// Whatever was done in a form, its draft makes another form that has all of it.
func TestADraftHoldsEverything(t *testing.T) {
	keys := []string{
		"j", "k", "G", "g", "enter", "a", "d", "u", "m", "t", "l", "h", "space", "ctrl+t", "tab", "x", "1", "{", `"`, ".", "東", "backspace", "esc", "n",
		"s", "new.name", "enter",
	}
	whole := parse(t, thermostat)
	rapid.Check(t, func(t *rapid.T) {
		section := whole
		target := Target{ID: hub.ID{Device: "d"}, Section: patch.Desired, Value: section, ETag: "1"}
		f := NewProperties(target, keymap.Default(), theme.Theme{})
		for i := range rapid.IntRange(0, 40).Draw(t, "keys") {
			if i%13 == 12 {
				section = section.With(patch.Path{"interval"}, patch.Int(int64(i))).Without(patch.Path{"sensor", "unit"})
				target.Value, target.ETag = section, target.ETag+"x"
				f.SetBase(target.Value, target.ETag)
				continue
			}
			press(f, rapid.SampledFrom(keys).Draw(t, "key"))
		}
		d, dirty := f.Draft()
		if !dirty {
			return
		}
		d = through(t, d)
		g := NewProperties(target, keymap.Default(), theme.Theme{})
		g.Restore(d, time.Now())
		again, _ := g.Draft()
		if diff := cmp.Diff(d, through(t, again), asJSON); diff != "" {
			t.Fatal(diff)
		}
	})
}
