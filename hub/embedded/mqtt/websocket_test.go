package mqtt

import (
	"bufio"
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/gorilla/websocket"
)

// web is a server whose clients come over WebSocket.
func web(t *testing.T, h Handler, opts Options) (dial func(protocols ...string) (*websocket.Conn, *http.Response, error)) {
	t.Helper()
	server := New(h, opts)
	site := httptest.NewTLSServer(http.HandlerFunc(server.ServeWebSocket))
	t.Cleanup(func() {
		server.Close()
		site.Close()
	})
	return func(protocols ...string) (*websocket.Conn, *http.Response, error) {
		dialer := websocket.Dialer{
			TLSClientConfig: site.Client().Transport.(*http.Transport).TLSClientConfig,
			Subprotocols:    protocols,
		}
		return dialer.Dial("wss"+strings.TrimPrefix(site.URL, "https"), nil)
	}
}

// webPeer is the client's end of a WebSocket.
func webPeer(t *testing.T, dial func(...string) (*websocket.Conn, *http.Response, error)) (*peer, *websocket.Conn) {
	t.Helper()
	ws, res, err := dial("mqtt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.Close() })
	if got := res.Header.Get("Sec-Websocket-Protocol"); got != "mqtt" {
		t.Fatalf("the subprotocol is %q", got)
	}
	conn := &webSocket{Conn: ws}
	return &peer{t, conn, bufio.NewReader(conn)}, ws
}

func TestMessagesAreNoPacketBoundaries(t *testing.T) {
	r := newRecorder(t)
	p, ws := webPeer(t, web(t, r, Options{}))

	m := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	m.TopicName, m.Payload, m.Qos, m.MessageID = "t", bytes.Repeat([]byte("x"), 10_000), 1, 9
	stream := append(encode(connectPacket("d")), encode(m)...)
	stream = append(stream, encode(packets.NewControlPacket(packets.Pingreq))...)
	// An empty message, single bytes, then two packets and a half in one message.
	if err := ws.WriteMessage(websocket.BinaryMessage, nil); err != nil {
		t.Fatal(err)
	}
	for piece := range slices.Chunk(stream[:20], 1) {
		if err := ws.WriteMessage(websocket.BinaryMessage, piece); err != nil {
			t.Fatal(err)
		}
	}
	for piece := range slices.Chunk(stream[20:], 7_000) {
		if err := ws.WriteMessage(websocket.BinaryMessage, piece); err != nil {
			t.Fatal(err)
		}
	}
	expect[*packets.ConnackPacket](p)
	if ack := expect[*packets.PubackPacket](p); ack.MessageID != 9 {
		t.Errorf("PUBACK for %d", ack.MessageID)
	}
	expect[*packets.PingrespPacket](p)
	if got := r.message(); len(got.Payload) != 10_000 {
		t.Errorf("%d bytes arrived", len(got.Payload))
	}
}

func TestOnlyBinaryMessagesCount(t *testing.T) {
	r := newRecorder(t)
	dial := web(t, r, Options{})
	p, ws := webPeer(t, dial)
	p.write(connectPacket("d"))
	expect[*packets.ConnackPacket](p)
	if err := ws.WriteMessage(websocket.TextMessage, encode(packets.NewControlPacket(packets.Pingreq))); err != nil {
		t.Fatal(err)
	}
	p.closed()
	r.ended("d", ErrProtocol)
}

func TestPacketsOverWebSocketAreBounded(t *testing.T) {
	r := newRecorder(t)
	p, _ := webPeer(t, web(t, r, Options{MaxPayload: 1000}))
	p.write(connectPacket("d"))
	expect[*packets.ConnackPacket](p)
	p.writeRaw([]byte{0x30, 0xff, 0xff, 0xff, 0x7f}) // a PUBLISH of 256 MiB
	p.closed()
	r.ended("d", ErrProtocol)
}

func TestWebSocketRefusalIsReadable(t *testing.T) {
	r := newRecorder(t)
	r.connect = func(*Client, ConnectInfo) (Admission, ReturnCode) { return Admission{}, NotAuthorized }
	p, ws := webPeer(t, web(t, r, Options{}))
	p.write(connectPacket("d"))
	if ack := expect[*packets.ConnackPacket](p); ack.ReturnCode != byte(NotAuthorized) {
		t.Errorf("return code %d", ack.ReturnCode)
	}
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the farewell is %v", err)
	}
}

func TestOtherSubprotocolsAreRefused(t *testing.T) {
	dial := web(t, newRecorder(t), Options{})
	for _, protocols := range [][]string{nil, {"AMQPWSB10"}} {
		ws, res, err := dial(protocols...)
		if err == nil {
			_ = ws.Close()
			t.Fatalf("%q is accepted", protocols)
		}
		if res == nil || res.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: %v, %v", protocols, res, err)
		}
	}
	if ws, _, err := dial("other", "mqtt"); err != nil {
		t.Errorf("mqtt among others: %v", err)
	} else {
		_ = ws.Close()
	}
}

// The C SDK asks for the subprotocol in capitals. What a client is told must be what it said
// (RFC 6455 §4.1).
func TestTheSubprotocolIsFoundInAnyCase(t *testing.T) {
	dial := web(t, newRecorder(t), Options{})
	ws, res, err := dial("AMQPWSB10", "MQTT")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.Close() }()
	if got := res.Header.Get("Sec-Websocket-Protocol"); got != "MQTT" {
		t.Errorf("the subprotocol is %q", got)
	}
}

func TestWebSocketTakesOverLikeAnyConnection(t *testing.T) {
	r := newRecorder(t)
	dial := web(t, r, Options{})
	first, _ := webPeer(t, dial)
	first.write(connectPacket("d"))
	expect[*packets.ConnackPacket](first)
	second, _ := webPeer(t, dial)
	second.write(connectPacket("d"))
	expect[*packets.ConnackPacket](second)
	first.closed()
	r.ended("d", ErrTakenOver)
	second.alive()
}
