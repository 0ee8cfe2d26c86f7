package uitest

import (
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// Pump drives a model without a program: it calls Init and Update, runs the commands they
// return, each on its own goroutine, and feeds their messages back. Its methods belong to
// one goroutine, on which Update and View are called as well.
//
// Commands that are quick are waited for, so that after [Pump.Send] the model has seen
// their outcome. One that takes longer than Linger is left running; its message arrives
// during a later Send or Wait. In a testing/synctest bubble time is the bubble's, nothing
// depends on the machine, and the test ends when every command has; a model whose
// commands wait for a context needs one that ends with the test.
type Pump struct {
	// Linger is how long Send waits for the commands that a message has started; 20 ms
	// unless it is set.
	Linger time.Duration
	// Patience is how long the Wait methods wait before the test fails; 10 s unless it is set.
	Patience time.Duration

	t        testing.TB
	model    tea.Model
	messages chan result
	over     chan struct{}
	running  sync.WaitGroup
	fresh    int // commands that are still waited for
	started  int // number of the last command
	lingered int // commands up to this number are not waited for
	quit     bool
}

// result is one message of a command.
type result struct {
	msg     tea.Msg
	command int  // its number
	last    bool // no more messages come from it
}

// maxMessages is how many messages may follow from one before the model is thought to
// chase its own tail.
const maxMessages = 10_000

// NewPump returns a pump for the model, which has been initialised and told its size.
func NewPump(t testing.TB, m tea.Model, width, height int) *Pump {
	t.Helper()
	p := &Pump{
		Linger:   20 * time.Millisecond,
		Patience: 10 * time.Second,
		t:        t,
		model:    m,
		messages: make(chan result),
		over:     make(chan struct{}),
	}
	t.Cleanup(p.end)
	p.start(m.Init())
	p.Resize(width, height)
	return p
}

// Model returns the model as the last Update left it.
func (p *Pump) Model() tea.Model { return p.model }

// Quit reports whether a command has asked the program to end. Nothing reaches the model
// after that.
func (p *Pump) Quit() bool { return p.quit }

// Text returns the view as plain text, without the spaces at the end of its lines.
func (p *Pump) Text() string { return trimLines(ansi.Strip(p.model.View().Content)) }

// Send hands messages to the model, one by one, each with all that follows from it.
func (p *Pump) Send(msgs ...tea.Msg) {
	p.t.Helper()
	for _, msg := range msgs {
		p.update(msg)
		p.settle()
	}
}

// Press presses keys, named as for [Screen.Press].
func (p *Pump) Press(keys ...string) {
	p.t.Helper()
	for _, name := range keys {
		msg, err := keyPress(name)
		if err != nil {
			p.t.Fatal(err)
		}
		p.Send(msg)
	}
}

// Type presses the key of every character of text.
func (p *Pump) Type(text string) {
	p.t.Helper()
	for _, r := range text {
		if r == ' ' {
			p.Press("space")
		} else {
			p.Press(string(r))
		}
	}
}

// Resize tells the model another size.
func (p *Pump) Resize(width, height int) {
	p.t.Helper()
	p.Send(tea.WindowSizeMsg{Width: width, Height: height})
}

// WaitFor waits until the view shows all the texts at once.
func (p *Pump) WaitFor(texts ...string) {
	p.t.Helper()
	p.WaitUntil("shows "+strings.Join(quoteAll(texts), " and "), func(view string) bool {
		return containsAll(view, texts)
	})
}

// WaitGone waits until the view shows none of the texts.
func (p *Pump) WaitGone(texts ...string) {
	p.t.Helper()
	p.WaitUntil("no longer shows "+strings.Join(quoteAll(texts), " or "), func(view string) bool {
		return !containsAny(view, texts)
	})
}

// WaitUntil takes in messages of running commands until ok is true of the view's text;
// what says so in words, to follow "the view".
func (p *Pump) WaitUntil(what string, ok func(view string) bool) {
	p.t.Helper()
	deadline := time.NewTimer(p.Patience)
	defer deadline.Stop()
	for !ok(p.Text()) {
		select {
		case r := <-p.messages:
			p.take(r)
		case <-deadline.C:
			p.t.Fatalf("after %v the view is not one that %s:\n%s", p.Patience, what, framed(p.Text()))
		}
	}
}

// Elapse lets time pass and takes in what running commands bring meanwhile.
func (p *Pump) Elapse(d time.Duration) {
	p.t.Helper()
	over := time.NewTimer(d)
	defer over.Stop()
	for {
		select {
		case r := <-p.messages:
			p.take(r)
		case <-over.C:
			return
		}
	}
}

func (p *Pump) update(msg tea.Msg) {
	if p.quit || msg == nil {
		return
	}
	if _, ok := msg.(tea.QuitMsg); ok {
		p.quit = true
		return
	}
	var cmd tea.Cmd
	p.model, cmd = p.model.Update(msg)
	p.start(cmd)
}

// settle takes in messages until the fresh commands have ended or have been waited for.
func (p *Pump) settle() {
	p.t.Helper()
	linger := time.NewTimer(p.Linger)
	defer linger.Stop()
	for n := 0; p.fresh > 0; n++ {
		if n == maxMessages {
			p.t.Fatalf("%d messages have followed from one; the view:\n%s", n, framed(p.Text()))
		}
		select {
		case r := <-p.messages:
			p.take(r)
		case <-linger.C:
			p.fresh, p.lingered = 0, p.started
		}
	}
}

// take handles one message of a command.
func (p *Pump) take(r result) {
	if r.last && r.command > p.lingered {
		p.fresh--
	}
	p.update(r.msg)
}

// start runs a command. Batches and sequences are taken apart as a program does.
func (p *Pump) start(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	p.started++
	p.fresh++
	number := p.started
	p.running.Go(func() {
		p.run(cmd, number)
		p.deliver(result{command: number, last: true})
	})
}

// end lets the commands go. Those that wait for a context are the model's to stop, which
// [testing.T.Context] does before this. In a bubble timers run off at once, so all
// commands are waited for; outside one may take longer than a test should.
func (p *Pump) end() {
	close(p.over)
	ended := make(chan struct{})
	go func() {
		p.running.Wait()
		close(ended)
	}()
	if inBubble() {
		<-ended
		return
	}
	select {
	case <-ended:
	case <-time.After(p.Linger):
	}
}

// inBubble reports whether the clock is that of a testing/synctest bubble, which begins
// at midnight UTC 2000-01-01.
func inBubble() bool { return time.Now().UTC().Year() < 2020 }

func (p *Pump) run(cmd tea.Cmd, number int) {
	msg := cmd()
	switch cmds, kind := commandsOf(msg); kind {
	case inOrder:
		for _, c := range cmds {
			if c != nil {
				p.run(c, number)
			}
		}
	case atOnce:
		ended := make(chan struct{}, len(cmds))
		for _, c := range cmds {
			go func() {
				if c != nil {
					p.run(c, number)
				}
				ended <- struct{}{}
			}()
		}
		for range cmds {
			<-ended
		}
	default:
		p.deliver(result{msg: msg, command: number})
	}
}

func (p *Pump) deliver(r result) {
	select {
	case p.messages <- r:
	case <-p.over:
	}
}

type order uint8

const (
	single order = iota
	atOnce
	inOrder
)

// commandsOf takes a batch or a sequence apart. A sequence has a type of its own that
// Bubble Tea does not export: a slice of commands that is no batch.
func commandsOf(msg tea.Msg) ([]tea.Cmd, order) {
	if batch, ok := msg.(tea.BatchMsg); ok {
		return batch, atOnce
	}
	if v := reflect.ValueOf(msg); v.IsValid() && v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() {
		return v.Convert(reflect.TypeFor[[]tea.Cmd]()).Interface().([]tea.Cmd), inOrder
	}
	return nil, single
}
