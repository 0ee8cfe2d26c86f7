package form

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub/patch"
)

// What the hub would refuse is said where it is typed, while it is typed, before any key that accepts it.
func TestTheLimitsAreSaidWhileTyping(t *testing.T) {
	deep := strings.TrimSuffix(strings.Repeat("k.", 12), ".")
	for name, tc := range map[string]struct {
		keys  []string
		paste string
		want  string
	}{
		"depth by names":       {keys: []string{"a", deep}, want: "is nested too deep, IoT Hub allows 10"},
		"depth in JSON":        {keys: []string{"a", "x", "enter"}, paste: strings.Repeat("[", 11) + strings.Repeat("]", 11), want: "x is nested too deep"},
		"a space in a name":    {keys: []string{"a", "\"a b\""}, want: `"a b" has a space in its name`},
		"a dot in a name":      {keys: []string{"a", "\"a.b\""}, want: "has a dot in its name"},
		"a dollar":             {keys: []string{"a", "a$"}, want: "has a $ in its name"},
		"a name too long":      {keys: []string{"a"}, paste: strings.Repeat("n", 1025), want: "has a name of 1025 bytes, IoT Hub allows 1024"},
		"a name in JSON":       {keys: []string{"a", "x", "enter", `{"a#":1}`}, want: "x.\"a#\" has a # in its name"},
		"a string too long":    {keys: []string{"enter"}, paste: strings.Repeat("é", 2049), want: "firmware holds a string of 4103 bytes, IoT Hub allows 4096"},
		"too large an integer": {keys: []string{"j", "enter", "ctrl+u", "4503599627370496"}, want: "interval is an integer out of range, IoT Hub allows -4503599627370496 to 4503599627370495"},
		"a null in an array":   {keys: []string{"a", "x", "enter", "[1,null]"}, want: "x holds a null inside an array"},
		"a null in an object":  {keys: []string{"a", "x", "enter", `{"a":null}`}, want: "null removes a key"},
		"no number":            {keys: []string{"j", "enter", "x"}, want: "not a number"},
		"a null":               {keys: []string{"a", "x", "enter", "null"}, want: "null removes a property"},
		"another name":         {keys: []string{"r", "$"}, want: "has a $ in its name"},
		"the section":          {keys: []string{"G", "J", "down", "end"}, paste: ` "x": 9007199254740993,`, want: "x is an integer out of range"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForm(t, patch.Desired, thermostat)
			press(f, tc.keys...)
			if tc.paste != "" {
				f.Update(tea.PasteMsg{Content: tc.paste})
			}
			got := strings.Join(strings.Fields(strings.NewReplacer("│", " ", "\n", " ").Replace(screen(f, 120, 36))), " ")
			if !strings.Contains(got, "✗ ") || !strings.Contains(got, tc.want) {
				t.Errorf("lacks %q:\n%s", tc.want, screen(f, 120, 36))
			}
			if f.draft.JSON() != thermostat {
				t.Errorf("it was accepted: %s", f.draft.JSON())
			}
		})
	}
}

func TestNothingWrongIsSaidOfWhatIsRight(t *testing.T) {
	for name, keys := range map[string][]string{
		"ten levels":       {"a", "k.k.k.k.k.k.k.k.k.k", "enter", "1"},
		"the largest":      {"j", "enter", "ctrl+u", "4503599627370495"},
		"a fraction":       {"j", "enter", "ctrl+u", "9007199254740993.5"},
		"an empty name":    {"a", `""`, "enter", "1"},
		"東京":               {"a", "東京", "enter", "1"},
		"not begun":        {"a"},
		"no value yet":     {"a", "x", "enter"},
		"the own old name": {"r"},
	} {
		f := newForm(t, patch.Desired, thermostat)
		press(f, keys...)
		if f.typing.wrong != "" {
			t.Errorf("%s: %s", name, f.typing.wrong)
		}
	}
}

func TestTheSizeOfTheSection(t *testing.T) {
	f := newForm(t, patch.Tags, "{}")
	wantOn(t, f, "░░░░░░░░░░ 0.0 of 8 KB")
	press(f, "a", "a", "enter")
	f.Update(tea.PasteMsg{Content: strings.Repeat("x", 4000)})
	wantOn(t, f, "█████░░░░░ 4.0 of 8 KB") // while it is typed
	press(f, "enter")
	for i := range 2 {
		f.draft = f.draft.With(patch.Path{fmt.Sprint(i)}, patch.String(strings.Repeat("y", 2000)))
	}
	f.refresh()
	wantOn(t, f, "██████████ 7.9 of 8 KB")
	press(f, "G", "a", "b", "enter")
	f.Update(tea.PasteMsg{Content: strings.Repeat("z", 200)})
	wantOn(t, f, "✗ 8.1 of 8 KB", "The section is 8204 bytes large, IoT Hub allows 8192 for tags")
	press(f, "esc")
	wantOn(t, f, "7.9 of 8 KB")
	if got := screen(newForm(t, patch.Desired, "{}"), 40, 12); !strings.Contains(got, "0.0 of 32 KB") {
		t.Errorf("on a small screen:\n%s", got)
	}
	if kilobytes(8193) != "8.1" || kilobytes(8192) != "8.0" {
		t.Error("rounds down")
	}
}
