package uitest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// everyKey is one of each way in which a key can reach a program.
var everyKey = []string{
	"a", "A", "ş", "?", "space", "enter", "tab", "shift+tab", "esc", "x", "backspace", "delete", "insert", "up", "down", "left", "right",
	"home", "end", "pgup", "pgdown", "ctrl+a", "ctrl+up", "shift+left", "alt+b", "alt+enter", "ctrl+pgdown", "f1", "f5", "f12", "esc",
}

func echoed(keys ...string) string { return "<" + strings.Join(keys, "><") + ">" }

func TestAModelOnAScreen(t *testing.T) {
	s := Start(t, echo{}, 300, 6)
	s.WaitFor("300 x 6", "dark true", "şehir 東京 |")
	s.Press(everyKey...)
	s.WaitFor(echoed(everyKey...))
	s.Resize(400, 5)
	s.WaitFor("400 x 5")
	if got := strings.Count(s.Text(), "\n"); got != 4 {
		t.Errorf("%d lines instead of 5", got+1)
	}
	s.Send(brought("a message"))
	s.WaitFor("got a message")
	s.Press("ctrl+q")
	if err := s.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	s.WaitGone("şehir") // the alternate screen is left
	if m := s.Model().(echo); m.width != 400 || m.got != "a message" {
		t.Errorf("the last model is %+v", m)
	}
}

func TestTypeAndQuit(t *testing.T) {
	s := Start(t, echo{}, 80, 4)
	s.Type("hi ş")
	s.WaitFor("keys <h><i><space><ş>")
	if err := s.Quit(); err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestACommandOnAScreen(t *testing.T) {
	s := StartCommand(t, programCommand(t), 300, 6)
	s.WaitFor("300 x 6", "dark true", "şehir 東京 |")
	s.Press(everyKey...)
	s.WaitFor(echoed(everyKey...))
	s.Resize(400, 5)
	s.WaitFor("400 x 5")
	s.Press("ctrl+q")
	if err := s.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	s.WaitFor("goodbye")
	s.WaitGone("şehir")
}

func TestExitStatusSignalsAndAClosedTerminal(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(*Screen)
		want func(error) bool
	}{
		"a status":           {func(s *Screen) { s.Press("ctrl+x") }, exitCode(3)},
		"a signal":           {func(s *Screen) { s.Signal(syscall.SIGTERM) }, func(err error) bool { return err == nil }}, // Bubble Tea quits
		"an interrupt":       {func(s *Screen) { _ = s.Quit() }, exitCode(4)},
		"a closed terminal":  {func(s *Screen) { s.HangUp() }, func(err error) bool { return err != nil }},
		"killed by the test": {func(s *Screen) { s.Signal(syscall.SIGKILL) }, func(err error) bool { return err != nil }},
	} {
		t.Run(name, func(t *testing.T) {
			s := StartCommand(t, programCommand(t), 80, 5)
			s.WaitFor("80 x 5")
			tt.end(s)
			if err := s.Wait(); !tt.want(err) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// Whoever runs the tests may ignore signals, as nohup and a shell's & do; the commands take them all the
// same.
func TestCommandsTakeTheSignalsThatTheTestsIgnore(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const test = "TestExitStatusSignalsAndAClosedTerminal"
	inner := exec.CommandContext(t.Context(), "/bin/sh", "-c", `trap '' HUP INT; exec "$@"`, "sh", self, "-test.run=^"+test+"$", "-test.v", "-test.timeout=60s")
	out, err := inner.CombinedOutput()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("there is no shell here")
	}
	if err != nil || !strings.Contains(string(out), test) {
		t.Errorf("%v:\n%s", err, out)
	}
}

func exitCode(code int) func(error) bool {
	return func(err error) bool {
		var exit *exec.ExitError
		return errors.As(err, &exit) && exit.ExitCode() == code
	}
}

func TestACommandThatOutlivesItsTestIsKilled(t *testing.T) {
	var s *Screen
	t.Run("inner", func(t *testing.T) {
		s = StartCommand(t, programCommand(t), 80, 5)
		s.WaitFor("80 x 5")
	})
	select {
	case <-s.done:
	default:
		t.Error("it is still running")
	}
}

// failing collects what a test would have failed with.
type failing struct {
	testing.TB
	message string
}

func (f *failing) Helper() {}

func (f *failing) Errorf(format string, args ...any) {
	f.message += fmt.Sprintf(format, args...) + "\n"
}

func (f *failing) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}

func (f *failing) Fatal(args ...any) { f.Fatalf("%s", fmt.Sprint(args...)) }

// caught runs f with a test that may fail, and returns what it failed with.
func caught(t *testing.T, f func(t testing.TB)) string {
	t.Helper()
	fake := &failing{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f(fake)
	}()
	<-ended
	return fake.message
}

func TestWhatDoesNotComeFailsWithTheScreen(t *testing.T) {
	got := caught(t, func(t testing.TB) {
		s := Start(t, echo{}, 40, 4)
		s.WaitFor("40 x 4")
		s.Patience = 50 * time.Millisecond
		s.WaitFor("40 x 4", "no such text")
	})
	for _, want := range []string{`after 50ms the screen is not one that shows "40 x 4" and "no such text":`, "│şehir 東京 |"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	got = caught(t, func(t testing.TB) {
		s := Start(t, echo{}, 40, 4)
		s.Patience = 50 * time.Millisecond
		_ = s.Wait()
	})
	if want := "the program is still running after 50ms"; !strings.Contains(got, want) {
		t.Errorf("%q is not in\n%s", want, got)
	}
	for name, f := range map[string]func(testing.TB){
		`"no such key" is not the name of a key`: func(t testing.TB) { Start(t, echo{}, 9, 9).Press("no such key") },
		"after 50ms the screen is not one that no longer shows \"şehir\":": func(t testing.TB) {
			s := Start(t, echo{}, 40, 4)
			s.WaitFor("şehir")
			s.Patience = 50 * time.Millisecond
			s.WaitGone("şehir")
		},
	} {
		if got := caught(t, f); !strings.Contains(got, name) {
			t.Errorf("%q is not in\n%s", name, got)
		}
	}
}

func TestGolden(t *testing.T) {
	noKeys := func(screen string) string { return strings.ReplaceAll(screen, "<x>", "") }
	s := Start(t, echo{}, 40, 4)
	s.WaitFor("dark true")
	s.Golden("echo")
	s.Press("x")
	s.WaitFor("<x>")
	s.Golden("echo", noKeys)
	if *update {
		t.Skip("nothing differs from what was just written")
	}
	got := caught(t, func(t testing.TB) {
		s := Start(t, echo{}, 41, 4)
		s.WaitFor("dark true")
		s.Patience = 50 * time.Millisecond
		s.Golden("echo")
		Golden(t, "echo", "other  \n")
	})
	for _, want := range []string{"│41 x 4 dark true", "│40 x 4 dark true", "│other\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	got = caught(t, func(t testing.TB) { Golden(t, "no such file", "") })
	if want := "run the test with -update to write it"; !strings.Contains(got, want) {
		t.Errorf("%q is not in\n%s", want, got)
	}
}
