package ui

import (
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/dialog"
	"twindeck/ui/theme"
)

// nosy is an overlay that does what none may: it asks the hub while it is drawn and while
// it takes a key.
type nosy struct {
	t   *testing.T
	hub Backend
}

func (n nosy) Title() string            { return "nosy" }
func (n nosy) Size(int, int) (w, h int) { return 4, 3 }
func (n nosy) SetTheme(theme.Theme)     {}
func (n nosy) Keys() []keymap.Binding   { return nil }

func (n nosy) ask() {
	if _, err := n.hub.Twin(n.t.Context(), controller); err != nil {
		n.t.Error(err)
	}
}

func (n nosy) Update(tea.Msg) dialog.Action {
	n.ask()
	return nil
}

func (n nosy) View(int, int) string {
	n.ask()
	return "nosy"
}

// Every other test relies on this: a call from Update or View does not go unnoticed.
func TestACallFromWithinIsNoticed(t *testing.T) {
	inBubble(t, Options{}, 80, 24, demo, func(p *pump) {
		p.wait(time.Second)
		p.m.open(nosy{t, p.hub})
		p.m.View()
		p.m.Update(tea.KeyPressMsg{Code: 'x', Text: "x"})
		want := []string{"Twin inside ui.(*Model).View(", "Twin inside ui.(*Model).Update("}
		if !slices.Equal(p.hub.inside, want) {
			t.Errorf("noticed %q", p.hub.inside)
		}
		p.hub.inside = nil
		p.m.overlays = nil
	})
}

// A pane that has not changed is not drawn again.
func TestAPaneIsDrawnWhenItHasChanged(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.m.View()
		same := func(a, b []string) bool { return &a[0] == &b[0] }
		before := p.m.frame.panes
		p.m.Update(clearStatusMsg{})
		p.m.View()
		for i := range before {
			if !same(before[i].lines, p.m.frame.panes[i].lines) {
				t.Errorf("pane %d was drawn again for nothing", i)
			}
		}
		p.m.Update(eventsMsg{batch: hub.Batch{Events: []hub.Event{{ID: hub.ID{Device: "gateway-01"}, Kind: hub.EventMethod, At: time.Now()}}}})
		p.m.View()
		if same(before[paneLive].lines, p.m.frame.panes[paneLive].lines) {
			t.Error("an event did not redraw the live pane")
		}
		if !same(before[paneTwin].lines, p.m.frame.panes[paneTwin].lines) {
			t.Error("an event of another device redrew the twin pane")
		}
	})
}
