package form

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

const thermostat = `{"firmware":"1.4.2","interval":60.0,"enabled":true,"sensor":{"unit":"C","limits":{"low":-40,"high":85.50}},"channels":[1,2,3],"empty":{}}`

func newForm(t testing.TB, section patch.Section, json string) *Properties {
	t.Helper()
	target := Target{ID: hub.ID{Device: "thermostat-07", Module: "controller"}, Section: section, Value: parse(t, json), ETag: "AAAAAAAAABI="}
	return NewProperties(target, keymap.Default(), theme.New(true, true))
}

// save reviews and saves, and returns what would be sent.
func save(t *testing.T, f *Properties) Save {
	t.Helper()
	a := press(f, "s", "enter")
	s, ok := a.(Save)
	if !ok {
		t.Fatalf("nothing to save: %v\n%s", a, screen(f, 80, 24))
	}
	return s
}

func TestTheFirstPropertyOfAnEmptyTwin(t *testing.T) {
	f := newForm(t, patch.Desired, "{}")
	wantOn(t, f, "Desired properties of thermostat-07/controller", "there is nothing here yet", "press a to add", "etag AAAAAAAAABI=")
	press(f, "a", "telemetryInterval")
	wantOn(t, f, "telemetryInterval", "on to value")
	press(f, "enter", "122")
	wantOn(t, f, "a number, from how it looks")
	press(f, "enter")
	wantOn(t, f, "+   telemetryInterval  number   122", "1 change", "s review")
	press(f, "s")
	wantOn(t, f, "Review", "+ telemetryInterval  – → 122", `PATCH, If-Match "AAAAAAAAABI="`, `{"properties":{"desired":{"telemetryInterval":122}}}`, "enter save", "esc back")
	got, ok := press(f, "enter").(Save)
	if !ok || got.Patch.JSON() != `{"telemetryInterval":122}` || got.Edited.JSON() != `{"telemetryInterval":122}` || got.ETag != "AAAAAAAAABI=" ||
		got.ID != (hub.ID{Device: "thermostat-07", Module: "controller"}) {
		t.Fatalf("got %+v", got)
	}
	if p := got.TwinPatch(); p.Tags != nil || p.Desired == nil || !patch.Equal(*p.Desired, got.Patch) {
		t.Errorf("the client gets %+v", p)
	}
}

func TestEnterOnAnEmptySectionAddsToo(t *testing.T) {
	f := newForm(t, patch.Desired, "{}")
	press(f, "enter", "x", "enter", "1", "enter")
	if got := save(t, f); got.Patch.JSON() != `{"x":1}` {
		t.Errorf("would send %s", got.Patch.JSON())
	}
}

func TestTheFrameNeverShrinks(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	_, last := f.Size(120, 60)
	for _, key := range []string{"a", "x", "enter", "1", "enter", "s", "esc", "home", "down", "down", "down", "left", "d", "s", "esc"} {
		press(f, key)
		if _, h := f.Size(120, 60); h < last {
			t.Fatalf("from %d to %d lines at %q", last, h, key)
		} else {
			last = h
		}
	}
	if last >= 60 {
		t.Errorf("hides the whole screen for few properties: %d lines", last)
	}
}

func TestTagsArePatchedAsTags(t *testing.T) {
	f := newForm(t, patch.Tags, `{"site":"ist"}`)
	wantOn(t, f, "Tags of")
	press(f, "enter", "2", "enter", "s")
	wantOn(t, f, `{"tags":{"site":"ist2"}}`)
	if p := press(f, "enter").(Save).TwinPatch(); p.Desired != nil || p.Tags == nil || p.Tags.JSON() != `{"site":"ist2"}` {
		t.Errorf("the client gets %+v", p)
	}
}

