package mqtt

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

func TestConnectAnswers(t *testing.T) {
	h := newRecorder(t)
	var info ConnectInfo
	h.connect = func(_ *Client, i ConnectInfo) (Admission, ReturnCode) {
		info = i
		if string(i.Password) != "secret" {
			return Admission{}, NotAuthorized
		}
		return Admission{}, Accepted
	}
	s := serve(t, h, Options{})
	for _, c := range []struct {
		name   string
		change func(*packets.ConnectPacket)
		want   ReturnCode
	}{
		{"right", func(*packets.ConnectPacket) {}, Accepted},
		{"wrong password", func(p *packets.ConnectPacket) { p.Password = []byte("wrong") }, NotAuthorized},
		{"MQTT 5", func(p *packets.ConnectPacket) { p.ProtocolVersion = 5 }, UnacceptableProtocol},
		{"MQTT 3.1", func(p *packets.ConnectPacket) { p.ProtocolName, p.ProtocolVersion = "MQIsdp", 3 }, UnacceptableProtocol},
		{"a session without a client id", func(p *packets.ConnectPacket) { p.ClientIdentifier, p.CleanSession = "", false }, IdentifierRejected},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := s.dial()
			p.write(connectPacket("d", func(p *packets.ConnectPacket) {
				p.UsernameFlag, p.Username, p.PasswordFlag, p.Password = true, "user", true, []byte("secret")
				p.Keepalive = 90
				c.change(p)
			}))
			if got := expect[*packets.ConnackPacket](p).ReturnCode; got != byte(c.want) {
				t.Fatalf("code %d, want %d", got, c.want)
			}
			if c.want != Accepted {
				p.closed()
				return
			}
			p.alive()
			if info.ClientID != "d" || info.Username != "user" || !info.CleanSession || info.KeepAlive != 90*time.Second || info.Will != nil {
				t.Errorf("the handler was told %+v", info)
			}
		})
	}
}

// TestRegisteredBeforeConnack: software that has seen its CONNACK asks others
// to send to the client, so the client must be known by then.
func TestRegisteredBeforeConnack(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	s.connect("d", persistent).subscribe(0, "t/#")
	for i := range 100 {
		p := s.connect("d", persistent)
		if c := s.Client("d"); c == nil || !c.Publish("t/x", fmt.Append(nil, i)) {
			t.Fatalf("round %d: not reachable after CONNACK", i)
		}
		if m := expect[*packets.PublishPacket](p); string(m.Payload) != fmt.Sprint(i) {
			t.Fatalf("round %d: got %v", i, m)
		}
	}
}

// TestNoConnackBeforeConnected is the same for the handler: a client that has its
// CONNACK is one that the handler knows.
func TestNoConnackBeforeConnected(t *testing.T) {
	h := newRecorder(t)
	known, proceed := make(chan struct{}), make(chan struct{})
	h.connected = func(*Client) {
		close(known)
		<-proceed
	}
	p := serve(t, h, Options{}).dial()
	p.write(connectPacket("d"))
	<-known
	_ = p.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := p.in.Peek(1); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("something came before the handler was done: %v", err)
	}
	close(proceed)
	expect[*packets.ConnackPacket](p)
}

// TestConnackIsFirst: what a handler sends to a client that is about to be told
// that it is connected comes after that.
func TestConnackIsFirst(t *testing.T) {
	h := newRecorder(t)
	h.connected = func(c *Client) { c.Send("hello", nil) }
	p := serve(t, h, Options{}).connect("d")
	if m := expect[*packets.PublishPacket](p); m.TopicName != "hello" {
		t.Errorf("got %v", m)
	}
}

func TestTakeover(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	first := s.connect("d")
	other := s.connect("e")
	second := s.connect("d")
	first.closed()
	h.ended("d", ErrTakenOver)
	second.alive()
	other.alive()
}

// TestTakeoverRace connects with one id many times at once: one connection
// survives, and the recorder sees at most one at any time.
func TestTakeoverRace(t *testing.T) {
	const rounds, racers = 60, 5
	h := newRecorder(t)
	s := serve(t, h, Options{})
	for range rounds {
		peers := make([]*peer, racers)
		for i := range peers {
			peers[i] = s.dial()
		}
		var group sync.WaitGroup
		alive := make(chan int, racers)
		for i, p := range peers {
			group.Go(func() {
				if connectPacket("d").Write(p.conn) != nil || packets.NewControlPacket(packets.Pingreq).Write(p.conn) != nil {
					return
				}
				_ = p.conn.SetReadDeadline(time.Now().Add(patience))
				for {
					if _, err := packets.ReadPacket(p.in); err != nil {
						var timeout net.Error
						if errors.As(err, &timeout) && timeout.Timeout() {
							t.Error("neither accepted nor closed")
						}
						alive <- i
						return
					}
				}
			})
		}
		// All but one are closed; the one that is left is the server's.
		var lost [racers]bool
		for range racers - 1 {
			select {
			case i := <-alive:
				lost[i] = true
			case <-time.After(patience):
				t.Fatal("more than one connection is open")
			}
		}
		eventually(t, "one client is known", func() bool { return s.Client("d") != nil })
		select {
		case <-alive:
			t.Fatal("no connection is open")
		default:
		}
		s.Disconnect("d", errors.New("next round"))
		group.Wait()
		eventually(t, "the last one is reported", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return len(h.current) == 0
		})
	}
}

