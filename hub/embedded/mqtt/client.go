package mqtt

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// maxSilence caps the silence a client may claim for itself, and is that of one
// that claims nothing (Azure docs: iot-mqtt-connect-to-iot-hub, "Default
// keep-alive time-out").
const maxSilence = 1767 * time.Second

// Client is one connection. Its methods may be called concurrently and do not
// block.
type Client struct {
	server *Server
	conn   net.Conn
	done   chan struct{}

	// Set before the client is registered, constant afterwards.
	id      string
	tag     any
	will    *Message
	silence time.Duration
	expires time.Time // zero: never

	resumed    bool // it found a stored session; constant once it is registered
	persistent bool // the subscriptions outlive the connection; guarded by Server.mu

	mu            sync.Mutex
	reason        error // why it was closed; nil while open
	subscriptions []subscription
	out           bytes.Buffer // encoded packets that wait for the writer
	writing       bool         // a writer is running
	torn          bool         // the last packet was cut in two: nothing may follow
	corked        bool         // the writer must not start yet
}

// ID is the client id; empty until the client is accepted.
func (c *Client) ID() string { return c.id }

// Tag is what the handler's Admission said; nil until the client is accepted.
func (c *Client) Tag() any { return c.tag }

// Done is closed when the connection has been closed.
func (c *Client) Done() <-chan struct{} { return c.done }

// Close closes the connection for the reason given, unless it is closed
// already. It does not wait for the handler to be told.
func (c *Client) Close(reason error) { c.close(reason) }

// Resumed reports whether the client came back to a session that the server had
// stored; false until the client is accepted.
func (c *Client) Resumed() bool { return c.resumed }

// Publish queues a message for the client with QoS 0 and reports whether it
// did: false means that the connection is closed or has no subscription to the
// topic. Messages are sent in the order of the calls. A client that lets too
// much pile up is closed.
func (c *Client) Publish(topic string, payload []byte) bool {
	return c.publish(topic, payload, true)
}

// Send is Publish to a client that need not be subscribed to the topic, which
// MQTT 3.1.1 §4.7 has no room for but some clients expect.
func (c *Client) Send(topic string, payload []byte) bool {
	return c.publish(topic, payload, false)
}

// Deliver is Publish with QoS 1, under a packet identifier of the caller's that
// is not in use: the handler is told of the acknowledgement under it. again says
// that the message may have been sent before. acknowledges is false when the
// client's subscription grants QoS 0 alone, so that no acknowledgement will come.
func (c *Client) Deliver(topic string, payload []byte, packet uint16, again bool) (acknowledges, ok bool) {
	if !validTopic(topic) || len(topic) > maxTopic-2 || packet == 0 {
		return false, false
	}
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload = topic, payload
	c.mu.Lock()
	defer c.mu.Unlock()
	qos, subscribed := c.grants(topic)
	if !subscribed {
		return false, false
	}
	if qos > 0 {
		p.Qos, p.MessageID, p.Dup = 1, packet, again
	}
	return qos > 0, c.send(p)
}

func (c *Client) publish(topic string, payload []byte, subscribed bool) bool {
	if !validTopic(topic) || len(topic) > maxTopic-2 {
		return false
	}
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload = topic, payload
	c.mu.Lock()
	defer c.mu.Unlock()
	return (!subscribed || c.subscribed(topic)) && c.send(p)
}

// Subscribed reports whether the client is connected and subscribed to the
// topic.
func (c *Client) Subscribed(topic string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason == nil && c.subscribed(topic)
}

// subscribed needs mu.
func (c *Client) subscribed(topic string) bool {
	_, subscribed := c.grants(topic)
	return subscribed
}

// grants returns the highest QoS of the filters that select the topic (MQTT
// 3.1.1 §3.3.5). It needs mu.
func (c *Client) grants(topic string) (qos byte, subscribed bool) {
	for _, s := range c.subscriptions {
		if Match(s.filter, topic) {
			qos, subscribed = max(qos, s.qos), true
		}
	}
	return qos, subscribed
}

// current returns the subscriptions.
func (c *Client) current() []subscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.subscriptions
}

// close records the first reason, which it returns, and closes the socket.
func (c *Client) close(reason error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closeLocked(reason)
}

func (c *Client) closeLocked(reason error) error {
	if c.reason == nil {
		c.reason = reason
		c.out = bytes.Buffer{}
		close(c.done)
		abort(c.conn)
	}
	return c.reason
}

// abort closes a socket without a farewell, which a peer that does not read
// could hold up for seconds.
func abort(conn net.Conn) {
	for {
		wrapped, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		conn = wrapped.NetConn()
	}
	_ = conn.Close()
}

// serve sees the connection from its first byte to its end.
func (c *Client) serve() {
	defer c.server.dismiss(c)
	in := newPacketReader(c.conn, c.server.opts.MaxPayload)
	cleanSession, err := c.connect(in)
	leftover := false
	if err == nil {
		leftover, err = c.server.register(c, cleanSession)
	}
	if err != nil {
		c.log(c.close(err))
		return
	}
	if leftover {
		if err := c.server.rewrite(c.id); err != nil {
			c.close(err)
		}
	}
	if len(c.current()) > 0 {
		c.server.handler.Subscribed(c)
	}
	reason := c.close(c.read(in))
	c.server.unregister(c, reason)
	c.log(reason)
}

