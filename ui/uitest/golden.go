package uitest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden screens instead of comparing with them")

// calm is how long a screen must not change before it is written as a golden one.
const calm = 300 * time.Millisecond

// Golden waits until the screen is the one in testdata/NAME.txt. The edits, if any, are
// applied to the screen first, to replace what differs from run to run. With -update it
// writes the file instead, once the screen has come to rest.
func (s *Screen) Golden(name string, edits ...func(screen string) string) {
	s.t.Helper()
	edit := func(screen string) string { return edited(screen, edits) }
	if *update {
		s.rest()
		writeGolden(s.t, name, edit(s.Text()))
		return
	}
	want := readGolden(s.t, name)
	if screen, ok := s.poll(s.Patience, func(screen string) bool { return edit(screen) == want }); !ok {
		differs(s.t, name, edit(screen), want)
	}
}

// Golden compares plain text with testdata/NAME.txt; with -update it writes the file.
func Golden(t testing.TB, name, text string) {
	t.Helper()
	text = trimLines(text)
	if *update {
		writeGolden(t, name, text)
		return
	}
	if want := readGolden(t, name); text != want {
		differs(t, name, text, want)
	}
}

func edited(screen string, edits []func(string) string) string {
	for _, edit := range edits {
		screen = edit(screen)
	}
	return trimLines(screen)
}

// rest waits until the screen has not changed for a while.
func (s *Screen) rest() {
	for {
		select {
		case <-s.term.changes():
		case <-time.After(calm):
			return
		}
	}
}

func goldenFile(name string) string { return filepath.Join("testdata", name+".txt") }

func writeGolden(t testing.TB, name, text string) {
	t.Helper()
	file := goldenFile(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { // part of the source tree
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text+"\n"), 0o644); err != nil { // part of the source tree
		t.Fatal(err)
	}
}

func readGolden(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(goldenFile(name))
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	if n := len(data); n > 0 && data[n-1] == '\n' {
		data = data[:n-1]
	}
	return string(data)
}

func differs(t testing.TB, name, got, want string) {
	t.Helper()
	t.Errorf("the screen is not that of %s (-update writes it anew)\ngot\n%s\nwant\n%s", goldenFile(name), framed(got), framed(want))
}
