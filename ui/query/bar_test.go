package query

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/profile"
	"twindeck/ui/query/language"
	"twindeck/ui/theme"
)

// named are the keys that type no text.
var named = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight}, "backspace": {Code: tea.KeyBackspace},
	"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd},
	"ctrl+r": {Code: 'r', Mod: tea.ModCtrl}, "ctrl+s": {Code: 's', Mod: tea.ModCtrl}, "ctrl+o": {Code: 'o', Mod: tea.ModCtrl}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl},
	"space": {Code: tea.KeySpace, Text: " "},
}

// press presses keys and returns what the last one has come to.
func press(to interface{ Update(tea.Msg) Action }, names ...string) (a Action) {
	for _, n := range names {
		key, ok := named[n]
		if !ok {
			key = tea.KeyPressMsg{Code: []rune(n)[0], Text: n}
		}
		a = to.Update(key)
	}
	return a
}

func write(to interface{ Update(tea.Msg) Action }, text string) {
	for _, r := range text {
		press(to, string(r))
	}
}

func bar(text string, known Known) *Bar { return NewBar(text, known, keymap.Default()) }

func barText(b *Bar, w, h int) string {
	return ansi.Strip(strings.Join(b.View(theme.Theme{}, w, h), "\n"))
}

var learned = language.Vocabulary{
	Paths:  []string{"tags.building", "tags.site", "tags.size"},
	Values: map[string][]string{"tags.site": {"'ist'", "'ank'"}},
}

func TestTabCompletesAsFarAsThereIsNoDoubt(t *testing.T) {
	b := bar("", Known{Vocabulary: learned})
	for _, step := range []struct{ typed, want string }{
		{"sel", "SELECT "},
		{"* fr", "SELECT * FROM "},
		{"devices w", "SELECT * FROM devices WHERE "},
		{"tags.s", "SELECT * FROM devices WHERE tags.si"}, // site or size
		{"t", "SELECT * FROM devices WHERE tags.site "},
		{"= 'i", "SELECT * FROM devices WHERE tags.site = 'ist' "},
		{"gr", "SELECT * FROM devices WHERE tags.site = 'ist' GROUP BY "},
	} {
		write(b, step.typed)
		press(b, "tab")
		if b.Text() != step.want {
			t.Fatalf("after %q: %q", step.typed, b.Text())
		}
	}
}

func TestTabGoesThroughTheCandidates(t *testing.T) {
	b := bar("SELECT * FROM devices WHERE tags.si", Known{Vocabulary: learned})
	if got := barText(b, 80, 24); !strings.Contains(got, " tags.site  tags.size") {
		t.Errorf("what can come is not shown:\n%s", got)
	}
	var seen []string
	for range 3 {
		press(b, "tab")
		seen = append(seen, b.Text()[len("SELECT * FROM devices WHERE "):])
	}
	press(b, "shift+tab", "shift+tab")
	seen = append(seen, b.Text()[len("SELECT * FROM devices WHERE "):])
	if want := []string{"tags.site", "tags.size", "tags.site", "tags.site"}; !slices.Equal(seen, want) {
		t.Errorf("%q", seen)
	}
	if a := press(b, "esc"); a != nil || b.Text() != "SELECT * FROM devices WHERE tags.si" {
		t.Errorf("esc does %v and leaves %q", a, b.Text())
	}
	press(b, "tab")
	write(b, " = 1")
	if b.Text() != "SELECT * FROM devices WHERE tags.site = 1" {
		t.Errorf("typing on gives %q", b.Text())
	}
}

// What follows the cursor stays where it is.
func TestCompletionInTheMiddle(t *testing.T) {
	b := bar("SELECT * FROM devices WHERE tags.sit = 'ist'", Known{Vocabulary: learned})
	for range len(" = 'ist'") {
		press(b, "left")
	}
	press(b, "tab")
	if b.Text() != "SELECT * FROM devices WHERE tags.site = 'ist'" {
		t.Errorf("%q", b.Text())
	}
	write(b, "X")
	if b.Text() != "SELECT * FROM devices WHERE tags.siteX = 'ist'" {
		t.Errorf("the cursor went elsewhere: %q", b.Text())
	}
}

func TestTheHistoryKeepsTheDraft(t *testing.T) {
	b := bar("third", Known{History: []string{"first", "second", "third"}})
	press(b, "up")
	if b.Text() != "second" {
		t.Errorf("the query it opened with comes again: %q", b.Text())
	}
	press(b, "up", "up", "up")
	if b.Text() != "first" {
		t.Errorf("%q", b.Text())
	}
	press(b, "down", "down", "down", "down")
	if b.Text() != "third" {
		t.Errorf("%q", b.Text())
	}
	b.SetText("a draft")
	press(b, "up")
	if b.Text() != "third" {
		t.Errorf("%q", b.Text())
	}
	press(b, "down")
	if b.Text() != "a draft" {
		t.Errorf("the draft is lost: %q", b.Text())
	}
	press(b, "up", "up")
	write(b, "!") // what is changed becomes the draft
	press(b, "up", "down")
	if b.Text() != "second!" {
		t.Errorf("the change is lost: %q", b.Text())
	}
}

