package ui

import (
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/ui/draft"
)

// TestGoldenEditing keeps the screen of every state of an edit, from the form to what becomes of a
// save and to taking it back.
func TestGoldenEditing(t *testing.T) {
	for _, size := range []string{"80x24", "120x36", "20x5"} {
		wh := sizes[size]
		on := func(opts Options, test func(p *pump, golden func(string))) {
			t.Helper()
			inBubble(t, opts, wh[0], wh[1], demo, func(p *pump) {
				p.toController()
				test(p, func(state string) { p.golden("edit-" + state + "-" + size) })
			})
		}
		t.Run(size, func(t *testing.T) {
			on(Options{}, func(p *pump, golden func(string)) {
				p.Press("e")
				golden("form")
				p.Press("enter")
				golden("field")
				p.Press("esc", "j", "enter", "ctrl+u", "4", "5", "0", "3", "5", "9", "9", "6", "2", "7", "3", "7", "0", "4", "9", "7")
				golden("refused-number")
				p.Press("esc", "j", "j", "J")
				golden("lines")
				p.Type("{")
				golden("lines-mistake")
				p.Press("esc", "esc", "G", "a", "b")
				golden("completion")
				p.Press("esc", "G", "a", "$", "x")
				golden("refused-name")
				p.Press("esc", "g", "d", "j", "r", "ctrl+u")
				p.Type("interval")
				golden("rename")
				p.Press("enter")
				golden("changes")
				p.Press("esc")
				golden("discard")
				p.Press("esc", "s")
				golden("review")
				p.hub.slow(late(5*time.Second, "PatchTwin"))
				p.Press("enter")
				golden("saving")
				p.wait(6 * time.Second)
				p.hub.slow(nil)
				golden("saved")
				p.Press("z")
				golden("undo")
				p.Press("esc", "esc", "y")
				p.hub.elsewhere(controller, `{"interval":5,"firmware":"2.0"}`)
				p.Press("r")
				p.wait(time.Second)
				p.Press("z")
				golden("undo-overtaken")
			})
			for state, err := range map[string]error{
				"failed-429":     &hub.Error{Op: "change the twin of module thermostat-01/controller", Status: 429, RetryAfter: 10 * time.Second},
				"failed-500":     &hub.Error{Op: "change the twin of module thermostat-01/controller", Status: 500, Message: "an internal error"},
				"failed-network": errUnplugged,
			} {
				on(Options{}, func(p *pump, golden func(string)) {
					p.Press("e", "d", "s")
					p.hub.failing("PatchTwin", err)
					p.Press("enter")
					golden(state)
				})
			}
			on(Options{}, func(p *pump, golden func(string)) {
				p.Press("e", "d", "j", "enter", "ctrl+u", "7", "5", "enter", "s")
				p.hub.elsewhere(controller, `{"telemetryInterval":90,"setPoint":20}`)
				p.Press("enter")
				p.wait(time.Second)
				golden("conflict")
				p.Press("m")
				golden("decided")
			})
			drafts := &draft.Memory{}
			on(Options{Drafts: drafts}, func(p *pump, _ func(string)) { p.Press("e", "d", "j", "enter", "9"); p.wait(lasting) })
			on(Options{Drafts: drafts}, func(p *pump, golden func(string)) {
				golden("draft-kept")
				p.Press("e")
				golden("draft-offered")
			})
			on(Options{}, func(p *pump, golden func(string)) {
				p.Press("1", "space", "j", "space", "e")
				p.wait(time.Second)
				golden("marked")
			})
		})
	}
}

// A text that an editor has left is shown, and stays where it is.
func TestWhatWasLeftInAnEditorIsTold(t *testing.T) {
	inBubble(t, Options{Left: func() []string { return []string{"/state/twindeck/editing/edit-1/twin-desired.json"} }}, 120, 36, demo, func(p *pump) {
		p.wait(lasting)
		p.sees("Left in your editor", "/state/twindeck/editing/edit-1/twin-desired.json", "read the file into it")
		p.wait(2 * time.Second)
		p.Press("esc")
		p.seesNot("Left in your editor")
	})
	inBubble(t, Options{Left: func() []string { return nil }}, 120, 36, demo, func(p *pump) {
		p.wait(lasting)
		p.seesNot("Left in your editor")
	})
}
