package form

import (
	"fmt"
	"strings"
	"testing"

	"twindeck/hub/patch"
	"twindeck/ui/theme"
)

// odd are sections that nobody would write and every hub may hold.
func odd() map[string]patch.Value {
	deep := patch.Int(1)
	for i := 10; i > 0; i-- {
		deep = patch.Object(patch.Member{Key: fmt.Sprint("level", i), Value: deep})
	}
	long := patch.Object()
	for i := 0; patch.Size(long) < 31<<10; i++ {
		long = long.With(patch.Path{fmt.Sprint("text", i)}, patch.String(strings.Repeat("長い x ", 100)))
	}
	hostile, err := patch.Parse([]byte(hostileSection().JSON())) // as it comes from a hub: all of it UTF-8
	if err != nil {
		panic(err)
	}
	return map[string]patch.Value{
		"empty":    patch.Object(),
		"deep":     deep,
		"32 KB":    long,
		"hundreds": large(600),
		"hostile":  hostile,
		"unicode": patch.Object(
			patch.Member{Key: "東京", Value: patch.String("都")}, patch.Member{Key: "e\u0301", Value: patch.Int(1)},
			patch.Member{Key: "é", Value: patch.Int(2)}, patch.Member{Key: "", Value: patch.Bool(true)},
			patch.Member{Key: "\x1b[2J", Value: patch.Object(patch.Member{Key: "\u202e", Value: patch.String("\x1b]0;x\x07")})},
		),
	}
}

// All of an odd section can be walked, changed, taken back and reviewed, on every screen.
func TestOddSections(t *testing.T) {
	for name, v := range odd() {
		for _, size := range [][2]int{{80, 24}, {120, 36}, {20, 5}} {
			t.Run(fmt.Sprint(name, size), func(t *testing.T) {
				f := NewProperties(Target{Section: patch.Desired, Value: v, ETag: "E"}, newForm(t, patch.Desired, "{}").keys, theme.New(true, true))
				see := func(what string) {
					t.Helper()
					w, h := f.Size(size[0], size[1])
					view := f.View(w, h)
					checkSize(t, what, view, w, h)
					if s := screen(f, w, h); !strings.Contains(s, theme.Cursor) && !strings.Contains(s, "▸Review") && f.review == nil && f.typing == nil {
						t.Fatalf("%s: no cursor:\n%s", what, s)
					}
				}
				for i := range min(len(f.rows), 20) {
					press(f, "down")
					see(fmt.Sprint("row ", i))
				}
				press(f, "G")
				see("bottom")
				press(f, "J")
				see("as JSON")
				press(f, "pgdown", "end", "tab")
				see("looked at")
				if f.Dirty() {
					t.Fatalf("looking at it changes %s", f.draft.JSON())
				}
				press(f, "g", "E")
				f.Edited(f.handed.text)
				see("edited")
				press(f, "G", "a", "new", "enter", "1", "enter")
				if v.Len() > 0 {
					press(f, "g", "d")
				}
				press(f, "s")
				see("review")
				if f.review == nil {
					t.Fatalf("no review:\n%s", screen(f, 80, 24))
				}
				s, ok := press(f, "enter").(Save)
				if !ok || !patch.Equal(patch.Apply(v, s.Patch), s.Edited) {
					t.Fatalf("would send %s", s.Patch.JSON())
				}
				press(f, "esc", "z", "z", "z")
				if f.Dirty() {
					t.Errorf("left over: %v", patch.Changes(v, f.draft))
				}
			})
		}
	}
}