func TestEdits(t *testing.T) {
	for name, tc := range map[string]struct {
		keys []string
		want string // the patch
	}{
		"a string":                          {[]string{"enter", "-rc1", "enter"}, `{"firmware":"1.4.2-rc1"}`},
		"letters that are keys elsewhere":   {[]string{"enter", "ctrl+u", "q?sdjk", "enter"}, `{"firmware":"q?sdjk"}`},
		"a string that looks like a number": {[]string{"enter", "ctrl+u", "122", "enter"}, `{"firmware":"122"}`},
		"a number":                          {[]string{"j", "enter", "ctrl+u", "1e3", "enter"}, `{"interval":1e3}`},
		"a boolean by space":                {[]string{"j", "j", "space"}, `{"enabled":false}`},
		"a boolean by enter":                {[]string{"j", "j", "enter"}, `{"enabled":false}`},
		"inside groups":                     {[]string{"j", "j", "j", "j", "j", "j", "enter", "backspace", "1", "enter"}, `{"sensor":{"limits":{"low":-41}}}`},
		"an array":                          {[]string{"G", "k", "k", "enter", "backspace", ",4]", "enter"}, `{"channels":[1,2,3,4]}`},
		"removed":                           {[]string{"d"}, `{"firmware":null}`},
		"removed with delete":               {[]string{"j", "delete"}, `{"interval":null}`},
		"a group removed":                   {[]string{"j", "j", "j", "d"}, `{"sensor":null}`},
		"added beside the cursor":           {[]string{"a", "rate", "enter", "5", "enter"}, `{"rate":5}`},
		"added into the group":              {[]string{"j", "j", "j", "a", "rate", "enter", "5", "enter"}, `{"sensor":{"rate":5}}`},
		"added into a nested group":         {[]string{"j", "j", "j", "j", "a", "rate.max", "enter", "5", "enter"}, `{"sensor":{"rate":{"max":5}}}`},
		"added into an empty object":        {[]string{"G", "k", "a", "x", "enter", "true", "enter"}, `{"empty":{"x":true}}`},
		"a type chosen":                     {[]string{"a", "code", "enter", "7", "ctrl+t", "enter"}, `{"code":"7"}`},
		"a type changed":                    {[]string{"j", "ctrl+t", "enter"}, `{"interval":"60.0"}`},
		"a type changed while typing":       {[]string{"j", "enter", "ctrl+u", "true", "ctrl+t", "enter"}, `{"interval":true}`},
		"no number after all":               {[]string{"j", "enter", "s", "enter", "ctrl+t", "enter"}, `{"interval":"60.0s"}`},
		"a type that does not fit yet":      {[]string{"enter", "ctrl+t", "ctrl+u", "7", "enter"}, `{"firmware":7}`},
		"JSON given up for a string":        {[]string{"a", "x", "enter", "{", "enter", "ctrl+t", "enter"}, `{"x":"{"}`},
		"an object typed":                   {[]string{"a", "o", "enter", `{"a":1}`, "enter"}, `{"o":{"a":1}}`},
		"an added one edited again":         {[]string{"a", "x", "enter", "1", "enter", "enter", "2", "enter"}, `{"x":12}`},
		"a removed one added anew":          {[]string{"d", "a", "firmware", "enter", "2", "enter"}, `{"firmware":2}`},
		"two, with tab between":             {[]string{"enter", "x", "tab", "enter", "1", "tab"}, `{"firmware":"1.4.2x","interval":60.01}`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForm(t, patch.Desired, thermostat)
			press(f, tc.keys...)
			got := save(t, f)
			if got.Patch.JSON() != tc.want {
				t.Errorf("patch %s, want %s\n%s", got.Patch.JSON(), tc.want, screen(f, 80, 24))
			}
			if after := patch.Apply(parse(t, thermostat), got.Patch); !patch.Equal(after, got.Edited) {
				t.Errorf("the patch makes %s, the form shows %s", after.JSON(), got.Edited.JSON())
			}
		})
	}
}

// What was not touched must not be sent, however the digits are written.
func TestEditsThatChangeNothing(t *testing.T) {
	for name, keys := range map[string][]string{
		"nothing at all":             {},
		"a number looked at":         {"j", "enter", "enter"},
		"typed and taken back":       {"enter", "zzz", "esc"},
		"a boolean twice":            {"j", "j", "space", "space"},
		"removed and kept":           {"d", "d"},
		"changed and undone":         {"enter", "zzz", "enter", "u"},
		"a group removed and undone": {"j", "j", "j", "d", "u"},
		"added and removed":          {"a", "x", "enter", "1", "enter", "d"},
		"an addition given up":       {"a", "x", "esc"},
		"a value given up":           {"a", "x", "enter", "1", "esc"},
		"changed inside and undone":  {"j", "j", "j", "j", "enter", "x", "enter", "k", "u"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForm(t, patch.Desired, thermostat)
			press(f, keys...)
			if f.Dirty() {
				t.Fatalf("there are changes:\n%s", screen(f, 80, 24))
			}
			press(f, "s")
			wantOn(t, f, "nothing is changed yet")
			if a := press(f, "esc"); a != (Cancel{}) {
				t.Errorf("asks before it closes: %v", a)
			}
		})
	}
}

