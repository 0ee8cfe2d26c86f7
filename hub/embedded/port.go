package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"twindeck/hub/embedded/faults"
)

// port is a listener whose connections faults can refuse, and that can be taken down and up again
// without those who accept from it noticing.
type port struct {
	address net.Addr
	faults  *faults.Faults

	mu     sync.Mutex
	inner  net.Listener  // nil while it is down
	up     chan struct{} // closed when that is over
	closed bool
	open   map[*connection]struct{}
}

func newPort(inner net.Listener, f *faults.Faults) *port {
	return &port{address: inner.Addr(), faults: f, inner: inner, open: map[*connection]struct{}{}}
}

// Accept implements net.Listener.
func (p *port) Accept() (net.Conn, error) {
	for {
		p.mu.Lock()
		inner, up, closed := p.inner, p.up, p.closed
		p.mu.Unlock()
		switch {
		case closed:
			return nil, net.ErrClosed
		case inner == nil:
			<-up
			continue
		}
		conn, err := inner.Accept()
		if err != nil {
			if p.down(inner) {
				continue
			}
			return nil, err
		}
		if p.faults.Connection() {
			_ = conn.Close() // nobody is there to learn of an error
			continue
		}
		if c := p.track(inner, conn); c != nil {
			return c, nil
		}
	}
}

// down says whether inner failed because it was taken down.
func (p *port) down(inner net.Listener) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inner != inner && !p.closed
}

// track remembers a connection, unless inner was taken down meanwhile.
func (p *port) track(inner net.Listener, conn net.Conn) *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inner != inner {
		_ = conn.Close()
		return nil
	}
	c := &connection{conn, p}
	p.open[c] = struct{}{}
	return c
}

// Addr implements net.Listener.
func (p *port) Addr() net.Addr { return p.address }

// Close implements net.Listener. Connections stay open.
func (p *port) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return net.ErrClosed
	}
	p.closed = true
	if p.inner == nil {
		close(p.up)
		return nil
	}
	return p.inner.Close()
}

// cut frees the port and breaks all connections, as the end of the process would.
func (p *port) cut() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.inner == nil {
		return nil
	}
	err := p.inner.Close()
	p.inner, p.up = nil, make(chan struct{})
	for c := range p.open {
		_ = c.Conn.Close()
	}
	clear(p.open)
	return err
}

// reopen ends what cut began. It does nothing after Close.
func (p *port) reopen(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.inner != nil {
		return nil
	}
	var config net.ListenConfig
	network := "tcp4"
	if p.address.(*net.TCPAddr).IP.To4() == nil {
		network = "tcp6"
	}
	inner, err := config.Listen(ctx, network, p.address.String())
	if err != nil {
		return fmt.Errorf("the hub cannot come back at %s: %w", p.address, err)
	}
	p.inner = inner
	close(p.up)
	return nil
}

// connection is one that its port knows of until it is closed.
type connection struct {
	net.Conn
	port *port
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.port.mu.Lock()
	delete(c.port.open, c)
	c.port.mu.Unlock()
	return c.Conn.Close()
}

// Restart is what clients see of a hub that ends and starts again: all connections break, the
// ports are free for as long as pause says, and then the hub is there again, with everything
// that it answered for. It blocks until then. When ctx ends before, the hub comes back at once.
// The error says that a port was taken meanwhile: then the hub stays away, and a later Restart
// may succeed.
func (s *Server) Restart(ctx context.Context, pause time.Duration) error {
	s.restarting.Lock()
	defer s.restarting.Unlock()
	var errs []error
	for _, p := range s.ports {
		errs = append(errs, p.cut())
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.base.Done():
	}
	for _, p := range s.ports {
		errs = append(errs, p.reopen(context.WithoutCancel(ctx)))
	}
	return errors.Join(errs...)
}

// restartPause is how long a hub that restarts by itself is away.
const restartPause = time.Second

// restartEvery restarts the hub again and again until Close. The time between is that in which
// the hub is there.
func (s *Server) restartEvery(every time.Duration, log *slog.Logger) {
	timer := time.NewTimer(every)
	defer timer.Stop()
	for {
		select {
		case <-s.base.Done():
			return
		case <-timer.C:
		}
		if err := s.Restart(s.base, restartPause); err != nil {
			log.Warn("embedded hub: a restart failed", "error", err)
		}
		timer.Reset(every)
	}
}
