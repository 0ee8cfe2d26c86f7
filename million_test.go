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

// devicesEnv says how many devices BenchmarkAgainstFzf measures with, a million unless it is set.
const devicesEnv = "TWINDECK_BENCH_DEVICES"

// BenchmarkAgainstFzf measures the program from outside, on a pseudo-terminal, beside fzf on as
// many ids in the same run: how soon a letter's results are on the screen, how much memory either
// holds, and how much is written for one move of the cursor. It takes some minutes, most of which
// the devices take to load. Run it with -benchtime 1x.
func BenchmarkAgainstFzf(b *testing.B) {
	if _, err := exec.LookPath("fzf"); err != nil {
		b.Skip("fzf is not installed")
	}
	n := 1_000_000
	if s := os.Getenv(devicesEnv); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	ids := filepath.Join(b.TempDir(), "ids")
	writeIDs(b, ids, n)
	deck := startDeck(b, n)
	worst := map[string]time.Duration{}
	for b.Loop() {
		for _, mode := range []string{"exact", "fuzzy"} {
			finder := startFinder(b, ids, n, mode)
			if mode == "exact" {
				b.ReportMetric(finder.megabytes(b), "MB-fzf")
				b.ReportMetric(deck.megabytes(b), "MB-twindeck")
			}
			deck.screen.Press("/")
			if mode == "fuzzy" {
				deck.screen.Press("ctrl+t")
			}
			for _, word := range []string{"54213", "90817"} {
				worst["ms-fzf-"+mode] = max(worst["ms-fzf-"+mode], finder.types(b, word))
				worst["ms-twindeck-"+mode] = max(worst["ms-twindeck-"+mode], deck.types(b, word))
			}
			deck.screen.Press("esc")
			_ = finder.cmd.Process.Kill()
		}
		b.ReportMetric(float64(moved(deck.screen)), "bytes/move")
	}
	for name, took := range worst { // of any letter
		b.ReportMetric(float64(took.Microseconds())/1000, name)
	}
}

// finder is a program on a screen that finds devices while one types.
type finder struct {
	screen *uitest.Screen
	cmd    *exec.Cmd
	count  *regexp.Regexp // of what was found
	all    string         // what the screen shows when everything is found
}

// types types a word letter by letter, each when the results of the one before are there, and
// returns how long a letter took at most.
func (f *finder) types(b *testing.B, word string) (longest time.Duration) {
	b.Helper()
	f.screen.Press("ctrl+u")
	f.screen.WaitFor(f.all)
	for i, letter := range word {
		before := f.count.FindString(f.screen.Text())
		start := time.Now()
		f.screen.Type(string(letter))
		f.screen.WaitUntil("shows what "+word[:i+1]+" finds", func(text string) bool {
			now := f.count.FindString(text)
			return now != "" && now != before
		})
		took := time.Since(start)
		b.Logf("%s %q: %v", filepath.Base(f.cmd.Path), word[:i+1], took.Round(100*time.Microsecond))
		longest = max(longest, took)
	}
	return longest
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

	cmd := exec.CommandContext(b.Context(), exe, "--ca-file", ready.CAFile)
	cmd.Env = slices.Concat(state, []string{cli.ConnectionStringEnv + "=" + ready.ConnectionString})
	f := &finder{
		screen: uitest.StartCommand(b, cmd, 120, 36), cmd: cmd,
		count: regexp.MustCompile(`(loaded )?[\d,]+ of [\d,]+`), all: "loaded " + cell.Count(n) + " of",
	}
	f.screen.Patience = 20 * time.Minute
	start := time.Now()
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

// moved returns how many bytes one move of the cursor writes, on average.
func moved(screen *uitest.Screen) int {
	const moves = 10
	settle := func() {
		for last := -1; last != screen.Written(); time.Sleep(300 * time.Millisecond) {
			last = screen.Written()
		}
	}
	settle()
	before := screen.Written()
	for range moves {
		screen.Press("j")
		settle()
	}
	return (screen.Written() - before) / moves
}
