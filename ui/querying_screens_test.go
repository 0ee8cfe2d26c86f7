package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

var querySizes = []string{"80x24", "120x36", "200x60", "20x5"}

func TestGoldenQueries(t *testing.T) {
	for _, size := range querySizes {
		t.Run(size, func(t *testing.T) {
			inBubble(t, Options{Policy: "iothubowner"}, sizes[size][0], sizes[size][1], demo, func(p *pump) {
				p.hub.answers(projection, many(250)...)
				p.wait(time.Second)
				p.Press(":")
				p.Type("WHERE tags.floor > 1 AND (")
				p.golden("query-bar-" + size)
				p.Press("enter")
				p.wait(20 * time.Millisecond)
				p.golden("query-refused-" + size)
				p.Press("esc")
				p.query("SELECT * FROM devices")
				p.Press("space", "l", "l", "s")
				p.wait(time.Second)
				p.golden("query-twins-" + size)
				p.Press("enter")
				p.golden("query-row-" + size)
				p.Press("esc")
				p.query(projection)
				p.wait(time.Second)
				p.golden("query-rows-" + size)
				p.Press(":", "ctrl+s")
				p.Type("floors")
				p.Press("enter", "ctrl+o")
				p.golden("query-saved-" + size)
			})
		})
	}
}

// A screen is whole at every size, whatever the hub sends.
func TestEverySizeOfQueries(t *testing.T) {
	inBubble(t, Options{}, 120, 36, hostile, func(p *pump) {
		p.wait(time.Second)
		for _, view := range []func(){
			func() { p.Press(":") },
			func() { p.Type("\u202e東京 '"); p.Press("enter"); p.wait(20 * time.Millisecond) },
			func() { p.Press("esc"); p.query("SELECT * FROM devices") },
			func() { p.Press("G", "*", "l", "l", "l", "l", "s"); p.wait(time.Second) },
			func() { p.Press("enter") },
			func() { p.Press("esc", "/"); p.Type("owned") },
			func() { p.Press("esc"); p.query("SELECT * FROM devices.modules") },
			func() { p.Press(":", "ctrl+s"); p.Type("長い"); p.Press("enter", "ctrl+o") },
		} {
			p.m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
			view()
			for w := 0; w <= 130; w += 1 + w/8 {
				for h := 0; h <= 40; h += 1 + h/6 {
					p.m.Update(tea.WindowSizeMsg{Width: w, Height: h})
					p.checkScreen(w, h)
				}
			}
		}
	})
}

// What a key press over a result costs from Update to the finished frame; read it as a ratio.
func BenchmarkResultsKeyAndView(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := newFakeHub()
			f.pageSize = 1 << 30
			f.answers(projection, many(n)...)
			m := New(f, Options{Host: "contoso.azure-devices.net"})
			defer m.Close()
			m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
			m.Update(tea.KeyPressMsg{Code: ':', Text: ":"})
			_, gen := m.query.run.start(m.ctx)
			result, err := f.Run(b.Context(), projection, "", 1<<30)
			if err != nil {
				b.Fatal(err)
			}
			m.Update(resultMsg{gen: gen, query: projection, first: true, page: preparedPage(result)})
			if got := m.screen(); !strings.Contains(got, "device-0000") {
				b.Fatal(got)
			}
			down := tea.KeyPressMsg{Code: tea.KeyDown}
			for b.Loop() {
				m.Update(down)
				m.View()
			}
		})
	}
}