func TestChangesAreMarkedWithWhatWas(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	press(f, "d", "j", "enter", "ctrl+u", "5", "enter", "j", "j", "h")
	wantOn(t, f,
		"–   firmware  string   removed, sends null   was 1.4.2",
		"~   interval  number   5   was 60.0",
		"▸ sensor             2 keys")
	press(f, "l")
	wantOn(t, f, "▾ sensor", "high")
	press(f, "s")
	wantOn(t, f, "– firmware  1.4.2 → removed, sends null", "~ interval  60.0 → 5")
	press(f, "esc")
	wantOn(t, f, "~   interval  number   5   was 60.0") // all as it was
}

func TestWhatCannotBeSavedIsSaidAtTheField(t *testing.T) {
	for name, tc := range map[string]struct {
		keys []string
		want string
	}{
		"no number":            {[]string{"j", "enter", "abc", "enter"}, "not a number; correct it or change the type"},
		"no array":             {[]string{"G", "k", "k", "enter", "backspace", "enter"}, "line 1"},
		"null":                 {[]string{"a", "x", "enter", "null", "enter"}, "remove it in the list"},
		"no name":              {[]string{"a", "enter"}, "type a name"},
		"a name that is there": {[]string{"a", "firmware", "enter"}, "firmware is there already"},
		"below a string":       {[]string{"a", "firmware.x", "enter"}, "firmware is a string and holds nothing"},
		"a dollar":             {[]string{"a", "$x", "enter"}, "$"},
		"too large an integer": {[]string{"j", "enter", "ctrl+u", "9007199254740993", "enter"}, "interval"},
		"too long a string":    {[]string{"enter", strings.Repeat("x", 4097), "enter"}, "firmware"},
		"a null in an array":   {[]string{"a", "x", "enter", "[null]", "enter"}, "null"},
		"too deep":             {[]string{"a", "a.b.c.d.e.f.g.h.i.j.k.l", "enter", "1", "enter"}, "a.b.c"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForm(t, patch.Desired, thermostat)
			press(f, tc.keys...)
			wantOn(t, f, "✗ ", tc.want)
			if f.changes != 0 {
				t.Error("it was accepted all the same")
			}
			if f.typing == nil {
				t.Error("what was typed is gone")
			}
		})
	}
}

// A section that is too large as a whole breaks at no field; the review says so.
func TestASectionTooLargeIsNotReviewed(t *testing.T) {
	f := newForm(t, patch.Tags, "{}")
	for _, name := range []string{"a", "b", "c"} {
		press(f, "a", name, "enter")
		f.Update(tea.PasteMsg{Content: strings.Repeat("x", 4000)})
		press(f, "enter")
	}
	if press(f, "s"); f.review != nil {
		t.Fatal("it is reviewed all the same")
	}
	wantOn(t, f, f.violations[0].Reason[:10])
}

func TestLeavingAsksOnlyWhenSomethingWouldBeLost(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	press(f, "d", "esc")
	wantOn(t, f, "! Discard 1 change?", "y discard", "n/esc keep editing")
	for _, no := range []string{"enter", "n", "esc", "q"} {
		if a := press(f, no); a != nil || f.leaving {
			t.Fatalf("%s: %v", no, a)
		}
		wantOn(t, f, "removed, sends null")
		press(f, "q")
		wantOn(t, f, "Discard")
	}
	if a := press(f, "y"); a != (Cancel{}) {
		t.Errorf("y: %v", a)
	}
}

func TestAFailedSaveKeepsTheDraft(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	press(f, "enter", "-rc1", "enter")
	first := save(t, f)
	f.SetBusy(true)
	wantOn(t, f, "saving")
	if a := press(f, "enter", "y", "q"); a != nil {
		t.Fatalf("took a key while saving: %v", a)
	}
	if a := press(f, "esc"); a != (Stop{}) {
		t.Fatalf("esc while saving: %v", a)
	}
	wantOn(t, f, "saving")
	f.SetError("the hub is throttling; try again in 5 s\x1b[2J")
	wantOn(t, f, "✗ the hub is throttling; try again in 5 s␛[2J", "~ firmware  1.4.2 → 1.4.2-rc1")
	press(f, "esc")
	wantOn(t, f, "1.4.2-rc1   was 1.4.2", "the hub is throttling")
	if again := save(t, f); !patch.Equal(again.Patch, first.Patch) {
		t.Errorf("the draft has changed: %s", again.Patch.JSON())
	}
}