func TestSearchingTheHistory(t *testing.T) {
	b := bar("draft", Known{History: []string{"SELECT a ist", "SELECT b", "SELECT c ist"}})
	press(b, "ctrl+r")
	write(b, "IST")
	if got := barText(b, 60, 24); b.Text() != "SELECT c ist" || !strings.Contains(got, "search: IST  3 of 3") {
		t.Fatalf("%q\n%s", b.Text(), got)
	}
	press(b, "ctrl+r")
	if b.Text() != "SELECT a ist" {
		t.Errorf("an older one: %q", b.Text())
	}
	press(b, "ctrl+r")
	if got := barText(b, 60, 24); b.Text() != "SELECT a ist" || !strings.Contains(got, "none further") {
		t.Errorf("%q\n%s", b.Text(), got)
	}
	press(b, "down")
	if b.Text() != "SELECT c ist" {
		t.Errorf("a newer one: %q", b.Text())
	}
	write(b, "zzz")
	if got := barText(b, 60, 24); !strings.Contains(got, "none further") {
		t.Errorf("%s", got)
	}
	press(b, "esc")
	if b.Text() != "draft" {
		t.Errorf("esc leaves %q", b.Text())
	}
	press(b, "ctrl+r")
	write(b, "b")
	if a := press(b, "enter"); a != nil || b.Text() != "SELECT b" {
		t.Errorf("enter does %v with %q; it is to be looked at first", a, b.Text())
	}
	if a := press(b, "enter"); a != (Run{"SELECT b"}) {
		t.Errorf("%v", a)
	}
}

func TestRemember(t *testing.T) {
	kept := []string{"a", "b", "c"}
	if got := Remember(kept, "b"); !slices.Equal(got, []string{"a", "c", "b"}) || kept[1] != "b" {
		t.Errorf("%q from %q", got, kept)
	}
	var long []string
	for i := range 300 {
		long = Remember(long, fmt.Sprint(i))
	}
	if len(long) != maxHistory || long[len(long)-1] != "299" || long[0] != "100" {
		t.Errorf("%d from %s to %s", len(long), long[0], long[len(long)-1])
	}
}

func TestRunningAndFailing(t *testing.T) {
	b := bar("  SELECT 1  ", Known{})
	if a := press(b, "enter"); a != (Run{"SELECT 1"}) {
		t.Fatalf("%v", a)
	}
	b.SetBusy(true)
	if got := barText(b, 60, 24); !strings.Contains(got, "running…") {
		t.Errorf("%s", got)
	}
	if a := press(b, "esc"); a != (Cancel{}) {
		t.Errorf("esc while it runs: %v", a)
	}
	b.SetProblem("cannot run the query: \x1b[2Jit is invalid; correct it")
	got := barText(b, 60, 24)
	if !strings.Contains(got, "✗ cannot run the query: ␛[2Jit is invalid") || !strings.Contains(got, "SELECT 1") {
		t.Errorf("%s", got)
	}
	write(b, "2") // the reason stays while it is corrected
	if got := barText(b, 60, 24); !strings.Contains(got, "✗ cannot run") {
		t.Errorf("%s", got)
	}
	if a := press(b, "esc"); a != (Close{}) {
		t.Errorf("%v", a)
	}
	press(b, "ctrl+u")
	if a := press(b, "enter"); a != nil || !strings.Contains(barText(b, 60, 24), "type a query first") {
		t.Errorf("an empty query: %v", a)
	}
}

func TestPastedLinesBecomeOne(t *testing.T) {
	b := bar("", Known{})
	b.Update(tea.PasteMsg{Content: "SELECT *\r\nFROM devices\n\tWHERE a = 'x  y'\x1b[31m\n"})
	if want := "SELECT * FROM devices  WHERE a = 'x  y'[31m"; b.Text() != want {
		t.Errorf("%q", b.Text())
	}
}

func TestHintsOfTheText(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT * FROM devices WHERE a = 'ist":                  "unclosed quote",
		"SELECT * FROM devices WHERE (tags.building = 'x' AND ": "tags.", // not before it is finished
		"SELECT * FROM devices ORDER BY x":                      "no ORDER BY",
	} {
		if got := barText(bar(text, Known{Vocabulary: learned}), 120, 24); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in\n%s", text, want, got)
		}
	}
}

