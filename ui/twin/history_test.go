package twin

import (
	"fmt"
	"strings"
	"testing"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/history"
	"twindeck/ui/theme"
)

// writeTo writes a version of the twin into the book of a pane.
func writeTo(b *history.Book, version int64, desired patch.Value) *hub.Twin {
	t := &hub.Twin{
		ID: id, ETag: fmt.Sprint("E", version), Version: version + 1, Tags: patch.Object(),
		Desired:  hub.Section{Value: desired, Version: version},
		Reported: hub.Section{Value: patch.Object(), Version: 1},
	}
	b.Twin(t, history.Read, noon)
	return t
}

// past is a pane on History, with versions of {"n":1}, {"n":2} and so on.
func past(n int64, limit int) (*Pane, *history.Book) {
	b := history.New(limit)
	p := New(keymap.Default(), "h", b)
	p.Show(id, nil)
	for v := int64(1); v <= n; v++ {
		p.SetTwin(*writeTo(b, v, patch.Object(patch.Member{Key: "n", Value: patch.Int(v)})))
	}
	p.tab = History
	p.Revision()
	return p, b
}

func TestTheCursorStaysOnItsVersionWhenNewOnesCome(t *testing.T) {
	p, b := past(5, 0)
	press(p, "j", "j") // version 3
	before := p.Revision()
	p.SetTwin(*writeTo(b, 6, parse(t, `{"n":6}`)))
	if p.Revision() == before {
		t.Error("the pane looks the same")
	}
	if e := p.history.entry(p.history.list.Cursor()); e.Desired.Version != 3 {
		t.Errorf("on version %d", e.Desired.Version)
	}
	press(p, "g")
	p.SetTwin(*writeTo(b, 7, parse(t, `{"n":7}`)))
	if e := p.history.entry(p.history.list.Cursor()); e.Desired.Version != 7 {
		t.Errorf("the newest is followed, yet the cursor is on %d", e.Desired.Version)
	}
	b.Twin(&hub.Twin{ID: hub.ID{Device: "other"}, ETag: "E", Tags: patch.Object()}, history.Read, noon)
	before = p.Revision()
	b.Twin(&hub.Twin{ID: hub.ID{Device: "other"}, ETag: "F", Tags: patch.Object()}, history.Read, noon)
	if p.Revision() != before {
		t.Error("another twin changes the pane")
	}
}

func TestAVersionThatIsLetGoWhileItIsLookedAt(t *testing.T) {
	p, b := past(5, 12_000)
	press(p, "G", " ")
	keys(p, "enter")
	for v := int64(6); v < 60; v++ {
		p.SetTwin(*writeTo(b, v, patch.Object(patch.Member{Key: "n", Value: patch.Int(v)})))
		got := text(p, 60, 20)
		for l := range strings.SplitSeq(got, "\n") {
			if cell.Width(l) != 60 {
				t.Fatalf("%q", l)
			}
		}
	}
	press(p, "G")
	if got := text(p, 70, 20); p.history.mode != theList || p.history.picked != 0 || !strings.Contains(got, "older versions were let go") {
		t.Errorf("%s", got)
	}
}

func TestTheDifferencesTellAllThereIs(t *testing.T) {
	long := strings.Repeat("0123456789", 20)
	b := history.New(0)
	p := New(keymap.Default(), "h", b)
	p.Show(id, nil)
	writeTo(b, 1, parse(t, `{"a":{"\u001b[31mx":1},"gone":[1],"s":"5"}`))
	p.SetTwin(*writeTo(b, 2, parse(t, `{"a":{"\u001b[31mx":"`+long+`"},"new":{},"s":5}`)))
	p.tab = History
	press(p, "G", "l")
	got := text(p, 60, 30)
	for _, want := range []string{"desired  1 → 2  4 differences", `~ a."\u001b[31mx"  1 → 0123`, "– gone  [1] → –", "+ new  – → {}", `~ s  "5" → 5`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q:\n%s", want, got)
		}
	}
	press(p, "j")
	flat := strings.ReplaceAll(strings.ReplaceAll(text(p, 60, 30), "\n", ""), " ", "")
	if !strings.Contains(flat, long) {
		t.Errorf("what is under the cursor is not shown whole:\n%s", text(p, 60, 30))
	}
	if r, ok := press(p, "u").(Restore); !ok || r.Section != patch.Desired || r.Value.JSON() != `{"a":{"\u001b[31mx":1},"new":{},"s":5}` {
		t.Errorf("%+v", r)
	}
	press(p, "j", "j") // added since: restoring removes it
	if r, ok := press(p, "u").(Restore); !ok || strings.Contains(r.Value.JSON(), "new") {
		t.Errorf("%+v", r)
	}
}

func TestHistoryFitsEverywhere(t *testing.T) {
	p, _ := past(30, 0)
	for _, k := range []string{"", "j", " ", "G", "l", "j", "h", "enter"} {
		if k != "" {
			keys(p, k)
		}
		for width := 1; width < 90; width += 1 + width/9 {
			for height := 1; height < 40; height += 1 + height/5 {
				lines := p.View(theme.New(true, true), width, height, true, noon)
				if len(lines) != height {
					t.Fatalf("%q, %dx%d: %d lines", k, width, height, len(lines))
				}
				for _, l := range lines {
					if cell.Width(l) > width {
						t.Fatalf("%q, %dx%d: %q", k, width, height, l)
					}
				}
			}
		}
	}
}

// A version more costs what is on the screen, however many there are.
func BenchmarkVersion(b *testing.B) {
	for _, n := range []int64{10, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p, book := past(n, 0)
			th := theme.New(true, true)
			v := n
			for b.Loop() {
				v++
				p.SetTwin(*writeTo(book, v, patch.Object(patch.Member{Key: "n", Value: patch.Int(v)})))
				p.View(th, 60, 50, true, noon)
			}
		})
	}
}
