package mqtt

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// TestViolationsClose: whatever breaks the protocol ends the connection, and
// nothing else.
func TestViolationsClose(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	bystander := s.connect("bystander")
	pubrel := packets.NewControlPacket(packets.Pubrel).(*packets.PubrelPacket)
	pubrel.MessageID = 1
	for _, c := range []struct {
		name   string
		before bool // CONNECT
		raw    []byte
	}{
		{"PINGREQ before CONNECT", true, []byte{0xc0, 0}},
		{"PUBLISH before CONNECT", true, []byte("\x30\x05\x00\x01t\x31\x32")},
		{"HTTP", true, []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")},
		{"an endless length", true, []byte{0x10, 0xff, 0xff, 0xff, 0xff, 0xff}},
		{"a huge CONNECT", true, []byte{0x10, 0xff, 0xff, 0x7f}},
		{"CONNECT again", false, encode(connectPacket("d"))},
		{"a huge PUBLISH", false, []byte{0x30, 0xff, 0xff, 0xff, 0x7f}},
		{"a server's packet", false, []byte{0x20, 2, 0, 0}},
		{"PUBREL", false, encode(pubrel)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.before {
				p := s.dial()
				p.writeRaw(c.raw)
				p.closed()
				return
			}
			p := s.connect("d")
			p.writeRaw(c.raw)
			p.closed()
			h.ended("d", ErrProtocol)
		})
	}
	bystander.alive()
}

// TestGarbage throws bytes at the server that mean nothing.
func TestGarbage(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{ConnectTimeout: 100 * time.Millisecond})
	random := rand.NewChaCha8([32]byte{1})
	garbage := make([]byte, 4096)
	for range 50 {
		_, _ = random.Read(garbage)
		p := s.dial()
		_, _ = p.conn.Write(garbage)
		p.closed()
		// Without TLS, too.
		conn, err := net.Dial("tcp", s.address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(garbage)
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		_, err = io.Copy(io.Discard, conn)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("the connection is open")
		}
		_ = conn.Close()
	}
	s.connect("d").alive()
	eventually(t, "all other sockets are freed", func() bool {
		s.mu.RLock()
		defer s.mu.RUnlock()
		return len(s.sockets) == 1
	})
}

// TestByteByByte: a client that writes single bytes is slow, not wrong.
func TestByteByByte(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	p := s.dial()
	m := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	m.TopicName, m.Payload, m.Qos, m.MessageID = "t", bytes.Repeat([]byte("x"), 300), 1, 5
	for _, b := range append(encode(connectPacket("d")), encode(m)...) {
		p.writeRaw([]byte{b})
	}
	expect[*packets.ConnackPacket](p)
	expect[*packets.PubackPacket](p)
	if got := h.message(); len(got.Payload) != 300 {
		t.Errorf("got %d bytes", len(got.Payload))
	}
}

// TestManyPacketsAtOnce: what a client sends in one piece, CONNECT included, is
// answered in order.
func TestManyPacketsAtOnce(t *testing.T) {
	s := serve(t, newRecorder(t), Options{})
	p := s.dial()
	all := encode(connectPacket("d"))
	for i := range 100 {
		m := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
		m.TopicName, m.Qos, m.MessageID = "t", 1, uint16(i+1)
		all = append(all, encode(m)...)
	}
	p.writeRaw(all)
	expect[*packets.ConnackPacket](p)
	for i := range 100 {
		if ack := expect[*packets.PubackPacket](p); ack.MessageID != uint16(i+1) {
			t.Fatalf("PUBACK %d, want %d", ack.MessageID, i+1)
		}
	}
}

// TestFloodWithoutReading: a client that asks and never listens is cut off, and
// the server has queued no more than its bound.
func TestFloodWithoutReading(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{QueueBytes: 4 << 10})
	p := s.connect("d")
	pings := bytes.Repeat([]byte{0xc0, 0}, 8<<10)
	for i := 0; ; i++ {
		_ = p.conn.SetWriteDeadline(time.Now().Add(patience))
		if _, err := p.conn.Write(pings); err != nil {
			break
		}
		if i > 10000 {
			t.Fatal("80 million unread answers")
		}
	}
	h.ended("d", ErrSlowReader)
}

