package form

import (
	"testing"

	"twindeck/hub/patch"
)

func TestATwinThatChangedElsewhereKeepsBothChanges(t *testing.T) {
	f := newForm(t, patch.Desired, `{"a":1,"b":2}`)
	press(f, "enter", "0", "enter")
	save(t, f)
	f.SetBusy(true)
	f.SetBase(parse(t, `{"a":1,"b":3,"c":4}`), "NEW")
	wantOn(t, f, "the twin has changed since; review again", "etag NEW", "10   was 1")
	got := save(t, f)
	if got.Patch.JSON() != `{"a":10}` || got.ETag != "NEW" || !patch.Equal(got.Edited, parse(t, `{"a":10,"b":3,"c":4}`)) {
		t.Errorf("would send %s under %s, making %s", got.Patch.JSON(), got.ETag, got.Edited.JSON())
	}
}

// A write to another part of the twin moves the etag too; the review goes on under the new one.
func TestATwinThatChangedElsewhereAltogether(t *testing.T) {
	f := newForm(t, patch.Desired, `{"a":1}`)
	press(f, "enter", "0", "enter")
	save(t, f)
	f.SetBase(parse(t, `{"a":1}`), "NEW")
	wantOn(t, f, "changed since, but not here", `If-Match "NEW"`)
	if got, ok := press(f, "enter").(Save); !ok || got.ETag != "NEW" || got.Patch.JSON() != `{"a":10}` {
		t.Errorf("got %+v", got)
	}
}

func TestBothChangedTheSameProperty(t *testing.T) {
	const base, theirs = `{"a":1,"b":true,"c":{"x":"old"}}`, `{"a":2,"b":true,"c":{"x":"theirs"}}`
	start := func(t *testing.T) *Properties {
		f := newForm(t, patch.Desired, base)
		press(f, "enter", "0", "enter", "G", "k", "enter", "ctrl+u", "mine", "enter")
		save(t, f)
		f.SetBase(parse(t, theirs), "NEW")
		wantOn(t, f, "2 properties were changed on both sides", "theirs 2   mine 10", "theirs theirs   mine mine", "m keep mine", "t take theirs")
		return f
	}
	t.Run("nothing is saved before it is decided", func(t *testing.T) {
		f := start(t)
		for _, key := range []string{"s", "ctrl+s", "G", "enter"} {
			if a := press(f, key); a != nil || f.review != nil {
				t.Fatalf("%s: %v", key, a)
			}
		}
		wantOn(t, f, "2 properties were changed on both sides")
	})
	for name, tc := range map[string]struct{ keys, want string }{
		"mine and mine":     {"mm", `{"a":10,"c":{"x":"mine"}}`},
		"mine and theirs":   {"mt", `{"a":10}`},
		"theirs and mine":   {"tm", `{"c":{"x":"mine"}}`},
		"theirs and theirs": {"tt", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			press(f, tc.keys) // the cursor goes to the next one by itself
			if tc.want == "" {
				if f.Dirty() {
					t.Errorf("there is something left:\n%s", screen(f, 80, 24))
				}
				return
			}
			if got := save(t, f); got.Patch.JSON() != tc.want || got.ETag != "NEW" {
				t.Errorf("would send %s under %s", got.Patch.JSON(), got.ETag)
			}
		})
	}
	t.Run("a third value", func(t *testing.T) {
		f := start(t)
		press(f, "enter", "0", "enter", "t") // from mine, 10, to 100
		if len(f.conflicts) != 1 {
			t.Fatalf("%d left to decide", len(f.conflicts))
		}
		f.reveal(f.conflicts[0].Path)
		press(f, "t")
		if got := save(t, f); got.Patch.JSON() != `{"a":100}` {
			t.Errorf("would send %s", got.Patch.JSON())
		}
	})
}

