package terminal_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/ui/terminal"
	"twindeck/ui/uitest"
)

// scene, in the environment, makes the test binary a program that ends as it says.
const scene = "TWINDECK_TEST_SCENE"

func TestMain(m *testing.M) {
	if terminal.Guarding() {
		return
	}
	if how := os.Getenv(scene); how != "" {
		os.Exit(play(how))
	}
	os.Exit(m.Run())
}

// model shows one line and does what its scene says when a key comes.
type model struct{ how, colors string }

func (m model) Init() tea.Cmd { return nil }

func (m model) View() tea.View {
	v := tea.NewView("scene " + m.how + " " + m.colors)
	v.AltScreen = true
	return v
}

func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.ColorProfileMsg:
		m.colors = msg.String()
		return m, nil
	case tea.KeyPressMsg:
	default:
		return m, nil
	}
	switch m.how {
	case "panic in Update":
		panic("boom in Update")
	case "panic in a command":
		return m, func() tea.Msg { panic("boom in a command") }
	case "panic in a goroutine":
		go func() { panic("boom in a goroutine") }()
		return m, nil
	case "prints":
		fmt.Println("to stdout")
		_, _ = fmt.Fprintln(os.Stderr, "to stderr")
		log.Print("to the standard logger")
	}
	return m, tea.Quit
}

func play(how string) int {
	if how == "hangs" {
		ctx, stop := terminal.WithSignals(context.Background())
		defer stop()
		fmt.Println("ready")
		<-ctx.Done()
		fmt.Println("hanging")
		select {}
	}
	in, out := os.Stdin, os.Stdout
	if err := terminal.Check(in, out); err != nil {
		return 3
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	guard, err := terminal.StartGuard(in, out)
	if err != nil {
		return 4
	}
	file, logger := terminal.OpenLog(os.Getenv("LOG"))
	_, err = terminal.Run(ctx, model{how: how}, terminal.Options{In: in, Out: out, Env: os.Environ(), LogFile: file, Log: logger, Guard: guard})
	switch {
	case errors.Is(err, terminal.ErrPanic):
		return 5
	case err != nil:
		return 6
	}
	fmt.Println("after the program")
	return 0
}

// settled is shell that waits, for a while, until the terminal is as it was: after a crash the
// guard restores it a moment after the program has gone.
const settled = `for i in $(seq 200); do stty -a >"$LOG/after"; cmp -s "$LOG/before" "$LOG/after" && break; sleep 0.05; done`

func TestHoweverItEndsTheTerminalIsGivenBack(t *testing.T) {
	for how, want := range map[string]struct {
		status int
		logged []string
		shown  string
	}{
		"quit":                 {shown: "after the program"},
		"prints":               {shown: "after the program", logged: []string{"to stdout", "to stderr", "to the standard logger"}},
		"panic in Update":      {status: 5, logged: []string{"boom in Update"}},
		"panic in a command":   {status: 5, logged: []string{"boom in a command"}},
		"panic in a goroutine": {status: 2, logged: []string{"boom in a goroutine", "goroutine "}, shown: "internal error"},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			exe, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-c",
				`stty -a >"$LOG/before"; "$0"; code=$?; `+settled+`; echo "ended with $code"`, exe)
			cmd.Env = append(os.Environ(), scene+"="+how, "LOG="+dir)
			screen := uitest.StartCommand(t, cmd, 60, 12)
			screen.WaitFor("scene " + how)
			screen.Press("x")
			screen.WaitFor(fmt.Sprintf("ended with %d", want.status), want.shown)
			if text := screen.Text(); strings.Contains(text, "scene") || strings.Contains(text, "boom") {
				t.Errorf("left on the screen:\n%s", text)
			}
			if before, after := read(t, dir, "before"), read(t, dir, "after"); before != after {
				t.Errorf("the terminal was\n%s\nand is\n%s", before, after)
			}
			logged := read(t, dir, "twindeck.log")
			for _, text := range want.logged {
				if !strings.Contains(logged, text) {
					t.Errorf("the log lacks %q:\n%s", text, logged)
				}
			}
		})
	}
}

