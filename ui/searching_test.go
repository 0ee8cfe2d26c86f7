package ui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// While a search is typed every key belongs to it.
func TestSearchOfTheTwinTakesTheKeys(t *testing.T) {
	inBubble(t, Options{}, 120, 36, demo, func(p *pump) {
		p.toController()
		p.Press("2", "/")
		p.Type("nz?q:m1")
		p.sees("/nz?q:m1", "nothing found", "esc clear search")
		if p.m.front() != nil || p.Quit() {
			t.Fatalf("a key did something else:\n%s", p.Text())
		}
		p.Press("ctrl+u")
		p.Send(tea.PasteMsg{Content: "LIMIT"})
		p.sees("1 of 1")
		p.Press("enter")
		p.sees("> next match", "/LIMIT")
		p.Press("1", "j")
		p.wait(time.Second)
		p.seesNot("/LIMIT") // it was for another twin
	})
}

func TestGoldenSearch(t *testing.T) {
	for size, wh := range sizes {
		t.Run(size, func(t *testing.T) {
			inBubble(t, Options{Policy: "iothubowner"}, wh[0], wh[1], demo, func(p *pump) {
				p.toController()
				p.Press("2", "G", "l", "/")
				p.Type("m")
				p.golden("search-" + size)
				p.Press("enter", ".", ".")
				p.golden("drift-" + size)
			})
		})
	}
}
