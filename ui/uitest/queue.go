package uitest

import (
	"io"
	"sync"
)

// queue is what is on its way from the keyboard to a program: writing never blocks,
// reading waits. Typed keys and the terminal's answers to queries share it, in order.
type queue struct {
	mu     sync.Mutex
	more   sync.Cond
	data   []byte
	closed bool
}

func newQueue() *queue {
	q := &queue{}
	q.more.L = &q.mu
	return q
}

func (q *queue) write(s string) { _, _ = q.Write([]byte(s)) }

// Write implements io.Writer. What is written after close is lost.
func (q *queue) Write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.data = append(q.data, p...)
		q.more.Broadcast()
	}
	return len(p), nil
}

// Read implements io.Reader. After close it returns io.EOF, whatever is left.
func (q *queue) Read(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.data) == 0 && !q.closed {
		q.more.Wait()
	}
	if q.closed {
		return 0, io.EOF
	}
	n := copy(p, q.data)
	q.data = q.data[n:]
	return n, nil
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.more.Broadcast()
}
