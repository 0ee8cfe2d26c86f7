// Package uitest lets tests use a dashboard as a person does: press keys, look at the
// screen. There are two ways. A [Screen] is an emulated terminal with a whole program on
// it, a tea.Program in this process or a command on a pseudo-terminal; what counts is the
// text on the screen, never the bytes that drew it. A [Pump] is the cheap way for one
// model: it calls Update, runs the commands, and shows View as plain text.
//
// Both fail the test by themselves, with the screen in the message, when what is waited
// for does not come. The package is for tests only.
package uitest

import (
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Screen is a terminal with a program on it. Make one with [Start] or [StartCommand]. Its
// methods belong to the goroutine of the test; the program is ended and everything is
// closed when the test is over.
type Screen struct {
	// Patience is how long anything is waited for before the test fails; 10 s unless it is set.
	Patience time.Duration

	t       testing.TB
	term    *terminal
	done    chan struct{} // closed when the program has ended
	err     error         // why it ended; set before done is closed
	program program
}

// program is what runs on a screen.
type program interface {
	resize(width, height int)
	signal(os.Signal) error
	quit()
	hangUp()
}

func newScreen(t testing.TB, term *terminal) *Screen {
	return &Screen{Patience: 10 * time.Second, t: t, term: term, done: make(chan struct{})}
}

// Text returns what the screen shows: one line of text for each of its lines, without
// styles and without the spaces at the end.
func (s *Screen) Text() string { return s.term.text() }

// Written returns how many bytes the program has written to the terminal.
func (s *Screen) Written() int { return s.term.output() }

// Press presses keys by name: a character, or enter, tab, esc, space, backspace, delete,
// insert, up, down, left, right, home, end, pgup, pgdown or f1 to f12, with ctrl+, alt+ or
// shift+ in front.
func (s *Screen) Press(keys ...string) {
	s.t.Helper()
	for _, name := range keys {
		sequence, err := keySequence(name)
		if err != nil {
			s.t.Fatal(err)
		}
		s.term.input.write(sequence)
	}
}

// Type types text, character by character.
func (s *Screen) Type(text string) { s.term.input.write(text) }

// Resize gives the terminal another size.
func (s *Screen) Resize(width, height int) {
	s.term.resize(width, height)
	s.program.resize(width, height)
}

// Send hands a message to the model. Only a program of [Start] takes messages.
func (s *Screen) Send(msg tea.Msg) {
	s.t.Helper()
	p, ok := s.program.(*model)
	if !ok {
		s.t.Fatal("a command takes no messages, only keys and signals")
	}
	p.tea.Send(msg)
}

// Signal sends a signal to a command of [StartCommand].
func (s *Screen) Signal(sig os.Signal) {
	s.t.Helper()
	if err := s.program.signal(sig); err != nil {
		s.t.Fatalf("signal %v: %v", sig, err)
	}
}

// Quit asks the program to end, a model by a message and a command by an interrupt, and
// waits until it has.
func (s *Screen) Quit() error {
	s.t.Helper()
	s.program.quit()
	return s.Wait()
}

// HangUp closes the terminal under a command, as closing the window does.
func (s *Screen) HangUp() { s.program.hangUp() }

// Wait waits until the program has ended and returns the error it ended with: that of
// tea.Program.Run or of exec.Cmd.Wait.
func (s *Screen) Wait() error {
	s.t.Helper()
	select {
	case <-s.done:
		return s.err
	case <-time.After(s.Patience):
		s.t.Fatalf("the program is still running after %v; the screen:\n%s", s.Patience, framed(s.Text()))
		return nil
	}
}

// WaitFor waits until the screen shows all the texts at once.
func (s *Screen) WaitFor(texts ...string) {
	s.t.Helper()
	s.WaitUntil("shows "+strings.Join(quoteAll(texts), " and "), func(screen string) bool {
		return containsAll(screen, texts)
	})
}

// WaitGone waits until the screen shows none of the texts.
func (s *Screen) WaitGone(texts ...string) {
	s.t.Helper()
	s.WaitUntil("no longer shows "+strings.Join(quoteAll(texts), " or "), func(screen string) bool {
		return !containsAny(screen, texts)
	})
}

// WaitUntil waits until ok is true of the screen's text; what says so in words, to follow
// "the screen". It asks after every change of the screen.
func (s *Screen) WaitUntil(what string, ok func(screen string) bool) {
	s.t.Helper()
	if screen, ok := s.poll(s.Patience, ok); !ok {
		state := ""
		select {
		case <-s.done:
			state = ", and the program has ended"
		default:
		}
		s.t.Fatalf("after %v the screen is not one that %s%s:\n%s", s.Patience, what, state, framed(screen))
	}
}

// poll asks ok after every change of the screen, for at most the time given.
func (s *Screen) poll(patience time.Duration, ok func(screen string) bool) (screen string, good bool) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		changed := s.term.changes()
		if screen = s.Text(); ok(screen) {
			return screen, true
		}
		select {
		case <-changed:
		case <-deadline.C:
			return screen, false
		}
	}
}
