package dialog

import (
	"fmt"

	"twindeck/keymap"
)

// scroll is a window over lines. It remembers how much the last view could show, because
// only a view knows that.
type scroll struct{ top, height, total int }

// move answers the keys that move, and reports whether p is one.
func (s *scroll) move(k keymap.MoveKeys, p keymap.Press) bool {
	switch {
	case k.Up.Matches(p):
		s.top--
	case k.Down.Matches(p):
		s.top++
	case k.PageUp.Matches(p):
		s.top -= max(s.height-1, 1)
	case k.PageDown.Matches(p):
		s.top += max(s.height-1, 1)
	case k.Top.Matches(p):
		s.top = 0
	case k.Bottom.Matches(p):
		s.top = s.total
	default:
		return false
	}
	s.clamp()
	return true
}

func (s *scroll) clamp() { s.top = max(min(s.top, s.total-s.height), 0) }

// window returns the lines that h rows show.
func (s *scroll) window(lines []string, h int) []string {
	s.height, s.total = max(h, 0), len(lines)
	s.clamp()
	return lines[s.top:min(s.top+s.height, len(lines))]
}

// place says which of the lines the window shows.
func (s *scroll) place() string {
	return fmt.Sprintf("%d–%d of %d", s.top+1, min(s.top+s.height, s.total), s.total)
}

// more reports whether there are lines outside the window.
func (s *scroll) more() bool { return s.total > s.height }
