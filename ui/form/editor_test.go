package form

import (
	"strings"
	"testing"
	"time"

	"twindeck/hub/patch"
)

// open presses keys that open the editor and returns what would be in it.
func open(t *testing.T, f *Properties, keys ...string) OpenEditor {
	t.Helper()
	a, ok := press(f, keys...).(OpenEditor)
	if !ok {
		t.Fatalf("no editor is opened:\n%s", screen(f, 80, 24))
	}
	return a
}

func TestWhatIsOpenedInTheEditor(t *testing.T) {
	const twin = `{"firmware":"1.4.2","motd":"a\n\tb\u001b","sensor":{"unit":"C","low":-0},"list":[1.0]}`
	for name, tc := range map[string]struct {
		keys       []string
		file, text string
	}{
		"a short string":    {[]string{"E"}, "desired.json", parse(t, twin).Indent("", "  ")},
		"a long string":     {[]string{"j", "E"}, "motd.txt", "a\n\tb\x1b"},
		"a group":           {[]string{"j", "j", "E"}, "sensor.json", "{\n  \"unit\": \"C\",\n  \"low\": -0\n}"},
		"inside a group":    {[]string{"j", "j", "j", "E"}, "sensor.json", "{\n  \"unit\": \"C\",\n  \"low\": -0\n}"},
		"an array":          {[]string{"G", "k", "E"}, "list.json", "[\n  1.0\n]"},
		"the button":        {[]string{"G", "E"}, "desired.json", parse(t, twin).Indent("", "  ")},
		"while it is typed": {[]string{"j", "enter", "x", "ctrl+o"}, "motd.txt", "xa\n\tb\x1b"},
		"on one line":       {[]string{"enter", "x", "ctrl+o"}, "firmware.txt", "1.4.2x"},
		"changed before":    {[]string{"j", "j", "j", "d", "E"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForm(t, patch.Desired, twin)
			if tc.file == "" {
				if a := press(f, tc.keys...); a != nil {
					t.Errorf("opens %+v", a)
				}
				wantOn(t, f, "marked for removal")
				return
			}
			if got := open(t, f, tc.keys...); got.Name != tc.file || got.Text != tc.text {
				t.Errorf("opens %s with %q, want %s with %q", got.Name, got.Text, tc.file, tc.text)
			}
		})
	}
}

func TestWhatTheEditorLeavesBecomesChanges(t *testing.T) {
	for name, tc := range map[string]struct {
		keys     []string
		old, new string
		want     string
	}{
		"the section":       {[]string{"E"}, `"interval": 60.0`, `"interval": 1e3`, `{"interval":1e3}`},
		"a key removed":     {[]string{"G", "E"}, `"firmware": "1.4.2",`, "", `{"firmware":null}`},
		"a group":           {[]string{"j", "j", "j", "E"}, `"unit": "C"`, `"unit": "F"`, `{"sensor":{"unit":"F"}}`},
		"a text":            {[]string{"enter", "ctrl+o"}, "1.4.2", "2.0\nrc", `{"firmware":"2.0\nrc"}`},
		"a number as typed": {[]string{"j", "enter", "ctrl+o"}, "60.0", "60.00", `{"interval":60.00}`},
		"a new one":         {[]string{"a", "x", "enter", "[1]", "ctrl+o"}, "1", "1,2", `{"x":[1,2]}`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForm(t, patch.Desired, thermostat)
			a := open(t, f, tc.keys...)
			if !f.Edited(strings.Replace(a.Text, tc.old, tc.new, 1)) {
				t.Fatal("the form is done")
			}
			wantOn(t, f, "taken over from the editor; s reviews it")
			if got := save(t, f); got.Patch.JSON() != tc.want {
				t.Errorf("would send %s, want %s", got.Patch.JSON(), tc.want)
			}
		})
	}
}

