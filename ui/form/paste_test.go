package form

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/patch"
)

func TestAPastedObjectBecomesProperties(t *testing.T) {
	for name, tc := range map[string]struct {
		keys  []string
		paste string
		want  string // the patch
		says  string
	}{
		"in the list":       {nil, `{"interval":5,"rate":1e3,"firmware":"1.4.2"}`, `{"interval":5,"rate":1e3}`, "1 added, 1 changed; z takes that back"},
		"pretty":            {nil, "{\r\n  \"a\": {\r\n    \"b\": -0\r\n  }\r\n}\r\n", `{"a":{"b":-0}}`, "1 added"},
		"where a name goes": {[]string{"a"}, `{"rate":1}`, `{"rate":1}`, "1 added"},
		"behind a name":     {[]string{"a", "limits"}, `{"low":1}`, "", ""},
		"in a group":        {[]string{"j", "j", "j"}, `{"limits":{"low":0}}`, `{"sensor":{"limits":{"low":0}}}`, "1 changed"},
		"inside a group":    {[]string{"j", "j", "j", "j"}, `{"unit":"F"}`, `{"sensor":{"unit":"F"}}`, "1 changed"},
		"on the button":     {[]string{"G"}, `{"x":[1,{"y":2.0}]}`, `{"x":[1,{"y":2.0}]}`, "1 added"},
		"a null removes":    {nil, `{"firmware":null,"never":null}`, `{"firmware":null}`, "1 removed"},
		"a whole twin":      {nil, `{"deviceId":"x","properties":{"desired":{"rate":1,"$version":3,"$metadata":{}},"reported":{"q":1}}}`, `{"rate":1}`, "of the twin that was pasted its desired: 1 added"},
		"a request":         {nil, `{"properties":{"desired":{"rate":1}}}`, `{"rate":1}`, "1 added"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForm(t, patch.Desired, thermostat)
			press(f, tc.keys...)
			f.Update(tea.PasteMsg{Content: tc.paste})
			if tc.want == "" { // it is the value of what is being added
				wantOn(t, f, `{"low":1}`, "limits")
				press(f, "enter")
				tc.want = `{"limits":{"low":1}}`
			}
			wantOn(t, f, tc.says)
			if got := save(t, f); got.Patch.JSON() != tc.want {
				t.Errorf("patch %s, want %s\n%s", got.Patch.JSON(), tc.want, screen(f, 80, 24))
			}
			press(f, "esc", "z")
			if f.Dirty() {
				t.Errorf("z left %s", f.draft.JSON())
			}
		})
	}
}

func TestWhatIsPastedIntoTags(t *testing.T) {
	for paste, want := range map[string]string{
		`{"tags":{"site":"ank"}}`:               `{"site":"ank"}`,
		`{"deviceId":"d","tags":{"floor":2}}`:   `{"floor":2}`,
		`{"tags":{"nested":true},"site":"ank"}`: `{"site":"ank","tags":{"nested":true}}`,
	} {
		f := newForm(t, patch.Tags, `{"site":"ist"}`)
		f.Update(tea.PasteMsg{Content: paste})
		if got := save(t, f); !patch.Equal(got.Patch, parse(t, want)) {
			t.Errorf("%s: patch %s, want %s", paste, got.Patch.JSON(), want)
		}
	}
}

// Nothing of a paste is lost because it is not right yet.
func TestAPasteThatIsWrongIsOpenedToBeCorrected(t *testing.T) {
	for name, tc := range map[string]struct{ paste, says string }{
		"no JSON":  {"{\n  \"a\": 1,\n  \"b\": tru\n}", "line 3, column 8"},
		"limits":   {"{\"a\": 9007199254740993, \"b\": 1}", "a is an integer out of range"},
		"a key":    {"{\"a b\": 1}", "has a space in its name"},
		"a nested": {`{"a":[null]}`, "a holds a null inside an array"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForm(t, patch.Desired, thermostat)
			f.Update(tea.PasteMsg{Content: tc.paste})
			wantOn(t, f, "✗", tc.says, "tab accept")
			if f.draft.JSON() != thermostat {
				t.Errorf("it was taken: %s", f.draft.JSON())
			}
			d, dirty := f.Draft()
			if !dirty {
				t.Fatal("nothing to keep")
			}
			g := newForm(t, patch.Desired, thermostat)
			g.Restore(d, time.Now())
			press(g, "home")
			wantOn(t, g, tc.says)
		})
	}
	f := newForm(t, patch.Desired, "{}")
	f.Update(tea.PasteMsg{Content: "{\n\"a\": tru\n}"})
	press(f, "right", "right", "right", "e", "tab") // the cursor is where it stops to be JSON
	if got := save(t, f); got.Patch.JSON() != `{"a":true}` {
		t.Errorf("patch %s", got.Patch.JSON())
	}
}

func TestAPasteThatIsNoObject(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	f.Update(tea.PasteMsg{Content: "d\nd\n"}) // no key was pressed
	wantOn(t, f, "becomes properties")
	f.Update(tea.PasteMsg{Content: `{"interval":60.0}`})
	wantOn(t, f, "all that was pasted is there already")
	if f.Dirty() {
		t.Error("something was changed")
	}
}