func TestPasteKeepsEveryCharacter(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"plain":           {"hello world", `"hello world"`},
		"a trailing line": {"122\n", "122"},
		"lines":           {"a\nb", `"a\nb"`},
		"windows lines":   {"a\r\nb\r\n", `"a\nb"`},
		"terminal lines":  {"a\rb\r", `"a\nb"`},
		"a terminal line": {"122\r", "122"},
		"a tab":           {"a\tb", `"a\tb"`},
		"pretty JSON":     {"{\n  \"a\": [\n    1\n  ]\n}\n", `{"a":[1]}`},
		"two lines of it": {"{\"a\":1}\n\n", `{"a":1}`},
		"an escape":       {"a\x1b[2Jb", `"a\u001b[2Jb"`},
		"bidi":            {"a\u202eb", `"a\u202eb"`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForm(t, patch.Desired, "{}")
			press(f, "a", "x", "enter")
			f.Update(tea.PasteMsg{Content: tc.text})
			press(f, map[bool]string{false: "enter", true: "tab"}[f.typing.lines != nil])
			if got, _ := f.draft.Get("x"); got.JSON() != tc.want {
				t.Errorf("got %s, want %s\n%s", got.JSON(), tc.want, screen(f, 80, 24))
			}
		})
	}
	t.Run("in the middle of a text", func(t *testing.T) {
		f := newForm(t, patch.Desired, `{"x":"ac"}`)
		press(f, "enter", "left")
		f.Update(tea.PasteMsg{Content: "\n1\n2"})
		press(f, "tab")
		if got, _ := f.draft.Get("x"); got.Text() != "a\n1\n2c" {
			t.Errorf("got %s", got.JSON())
		}
	})
	t.Run("into a quoted text", func(t *testing.T) {
		f := newForm(t, patch.Desired, `{"x":"a\tc"}`)
		press(f, "enter", "left")
		f.Update(tea.PasteMsg{Content: "\t\"b\""})
		press(f, "enter")
		if got, _ := f.draft.Get("x"); got.Text() != "a\tc\t\"b\"" {
			t.Errorf("got %s", got.JSON())
		}
	})
}

func TestTheRowsStayWhereTheyAreWhileEdited(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	order := func() (names []string) {
		for _, r := range f.rows {
			names = append(names, r.path.String())
		}
		return names
	}
	before := strings.Join(order(), " ")
	press(f, "d", "d", "j", "enter", "1", "enter", "u", "j", "space", "j", "j", "d", "u")
	if after := strings.Join(order(), " "); after != before {
		t.Errorf("rows moved:\n%s\n%s", before, after)
	}
}

func TestHintsNameKeysThatWork(t *testing.T) {
	f := newForm(t, patch.Desired, thermostat)
	wantOn(t, f, "enter edit value", "a add", "d remove", "esc cancel")
	press(f, "j", "j")
	wantOn(t, f, "space toggle")
	press(f, "j")
	wantOn(t, f, "enter fold")
	press(f, "G")
	wantOn(t, f, "▸Review changes", "enter review")
	press(f, "g", "d")
	wantOn(t, f, "d keep it", "s review")
}

// Whoever has opened a form on a small screen is told how to leave it.
func TestTheWayOutIsShownWhereThereIsRoomForTwoKeys(t *testing.T) {
	properties := newForm(t, patch.Desired, thermostat)
	typing := newForm(t, patch.Desired, thermostat)
	press(typing, "enter")
	reviewing := newForm(t, patch.Desired, thermostat)
	press(reviewing, "d", "s")
	identity := NewDevice(keymap.Default(), theme.Theme{})
	for want, f := range map[string]updater{
		"enter edit value  a add  esc cancel":  properties,
		"enter accept  esc take back":          typing,
		"enter save  esc back to form":         reviewing,
		"enter create  tab/↓ next  esc cancel": identity,
	} {
		if got := screen(f, 40, 12); !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
	if got := screen(properties, 20, 5); !strings.Contains(got, "enter edit") {
		t.Errorf("with room for one key:\n%s", got)
	}
}

func TestTheReviewTellsAChangeOfType(t *testing.T) {
	f := newForm(t, patch.Desired, `{"a":122}`)
	press(f, "ctrl+t", "enter", "s")
	wantOn(t, f, "(number → string)")
}
