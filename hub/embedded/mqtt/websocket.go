package mqtt

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// webSocketBuffer is small because a connection that is silent keeps it.
	webSocketBuffer = 512
	// closeTimeout bounds the farewell to a WebSocket client.
	closeTimeout = time.Second
)

// upgrader accepts any origin: whoever connects proves who they are in CONNECT,
// not with anything that a browser would add by itself.
var upgrader = websocket.Upgrader{
	HandshakeTimeout: 10 * time.Second,
	ReadBufferSize:   webSocketBuffer,
	WriteBufferSize:  4 << 10,
	WriteBufferPool:  &sync.Pool{},
	CheckOrigin:      func(*http.Request) bool { return true },
}

// ServeWebSocket serves one connection of MQTT over WebSocket (MQTT 3.1.1 §6)
// and blocks until it has ended. A request that asks for no WebSocket, or for one
// that does not speak the subprotocol mqtt, is answered with 400.
func (s *Server) ServeWebSocket(w http.ResponseWriter, r *http.Request) {
	offered := websocket.Subprotocols(r)
	chosen := slices.IndexFunc(offered, isMQTT)
	if websocket.IsWebSocketUpgrade(r) && chosen < 0 {
		http.Error(w, "This WebSocket speaks the subprotocol mqtt alone.", http.StatusBadRequest)
		return
	}
	var answer http.Header
	if chosen >= 0 {
		answer = http.Header{"Sec-Websocket-Protocol": {offered[chosen]}}
	}
	ws, err := upgrader.Upgrade(w, r, answer)
	if err != nil {
		return // the upgrader has answered
	}
	s.ServeConn(&webSocket{Conn: ws, tls: r.TLS})
}

// isMQTT says whether a subprotocol is that of MQTT, which one SDK writes in capitals
// (azure-iot-sdk-c, iothubtransportmqtt_websockets).
func isMQTT(subprotocol string) bool { return strings.EqualFold(subprotocol, "mqtt") }

// webSocket is a WebSocket as a stream of bytes: where a message ends says
// nothing about where a packet does. What arrives is passed on as it comes, so
// that the length a message claims costs no memory.
type webSocket struct {
	*websocket.Conn
	tls     *tls.ConnectionState
	message io.Reader // what is left of the current message; nil between messages
}

var _ net.Conn = (*webSocket)(nil)

// Read reads from the current message or the next ones. Anything but binary
// messages is a violation.
func (w *webSocket) Read(p []byte) (int, error) {
	for {
		if w.message == nil {
			kind, message, err := w.NextReader()
			if err != nil {
				return 0, err
			}
			if kind != websocket.BinaryMessage {
				return 0, fmt.Errorf("%w: a WebSocket message that is not binary", ErrProtocol)
			}
			w.message = message
		}
		n, err := w.message.Read(p)
		if err == io.EOF {
			w.message, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Write sends p as one message.
func (w *webSocket) Write(p []byte) (int, error) {
	if err := w.WriteMessage(websocket.BinaryMessage, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// SetDeadline sets both deadlines.
func (w *webSocket) SetDeadline(t time.Time) error {
	_ = w.SetReadDeadline(t) // the one below fails likewise
	return w.SetWriteDeadline(t)
}

// Close says goodbye before it closes.
func (w *webSocket) Close() error {
	goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = w.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(closeTimeout))
	return w.Conn.Close()
}

// ConnectionState is that of the TLS connection below.
func (w *webSocket) ConnectionState() tls.ConnectionState {
	if w.tls == nil {
		return tls.ConnectionState{}
	}
	return *w.tls
}
