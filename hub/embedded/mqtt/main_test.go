package mqtt

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"go.uber.org/goleak"
)

// patience is how long a test waits for what must happen. It is never waited
// for in full unless the test fails.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv(crowdAddress) != "" {
		if err := runCrowd(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// recorder is a handler that lets everything pass, notes it, and checks the
// order of Connected and Disconnected. The hooks may be nil.
type recorder struct {
	t         testing.TB
	connect   func(c *Client, info ConnectInfo) (Admission, ReturnCode)
	connected func(c *Client)
	subscribe func(c *Client, filter string) error
	publish   func(c *Client, m Message) error

	messages chan Message
	ends     chan end

	acknowledged chan uint16

	mu      sync.Mutex
	current map[string]*Client
}

type end struct {
	id     string
	reason error
}

func newRecorder(t testing.TB) *recorder {
	return &recorder{t: t, messages: make(chan Message, 1000), ends: make(chan end, 10000), acknowledged: make(chan uint16, 100), current: make(map[string]*Client)}
}

func (r *recorder) Connect(c *Client, info ConnectInfo) (Admission, ReturnCode) {
	if r.connect != nil {
		return r.connect(c, info)
	}
	return Admission{}, Accepted
}

func (r *recorder) Connected(c *Client) {
	r.mu.Lock()
	if r.current[c.ID()] != nil {
		r.t.Errorf("%s: connected while an older connection is", c.ID())
	}
	r.current[c.ID()] = c
	r.mu.Unlock()
	if r.connected != nil {
		r.connected(c)
	}
}

func (r *recorder) Disconnected(c *Client, reason error) {
	select {
	case <-c.Done():
	default:
		r.t.Errorf("%s: reported as disconnected while the socket is open", c.ID())
	}
	r.mu.Lock()
	if r.current[c.ID()] != c {
		r.t.Errorf("%s: disconnected without having connected", c.ID())
	}
	delete(r.current, c.ID())
	r.mu.Unlock()
	r.ends <- end{c.ID(), reason}
}

func (r *recorder) Subscribe(c *Client, filter string) error {
	if r.subscribe != nil {
		return r.subscribe(c, filter)
	}
	return nil
}

func (r *recorder) Subscribed(*Client) {}

func (r *recorder) Acknowledged(_ *Client, packet uint16) { r.acknowledged <- packet }

func (r *recorder) Publish(c *Client, m Message) error {
	if r.publish != nil {
		return r.publish(c, m)
	}
	r.messages <- m
	return nil
}

func (r *recorder) message() Message {
	r.t.Helper()
	select {
	case m := <-r.messages:
		return m
	case <-time.After(patience):
		r.t.Fatal("no message arrived")
		return Message{}
	}
}

// ended waits for the next disconnection and checks its reason.
func (r *recorder) ended(id string, reason error) {
	r.t.Helper()
	select {
	case e := <-r.ends:
		if e.id != id || !errors.Is(e.reason, reason) {
			r.t.Fatalf("%q ended with %v, want %q with %v", e.id, e.reason, id, reason)
		}
	case <-time.After(patience):
		r.t.Fatalf("%s was not reported as disconnected", id)
	}
}

// site is a server on a real TLS socket.
type site struct {
	*Server
	t       testing.TB
	address string
	client  *tls.Config
	root    []byte // the server's certificate, in DER
}

// serve starts a server, which the end of the test closes.
func serve(t testing.TB, h Handler, opts Options) *site {
	t.Helper()
	// httptest brings a certificate that its clients trust.
	web := httptest.NewUnstartedServer(nil)
	web.StartTLS()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	certificates := web.TLS.Certificates
	web.Close()

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := New(h, opts)
	done := make(chan error, 1)
	go func() { done <- server.Serve(tls.NewListener(l, &tls.Config{Certificates: certificates})) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-done; !errors.Is(err, ErrServerClosed) {
			t.Errorf("Serve returned %v", err)
		}
	})
	trust := &tls.Config{ServerName: "127.0.0.1", RootCAs: roots}
	return &site{Server: server, t: t, address: l.Addr().String(), client: trust, root: web.Certificate().Raw}
}

// peer is the client's end of a connection, spoken to packet by packet.
type peer struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

// dial connects the socket and nothing more.
func (s *site) dial() *peer {
	s.t.Helper()
	conn, err := tls.Dial("tcp", s.address, s.client)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return &peer{s.t, conn, bufio.NewReader(conn)}
}

// connect makes an accepted connection.
func (s *site) connect(id string, change ...func(*packets.ConnectPacket)) *peer {
	s.t.Helper()
	p := s.dial()
	p.write(connectPacket(id, change...))
	if ack := expect[*packets.ConnackPacket](p); ack.ReturnCode != 0 {
		s.t.Fatalf("refused with %d", ack.ReturnCode)
	}
	return p
}

func connectPacket(id string, change ...func(*packets.ConnectPacket)) *packets.ConnectPacket {
	c := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	c.ProtocolName, c.ProtocolVersion, c.CleanSession, c.ClientIdentifier, c.Keepalive = "MQTT", 4, true, id, 60
	for _, f := range change {
		f(c)
	}
	return c
}

func (p *peer) write(packet packets.ControlPacket) {
	p.t.Helper()
	if err := packet.Write(p.conn); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) writeRaw(b []byte) {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) publish(topic, payload string, qos byte, id uint16) {
	p.t.Helper()
	m := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	m.TopicName, m.Payload, m.Qos, m.MessageID = topic, []byte(payload), qos, id
	p.write(m)
}

// subscribe sends filters, each with the QoS given, and returns the codes.
func (p *peer) subscribe(qos byte, filters ...string) []byte {
	p.t.Helper()
	m := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	m.MessageID, m.Topics, m.Qoss = 7, filters, bytes.Repeat([]byte{qos}, len(filters))
	p.write(m)
	ack := expect[*packets.SubackPacket](p)
	if ack.MessageID != 7 {
		p.t.Fatalf("SUBACK for packet %d", ack.MessageID)
	}
	return ack.ReturnCodes
}

// alive proves that the connection works.
func (p *peer) alive() {
	p.t.Helper()
	p.write(packets.NewControlPacket(packets.Pingreq))
	expect[*packets.PingrespPacket](p)
}

// expect reads the next packet, which must be a T.
func expect[T packets.ControlPacket](p *peer) T {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	packet, err := packets.ReadPacket(p.in)
	if err != nil {
		p.t.Fatalf("waiting for a packet: %v", err)
	}
	wanted, ok := packet.(T)
	if !ok {
		p.t.Fatalf("got %v", packet)
	}
	return wanted
}

// closed checks that the server closes the connection without another packet.
func (p *peer) closed() {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	packet, err := packets.ReadPacket(p.in)
	var timeout net.Error
	if err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		p.t.Fatalf("the connection is open: packet %v, error %v", packet, err)
	}
}

// eventually polls until the condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

// encode is a packet as bytes.
func encode(packet packets.ControlPacket) []byte {
	var b bytes.Buffer
	_ = packet.Write(&b)
	return b.Bytes()
}
