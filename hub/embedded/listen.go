package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// attempts is how often a free port is looked for that is free in both address families.
const attempts = 20

// listenLoopback listens on one port of 127.0.0.1 and, where there is one, of ::1, because
// localhost can mean either. Port 0 is any free port. what names the protocol in errors.
func listenLoopback(ctx context.Context, what string, port int) (listeners []net.Listener, actual int, err error) {
	if port < 0 || port > 65535 {
		return nil, 0, fmt.Errorf("%s port %d does not exist: choose one from 0 to 65535", what, port)
	}
	for range attempts {
		listeners, actual, err = listenPair(ctx, port)
		if err == nil || port != 0 || !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, 0, fmt.Errorf("%s port %d is already in use: stop the program that holds it or choose another port", what, port)
	case errors.Is(err, syscall.EACCES):
		return nil, 0, fmt.Errorf("%s port %d needs privileges that this program does not have: choose one above 1023", what, port)
	case err != nil:
		return nil, 0, fmt.Errorf("listen for %s: %w", what, err)
	}
	return listeners, actual, nil
}

func listenPair(ctx context.Context, port int) ([]net.Listener, int, error) {
	var config net.ListenConfig
	four, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, 0, err
	}
	port = four.Addr().(*net.TCPAddr).Port
	six, err := config.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
	switch {
	case err == nil:
		return []net.Listener{four, six}, port, nil
	case errors.Is(err, syscall.EADDRINUSE), ctx.Err() != nil:
		_ = four.Close() // the error that counts is the one above
		return nil, 0, err
	}
	return []net.Listener{four}, port, nil // this machine has no IPv6
}
