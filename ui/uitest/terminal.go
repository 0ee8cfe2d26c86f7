package uitest

import (
	"bytes"
	"io"
	"strings"
	"sync"

	"github.com/charmbracelet/x/vt"
)

// terminal is an emulated terminal: what a program writes to it becomes a screen, and
// what it answers to queries joins the keys in input.
type terminal struct {
	input *queue

	mu       sync.Mutex // guards what follows; the emulator does not lock by itself
	emulator *vt.Emulator
	changed  chan struct{} // closed at the next change
	written  int           // bytes of output
	newlines bool          // a line feed also returns to the first column, as a cooked tty does

	answers sync.WaitGroup
}

// newTerminal returns a terminal of the given size, to be closed after use.
func newTerminal(width, height int, newlines bool) *terminal {
	t := &terminal{
		input:    newQueue(),
		emulator: vt.NewEmulator(width, height),
		changed:  make(chan struct{}),
		newlines: newlines,
	}
	// The emulator answers into a pipe and stands still until somebody has read it.
	t.answers.Go(func() { _, _ = io.Copy(t.input, onlyReader{t.emulator}) })
	return t
}

// onlyReader hides the other methods of the emulator from io.Copy.
type onlyReader struct{ io.Reader }

// Write implements io.Writer for the program's output.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.written += len(p)
	data := p
	if t.newlines {
		data = bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))
	}
	if _, err := t.emulator.Write(data); err != nil {
		return 0, err
	}
	t.touch()
	return len(p), nil
}

func (t *terminal) resize(width, height int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.emulator.Resize(width, height)
	t.touch()
}

func (t *terminal) touch() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// changes returns a channel that is closed at the next change of the screen.
func (t *terminal) changes() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed
}

// output returns how many bytes were written.
func (t *terminal) output() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written
}

// text returns the screen as plain text, one line for each of its lines.
func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for y := range t.emulator.Height() {
		if y > 0 {
			b.WriteByte('\n')
		}
		for x := 0; x < t.emulator.Width(); {
			content, width := " ", 1
			if c := t.emulator.CellAt(x, y); c != nil && c.Content != "" {
				content, width = c.Content, max(c.Width, 1)
			}
			b.WriteString(content)
			x += width
		}
	}
	return trimLines(b.String())
}

// close ends the terminal. The program must not write any more.
func (t *terminal) close() {
	t.input.close()
	// Not Emulator.Close: it sets a flag that the reader above reads without a lock.
	if pipe, ok := t.emulator.InputPipe().(io.Closer); ok {
		_ = pipe.Close()
	}
	t.answers.Wait()
}
