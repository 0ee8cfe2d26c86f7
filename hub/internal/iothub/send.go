package iothub

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/amenzhinsky/iothub/eventhub"
)

// deviceBound is the link that messages to devices are sent on, and cbs the one that takes tokens
// (Azure docs: iot-hub-devguide-messages-c2d; AMQP claims-based security 1.0 §5).
const (
	deviceBound = "/messages/devicebound"
	cbs         = "$cbs"
)

// Message is a message to a device.
type Message struct {
	Device        string
	ID            string // empty for none, as with the others
	CorrelationID string
	ContentType   string
	Expiry        time.Time // zero: the hub's default
	Ack           string
	Properties    map[string]string
	Body          []byte
}

// Mailer sends messages to devices over AMQP. Each goes over a connection of its own, so that
// nothing has to be kept alive for the rare one that a person sends.
type Mailer struct {
	HostName string // the hub's name, without a port
	Address  string // HOST:PORT to dial
	TLS      *tls.Config
	Tokens   *Tokens
	Observe  Observe // may be nil
}

// ErrRejected is wrapped by the error for a message that the hub does not take; another attempt
// does not help.
var ErrRejected = errors.New("the hub does not take the message")

// Send returns when the hub has taken the message into the device's queue, or ctx has ended. left
// tells that the message was on its way, so that an error leaves open whether it is in the queue.
func (m *Mailer) Send(ctx context.Context, msg Message) (left bool, err error) {
	at := time.Now()
	left, err = m.send(ctx, msg)
	if m.Observe != nil {
		e := Exchange{Protocol: AMQP, At: at, Took: time.Since(at), Method: "SEND", Target: deviceBound, Err: err, Sent: content(msg.Body)}
		e.Sent.Fields = msg.fields()
		if err == nil {
			e.Received.Fields = [][2]string{{"disposition", "accepted"}}
		}
		m.Observe(ctx, e)
	}
	return left, err
}

func (m *Mailer) send(ctx context.Context, msg Message) (left bool, err error) {
	// go-amqp has no context for what comes before a session, so the socket is ours to close.
	socket, err := (&tls.Dialer{NetDialer: &net.Dialer{}, Config: m.tls()}).DialContext(ctx, "tcp", m.Address)
	if err != nil {
		return false, cause(ctx, err)
	}
	defer context.AfterFunc(ctx, func() { _ = socket.Close() })()
	conn, err := amqp.NewConn(socket, &amqp.ConnOptions{HostName: m.HostName, SASLType: amqp.SASLTypeAnonymous()})
	if err != nil {
		_ = socket.Close()
		return false, cause(ctx, err)
	}
	defer func() { _ = conn.Close() }() // says goodbye; the message has been settled before
	session, err := conn.NewSession(ctx, nil)
	if err != nil {
		return false, cause(ctx, err)
	}
	if err := m.authorize(ctx, session); err != nil {
		return false, cause(ctx, err)
	}
	sender, err := session.NewSender(ctx, deviceBound, nil)
	if err != nil {
		return false, cause(ctx, refused(err))
	}
	if err := sender.Send(ctx, msg.amqp()); err != nil {
		return true, cause(ctx, refused(err))
	}
	return true, nil
}

func (m *Mailer) tls() *tls.Config {
	config := m.TLS.Clone()
	if config.ServerName == "" {
		config.ServerName = m.HostName
	}
	return config
}

// authorize hands the hub our token.
func (m *Mailer) authorize(ctx context.Context, session *amqp.Session) error {
	token, err := m.Tokens.Authorization()
	if err != nil {
		return err
	}
	sender, err := session.NewSender(ctx, cbs, nil)
	if err != nil {
		return err
	}
	receiver, err := session.NewReceiver(ctx, cbs, nil)
	if err != nil {
		return err
	}
	to, replyTo := cbs, "cbs"
	err = sender.Send(ctx, &amqp.Message{
		Value:                 token,
		Properties:            &amqp.MessageProperties{MessageID: "put-token", To: &to, ReplyTo: &replyTo},
		ApplicationProperties: map[string]any{"operation": "put-token", "type": "servicebus.windows.net:sastoken", "name": m.HostName},
	})
	if err != nil {
		return err
	}
	answer, err := receiver.Receive(ctx)
	if err != nil {
		return err
	}
	if err := receiver.AcceptMessage(ctx, answer); err != nil {
		return err
	}
	if status, ok := answer.ApplicationProperties["status-code"].(int32); ok && status == 202 {
		return nil // Accepted, which the library's check does not know
	}
	if err := eventhub.CheckMessageResponse(answer); err != nil {
		return &TokenError{err}
	}
	return nil
}

// TokenError is why a hub does not accept a token.
type TokenError struct{ err error }

func (e *TokenError) Error() string { return "the hub does not accept the token: " + e.err.Error() }

// refused marks the errors that are an answer of the hub.
func refused(err error) error {
	var said *amqp.Error
	if detached, ok := errors.AsType[*amqp.DetachError](err); ok {
		said = detached.RemoteErr
	}
	if said == nil && !errors.As(err, &said) {
		return err
	}
	text := said.Description
	if text == "" {
		text = string(said.Condition)
	}
	return fmt.Errorf("%w: %s", ErrRejected, text)
}

func (msg Message) amqp() *amqp.Message {
	to := "/devices/" + strings.ReplaceAll(url.QueryEscape(msg.Device), "+", "%20") + deviceBound
	p := &amqp.MessageProperties{To: &to}
	if msg.ID != "" {
		p.MessageID = msg.ID
	}
	if msg.CorrelationID != "" {
		p.CorrelationID = msg.CorrelationID
	}
	if msg.ContentType != "" {
		p.ContentType = &msg.ContentType
	}
	if !msg.Expiry.IsZero() {
		p.AbsoluteExpiryTime = &msg.Expiry
	}
	own := map[string]any{}
	for name, value := range msg.Properties {
		own[name] = value
	}
	if msg.Ack != "" {
		own["iothub-ack"] = msg.Ack
	}
	return &amqp.Message{Data: [][]byte{msg.Body}, Properties: p, ApplicationProperties: own}
}

// fields are the message beside its body, for an observer.
func (msg Message) fields() [][2]string {
	all := [][2]string{{"to", *msg.amqp().Properties.To}}
	add := func(name, value string) {
		if value != "" {
			all = append(all, [2]string{name, value})
		}
	}
	add("message-id", msg.ID)
	add("correlation-id", msg.CorrelationID)
	add("content-type", msg.ContentType)
	if !msg.Expiry.IsZero() {
		add("absolute-expiry-time", msg.Expiry.UTC().Format(time.RFC3339))
	}
	add("iothub-ack", msg.Ack)
	for _, name := range slices.Sorted(maps.Keys(msg.Properties)) {
		all = append(all, [2]string{name, msg.Properties[name]})
	}
	return append(all, [2]string{"size", strconv.Itoa(len(msg.Body))})
}
