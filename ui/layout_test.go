package ui

import "testing"

func (s screen) parts() []rect {
	return append([]rect{s.header, s.tabs, s.ticker, s.footer}, s.panes[:]...)
}

func TestLayoutNeverOverlapsAndNeverLeavesTheScreen(t *testing.T) {
	for w := 0; w < 210; w += 1 + w/40 {
		for h := range 64 {
			for focus := range paneCount {
				s := layout(w, h, focus)
				used := make([]bool, w*h)
				for _, r := range s.parts() {
					if r.empty() {
						continue
					}
					for y := r.y; y < r.y+r.h; y++ {
						for x := r.x; x < r.x+r.w; x++ {
							if x < 0 || y < 0 || x >= w || y >= h {
								t.Fatalf("%dx%d: %+v leaves the screen", w, h, r)
							}
							if used[y*w+x] {
								t.Fatalf("%dx%d: cell %d,%d belongs to two parts", w, h, x, y)
							}
							used[y*w+x] = true
						}
					}
				}
				for i, u := range used {
					if !u {
						t.Fatalf("%dx%d: cell %d,%d belongs to nobody", w, h, i%w, i/w)
					}
				}
				if w > 0 && h > 0 && s.panes[focus].empty() {
					t.Fatalf("%dx%d: the focused pane %d has no room", w, h, focus)
				}
			}
		}
	}
}

func TestLayoutShowsWhatFits(t *testing.T) {
	for name, tc := range map[string]struct {
		w, h                 int
		panes                int
		header, tabs, ticker bool
	}{
		"smallest":      {20, 5, 1, false, true, false},
		"a small split": {60, 12, 1, true, true, false},
		"classic":       {80, 24, 1, true, true, true},
		"wide":          {120, 36, 3, true, false, false},
		"projector":     {200, 60, 3, true, false, false},
		"wide and low":  {200, 7, 1, true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := layout(tc.w, tc.h, paneDevices)
			panes := 0
			for _, p := range s.panes {
				if !p.empty() {
					panes++
				}
			}
			if panes != tc.panes || s.header.empty() == tc.header || s.tabs.empty() == tc.tabs || s.ticker.empty() == tc.ticker {
				t.Errorf("%+v", s)
			}
			if s.footer.empty() {
				t.Error("no footer")
			}
		})
	}
}