func TestSavingUnderAName(t *testing.T) {
	saved := []profile.Query{{Name: "sites", Text: "SELECT x"}}
	b := bar("SELECT y", Known{Saved: saved})
	press(b, "ctrl+s")
	write(b, "sites")
	if got := barText(b, 80, 24); !strings.Contains(got, "save as: sites  replaces the query") {
		t.Errorf("%s", got)
	}
	if a := press(b, "enter"); a != (Save{"sites", "SELECT y"}) {
		t.Errorf("%v", a)
	}
	press(b, "ctrl+s", "esc")
	if a := press(b, "enter"); a != (Run{"SELECT y"}) {
		t.Errorf("the name was not left: %v", a)
	}
	b = bar("SELECT x", Known{Saved: saved})
	if got := barText(b, 80, 24); !strings.Contains(got, "Query: sites") {
		t.Errorf("a saved query has no name:\n%s", got)
	}
	press(b, "ctrl+s") // its name is there to be kept
	if a := press(b, "enter"); a != (Save{"sites", "SELECT x"}) {
		t.Errorf("%v", a)
	}
	if a := press(b, "ctrl+o"); a != (OpenSaved{}) {
		t.Errorf("%v", a)
	}
}

func TestTheListOfSavedQueries(t *testing.T) {
	queries := []profile.Query{{Name: "a", Text: "SELECT a"}, {Name: "b\x1b[2J", Text: "SELECT b"}, {Name: "c", Text: "SELECT c"}}
	s := NewSaved(queries, keymap.Default(), theme.Theme{})
	if a := press(s, "j", "enter"); a != (Use{"SELECT b"}) {
		t.Errorf("%v", a)
	}
	if got := ansi.Strip(s.View(60, 8)); !strings.Contains(got, "b␛[2J") {
		t.Errorf("%s", got)
	}
	if a := press(s, "d", "esc", "d"); a != nil {
		t.Errorf("one press deletes: %v", a)
	}
	if got := s.View(60, 8); !strings.Contains(got, "delete “b␛[2J”? d once more does it") {
		t.Errorf("%s", got)
	}
	if a := press(s, "d"); a != (Delete{"b\x1b[2J"}) {
		t.Errorf("%v", a)
	}
	press(s, "G", "r", "ctrl+u", "a")
	if a := press(s, "enter"); a != nil || !strings.Contains(s.View(60, 8), "another query has this name") {
		t.Errorf("a name was taken twice: %v", a)
	}
	write(s, "z")
	if a := press(s, "enter"); a != (Rename{"c", "az"}) {
		t.Errorf("%v", a)
	}
	s.SetQueries(nil)
	if a := press(s, "enter", "d", "r", "j"); a != nil || !strings.Contains(s.View(60, 8), "none yet") {
		t.Errorf("%v", a)
	}
	if a := press(s, "esc"); a != (Close{}) {
		t.Errorf("%v", a)
	}
}

func TestEverySizeOfTheBar(t *testing.T) {
	long := "SELECT * FROM devices WHERE tags.都 = '" + strings.Repeat("東京e\u0301🇹🇷\u202e", 60) + "'"
	for _, text := range []string{"", "SELECT", long} {
		for _, prepare := range []func(*Bar){
			func(*Bar) {},
			func(b *Bar) { b.SetProblem(strings.Repeat("a reason ", 20)) },
			func(b *Bar) { press(b, "ctrl+r", "x") },
			func(b *Bar) { press(b, "ctrl+s", "x") },
			func(b *Bar) { press(b, "home", "tab", "tab") },
		} {
			b := bar(text, Known{Vocabulary: learned, History: []string{long}})
			prepare(b)
			for w := 0; w < 60; w += 1 + w/8 {
				for h := 0; h < 30; h += 1 + h/6 {
					lines := b.View(theme.New(true, true), w, h)
					if len(lines) > h || w > 0 && h > 0 && len(lines) == 0 {
						t.Fatalf("%dx%d: %d lines", w, h, len(lines))
					}
					for _, l := range lines {
						if cell.Width(l) != w {
							t.Fatalf("%dx%d: %q is %d cells", w, h, ansi.Strip(l), cell.Width(l))
						}
					}
				}
			}
		}
	}
}

// The cursor is in view wherever it stands in a text that is longer than its lines.
func TestTheCursorOfALongQueryIsInView(t *testing.T) {
	b := bar(strings.Repeat("x", 3000), Known{})
	for _, key := range []string{"end", "home"} {
		press(b, key)
		write(b, "@")
		if got := barText(b, 80, 24); !strings.Contains(got, "@") {
			t.Errorf("%s:\n%s", key, got)
		}
	}
}

func TestLearn(t *testing.T) {
	documents := values(t,
		`{"tags":{"site":"ist","floor plan":{"x":1}},"properties":{"desired":{"a":{"b":1},"$metadata":{"m":1},"$version":3},"reported":{"c":true,"$version":1}}}`,
		`{"tags":{"site":"ank"}}`)
	got := Learn(documents, nil)
	if diff := cmp.Diff([]string{"properties.desired.a.b", "properties.reported.c", "tags.[[floor plan]].x", "tags.site"}, got.Paths); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][]string{"tags.site": {"'ist'", "'ank'"}, "tags.[[floor plan]].x": {"1"}}, got.Values); diff != "" {
		t.Error(diff)
	}
}
