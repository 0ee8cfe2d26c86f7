package form

import (
	"testing"

	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

// over returns the form over rows with these sections.
func over(t testing.TB, sections ...string) *Properties {
	t.Helper()
	f := NewShared(patch.Desired, len(sections), keymap.Default(), theme.New(true, true))
	var values []patch.Value
	for _, s := range sections {
		values = append(values, parse(t, s))
	}
	f.SetRows(values, 0)
	return f
}

var three = []string{
	`{"firmware":"v1.4","interval":60,"sensor":{"unit":"C","low":-0},"only":1,"list":[1]}`,
	`{"firmware":"v1.4","interval":75,"sensor":{"unit":"C"},"list":[1]}`,
	`{"firmware":"v1.4","interval":60,"sensor":{"unit":"F"},"list":[1]}`,
}

func TestTheFormOverMarkedRows(t *testing.T) {
	f := over(t, three...)
	wantOn(t, f, "Desired properties of 3 marked rows", "3 rows, each under its own etag",
		"firmware  string   v1.4", "interval           differ: 60, 75", "unit             differ: C, F", "low              differ: -0; in 1 of 3", "only               differ: 1; in 1 of 3", "list      array    [1]")
	press(f, "j")
	wantOn(t, f, "the rows differ, and stay as they are unless something is typed")
	if f.Dirty() {
		t.Error("something is changed before anything was")
	}
	press(f, "s")
	wantOn(t, f, "nothing is changed yet")
}

// Only what was touched is sent.
func TestEditsOfMarkedRows(t *testing.T) {
	for name, tc := range map[string]struct {
		keys []string
		want string
	}{
		"what is the same": {[]string{"enter", ".1", "enter"}, `{"firmware":"v1.4.1"}`},
		"what differs":     {[]string{"j", "enter", "1e2", "enter"}, `{"interval":1e2}`},
		"of another type":  {[]string{"j", "enter", "x", "enter"}, `{"interval":"x"}`},
		"in a group":       {[]string{"j", "j", "j", "enter", "K", "enter"}, `{"sensor":{"unit":"K"}}`},
		"removed":          {[]string{"j", "d"}, `{"interval":null}`},
		"a group removed":  {[]string{"j", "j", "d"}, `{"sensor":null}`},
		"added":            {[]string{"G", "a", "new", "enter", "true", "enter"}, `{"new":true}`},
		"renamed":          {[]string{"r", "2", "enter"}, `{"firmware2":"v1.4","firmware":null}`},
		"back and another": {[]string{"j", "enter", "1", "enter", "u", "k", "d"}, `{"firmware":null}`},
		"steps taken back": {[]string{"j", "enter", "1", "enter", "d", "z"}, `{"interval":1}`},
		"an array":         {[]string{"G", "k", "enter", "backspace", ",2]", "enter"}, `{"list":[1,2]}`},
	} {
		t.Run(name, func(t *testing.T) {
			f := over(t, three...)
			press(f, tc.keys...)
			a, ok := press(f, "s", "enter").(SaveAll)
			if !ok || a.Patch.JSON() != tc.want || a.Section != patch.Desired {
				t.Errorf("would send %s, want %s\n%s", a.Patch.JSON(), tc.want, screen(f, 80, 24))
			}
		})
	}
}

func TestTheReviewOfMarkedRows(t *testing.T) {
	f := over(t, three...)
	press(f, "j", "enter", "75", "enter", "s")
	wantOn(t, f, "~ interval  differ → 75", "PATCH of 3 rows, each with If-Match on its own etag", `{"properties":{"desired":{"interval":75}}}`, "enter preview each row")
	wantNotOn(t, f, "null")
}

// What differs has no one text to be edited as a whole.
func TestWhatDiffersIsNotEditedAsAWhole(t *testing.T) {
	for _, keys := range [][]string{{"j", "r"}, {"j", "j", "J"}, {"j", "j", "E"}, {"G", "E"}, {"G", "J"}} {
		f := over(t, three...)
		press(f, keys...)
		wantOn(t, f, "the rows differ here")
		if f.typing != nil || f.handed != nil || f.Dirty() {
			t.Errorf("%v did something", keys)
		}
	}
	f := over(t, `{"a":{"b":1}}`, `{"a":{"b":1}}`)
	press(f, "J")
	wantOn(t, f, `"b": 1`)
}

func TestRowsThatAreRead(t *testing.T) {
	f := NewShared(patch.Tags, 2500, keymap.Default(), theme.New(true, true))
	f.SetRead(7)
	wantOn(t, f, "Tags of 2500 marked rows", "reading the rows: 7 of 2500", "esc stop")
	if a := press(f, "d", "esc"); a != (Stop{}) {
		t.Errorf("esc while reading: %v", a)
	}
	f.SetRows([]patch.Value{parse(t, `{}`), parse(t, `{}`)}, 1)
	wantOn(t, f, "2500 rows, with the values of the first 2", "1 could not be read", "press a to add")
}

func TestAChangeLaidOverATwin(t *testing.T) {
	f := newForm(t, patch.Desired, `{"a":7,"b":1}`)
	f.Propose(parse(t, `{"a":5,"b":null,"c":1}`))
	wantOn(t, f, "5   was 7", "removed, sends null", "laid over what the twin is now")
	press(f, "z")
	if f.Dirty() {
		t.Error("z does not take it back")
	}
}