func TestDeadlineBeforeConnect(t *testing.T) {
	s := serve(t, newRecorder(t), Options{ConnectTimeout: 50 * time.Millisecond})
	t.Run("without a TLS handshake", func(t *testing.T) {
		conn, err := net.Dial("tcp", s.address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		(&peer{t: t, conn: conn, in: newPacketReader(conn, 10).in}).closed()
	})
	t.Run("without CONNECT", func(t *testing.T) { s.dial().closed() })
	t.Run("with half a CONNECT", func(t *testing.T) {
		p := s.dial()
		p.writeRaw(encode(connectPacket("d"))[:9])
		p.closed()
	})
}

// TestCloseFreesHalfOpenSockets: nothing a client has not finished may hold up
// the end.
func TestCloseFreesHalfOpenSockets(t *testing.T) {
	s := serve(t, newRecorder(t), Options{ConnectTimeout: time.Hour})
	for range 3 {
		conn, err := net.Dial("tcp", s.address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		s.dial()
	}
	eventually(t, "all sockets are accepted", func() bool {
		s.mu.RLock()
		defer s.mu.RUnlock()
		return len(s.sockets) == 6
	})
	s.Close()
	s.Close()
	if len(s.sockets) != 0 {
		t.Errorf("%d sockets are left", len(s.sockets))
	}
}

func TestCloseTellsTheHandler(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	p := s.connect("d", func(p *packets.ConnectPacket) { p.WillFlag, p.WillTopic = true, "will" })
	s.Close()
	h.ended("d", ErrServerClosed)
	p.closed()
	if len(h.messages) != 0 {
		t.Error("a will was published although the client did nothing wrong")
	}
	if _, err := tls.Dial("tcp", s.address, s.client); err == nil {
		t.Error("the port is still open")
	}
}

func TestKeepAlive(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	start := time.Now()
	p := s.connect("d", func(p *packets.ConnectPacket) { p.Keepalive = 1 })
	p.closed()
	h.ended("d", ErrKeepAlive)
	if silence := time.Since(start); silence < 1500*time.Millisecond {
		t.Errorf("closed after %v, one and a half seconds are allowed", silence)
	}
}

// TestTricklingIsSilence: a client that never completes a packet is as good as
// silent.
func TestTricklingIsSilence(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	p := s.connect("d", func(p *packets.ConnectPacket) { p.Keepalive = 1 })
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		_, _ = p.conn.Write([]byte{0x30, 0x80, 0x40})
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				_, _ = p.conn.Write([]byte{0})
			}
		}
	})
	h.ended("d", ErrKeepAlive)
	close(stop)
	writer.Wait()
}

func TestSilenceAllowed(t *testing.T) {
	for _, c := range []struct {
		keepAlive uint16
		want      time.Duration
	}{{0, 1767 * time.Second}, {1, 1500 * time.Millisecond}, {60, 90 * time.Second}, {1178, 1767 * time.Second}, {65535, 1767 * time.Second}} {
		h := newRecorder(t)
		s := serve(t, h, Options{})
		s.connect("d", func(p *packets.ConnectPacket) { p.Keepalive = c.keepAlive })
		if got := s.Client("d").silence; got != c.want {
			t.Errorf("keep-alive %d: %v, want %v", c.keepAlive, got, c.want)
		}
	}
}

func TestLifetime(t *testing.T) {
	h := newRecorder(t)
	h.connect = func(*Client, ConnectInfo) (Admission, ReturnCode) {
		return Admission{Lifetime: 100 * time.Millisecond}, Accepted
	}
	s := serve(t, h, Options{})
	t.Run("of a silent client", func(t *testing.T) {
		s.connect("d").closed()
		h.ended("d", ErrExpired)
	})
	t.Run("of a busy client", func(t *testing.T) {
		p := s.connect("d")
		for packets.NewControlPacket(packets.Pingreq).Write(p.conn) == nil {
			if _, err := packets.ReadPacket(p.in); err != nil {
				break
			}
		}
		h.ended("d", ErrExpired)
	})
}

func TestWill(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	with := func(p *packets.ConnectPacket) {
		p.WillFlag, p.WillTopic, p.WillMessage, p.WillQos = true, "will", []byte("gone"), 1
	}
	lost := func() {
		t.Helper()
		if m := h.message(); m.Topic != "will" || string(m.Payload) != "gone" || !m.Will {
			t.Errorf("got %+v", m)
		}
	}

	_ = s.connect("d", with).conn.Close()
	h.ended("d", ErrLost)
	lost()

	s.connect("d", with)
	second := s.connect("d", with)
	h.ended("d", ErrTakenOver)
	lost()

	second.write(packets.NewControlPacket(packets.Disconnect))
	second.closed()
	h.ended("d", ErrDisconnected)
	if len(h.messages) != 0 {
		t.Error("a will was published after DISCONNECT")
	}

	p := s.dial()
	p.write(connectPacket("d", with, func(p *packets.ConnectPacket) { p.WillQos = 2 }))
	p.closed()
}

// TestLogNamesReasonsNotSecrets: a violation is worth a line, a password is not.
func TestLogNamesReasonsNotSecrets(t *testing.T) {
	var log syncBuffer
	h := newRecorder(t)
	s := serve(t, h, Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	p := s.connect("d", func(p *packets.ConnectPacket) {
		p.UsernameFlag, p.Username, p.PasswordFlag, p.Password = true, "user", true, []byte("pa55word")
	})
	p.publish("t", "x", 2, 1)
	p.closed()
	h.ended("d", ErrProtocol)
	eventually(t, "the violation is logged", func() bool { return strings.Contains(log.String(), "level=WARN") })
	for _, want := range []string{"client=d", "QoS 2"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %s: %s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "pa55word") {
		t.Error("the log shows the password")
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func persistent(p *packets.ConnectPacket) { p.CleanSession = false }
