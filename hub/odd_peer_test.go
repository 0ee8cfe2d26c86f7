package hub

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// oddPeer is the other end of a session, packet by packet: it behaves oddly on the first
// connection and as a hub does on every later one.
type oddPeer struct {
	listener net.Listener
	roots    *x509.CertPool
	config   *tls.Config
	odd      func(*wire)
	serving  sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

func startOddPeer(t *testing.T, odd func(*wire)) *oddPeer {
	t.Helper()
	https := httptest.NewTLSServer(http.NotFoundHandler())
	p := &oddPeer{roots: x509.NewCertPool(), config: https.TLS.Clone(), odd: odd}
	p.roots.AddCert(https.Certificate())
	https.Close()
	p.config.NextProtos = nil
	var err error
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.serving.Go(p.accept)
	t.Cleanup(func() {
		_ = p.listener.Close()
		p.mu.Lock()
		for _, conn := range p.conns {
			_ = conn.Close()
		}
		p.mu.Unlock()
		p.serving.Wait()
	})
	return p
}

func (p *oddPeer) accept() {
	for n := 0; ; n++ {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.conns = append(p.conns, conn)
		p.mu.Unlock()
		p.serving.Go(func() {
			defer func() { _ = conn.Close() }()
			w := &wire{Conn: tls.Server(conn, p.config), raw: conn}
			if n == 0 {
				p.odd(w)
				return
			}
			w.serve(`{"desired":{"a":1,"$version":5},"reported":{"$version":1}}`, func() { w.desired(`{"a":2,"$version":6}`) })
		})
	}
}

// wire is one connection as the peer has it. Once it breaks everything on it does nothing.
type wire struct {
	net.Conn
	raw net.Conn // without TLS
}

// serve answers as a hub does until the connection ends; twin is what a read is answered
// with, and then, when not nil, is called after each.
func (w *wire) serve(twin string, then func()) {
	for {
		packet, err := packets.ReadPacket(w)
		if err != nil {
			return
		}
		w.answer(packet, twin)
		if p, ok := packet.(*packets.PublishPacket); ok && strings.HasPrefix(p.TopicName, "$iothub/twin/GET/") && then != nil {
			then()
		}
	}
}

func (w *wire) answer(packet packets.ControlPacket, twin string) {
	switch p := packet.(type) {
	case *packets.ConnectPacket:
		w.send(packets.NewControlPacket(packets.Connack))
	case *packets.SubscribePacket:
		ack := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
		ack.MessageID, ack.ReturnCodes = p.MessageID, make([]byte, len(p.Topics))
		w.send(ack)
	case *packets.PublishPacket:
		ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
		ack.MessageID = p.MessageID
		w.send(ack)
		if _, rid, ok := strings.Cut(p.TopicName, "GET/?$rid="); ok {
			w.publish("$iothub/twin/res/200/?$rid="+rid, twin)
		}
	}
}

func (w *wire) send(p packets.ControlPacket) { _ = p.Write(w) }
func (w *wire) bytes(b ...byte)              { _, _ = w.Write(b) }
func (w *wire) desired(payload string) {
	w.publish("$iothub/twin/PATCH/properties/desired/?$version=9", payload)
}
func (w *wire) publish(topic, payload string) { w.send(publication(topic, payload)) }

func publication(topic, payload string) *packets.PublishPacket {
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload = topic, []byte(payload)
	return p
}

// welcome answers until the twin is asked for, and returns the id of that request.
func (w *wire) welcome() (rid string) {
	for {
		packet, err := packets.ReadPacket(w)
		if err != nil {
			return ""
		}
		if p, ok := packet.(*packets.PublishPacket); ok {
			if _, rid, ok := strings.Cut(p.TopicName, "GET/?$rid="); ok {
				return rid
			}
		}
		w.answer(packet, "")
	}
}

func connack(code byte) *packets.ConnackPacket {
	p := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
	p.ReturnCode = code
	return p
}

// On a connection that fails, however it does, a session says so once and tries again.
func TestASessionOutlivesAnOddPeer(t *testing.T) {
	read := func(w *wire) { _, _ = packets.ReadPacket(w) }
	for name, test := range map[string]struct {
		odd  func(*wire)
		told string // until the second attempt
	}{
		"hangs up at once":               {func(w *wire) { _ = w.raw.Close() }, "lost"},
		"speaks something else than TLS": {func(w *wire) { _, _ = io.WriteString(w.raw, "HTTP/1.1 400 Bad Request\r\n\r\n") }, "lost"},
		"hangs up on CONNECT":            {read, "lost"},
		"is not available":               {func(w *wire) { read(w); w.send(connack(packets.ErrRefusedServerUnavailable)) }, "lost"},
		"refuses with a code of its own": {func(w *wire) { read(w); w.send(connack(0x42)) }, "lost"},
		"answers CONNECT with a PINGRESP": {func(w *wire) {
			read(w)
			w.send(packets.NewControlPacket(packets.Pingresp))
		}, "lost"},
		"answers CONNECT with half a packet": {func(w *wire) { read(w); w.bytes(0x20, 0x02, 0x00) }, "lost"},
		"hangs up on SUBSCRIBE": {func(w *wire) {
			read(w)
			w.send(connack(0))
			read(w)
		}, "lost"},
		"sends a packet of no type": {func(w *wire) {
			w.welcome()
			w.bytes(0x00, 0x00, 0xf0, 0x00)
			read(w)
		}, "connected lost"},
		"sends half a message": {func(w *wire) {
			w.welcome()
			w.bytes(0x30, 0x20, 0x00, 0x04, 'a')
		}, "connected lost"},
		"answers the twin read with an error": {func(w *wire) {
			w.publish("$iothub/twin/res/500/?$rid="+w.welcome(), "")
			read(w)
		}, "connected lost"},
		"answers the twin read with no JSON": {func(w *wire) {
			w.publish("$iothub/twin/res/200/?$rid="+w.welcome(), "<html>")
			read(w)
		}, "connected lost"},
		"has told patches before it fails": {func(w *wire) {
			rid := w.welcome()
			w.desired(`{"a":1,"$version":4}`)
			w.publish("$iothub/twin/res/200/?$rid="+rid, "<html>")
			read(w)
		}, "connected patch lost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startOddPeer(t, test.odd)
			events := meet(t, p, 6)
			want := "connecting " + test.told + " connecting connected synced patch"
			if got := kinds(events); got != want {
				t.Errorf("told %s\nwant %s", got, want)
			}
			for _, e := range events {
				if e.Kind == EventLost && (e.Err == nil || !strings.Contains(e.Err.Error(), "; ") || strings.Contains(e.Err.Error(), "\n")) {
					t.Errorf("the loss reads %v", e.Err)
				}
			}
		})
	}
}

