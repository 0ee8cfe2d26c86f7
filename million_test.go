package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"twindeck/ui/uitest"
)

// devicesEnv says how many devices BenchmarkAgainstFzf and BenchmarkAgainstPagers measure with, a
// million unless it is set.
const devicesEnv = "TWINDECK_BENCH_DEVICES"

// words are what is looked for, all of a length. Each of their letters leaves fewer than the one before:
// that is how its results are known on the screen.
var words = []string{"54213", "90817", "31415", "27182", "60221", "16180", "47093", "85926"}

// BenchmarkAgainstFzf measures the program from outside, on a pseudo-terminal, beside fzf on as
// many ids in the same run: how soon a letter's results are on the screen, how much memory either
// holds, and how much is written for one move of the cursor. A letter counts by its place in the
// word, as the median over the words; ratios below one say that twindeck was sooner. It takes some
// minutes, most of which the devices take to load. Run it with -benchtime 1x.
func BenchmarkAgainstFzf(b *testing.B) {
	need(b, "fzf")
	n := devices(b)
	ids := filepath.Join(b.TempDir(), "ids")
	writeIDs(b, ids, n)
	deck := startDeck(b, n)
	for b.Loop() {
		for _, mode := range []string{"exact", "fuzzy"} {
			finder := startFinder(b, ids, n, mode)
			if mode == "exact" {
				b.ReportMetric(finder.megabytes(b), "MB-fzf")
				b.ReportMetric(deck.megabytes(b), "MB-twindeck")
				b.ReportMetric(deck.megabytes(b)/finder.megabytes(b), "MB-ratio")
			}
			deck.screen.Press("/")
			if mode == "fuzzy" {
				deck.screen.Press("ctrl+t")
			}
			var theirs, ours [][]time.Duration // by place in the word
			for _, word := range words {
				theirs = byPlace(theirs, finder.types(b, word))
				ours = byPlace(ours, deck.types(b, word))
			}
			for i := range ours {
				their, our := median(theirs[i]), median(ours[i])
				place := fmt.Sprintf("%s-%d", mode, i+1)
				b.ReportMetric(milliseconds(their), "ms-fzf-"+place)
				b.ReportMetric(milliseconds(our), "ms-twindeck-"+place)
				b.ReportMetric(float64(our)/float64(their), "ratio-"+place)
				b.Logf("%s, letter %d: fzf %v, twindeck %v; at most %v and %v", mode, i+1, their, our, slices.Max(theirs[i]), slices.Max(ours[i]))
			}
			deck.screen.Press("esc")
			_ = finder.cmd.Process.Kill()
		}
		b.ReportMetric(float64(moved(deck.screen)), "bytes/move")
	}
}

// byPlace adds what the letters of one more word took.
func byPlace(all [][]time.Duration, letters []time.Duration) [][]time.Duration {
	for i, took := range letters {
		if i == len(all) {
			all = append(all, nil)
		}
		all[i] = append(all[i], took)
	}
	return all
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// need skips a benchmark where a program is not installed.
func need(b *testing.B, program string) {
	b.Helper()
	if _, err := exec.LookPath(program); err != nil {
		b.Skip(program + " is not installed")
	}
}

// devices returns how many devices to measure with.
func devices(b *testing.B) int {
	b.Helper()
	n := 1_000_000
	if s := os.Getenv(devicesEnv); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	return n
}

// pause lets as much time pass as there is between the keys of somebody who types. It has no fixed
// length: a program that draws at intervals would otherwise be met at the same moment of each.
func pause() { time.Sleep(time.Duration(30+rand.IntN(50)) * time.Millisecond) }

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