func (c *Client) log(reason error) {
	log := c.server.opts.Log.Debug
	if errors.Is(reason, ErrProtocol) || errors.Is(reason, ErrSlowReader) {
		log = c.server.opts.Log.Warn
	}
	log("mqtt: connection closed", "client", c.id, "peer", c.conn.RemoteAddr(), "reason", reason)
}

// connect takes the client up to the decision on its CONNECT; refusals are
// answered here.
func (c *Client) connect(in *packetReader) (cleanSession bool, err error) {
	opts := &c.server.opts
	_ = c.conn.SetDeadline(time.Now().Add(opts.ConnectTimeout))
	if secure, ok := c.conn.(interface{ HandshakeContext(context.Context) error }); ok {
		if err := secure.HandshakeContext(context.Background()); err != nil {
			return false, fmt.Errorf("%w during the TLS handshake: %w", ErrLost, err)
		}
	}
	packet, err := in.next()
	if err != nil {
		if errors.Is(err, ErrProtocol) {
			return false, err
		}
		return false, fmt.Errorf("%w before a complete CONNECT: %w", ErrLost, err)
	}
	p, ok := packet.(*packets.ConnectPacket)
	if !ok {
		return false, fmt.Errorf("%w: a packet before CONNECT", ErrProtocol)
	}
	if p.ProtocolName != "MQTT" || p.ProtocolVersion != 4 {
		return false, c.refuse(UnacceptableProtocol)
	}
	if p.WillQos == 2 {
		return false, fmt.Errorf("%w: a will with QoS 2, which is not supported", ErrProtocol)
	}
	if p.ClientIdentifier == "" && !p.CleanSession {
		return false, c.refuse(IdentifierRejected)
	}
	info := ConnectInfo{
		ClientID:     p.ClientIdentifier,
		Username:     p.Username,
		Password:     p.Password,
		CleanSession: p.CleanSession,
		KeepAlive:    time.Duration(p.Keepalive) * time.Second,
	}
	if secure, ok := c.conn.(interface{ ConnectionState() tls.ConnectionState }); ok {
		info.Certificates = secure.ConnectionState().PeerCertificates
	}
	if p.WillFlag {
		info.Will = &Message{Topic: p.WillTopic, Payload: p.WillMessage, QoS: p.WillQos, Retain: p.WillRetain, Will: true}
	}
	admission, code := c.server.handler.Connect(c, info)
	if code != Accepted {
		return false, c.refuse(code)
	}
	c.id, c.tag, c.will = p.ClientIdentifier, admission.Tag, info.Will
	c.silence = min(info.KeepAlive*3/2, maxSilence)
	if c.silence == 0 {
		c.silence = maxSilence
	}
	if admission.Lifetime > 0 {
		c.expires = time.Now().Add(admission.Lifetime)
	}
	_ = c.conn.SetDeadline(time.Time{})
	if p.CleanSession {
		if err := c.server.Forget(c.id); err != nil {
			return false, c.refuse(ServerUnavailable)
		}
	}
	return p.CleanSession, nil
}

// refuse answers a CONNECT and says goodbye, so that the answer arrives.
func (c *Client) refuse(code ReturnCode) error {
	answer := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
	answer.ReturnCode = byte(code)
	var encoded bytes.Buffer
	_ = answer.Write(&encoded)
	_ = c.conn.SetDeadline(time.Now().Add(c.server.opts.ConnectTimeout))
	_, _ = c.conn.Write(encoded.Bytes())
	_ = c.conn.Close()
	return fmt.Errorf("refused with return code %d", code)
}

// read takes packets until the connection ends and returns why it did.
func (c *Client) read(in *packetReader) error {
	for {
		// One deadline for a whole packet: trickling bytes is silence too.
		deadline, late := time.Now().Add(c.silence), ErrKeepAlive
		if !c.expires.IsZero() && c.expires.Before(deadline) {
			deadline, late = c.expires, ErrExpired
		}
		_ = c.conn.SetReadDeadline(deadline)
		packet, err := in.next()
		switch {
		case err == nil:
			err = c.handle(packet)
		case errors.Is(err, os.ErrDeadlineExceeded):
			err = late
		case !errors.Is(err, ErrProtocol):
			err = fmt.Errorf("%w: %w", ErrLost, err)
		}
		if err != nil {
			return err
		}
	}
}

// handle answers one packet; an error ends the connection.
func (c *Client) handle(packet packets.ControlPacket) error {
	switch p := packet.(type) {
	case *packets.PublishPacket:
		return c.handlePublish(p)
	case *packets.SubscribePacket:
		return c.handleSubscribe(p)
	case *packets.UnsubscribePacket:
		return c.handleUnsubscribe(p)
	case *packets.PingreqPacket:
		c.reply(packets.NewControlPacket(packets.Pingresp))
	case *packets.PubackPacket:
		c.server.handler.Acknowledged(c, p.MessageID)
	case *packets.DisconnectPacket:
		return ErrDisconnected
	default:
		return fmt.Errorf("%w: an unexpected packet: %T", ErrProtocol, packet)
	}
	return nil
}

func (c *Client) handlePublish(p *packets.PublishPacket) error {
	if p.Qos == 2 {
		return fmt.Errorf("%w: PUBLISH with QoS 2, which is not supported", ErrProtocol)
	}
	m := Message{Topic: p.TopicName, Payload: p.Payload, QoS: p.Qos, Retain: p.Retain}
	if err := c.server.handler.Publish(c, m); err != nil {
		return err
	}
	if p.Qos == 1 {
		ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
		ack.MessageID = p.MessageID
		c.reply(ack)
	}
	return nil
}