// What a hub should not send, but a client must not stumble over.
func TestASessionShrugsOffWhatItDidNotAskFor(t *testing.T) {
	const twin = `{"desired":{"a":1,"$version":5},"reported":{"$version":1}}`
	for name, test := range map[string]struct {
		odd  func(w *wire, rid string) // after the twin was asked for
		told string
	}{
		"answers to nothing": {func(w *wire, rid string) {
			w.publish("$iothub/twin/res/200/?$rid=none", twin)
			w.publish("$iothub/twin/res/200/?$rid="+rid, twin)
			w.publish("$iothub/twin/res/500/?$rid="+rid, "")
			w.publish("$iothub/twin/res/", "")
		}, "synced v5\n"},
		"packets of a client, acknowledgements of nothing": {func(w *wire, rid string) {
			for _, kind := range []byte{packets.Pingreq, packets.Pingresp, packets.Puback, packets.Pubcomp, packets.Suback, packets.Unsuback, packets.Disconnect} {
				w.send(packets.NewControlPacket(kind))
			}
			w.publish("$iothub/twin/res/200/?$rid="+rid, twin)
		}, "synced v5\n"},
		"topics of nobody": {func(w *wire, rid string) {
			w.publish("$iothub/methods/POST//?$rid=1", "{}")
			w.publish("$iothub/methods/POST/reboot", "{}")
			w.publish("devices/d/messages/devicebound/x", "hello")
			w.publish("$iothub/twin/res/200/?$rid="+rid, twin)
		}, "synced v5\n"},
		"messages twice and from the past": {func(w *wire, rid string) {
			w.publish("$iothub/twin/res/200/?$rid="+rid, twin)
			again := publication("$iothub/twin/PATCH/properties/desired/?$version=4", `{"a":0,"$version":4}`)
			again.Retain, again.Dup, again.Qos, again.MessageID = true, true, 1, 7
			w.send(again)
			w.send(again)
		}, "synced v5\npatch v4\npatch v4\n"},
		"delivery exactly once": {func(w *wire, rid string) {
			w.publish("$iothub/twin/res/200/?$rid="+rid, twin)
			once := publication("$iothub/twin/PATCH/properties/desired/?$version=6", `{"b":1,"$version":6}`)
			once.Qos, once.MessageID = 2, 8
			w.send(once)
			rel := packets.NewControlPacket(packets.Pubrel).(*packets.PubrelPacket)
			rel.MessageID = 8
			w.send(rel)
		}, "synced v5\npatch v6 b:null→1\n"},
		"a twin without desired properties": {func(w *wire, rid string) {
			w.publish("$iothub/twin/res/200/?$rid="+rid, `{"reported":{"$version":1}}`)
		}, "synced v0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startOddPeer(t, func(w *wire) {
				test.odd(w, w.welcome())
				w.desired(`{"end":true,"$version":1000000}`)
				w.serve(twin, nil)
			})
			n := 3 + strings.Count(test.told, "\n")
			events := meet(t, p, n)
			if got := tell(events[2 : n-1]); got != test.told || events[n-1].Kind != EventGap {
				t.Errorf("told\n%swant\n%sand the gap at the end", tell(events[2:]), test.told)
			}
		})
	}
}

// meet starts a session with a peer and returns what it tells, at least n events.
func meet(t *testing.T, p *oddPeer, n int) []Event {
	t.Helper()
	w := &witness{t: t, changed: make(chan struct{}, 1)}
	s, err := StartSession(SessionOptions{
		Credentials: ConnectionString{HostName: "127.0.0.1", DeviceID: "d", Key: NewKey(secret)},
		RootCAs:     p.roots, MQTTAddress: p.listener.Addr().String(), OnEvent: w.note,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // never fails
	return w.waitFor(fmt.Sprint(n, " events, the last a patch or a gap"), func(events []Event) bool {
		if len(events) < n {
			return false
		}
		last := events[len(events)-1]
		return last.Kind == EventGap || last.Kind == EventPatch && last.Version == 6
	})
}
