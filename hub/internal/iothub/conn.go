package iothub

import (
	"errors"
	"io"
	"net"
)

// conn is the socket under paho. paho takes "use of closed network connection" as a sign
// that it closed the socket itself, and would wait for ever when it was us; so it is told
// that the peer has gone.
type conn struct{ net.Conn }

func (c conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, gone(err)
}

func (c conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, gone(err)
}

func gone(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return io.EOF
	}
	return err
}