func TestRemovalsInConflict(t *testing.T) {
	for name, tc := range map[string]struct {
		keys       []string
		theirs     string
		shown      string
		mine, take string // the patch after m and after t
	}{
		"they changed what I removed": {[]string{"d"}, `{"a":2,"b":1}`, "theirs 2   mine removed", `{"a":null}`, ""},
		"they removed what I changed": {[]string{"enter", "0", "enter"}, `{"b":1}`, "theirs removed   mine 10", `{"a":10}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for choice, want := range map[string]string{"m": tc.mine, "t": tc.take} {
				f := newForm(t, patch.Desired, `{"a":1,"b":1}`)
				press(f, tc.keys...)
				f.SetBase(parse(t, tc.theirs), "NEW")
				wantOn(t, f, tc.shown)
				press(f, choice)
				if want == "" {
					if f.Dirty() {
						t.Errorf("%s leaves something to save:\n%s", choice, screen(f, 80, 24))
					}
					continue
				}
				if got := save(t, f); got.Patch.JSON() != want {
					t.Errorf("%s would send %s, want %s", choice, got.Patch.JSON(), want)
				}
			}
		})
	}
}

// The twin may change again and again before the user decides: mine is never forgotten, and
// never put over theirs unasked.
func TestAConflictOutlivesFurtherChanges(t *testing.T) {
	f := newForm(t, patch.Desired, `{"g":{"a":1},"b":1}`)
	press(f, "j", "enter", "0", "enter")
	f.SetBase(parse(t, `{"g":{"a":2},"b":1}`), "E2")
	f.SetBase(parse(t, `{"g":{"a":2},"b":2}`), "E3")
	wantOn(t, f, "theirs 2   mine 10")
	f.SetBase(parse(t, `{"g":{"a":3},"b":2}`), "E4")
	wantOn(t, f, "theirs 3   mine 10")
	f.SetBase(parse(t, `{"b":2}`), "E5")
	wantOn(t, f, "theirs removed   mine 10")
	if a := press(f, "s", "s"); a != nil || f.review != nil {
		t.Fatal("went to the review undecided")
	}
	f.reveal(f.conflicts[0].Path)
	press(f, "m")
	if got := save(t, f); got.Patch.JSON() != `{"g":{"a":10}}` || got.ETag != "E5" {
		t.Errorf("would send %s under %s", got.Patch.JSON(), got.ETag)
	}
}

// An object around an undecided property comes into conflict itself: mine includes both.
func TestAConflictInsideAConflict(t *testing.T) {
	f := newForm(t, patch.Desired, `{"g":{"a":1,"b":1}}`)
	press(f, "j", "enter", "0", "enter", "j", "enter", "0", "enter") // a and b are 10
	f.SetBase(parse(t, `{"g":{"a":2,"b":1}}`), "E2")                 // a is undecided
	f.SetBase(parse(t, `{}`), "E3")                                  // g is gone, with b changed in it
	wantOn(t, f, `mine {"a":10,"b":10}`)
	press(f, "m")
	if got := save(t, f); got.Patch.JSON() != `{"g":{"a":10,"b":10}}` {
		t.Errorf("would send %s", got.Patch.JSON())
	}
}

func TestTheSameChangeOnBothSidesIsNoConflict(t *testing.T) {
	f := newForm(t, patch.Desired, `{"a":1}`)
	press(f, "enter", "0", "enter")
	f.SetBase(parse(t, `{"a":10}`), "NEW")
	if f.Dirty() {
		t.Errorf("there is something to save:\n%s", screen(f, 80, 24))
	}
	wantOn(t, f, "the twin is now as you wanted it: nothing is left to save")
}

func TestATwinThatChangesUnderTheFingersLosesNothingTyped(t *testing.T) {
	f := newForm(t, patch.Desired, `{"a":"x","b":1}`)
	press(f, "enter", "yz")
	f.SetBase(parse(t, `{"b":2}`), "NEW") // a, which is being typed into, is gone
	wantOn(t, f, "a  string   xyz", "b  number   2")
	press(f, "enter")
	if got := save(t, f); got.Patch.JSON() != `{"a":"xyz"}` || got.ETag != "NEW" {
		t.Errorf("would send %s", got.Patch.JSON())
	}

	f = newForm(t, patch.Desired, `{"a":"x"}`)
	press(f, "a", "new", "enter", "12")
	f.SetBase(parse(t, `{"z":1}`), "NEW")
	press(f, "enter")
	if got := save(t, f); got.Patch.JSON() != `{"new":12}` {
		t.Errorf("would send %s", got.Patch.JSON())
	}
}
