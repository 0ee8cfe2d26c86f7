package form

import (
	"fmt"
	"strings"
	"testing"

	"twindeck/hub/patch"
)

func offering(t testing.TB, desired string) *Properties {
	f := newForm(t, patch.Desired, desired)
	reported := KnownIn(parse(t, `{"setPoint":{"value":19.0,"ac":200,"av":1},"mode":"eco","fan":{"rpm":1.5e3,"on":true},"notes":"a\nb"}`), "reported")
	f.SetKnown(append(reported, KnownIn(parse(t, `{"mode":"boost","schedule":[1,2]}`), "sensors\x1b[2J")...))
	return f
}

func TestAnAddedPropertyIsCompleted(t *testing.T) {
	f := offering(t, `{"firmware":"1"}`)
	press(f, "a")
	wantOn(t, f, "setPoint", "number   19.0  reported", "fan.rpm", "1.5e3", "schedule", "[1,2]  sensors␛[2J", "↓ choose")
	wantNotOn(t, f, "boost") // one of a name
	press(f, "s", "e")
	wantNotOn(t, f, "fan.rpm")
	press(f, "right")
	wantOn(t, f, "+   setPoint", "19.0", "a number")
	press(f, "backspace", "5", "enter")
	if got := save(t, f); got.Patch.JSON() != `{"setPoint":19.5}` {
		t.Errorf("would send %s", got.Patch.JSON())
	}
}

func TestAnOfferedPropertyIsChosen(t *testing.T) {
	for name, tc := range map[string]struct {
		keys []string
		want string
	}{
		"the second":         {[]string{"a", "down", "down", "enter", "enter"}, `{"mode":"eco"}`},
		"by tab":             {[]string{"a", "down", "tab", "enter"}, `{"setPoint":19.0}`},
		"up again":           {[]string{"a", "down", "up", "x", "enter", "1", "enter"}, `{"x":1}`},
		"in a group":         {[]string{"a", "down", "down", "down", "enter", "enter"}, `{"fan":{"rpm":1.5e3}}`},
		"typing goes on":     {[]string{"a", "down", "m", "enter", "1", "enter"}, `{"m":1}`},
		"within the name":    {[]string{"a", "pm", "right", "enter"}, `{"fan":{"rpm":1.5e3}}`},
		"of several lines":   {[]string{"a", "not", "right", "tab"}, `{"notes":"a\nb"}`},
		"not what was typed": {[]string{"a", "x", "enter", "7", "shift+tab", "ctrl+u", "mo", "right", "enter"}, `{"mode":7}`},
	} {
		t.Run(name, func(t *testing.T) {
			f := offering(t, "{}")
			press(f, tc.keys...)
			if got := save(t, f); got.Patch.JSON() != tc.want {
				t.Errorf("patch %s, want %s\n%s", got.Patch.JSON(), tc.want, screen(f, 80, 24))
			}
		})
	}
}

func TestOnlyWhatCanBeAddedIsOffered(t *testing.T) {
	f := offering(t, `{"fan":{"on":false},"setPoint":1}`)
	press(f, "a")
	for _, k := range f.offers() {
		if name := k.Path.String(); name != "fan.rpm" && name != "rpm" {
			t.Errorf("offers %s in %v", name, f.typing.group)
		}
	}
	if n := len(f.offers()); n != 1 {
		t.Errorf("%d offers in the group", n)
	}
	press(f, "esc", "G", "a")
	if n := len(f.offers()); n != 4 { // mode, fan.rpm, notes, schedule
		t.Errorf("%d offers\n%s", n, screen(f, 80, 24))
	}
}

// The one that is chosen is seen, however many there are.
func TestManyOffers(t *testing.T) {
	f := newForm(t, patch.Desired, "{}")
	var known []Known
	for i := range 300 {
		known = append(known, Known{Path: patch.Path{fmt.Sprint("property", i)}})
	}
	f.SetKnown(known)
	press(f, "a")
	for i := range 20 {
		press(f, "down")
		if got := screen(f, 80, 24); !strings.Contains(got, fmt.Sprint("▌  ", "  property", i, " ")) {
			t.Fatalf("property%d is not seen:\n%s", i, got)
		}
	}
	press(f, "enter", "1", "enter")
	if got := save(t, f); got.Patch.JSON() != `{"property19":1}` {
		t.Errorf("would send %s", got.Patch.JSON())
	}
}
