package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"twindeck/ui/cell"
	"twindeck/ui/cli"
	"twindeck/ui/uitest"
)

// finder is a program on a screen that finds devices while one types.
type finder struct {
	screen *uitest.Screen
	cmd    *exec.Cmd
	count  *regexp.Regexp // of what was found
	all    string         // what the screen shows when everything is found
	first  time.Duration  // from the start of the program to its first rows
}

// types types a word as a person does, and returns how long it took until the results of each letter
// were on the screen.
func (f *finder) types(b *testing.B, word string) (letters []time.Duration) {
	b.Helper()
	f.screen.Press("ctrl+u")
	f.screen.WaitFor(f.all)
	for i, letter := range word {
		pause()
		before := f.count.FindString(f.screen.Text())
		shown := ""
		start := time.Now()
		f.screen.Type(string(letter))
		f.screen.WaitUntil("shows what "+word[:i+1]+" finds", func(text string) bool {
			shown = f.count.FindString(text)
			return shown != "" && shown != before
		})
		letters = append(letters, time.Since(start))
		pause()
		if later := f.count.FindString(f.screen.Text()); later != shown {
			b.Fatalf("%s %q: found %s, and a moment later %s", filepath.Base(f.cmd.Path), word[:i+1], shown, later)
		}
	}
	return letters
}

// megabytes returns the most memory the program has held so far.
func (f *finder) megabytes(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.cmd.Process.Pid))
	if err != nil {
		b.Skip("this system does not tell how much memory a process holds")
	}
	kB, err := strconv.Atoi(regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindStringSubmatch(string(status))[1])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kB) / 1024
}

// startDeck starts twindeck on a hub of n devices in another process, and waits until all are loaded.
func startDeck(b *testing.B, n int) *finder {
	b.Helper()
	exe := filepath.Join(b.TempDir(), "twindeck")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	state := append(os.Environ(), "XDG_STATE_HOME="+b.TempDir(), "XDG_CONFIG_HOME="+b.TempDir())

	hub := exec.CommandContext(b.Context(), exe, "hub", "--https-port", "0", "--mqtts-port", "0", "--output", "json", "--fleet", strconv.Itoa(n))
	hub.Env, hub.Stderr = state, os.Stderr
	hub.Cancel = func() error { return hub.Process.Signal(syscall.SIGTERM) }
	out, err := hub.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := hub.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = hub.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	var ready readyHub
	if err := json.Unmarshal([]byte(line), &ready); err != nil {
		b.Fatal(err)
	}

	start := time.Now()
	cmd := exec.CommandContext(b.Context(), exe, "--ca-file", ready.CAFile)
	cmd.Env = slices.Concat(state, []string{cli.ConnectionStringEnv + "=" + ready.ConnectionString})
	f := &finder{
		screen: uitest.StartCommand(b, cmd, 120, 36), cmd: cmd,
		count: regexp.MustCompile(`(loaded )?[\d,]+ of [\d,]+`), all: "loaded " + cell.Count(n) + " of",
	}
	f.screen.WaitFor("1 Devices", "-00000")
	f.first = time.Since(start)
	f.screen.Patience = 20 * time.Minute
	f.screen.WaitFor(cell.Count(n) + " devices")
	b.Logf("%d devices were loaded in %v", n, time.Since(start).Round(time.Second))
	f.screen.Patience = time.Minute
	return f
}

// startFinder starts fzf on a file of n ids.
func startFinder(b *testing.B, ids string, n int, mode string) *finder {
	b.Helper()
	args := []string{"--no-mouse"}
	if mode == "exact" {
		args = append(args, "--exact")
	}
	cmd := exec.CommandContext(b.Context(), "fzf", args...)
	cmd.Env = append(os.Environ(), "FZF_DEFAULT_OPTS=", "FZF_DEFAULT_COMMAND=cat '"+ids+"'")
	all := fmt.Sprintf("%d/%d", n, n)
	f := &finder{screen: uitest.StartCommand(b, cmd, 120, 36), cmd: cmd, count: regexp.MustCompile(`\d+/\d+`), all: all}
	f.screen.Patience = time.Minute
	f.screen.WaitFor(all)
	return f
}

// writeIDs writes the ids of a fleet of n devices, a line each.
func writeIDs(b *testing.B, file string, n int) {
	b.Helper()
	var text strings.Builder
	for i := range n {
		kind := []string{"thermostat", "pump", "meter", "camera", "gateway"}[i%5]
		fmt.Fprintf(&text, "%s-%07d\n", kind, i+1)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
}