// TestChurn connects and leaves thousands of times, in every way there is, with
// few ids, so that connections keep taking over from each other.
func TestChurn(t *testing.T) {
	const workers, rounds = 8, 300
	h := newRecorder(t)
	h.publish = func(*Client, Message) error { return nil }
	server := New(h, Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := range rounds {
				conn, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				id := strconv.Itoa((w + i) % 3)
				_ = connectPacket(id, func(p *packets.ConnectPacket) {
					p.CleanSession = i%2 == 0
					p.WillFlag, p.WillTopic = i%3 == 0, "will"
				}).Write(conn)
				switch i % 5 {
				case 0: // leave before the answer
				case 1:
					_, _ = packets.ReadPacket(conn)
				case 2:
					_, _ = packets.ReadPacket(conn)
					_ = packets.NewControlPacket(packets.Disconnect).Write(conn)
				case 3:
					server.Disconnect(id, errors.New("kicked"))
				case 4:
					_, _ = packets.ReadPacket(conn)
					_, _ = conn.Write([]byte{0x82, 6, 0, 1, 0, 1, 'a', 1})
					if c := server.Client(id); c != nil {
						c.Publish("a", []byte("x"))
					}
				}
				_ = conn.Close()
			}
		})
	}
	group.Wait()
	eventually(t, "all are gone", func() bool {
		server.mu.RLock()
		defer server.mu.RUnlock()
		return len(server.sockets) == 0 && len(server.clients) == 0
	})
	server.Close()
	if err := <-served; !errors.Is(err, ErrServerClosed) {
		t.Error(err)
	}
}

// TestCloseWhileConnecting: nobody is left behind who connects during Close.
func TestCloseWhileConnecting(t *testing.T) {
	for range 20 {
		h := newRecorder(t)
		server := New(h, Options{})
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				conn, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					return
				}
				defer func() { _ = conn.Close() }()
				_ = connectPacket(strconv.Itoa(i)).Write(conn)
				_ = conn.SetReadDeadline(time.Now().Add(patience))
				if _, err = io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error("left open")
				}
			})
		}
		server.Close()
		group.Wait()
		if err := <-served; !errors.Is(err, ErrServerClosed) {
			t.Error(err)
		}
		h.mu.Lock()
		if len(h.current) != 0 {
			t.Errorf("%d connected after Close", len(h.current))
		}
		h.mu.Unlock()
	}
}

// TestServeConn serves a stream that is no TCP socket.
func TestServeConn(t *testing.T) {
	h := newRecorder(t)
	server := New(h, Options{})
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		server.ServeConn(theirs)
		close(done)
	}()
	p := &peer{t: t, conn: ours, in: newPacketReader(ours, 10).in}
	p.write(connectPacket("d"))
	expect[*packets.ConnackPacket](p)
	p.alive()
	server.Close()
	<-done
	h.ended("d", ErrServerClosed)

	ours, theirs = net.Pipe()
	server.ServeConn(theirs)
	(&peer{t: t, conn: ours, in: newPacketReader(ours, 10).in}).closed()
	if err := server.Serve(&failing{}); !errors.Is(err, ErrServerClosed) {
		t.Errorf("Serve after Close: %v", err)
	}
}

// polite is a connection whose Close says farewell to a peer that does not
// listen, as that of TLS may.
type polite struct{ net.Conn }

func (p polite) NetConn() net.Conn { return p.Conn }
func (p polite) Close() error      { select {} }

func TestClosingDoesNotWaitForThePeer(t *testing.T) {
	h := newRecorder(t)
	server := New(h, Options{})
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		server.ServeConn(polite{theirs})
		close(done)
	}()
	p := &peer{t: t, conn: ours, in: newPacketReader(ours, 10).in}
	p.write(connectPacket("d"))
	expect[*packets.ConnackPacket](p)
	server.Disconnect("d", ErrExpired)
	h.ended("d", ErrExpired)
	<-done
	server.Close()
}

// failing is a listener out of file descriptors for a while.
type failing struct {
	net.Listener
	failures int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.failures > 0 {
		f.failures--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

func (f *failing) Close() error {
	if f.Listener == nil {
		return nil
	}
	return f.Listener.Close()
}

func TestAcceptFailuresPass(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := New(newRecorder(t), Options{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(&failing{l, 3}) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, conn: conn, in: newPacketReader(conn, 10).in}
	p.write(connectPacket("d"))
	expect[*packets.ConnackPacket](p)
	p.alive()

	// A listener that somebody else closes is not coming back.
	_ = l.Close()
	if err := <-served; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve returned %v", err)
	}
	server.Close()
	p.closed()
}
