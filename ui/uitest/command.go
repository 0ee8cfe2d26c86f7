package uitest

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// command is a process on a pseudo-terminal.
type command struct {
	process *os.Process
	tty     *os.File // our end
}

// lastWords is how long output is waited for after a command has ended, should a process
// it left behind keep the terminal open.
const lastWords = time.Second

// StartCommand starts a command on a pseudo-terminal of width by height cells. Its
// environment, the test's own when cmd.Env is nil, gets TERM and COLORTERM; streams that
// cmd has set stay as they are. It takes signals that the test's process ignores. The command is killed when the test ends before it. Where
// there are no pseudo-terminals the test is skipped.
func StartCommand(t testing.TB, cmd *exec.Cmd, width, height int) *Screen {
	t.Helper()
	cmd.Env = append(cmd.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor")
	var tty *os.File
	err := takingSignals(func() (err error) {
		tty, err = startOnTTY(cmd, width, height)
		return err
	})
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("there are no pseudo-terminals here")
	}
	if err != nil {
		t.Fatalf("start %s on a pseudo-terminal: %v", cmd, err)
	}
	term := newTerminal(width, height, false)
	s := newScreen(t, term)
	s.program = &command{cmd.Process, tty}

	shown, typed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(shown)
		_, _ = io.Copy(term, tty) // ends with an error once nobody has the other end open
	}()
	go func() {
		defer close(typed)
		_, _ = io.Copy(tty, onlyReader{term.input})
	}()
	go func() {
		defer close(s.done)
		s.err = cmd.Wait()
		select {
		case <-shown:
		case <-time.After(lastWords):
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-s.done
		_ = tty.Close()
		term.close()
		<-shown
		<-typed
	})
	return s
}

func (c *command) resize(width, height int) { resizeTTY(c.tty, width, height) }

func (c *command) signal(sig os.Signal) error { return c.process.Signal(sig) }

func (c *command) quit() { _ = c.process.Signal(os.Interrupt) }

func (c *command) hangUp() { _ = c.tty.Close() }
