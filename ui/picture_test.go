package ui

import (
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/ui/uitest"
)

// TestReadmePicture keeps the README's picture the screen it shows.
func TestReadmePicture(t *testing.T) {
	const width, height = 120, 28
	view := ""
	inBubble(t, Options{Policy: "iothubowner"}, width, height, demo, func(p *pump) {
		p.toController()
		p.Press("c")
		p.wait(time.Second)
		p.Press("y")
		p.wait(7 * time.Second)
		p.hub.elsewhere(controller, `{"setPoint":22.5,"mode":"eco"}`)
		p.wait(31 * time.Second)
		p.hub.slow(func(method string, _ hub.ID) time.Duration {
			if method == "PatchTwin" {
				return 14 * time.Millisecond
			}
			return 0
		})
		p.Press("e")
		p.wait(time.Second)
		p.Press("j", "enter", "ctrl+u")
		p.Type("122")
		p.Press("enter", "s", "enter")
		p.wait(4 * time.Second)
		p.sees("saved", "→ 122")
		view = p.m.View().Content
	})
	uitest.Picture(t, "../.github/screen.svg", view, width, height)
}
