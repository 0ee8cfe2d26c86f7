package mqtt

import (
	"crypto/x509"
	"errors"
	"time"
)

// Handler is what a Server serves: it decides who may connect, what may be
// subscribed to, and takes every message that clients publish. The server
// routes nothing by itself.
//
// For one client id the calls come strictly in the order Connected,
// Disconnected, Connected, and so on, one pair per connection, also when a new
// connection takes over an id. Connected and Disconnected of all clients are
// serialised: they must be brief. Everything else is called concurrently for
// different clients, from the goroutine that reads that client's socket, so a
// slow call holds up that client alone.
type Handler interface {
	// Connect decides on a CONNECT. Any code but Accepted is sent to the
	// client, whose socket is then closed; the admission counts only with
	// Accepted. It may block as long as the client's Done is not closed.
	Connect(c *Client, info ConnectInfo) (Admission, ReturnCode)
	// Connected is called when the client can be found by its id and can be
	// published to, and before it learns that it is connected. It may call
	// Client.Close, but not Server.Close.
	Connected(c *Client)
	// Subscribe decides on one filter: nil grants it, ErrRefused answers
	// with the failure code, any other error closes the connection.
	Subscribe(c *Client, filter string) error
	// Subscribed is called when granted filters are in effect, and after
	// Connected when a stored session brought some.
	Subscribed(c *Client)
	// Publish takes a message. An error closes the connection, nil
	// acknowledges the message when it asked for that. The payload belongs
	// to the handler.
	Publish(c *Client, m Message) error
	// Acknowledged brings the acknowledgement of a message that was delivered
	// with QoS 1, or any number that the client makes up.
	Acknowledged(c *Client, packet uint16)
	// Disconnected is called once for each Connected with the reason: one of
	// this package's errors, possibly wrapped, or what was given to
	// Client.Close. A will that is due has been published before. One last
	// Publish of the client may still be running.
	Disconnected(c *Client, reason error)
}

// ConnectInfo is what a client said of itself in CONNECT (MQTT 3.1.1 §3.1).
type ConnectInfo struct {
	// ClientID may be empty only with CleanSession.
	ClientID string
	// Username is empty when there is none.
	Username string
	// Password is a secret; nil when there is none.
	Password []byte
	// CleanSession asks for no memory of earlier connections.
	CleanSession bool
	// KeepAlive is the longest silence the client promises; 0 promises nothing.
	KeepAlive time.Duration
	// Certificates are what the client identified itself with in the TLS
	// handshake, its own first; whether they are to be trusted is not
	// checked. Empty when there are none.
	Certificates []*x509.Certificate
	// Will is to be published when the client goes without a DISCONNECT; nil
	// when there is none.
	Will *Message
}

// Admission is what a handler says of an accepted client.
type Admission struct {
	// Lifetime is how long the connection may last; 0 is without limit.
	Lifetime time.Duration
	// Tag is the handler's own, see Client.Tag.
	Tag any
}

// Message is an application message from a client (MQTT 3.1.1 §3.3).
type Message struct {
	// Topic is valid UTF-8, not empty, and may contain + and #, see Match.
	Topic string
	// Payload is never nil, but may be empty.
	Payload []byte
	// QoS is 0 or 1.
	QoS byte
	// Retain is the client's wish; the server keeps nothing.
	Retain bool
	// Will marks the last will of a client that has gone.
	Will bool
}

// ReturnCode is the answer to a CONNECT (MQTT 3.1.1 §3.2.2.3).
type ReturnCode byte

// The return codes of MQTT 3.1.1.
const (
	Accepted             ReturnCode = 0
	UnacceptableProtocol ReturnCode = 1
	IdentifierRejected   ReturnCode = 2
	ServerUnavailable    ReturnCode = 3
	BadCredentials       ReturnCode = 4
	NotAuthorized        ReturnCode = 5
)

// The reasons for which connections end, and ErrRefused.
var (
	// ErrRefused is a handler's answer to a filter that it does not grant.
	ErrRefused = errors.New("the filter is refused")
	// ErrDisconnected is the end a client announced.
	ErrDisconnected = errors.New("the client disconnected")
	// ErrLost is a socket that closed or broke without a word.
	ErrLost = errors.New("the connection was lost")
	// ErrTakenOver is the end by a newer connection with the same client id.
	ErrTakenOver = errors.New("a newer connection took over the client id")
	// ErrKeepAlive is a client that was silent for one and a half times its
	// keep-alive, or that took as long over one packet.
	ErrKeepAlive = errors.New("the client was silent for longer than its keep-alive allows")
	// ErrExpired is the end of a connection's Lifetime.
	ErrExpired = errors.New("the connection's credentials expired")
	// ErrSlowReader is a client that does not read what it is sent.
	ErrSlowReader = errors.New("the client reads too slowly")
	// ErrProtocol is a violation of MQTT 3.1.1, or a packet beyond the limits.
	ErrProtocol = errors.New("protocol violation")
	// ErrServerClosed is the end of the server.
	ErrServerClosed = errors.New("the server is closed")
)
