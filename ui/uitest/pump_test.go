package uitest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

func TestPumpPressesAndShows(t *testing.T) {
	p := NewPump(t, echo{}, 30, 4)
	p.Press(everyKey...)
	p.Type("ok ş")
	if got, want := p.Text(), "30 x 4 \nkeys "+echoed(everyKey...)+"<o><k><space><ş>\ngot\nşehir 東京 |"; got != strings.ReplaceAll(want, " \n", "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	p.Resize(7, 8)
	p.WaitFor("7 x 8")
	p.WaitGone("30 x 4")
}

func TestPumpRunsCommands(t *testing.T) {
	p := NewPump(t, echo{}, 30, 4)
	p.Press("ctrl+s")
	if got := p.Model().(echo).got; got != "1234" {
		t.Errorf("a sequence brought %q", got)
	}
	p.Press("ctrl+b")
	if got := p.Model().(echo).got; got != "1234aaa" {
		t.Errorf("a batch brought %q", got)
	}
	p.Press("ctrl+q")
	p.Press("z")
	if !p.Quit() || strings.Contains(p.Text(), "<z>") {
		t.Error("a key reached the model after it had asked to end")
	}
}

// ticker counts seconds, waits for a stream that has nothing to tell, and can run amok.
type ticker struct {
	ctx   context.Context
	ticks int
}

type tick struct{}

type amok struct{}

func (m ticker) Init() tea.Cmd {
	return tea.Batch(m.later(), func() tea.Msg { <-m.ctx.Done(); return nil })
}

func (m ticker) later() tea.Cmd {
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return tick{} })
}

func (m ticker) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg.(type) {
	case tick:
		m.ticks++
		return m, m.later()
	case amok:
		return m, func() tea.Msg { return amok{} }
	}
	return m, nil
}

func (m ticker) View() tea.View { return tea.NewView(fmt.Sprint("ticks ", m.ticks)) }

func TestPumpLeavesSlowCommandsRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		start := time.Now()
		p := NewPump(t, ticker{ctx: ctx}, 20, 1)
		if took := time.Since(start); took != p.Linger {
			t.Errorf("the slow commands were waited for for %v, not %v", took, p.Linger)
		}
		for range 100 {
			p.Press("x")
		}
		if took := time.Since(start); took != p.Linger {
			t.Errorf("commands that are known to be slow were waited for again, %v in all", took)
		}
		p.WaitFor("ticks 3")
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("three ticks took %v", took)
		}
		p.Elapse(2500 * time.Millisecond)
		if got, want := p.Text(), "ticks 5"; got != want {
			t.Errorf("5.5 s after the start: %s, want %s", got, want)
		}
	})
}

func TestPumpFailsWithTheView(t *testing.T) {
	// The messages are what is tested, on a clock that costs nothing.
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for want, f := range map[string]func(*Pump){
			"after 10s the view is not one that shows \"nonsense\":\n│ticks ":       func(p *Pump) { p.WaitFor("nonsense") },
			"after 10s the view is not one that no longer shows \"tick\":\n│ticks ": func(p *Pump) { p.WaitGone("tick") },
			"10000 messages have followed from one; the view:\n│ticks 0":            func(p *Pump) { p.Send(amok{}) },
			`"hyper+x" is not the name of a key`:                                    func(p *Pump) { p.Press("hyper+x") },
		} {
			got := caught(t, func(t testing.TB) { f(NewPump(t, ticker{ctx: ctx}, 20, 1)) })
			if !strings.Contains(got, want) {
				t.Errorf("%q is not in\n%s", want, got)
			}
		}
	})
}