func TestADocumentUnchangedIsNoEdit(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	f.Edited(open(t, f, "E").Text)
	wantOn(t, f, "nothing was changed in the editor")
	if f.Dirty() {
		t.Error("something is changed")
	}
	a := f.EditRow(nil, true).(OpenEditor)
	if f.Edited(a.Text) {
		t.Error("a form that was opened for it alone stays")
	}
	a = f.EditRow(nil, true).(OpenEditor)
	f.Edited(strings.Replace(a.Text, "    ", "\t", 1)) // another spelling of the same
	if f.Dirty() {
		t.Errorf("blanks count: %s", f.draft.JSON())
	}
}

// An invalid document comes back with the place of what is wrong and every letter of it.
func TestAnInvalidDocumentComesBack(t *testing.T) {
	for wrong, says := range map[string]string{
		"{\n  \"firmware\": 1.4.2\n}":   "line 2, column",
		"{\n  \"firmware\": null\n}":    "null removes a key; leave the key out instead",
		"":                              "a JSON value is expected",
		"[1]":                           "a section is an object in {}",
		"{\"a\": 9007199254740993}":     "out of range",
		"{\"firmware\": \"\x1b[2J\"\n}": "control character",
	} {
		f := newForm(t, patch.Desired, thermostat)
		open(t, f, "E")
		f.Edited(wrong)
		if f.typing == nil || f.typing.text() != wrong || f.Dirty() == false || f.draft.JSON() != thermostat {
			t.Fatalf("%q: was taken, or is lost:\n%s", wrong, screen(f, 80, 24))
		}
		wantOn(t, f, says, "✗", "ctrl+o")
		d, _ := f.Draft()
		g := newForm(t, patch.Desired, thermostat)
		g.Restore(d, time.Now())
		if a := open(t, g, "ctrl+o"); a.Text != wrong {
			t.Errorf("%q is opened again as %q", wrong, a.Text)
		}
		if a := open(t, f, "ctrl+o"); a.Text != wrong {
			t.Errorf("%q is opened again as %q", wrong, a.Text)
		}
		f.Edited(`{"firmware":"2"}`)
		if f.typing != nil || f.draft.JSON() != `{"firmware":"2"}` {
			t.Errorf("corrected: %s\n%s", f.draft.JSON(), screen(f, 80, 24))
		}
	}
}

// While somebody is in an editor the twin goes on changing; nothing of that is taken back.
func TestTheTwinChangesWhileTheEditorIsOpen(t *testing.T) {
	for name, begin := range map[string]func(f *Properties) string{
		"in the editor": func(f *Properties) string { return f.EditRow(nil, false).(OpenEditor).Text },
		"in the form": func(f *Properties) string {
			press(f, "G", "J")
			return f.typing.text()
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForm(t, patch.Desired, `{"a":1,"b":1,"c":1}`)
			text := begin(f)
			f.SetBase(parse(t, `{"a":2,"b":2,"c":1}`), "NEW")
			text = strings.Replace(strings.Replace(text, `"c": 1`, `"c": 9`, 1), `"b": 1`, `"b": 9`, 1)
			if f.handed != nil {
				f.Edited(text)
			} else {
				f.typing.lines.set(text)
				press(f, "tab")
			}
			wantOn(t, f, "theirs 2", "mine 9", "1 to decide")
			press(f, "m")
			if got := save(t, f); got.Patch.JSON() != `{"b":9,"c":9}` {
				t.Errorf("would send %s", got.Patch.JSON())
			}
		})
	}
}

func TestAValueTypedOverWhatOthersHaveChangedIsAsked(t *testing.T) {
	f := newForm(t, patch.Desired, `{"a":60}`)
	press(f, "enter", "ctrl+u", "75")
	f.SetBase(parse(t, `{"a":90}`), "NEW")
	press(f, "enter")
	wantOn(t, f, "theirs 90", "mine 75", "was 60")
	press(f, "m")
	if got := save(t, f); got.Patch.JSON() != `{"a":75}` {
		t.Errorf("would send %s", got.Patch.JSON())
	}
}

func TestAnEditorThatFailsChangesNothing(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	press(f, "d")
	open(t, f, "G", "E")
	f.EditFailed("nothing was taken over\x1b[2J")
	wantOn(t, f, "✗ nothing was taken over␛[2J", "1 change")
}
