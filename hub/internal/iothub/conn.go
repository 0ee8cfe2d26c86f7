package iothub

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// deadAfter is how long a peer may take nothing before its connection is given up.
const deadAfter = 10 * time.Second

// conn is the socket under paho. paho takes "use of closed network connection" as a sign
// that it closed the socket itself, and would wait for ever when it was us; so it is told
// that the peer has gone. Its pings know no deadline, so every write gets one.
type conn struct{ net.Conn }

func (c conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, gone(err)
}

func (c conn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(deadAfter)); err != nil {
		return 0, gone(err)
	}
	n, err := c.Conn.Write(p)
	return n, gone(err)
}

func gone(err error) error {
	if _, closed := errors.AsType[*websocket.CloseError](err); closed || errors.Is(err, net.ErrClosed) {
		return io.EOF
	}
	return err
}

// webSocket is a WebSocket as a stream of bytes: where a message ends says nothing about where
// a packet does (MQTT 3.1.1 §6). Reads come from one goroutine at a time, writes from any.
type webSocket struct {
	*websocket.Conn
	message io.Reader // what is left of the last message; nil between two
	writing sync.Mutex
}

func (w *webSocket) Read(p []byte) (int, error) {
	for {
		if w.message == nil {
			var err error
			if _, w.message, err = w.NextReader(); err != nil {
				return 0, err
			}
		}
		n, err := w.message.Read(p)
		if errors.Is(err, io.EOF) {
			w.message, err = nil, nil
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

func (w *webSocket) Write(p []byte) (int, error) {
	w.writing.Lock()
	defer w.writing.Unlock()
	if err := w.WriteMessage(websocket.BinaryMessage, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// SetWriteDeadline implements net.Conn. The library reads its deadline while it writes.
func (w *webSocket) SetWriteDeadline(t time.Time) error {
	w.writing.Lock()
	defer w.writing.Unlock()
	return w.Conn.SetWriteDeadline(t)
}

// SetDeadline implements net.Conn.
func (w *webSocket) SetDeadline(t time.Time) error {
	return errors.Join(w.SetReadDeadline(t), w.SetWriteDeadline(t))
}
