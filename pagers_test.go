package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"twindeck/ui/uitest"
)

// BenchmarkAgainstPagers measures the program from outside, on a pseudo-terminal, beside lnav, which
// holds a file of as many ids, and htop, which holds the processes of this machine: how soon the first
// rows are on the screen, how soon a frame follows a key that moves the cursor or the page, at the
// top of the list and at its end, and how much memory each holds. Keys count as the median.
// Run it with -benchtime 1x, as BenchmarkAgainstFzf.
func BenchmarkAgainstPagers(b *testing.B) {
	need(b, "lnav")
	need(b, "htop")
	n := devices(b)
	ids := filepath.Join(b.TempDir(), "ids")
	writeIDs(b, ids, n)
	deck := startDeck(b, n)
	deck.screen.Press("1")
	for b.Loop() {
		lnav := startPager(b, "camera-0", "lnav", ids)
		htop := startPager(b, "PID", "htop", "--delay=100")
		for name, p := range map[string]*finder{"twindeck": deck, "lnav": lnav, "htop": htop} {
			b.ReportMetric(milliseconds(p.first), "ms-first-"+name)
			p.screen.Press("home")
			b.ReportMetric(milliseconds(p.keyToFrame("down")), "ms-line-"+name)
			b.ReportMetric(milliseconds(p.keyToFrame("pgdown", "pgup")), "ms-page-"+name)
			p.screen.Press("end")
			pause()
			p.screen.Press("pgup")
			b.ReportMetric(milliseconds(p.keyToFrame("up")), "ms-line-at-end-"+name)
			b.ReportMetric(p.megabytes(b), "MB-"+name)
		}
		for _, p := range []*finder{lnav, htop} {
			_ = p.cmd.Process.Kill()
		}
	}
}

// startPager starts a program and waits until its screen shows a text.
func startPager(b *testing.B, text, name string, args ...string) *finder {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), name, args...)
	cmd.Env = append(os.Environ(), "HOME="+b.TempDir(), "XDG_CONFIG_HOME="+b.TempDir())
	start := time.Now()
	f := &finder{screen: uitest.StartCommand(b, cmd, 120, 36), cmd: cmd}
	f.screen.WaitFor(text)
	f.first = time.Since(start)
	return f
}

// keyToFrame returns how long it takes until something is written after a key, as the median of many
// presses. Of several keys each takes its turn.
func (f *finder) keyToFrame(keys ...string) time.Duration {
	const presses = 25
	var all []time.Duration
	for i := range presses {
		for last := -1; last != f.screen.Written(); { // until the frame before is complete
			last = f.screen.Written()
			pause()
		}
		key, before := keys[i%len(keys)], f.screen.Written()
		start := time.Now()
		f.screen.Press(key)
		f.screen.WaitUntil("follows "+key, func(string) bool { return f.screen.Written() != before })
		all = append(all, time.Since(start))
	}
	return median(all)
}
