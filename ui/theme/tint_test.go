package theme

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// A hub's colour is readable wherever the others are, and never all there is to tell hubs apart.
func TestTints(t *testing.T) {
	for name, c := range tints {
		for _, bg := range []string{"#000000", "#1e1e1e", darkPalette.surface, darkPalette.selection} {
			if got := contrast(c.dark, bg); got < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f", name, c.dark, bg, got)
			}
		}
		for _, bg := range []string{"#ffffff", "#f6f6f6", lightPalette.surface, lightPalette.selection} {
			if got := contrast(c.light, bg); got < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f", name, c.light, bg, got)
			}
		}
		plain, tinted := New(true, true), New(true, true).Tinted(name)
		if name != "blue" && tinted.FocusBorder == plain.FocusBorder { // which is what frames have anyway
			t.Errorf("%s: the frame looks like any other", name)
		}
		if New(true, true).Tint(name) == New(false, true).Tint(name) {
			t.Errorf("%s is the same on dark and on light", name)
		}
		if mono := New(true, false); mono.Tinted(name) != mono || colour.MatchString(mono.Tint(name).open) {
			t.Errorf("%s: a colour where there is none", name)
		}
	}
	if th := New(false, true); th.Tinted("mauve") != th || th.Tinted("") != th || th.Tint("") != th.Accent {
		t.Error("a colour that there is not changes something")
	}
	box := New(true, true).Tinted("red").Box("1 Devices", nil, 18, 3, true)
	if !strings.Contains(ansi.Strip(box), "┌─ 1 Devices ") {
		t.Errorf("the title is lost:\n%s", box)
	}
}

// What warns of a hub says so in words, with and without colour.
func TestBadgesStandOut(t *testing.T) {
	for _, th := range []Theme{New(true, true), New(false, true), New(true, false)} {
		if th.Danger.Render("x") == "x" || th.Locked.Render("x") == "x" {
			t.Error("a badge looks like any text")
		}
	}
	for name, p := range map[string]palette{"dark": darkPalette, "light": lightPalette} {
		for _, bg := range []string{p.bad, p.warn} {
			if c := contrast(p.onAccent, bg); c < 4.5 {
				t.Errorf("%s: a badge on %s has a contrast of %.2f", name, bg, c)
			}
		}
	}
}
