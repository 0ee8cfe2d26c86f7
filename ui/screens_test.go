package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"twindeck/hub"
)

// checkScreen fails unless the screen has exactly h lines and none is wider than w.
func (p *pump) checkScreen(w, h int) {
	p.t.Helper()
	content := p.m.View().Content
	if w <= 0 || h <= 0 {
		return
	}
	lines := strings.Split(content, "\n")
	if len(lines) != h {
		p.t.Fatalf("%dx%d: %d lines:\n%s", w, h, len(lines), ansi.Strip(content))
	}
	for i, l := range lines {
		if got := ansi.StringWidth(l); got > w {
			p.t.Fatalf("%dx%d: line %d is %d cells wide: %q", w, h, i, got, ansi.Strip(l))
		}
		if strings.ContainsAny(ansi.Strip(l), "\x1b\x07\r\t\x00") {
			p.t.Fatalf("%dx%d: line %d has a control character: %q", w, h, i, l)
		}
	}
}

// hostile is a hub whose strings try to reach the terminal.
func hostile(f *fakeHub) {
	demo(f)
	const evil = "\x1b[2J\x1b]0;owned\x07\u202e東京\r\n\tx"
	f.add(hub.ID{Device: evil}, `{"\u001b[31m":"\u001b]52;c;AAAA\u0007"}`, `{"\u001b[2J":{"a":"\u009b31m\n"},"東京":"都"}`, `{"b":"\u202e"}`)
	f.add(hub.ID{Device: evil, Module: evil}, `{}`, `{"x":"`+strings.Repeat("長", 300)+`"}`, `{}`)
	i := f.identities[hub.ID{Device: evil}]
	i.StatusReason, i.ManagedBy = evil, evil
	f.identities[i.ID] = i
}

var sweep = []struct {
	name string
	do   func(p *pump)
}{
	{"devices", func(*pump) {}},
	{"properties", func(p *pump) { p.Press("2") }},
	{"tags", func(p *pump) { p.Press("]") }},
	{"identity", func(p *pump) { p.Press("]", "v") }},
	{"json", func(p *pump) { p.Press("]") }},
	{"live", func(p *pump) { p.Press("3", "c"); p.wait(time.Second) }},
	{"filter", func(p *pump) { p.Press("1", "/", "o") }},
	{"found", func(p *pump) { p.Press("ctrl+t", "enter", "*") }},
	{"columns", func(p *pump) { p.Press("|") }},
	{"sort", func(p *pump) { p.Press("esc", "s") }},
	{"help", func(p *pump) { p.Press("esc", "esc", "?") }},
	{"new device", func(p *pump) { p.Press("esc", "n") }},
	{"edit", func(p *pump) { p.Press("esc", "e") }},
	{"bulk", func(p *pump) { p.Press("esc", "esc", "1", "g", "space", "space", "b") }},
	{"bulk preview", func(p *pump) { p.Press("j", "j", "j", "j", "enter", "enter"); p.wait(time.Second) }},
	{"bulk report", func(p *pump) { p.Press("enter", "y"); p.wait(3 * time.Second) }},
	{"export", func(p *pump) { p.Press("esc", "X") }},
	{"an error", func(p *pump) {
		p.Press("esc")
		p.hub.failing("Detach", &hub.Error{Op: "x", Status: 500, Message: "\x1b[31m" + strings.Repeat("long ", 100)})
		p.Press("c")
	}},
}

func TestEverySizeOfEveryView(t *testing.T) {
	inBubble(t, Options{Policy: "iothubowner"}, 120, 36, hostile, func(p *pump) {
		p.wait(time.Second)
		p.Press("l")
		p.wait(time.Second)
		for _, view := range sweep {
			p.m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
			view.do(p)
			for w := 0; w <= 130; w += 1 + w/8 {
				for h := 0; h <= 40; h += 1 + h/6 {
					p.m.Update(tea.WindowSizeMsg{Width: w, Height: h})
					p.checkScreen(w, h)
				}
			}
		}
	})
}

var sizes = map[string][2]int{"80x24": {80, 24}, "120x36": {120, 36}, "200x60": {200, 60}, "20x5": {20, 5}}

func TestGoldenScreens(t *testing.T) {
	for size, wh := range sizes {
		t.Run(size, func(t *testing.T) {
			inBubble(t, Options{Policy: "iothubowner"}, wh[0], wh[1], demo, func(p *pump) {
				p.toController()
				p.Press("c")
				p.wait(time.Second)
				p.Press("y") // yes, attach
				p.wait(time.Second)
				p.hub.elsewhere(controller, `{"setPoint":22.5,"mode":"eco"}`)
				p.wait(3 * time.Second)
				p.Press("e", "a")
				p.Type("boost")
				p.Press("tab")
				p.Type("true")
				p.Press("enter", "s", "enter")
				p.wait(2 * time.Second)
				p.golden("devices-" + size)
				p.Press("2")
				p.golden("properties-" + size)
				p.Press("]")
				p.golden("tags-" + size)
				p.Press("]")
				p.golden("identity-" + size)
				p.Press("]")
				p.golden("json-" + size)
				p.Press("]", "3")
				p.golden("live-" + size)
				p.Press("1", "/")
				p.Type("ank")
				p.wait(time.Second)
				p.golden("filter-" + size)
			})
		})
	}
}
