//go:build unix

package terminal

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

// guardEnv marks the process that watches over the terminal.
const guardEnv = "TWINDECK_TERMINAL_GUARD"

// released is what the program writes to its guard when it has restored the terminal itself.
const released = 'r'

// readyWithin bounds the wait for a guard that never comes up.
const readyWithin = time.Second

// restoreSequence undoes every mode a dashboard can have switched on.
const restoreSequence = ansi.ResetModeSynchronizedOutput +
	ansi.ResetModeMouseNormal + ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseAnyEvent + ansi.ResetModeMouseExtSgr +
	ansi.ResetModeBracketedPaste + ansi.ResetModeFocusEvent + ansi.DisableKittyKeyboard +
	ansi.ResetModeAltScreenSaveCursor + ansi.SetModeTextCursorEnable + ansi.ResetStyle

// The files a guard is given besides the terminal as its standard input.
const (
	guardPipe  = 3 // ends when the program does
	guardTTY   = 4 // the terminal, for writing
	guardReady = 5 // told once the terminal's settings are known
)

// Guard is a second process of this program that waits for the first to end. A Go program
// cannot restore anything after a panic in a goroutine it does not own, nor after SIGKILL; its
// guard can. A nil Guard does nothing.
type Guard struct {
	cmd   *exec.Cmd
	pipe  *os.File
	ready *os.File
}

// StartGuard starts the guard of a terminal. It does not wait for it, so that it comes up while
// the program does other things; Run waits before it changes the terminal.
func StartGuard(in, out *os.File) (*Guard, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	readyR, readyW, err := os.Pipe()
	if err != nil {
		_, _ = r.Close(), w.Close()
		return nil, err
	}
	// No context: the guard must outlive whatever ends the program.
	cmd := exec.CommandContext(context.Background(), exe)
	cmd.Env = []string{guardEnv + "=1"} // nothing else: the environment may hold a connection string
	cmd.Stdin = in                      // its settings are read, never its input
	cmd.ExtraFiles = []*os.File{r, out, readyW}
	err = cmd.Start()
	_, _ = r.Close(), readyW.Close()
	if err != nil {
		_, _ = w.Close(), readyR.Close()
		return nil, err
	}
	return &Guard{cmd: cmd, pipe: w, ready: readyR}, nil
}

// wait blocks until the guard knows the terminal's settings, or reports that it does not come up.
func (g *Guard) wait() error {
	if g == nil {
		return nil
	}
	var b [1]byte
	if err := g.ready.SetReadDeadline(time.Now().Add(readyWithin)); err != nil {
		return err
	}
	_, err := io.ReadFull(g.ready, b[:])
	return err
}

// Release tells the guard that the terminal is as it was, and waits for it to leave. Calling
// it again does nothing.
func (g *Guard) Release() {
	if g == nil || g.cmd == nil {
		return
	}
	_, _ = g.pipe.Write([]byte{released})
	_, _ = g.pipe.Close(), g.ready.Close()
	_ = g.cmd.Wait()
	g.cmd = nil
}

// Guarding runs the guard and reports true when this process was started as one; main
// calls it before anything else and returns.
func Guarding() bool {
	if os.Getenv(guardEnv) == "" {
		return false
	}
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	pipe := os.NewFile(guardPipe, "program")
	tty := os.NewFile(guardTTY, "terminal")
	ready := os.NewFile(guardReady, "ready")
	before, stateErr := term.GetState(os.Stdin.Fd())
	_, _ = ready.Write([]byte{released})
	_ = ready.Close()
	var last [1]byte
	if _, err := io.ReadFull(pipe, last[:]); err == nil {
		return true
	} else if !errors.Is(err, io.EOF) {
		return true
	}
	_, _ = tty.WriteString(restoreSequence)
	if stateErr == nil {
		_ = term.Restore(os.Stdin.Fd(), before)
	}
	_, _ = tty.WriteString("\r\ntwindeck was stopped from outside or by an internal error; the end of its log says more.\r\n")
	return true
}

// divertCrash points file descriptor 2 at the log: the runtime writes the trace of a crash
// there, whatever os.Stderr is. The returned function puts it back.
func divertCrash(file *os.File) (undo func()) {
	saved, err := unix.FcntlInt(os.Stderr.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return func() {}
	}
	if unix.Dup2(int(file.Fd()), 2) != nil {
		_ = unix.Close(saved)
		return func() {}
	}
	return func() {
		_ = unix.Dup2(saved, 2)
		_ = unix.Close(saved)
	}
}
