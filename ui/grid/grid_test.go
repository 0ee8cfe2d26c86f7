package grid_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"twindeck/ui/grid"
)

// list is rows of the given heights that count how often they are drawn.
type list struct {
	heights []int // nil: every row is one line
	n       int
	drawn   int
}

func (l *list) Len() int { return l.n }

func (l *list) Row(i, width int, selected bool) string {
	l.drawn++
	h := 1
	if l.heights != nil {
		h = l.heights[i]
	}
	mark := " "
	if selected {
		mark = ">"
	}
	var lines []string
	for k := range h {
		text := fmt.Sprintf("%s%d.%d", mark, i, k)
		lines = append(lines, (text + strings.Repeat(" ", width))[:width])
	}
	return strings.Join(lines, "\n")
}

func has(lines []string, text string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) == text {
			return true
		}
	}
	return false
}

func TestTheWindowFollowsTheCursor(t *testing.T) {
	l := &list{n: 100}
	var g grid.Grid
	g.View(l, 10, 5)
	g.Move(7)
	lines := g.View(l, 10, 5)
	if !has(lines, ">7.0") || !has(lines, "3.0") || has(lines, "2.0") {
		t.Errorf("after moving down past the window it does not end at the cursor: %q", lines)
	}
	g.Move(-2)
	if lines = g.View(l, 10, 5); !has(lines, "3.0") {
		t.Errorf("moving inside the window scrolled it: %q", lines)
	}
	g.End()
	if lines = g.View(l, 10, 5); !has(lines, ">99.0") || !has(lines, "95.0") {
		t.Errorf("end: %q", lines)
	}
	g.Page(-1)
	if g.Cursor() != 95 {
		t.Errorf("a page up from 99 in a window of 5 led to %d", g.Cursor())
	}
	g.Home()
	if lines = g.View(l, 10, 5); !has(lines, ">0.0") {
		t.Errorf("home: %q", lines)
	}
}

func TestAShrinkingListFillsTheWindow(t *testing.T) {
	l := &list{n: 100}
	var g grid.Grid
	g.SetLen(l.n)
	g.End()
	g.View(l, 10, 10)
	l.n = 50
	lines := g.View(l, 10, 10)
	if !has(lines, ">49.0") || !has(lines, "40.0") {
		t.Errorf("the last ten rows should be visible: %q", lines)
	}
	l.n = 0
	if lines = g.View(l, 10, 10); strings.TrimSpace(strings.Join(lines, "")) != "" {
		t.Errorf("an empty list shows %q", lines)
	}
}

func TestShiftKeepsWhatTheUserLooksAt(t *testing.T) {
	l := &list{n: 100}
	var g grid.Grid
	g.SetLen(l.n)
	g.Select(20)
	before := g.View(l, 10, 5)
	l.n = 103
	g.SetLen(l.n)
	g.Shift(3)
	after := g.View(l, 10, 5)
	if g.Cursor() != 23 {
		t.Errorf("cursor at %d, want 23", g.Cursor())
	}
	for i := range before {
		if strings.Contains(before[i], ">") != strings.Contains(after[i], ">") {
			t.Errorf("the selected line moved on the screen:\n%q\n%q", before, after)
		}
	}
}

func TestWindowProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &list{n: rapid.IntRange(0, 40).Draw(t, "rows")}
		for range l.n {
			l.heights = append(l.heights, rapid.IntRange(1, 6).Draw(t, "height"))
		}
		var g grid.Grid
		g.SetLen(l.n)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				g.Move(rapid.IntRange(-10, 10).Draw(t, "move"))
			case 1:
				g.Page(rapid.IntRange(-2, 2).Draw(t, "page"))
			case 2:
				g.End()
			case 3:
				g.Home()
			case 4:
				g.Shift(rapid.IntRange(-5, 5).Draw(t, "shift"))
			}
			w, h := rapid.IntRange(6, 12).Draw(t, "width"), rapid.IntRange(1, 12).Draw(t, "height")
			lines := g.View(l, w, h)
			if len(lines) != h {
				t.Fatalf("%d lines, want %d", len(lines), h)
			}
			seen := l.n == 0
			for _, line := range lines {
				if len(line) != w {
					t.Fatalf("line %q is %d wide, want %d", line, len(line), w)
				}
				seen = seen || strings.HasPrefix(line, ">")
			}
			if !seen {
				t.Fatalf("cursor %d of %d is not on the screen: %q", g.Cursor(), l.n, lines)
			}
			if l.n > 0 && (g.Cursor() < 0 || g.Cursor() >= l.n) {
				t.Fatalf("cursor %d of %d", g.Cursor(), l.n)
			}
		}
	})
}

func TestAFrameDrawsOnlyWhatIsVisible(t *testing.T) {
	l := &list{n: 1_000_000}
	var g grid.Grid
	g.SetLen(l.n)
	for _, move := range []func(){g.End, g.Home, func() { g.Select(500_000) }, func() { g.Move(1) }} {
		move()
		l.drawn = 0
		g.View(l, 40, 50)
		if l.drawn > 50+1 {
			t.Errorf("a frame of 50 lines drew %d rows", l.drawn)
		}
	}
}

func BenchmarkKeyAndView(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := &list{n: n}
			var g grid.Grid
			g.SetLen(n)
			g.Select(n / 2)
			for b.Loop() {
				g.Move(1)
				g.View(l, 40, 50)
			}
		})
	}
}

// A click finds the row that was drawn where it was, also among rows of several lines.
func TestAtIsTheRowThatWasDrawn(t *testing.T) {
	var g grid.Grid
	rows := tall{heights: []int{1, 3, 1, 2, 1, 1}}
	g.View(rows, 10, 6)
	for line, want := range []int{0, 1, 1, 1, 2, 3} {
		if row, ok := g.At(line); !ok || row != want {
			t.Errorf("line %d: row %d, %v", line, row, ok)
		}
	}
	g.Select(5)
	g.View(rows, 10, 3)
	if row, ok := g.At(1); !ok || row != 5 {
		t.Errorf("the last row: row %d, %v", row, ok)
	}
	for _, line := range []int{-1, 2, 3} { // the third line is blank: the row above takes two
		if _, ok := g.At(line); ok {
			t.Errorf("line %d has a row", line)
		}
	}
	g.View(tall{}, 10, 3)
	if _, ok := g.At(0); ok {
		t.Error("an empty list has a row")
	}
}

// tall is rows of several lines each.
type tall struct{ heights []int }

func (r tall) Len() int { return len(r.heights) }

func (r tall) Row(i, width int, _ bool) string {
	line := strings.Repeat("x", width)
	return line + strings.Repeat("\n"+line, r.heights[i]-1)
}
