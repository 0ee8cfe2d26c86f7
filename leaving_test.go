//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"twindeck/ui/uitest"
)

// TestLeaving goes out by every door and looks at what is left: the terminal as it was, the
// status that a shell expects, no process of ours, no file but the log.
func TestLeaving(t *testing.T) {
	for name, c := range map[string]struct {
		leave func(t *testing.T, s *uitest.Screen, pid int)
		code  int
	}{
		"q":       {leave: func(_ *testing.T, s *uitest.Screen, _ int) { s.Press("q") }},
		"ctrl+c":  {leave: func(_ *testing.T, s *uitest.Screen, _ int) { s.Press("ctrl+c") }},
		"SIGTERM": {leave: kill(syscall.SIGTERM), code: 128 + int(syscall.SIGTERM)},
		"SIGHUP":  {leave: kill(syscall.SIGHUP), code: 128 + int(syscall.SIGHUP)},
		"SIGKILL": {leave: kill(syscall.SIGKILL), code: 128 + int(syscall.SIGKILL)},
		// The Go runtime ends the process on SIGQUIT with the trace of every goroutine, as it
		// does after a panic that nothing recovers.
		"crash": {leave: kill(syscall.SIGQUIT), code: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			twindeck := program(t)
			dir := t.TempDir()
			// A shell around the program sees what a user would see afterwards. After a crash the
			// guard restores the terminal a moment after the program has gone.
			shell := exec.CommandContext(t.Context(), "sh", append([]string{
				"-c", `stty -a >"$DIR/before"; "$@"; code=$?; for i in $(seq 200); do stty -a >"$DIR/after"; cmp -s "$DIR/before" "$DIR/after" && break; sleep 0.05; done; echo "left with $code"`, "sh",
			}, twindeck.Args...)...)
			shell.Env = slices.Concat(twindeck.Env, []string{"DIR=" + dir})
			screen := uitest.StartCommand(t, shell, 120, 36)
			screen.WaitFor("1 Devices", "thermostat-01", "quit")
			family := descendants(t, shell.Process.Pid)
			if len(family) < 2 {
				t.Fatalf("processes under the shell: %v, want the program and its guard", family)
			}
			c.leave(t, screen, family[0])
			screen.WaitFor(fmt.Sprintf("left with %d", c.code))
			if err := screen.Wait(); err != nil {
				t.Error(err)
			}
			if text := screen.Text(); strings.Contains(text, "1 Devices") || strings.Contains(text, "goroutine") {
				t.Errorf("on the screen is left:\n%s", text)
			}
			if before, after := read(t, dir+"/before"), read(t, dir+"/after"); before != after {
				t.Errorf("the terminal was\n%s\nand is\n%s", before, after)
			}
			waitGone(t, family)
			onlyTheLog(t, stateOf(twindeck))
		})
	}
}

func TestClosedTerminal(t *testing.T) {
	twindeck := program(t)
	screen := uitest.StartCommand(t, twindeck, 80, 24)
	screen.WaitFor("thermostat-01")
	family := append([]int{twindeck.Process.Pid}, descendants(t, twindeck.Process.Pid)...)
	screen.HangUp()
	_ = screen.Wait()
	waitGone(t, family)
	onlyTheLog(t, stateOf(twindeck))
}

func kill(sig syscall.Signal) func(*testing.T, *uitest.Screen, int) {
	return func(t *testing.T, _ *uitest.Screen, pid int) {
		t.Helper()
		if err := syscall.Kill(pid, sig); err != nil {
			t.Fatal(err)
		}
	}
}

// descendants returns the processes below one, parents first.
func descendants(t *testing.T, pid int) []int {
	t.Helper()
	var all []int
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tasks {
		for _, field := range strings.Fields(read(t, name)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			all = append(append(all, child), descendants(t, child)...)
		}
	}
	return all
}

// waitGone waits until none of the processes lives.
func waitGone(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		deadline := time.NewTimer(10 * time.Second)
		tick := time.NewTicker(10 * time.Millisecond)
		for alive(pid) {
			select {
			case <-tick.C:
			case <-deadline.C:
				t.Errorf("process %d is left behind", pid)
				return
			}
		}
		tick.Stop()
		deadline.Stop()
	}
}

// alive reports whether a process runs; one that only waits to be reaped does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

func onlyTheLog(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if e.Name() != "twindeck.log" || info.Mode().Perm() != 0o600 {
			t.Errorf("left behind: %s with mode %v", e.Name(), info.Mode())
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