// Any NO_COLOR that is not empty asks for no colours (https://no-color.org), and a terminal that
// has none gets none.
func TestColorsAreForThoseWhoWantAndHaveThem(t *testing.T) {
	for env, want := range map[string]string{
		"TERM=xterm NO_COLOR=":                            "ANSI",
		"TERM=xterm NO_COLOR=1":                           "Ascii",
		"TERM=xterm NO_COLOR=please":                      "Ascii",
		"TERM=xterm NO_COLOR=0":                           "Ascii",
		"TERM=xterm-256color COLORTERM=truecolor":         "TrueColor",
		"TERM=xterm-mono":                                 "Ascii",
		"TERM=vt220":                                      "Ascii",
		"TERM=vt220 COLORTERM=truecolor":                  "TrueColor",
		"TERM=xterm-256color NO_COLOR=x CLICOLOR_FORCE=1": "Ascii",
	} {
		t.Run(env, func(t *testing.T) {
			t.Parallel()
			exe, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "env", append(append([]string{"-i"}, strings.Fields(env)...), exe)...)
			cmd.Args = slices.Insert(cmd.Args, 2, scene+"=colors", "LOG="+t.TempDir())
			screen := uitest.StartCommand(t, cmd, 60, 12)
			screen.WaitFor("scene colors " + want)
			screen.Press("x")
			screen.WaitFor("after the program")
		})
	}
}

// TestABlockedTerminalDoesNotHoldTheProgram stops reading the terminal, as a suspended SSH client
// does, fills it, and asks the program to leave.
func TestABlockedTerminalDoesNotHoldTheProgram(t *testing.T) {
	out, far, err := os.Pipe() // the program writes into far; nobody reads out
	if err != nil {
		t.Fatal(err)
	}
	in, keys, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _, _, _ = out.Close(), far.Close(), in.Close(), keys.Close() }()
	full := make([]byte, 1<<16)
	if err := far.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = far.Write(full)
	}
	if err := far.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := terminal.Run(ctx, model{how: "blocked"}, terminal.Options{In: in, Out: far, Env: []string{"TERM=xterm"}, Log: slog.New(slog.DiscardHandler)})
		ended <- err
	}()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("still running")
	}
}

// TestASecondSignalEndsAProgramThatHangs presses ctrl+c twice on a program that does not leave.
func TestASecondSignalEndsAProgramThatHangs(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), scene+"=hangs")
	screen := uitest.StartCommand(t, cmd, 60, 12)
	screen.WaitFor("ready")
	screen.Signal(syscall.SIGHUP)
	screen.WaitFor("hanging")
	screen.Signal(syscall.SIGINT)
	var exit *exec.ExitError
	if err := screen.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Errorf("ended with %v", err)
	}
}

func TestTheLogIsForItsOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "twindeck")
	file, logger := terminal.OpenLog(dir)
	logger.Info("hello")
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "twindeck.log"): 0o600} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if text := read(t, dir, "twindeck.log"); !strings.Contains(text, "hello") {
		t.Errorf("the log holds %q", text)
	}
}

func TestALogThatHasGrownIsSetAside(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "twindeck.log")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 9<<20); err != nil {
		t.Fatal(err)
	}
	file, _ := terminal.OpenLog(dir)
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil || info.Size() != 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("the new log: %v, %v", info, err)
	}
	if old, err := os.Stat(name + ".1"); err != nil || old.Size() != 9<<20 {
		t.Errorf("the old log: %v, %v", old, err)
	}
}

func TestWithoutAPlaceThereIsNoLog(t *testing.T) {
	file, logger := terminal.OpenLog("")
	if file != nil || logger == nil {
		t.Errorf("file %v, logger %v", file, logger)
	}
	logger.Info("goes nowhere")
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestALogOthersCouldReadIsClosedToThem(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "twindeck.log")
	if err := os.WriteFile(name, []byte("before\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	file, _ := terminal.OpenLog(dir)
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Errorf("%v, %v", info, err)
	}
}

// The environment may hold a connection string, and every process of the user can read it.
func TestTheGuardIsToldNoSecrets(t *testing.T) {
	const children = "/proc/self/task/*/children"
	if lists, _ := filepath.Glob(children); len(lists) == 0 {
		t.Skip("there is no /proc to look at")
	}
	t.Setenv("TWINDECK_TEST_SECRET", "SharedAccessKey=c2VjcmV0")
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	guard, err := terminal.StartGuard(null, null)
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Release()
	found := false
	lists, _ := filepath.Glob(children)
	for _, list := range lists {
		pids, err := os.ReadFile(list)
		if err != nil {
			continue // the thread is gone
		}
		for _, child := range strings.Fields(string(pids)) {
			env, err := os.ReadFile(filepath.Join("/proc", child, "environ"))
			if err != nil || !strings.Contains(string(env), "TWINDECK_TERMINAL_GUARD") {
				continue
			}
			found = true
			if strings.Contains(string(env), "SharedAccessKey") {
				t.Errorf("the guard's environment is %q", env)
			}
		}
	}
	if !found {
		t.Error("there is no guard to look at")
	}
}
