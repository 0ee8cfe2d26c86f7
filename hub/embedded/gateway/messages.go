package gateway

import (
	"strings"
	"sync"

	"twindeck/hub/embedded/messages"
	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/embedded/registry"
)

// Commands are the queues of cloud-to-device messages. *messages.Queues has
// them.
type Commands interface {
	// Hold locks the next message of an identity until Complete or Release;
	// ok is false when there is none.
	Hold(id registry.ID) (d messages.Delivery, ok bool)
	// Complete removes the message that is locked under a token.
	Complete(id registry.ID, token string) error
	// Release gives messages back that were locked for a connection.
	Release(id registry.ID, tokens []string) error
	// Drop forgets the messages of an identity that was deleted.
	Drop(id registry.ID) error
}

// maxInFlight bounds the messages that wait for one device's acknowledgement.
// They are at most 64 KB each: together they fit into what the endpoint lets
// wait for a slow reader.
const maxInFlight = 8

// window is what a device has been sent and has not acknowledged.
type window struct {
	mu     sync.Mutex
	closed bool
	tokens map[uint16]string // of the locks, by packet identifier
}

// packetOf returns the packet identifier that a message travels under. It is
// always the same, because a message is to be sent again under the same one
// (MQTT 3.1.1 §4.4), and no two that wait have the same: there are far fewer.
func packetOf(sequence uint64) uint16 { return uint16((sequence-1)%0xffff) + 1 }

// MessagesReady sends what waits for an identity, if it is connected and has
// subscribed to its messages. It is to be called when there is something new.
func (g *Gateway) MessagesReady(id registry.ID) {
	if c := g.server.Client(id.String()); c != nil {
		g.pump(c)
	}
}

// pump sends messages until none are left or enough are on their way.
func (g *Gateway) pump(c *mqtt.Client) {
	l := c.Tag().(*link)
	prefix := ownTopic(l.id) + "/messages/devicebound/"
	if g.opts.Commands == nil || !c.Subscribed(prefix) {
		return
	}
	w := &l.window
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.closed && len(w.tokens) < maxInFlight {
		d, ok := g.opts.Commands.Hold(l.id)
		if !ok {
			return
		}
		packet := packetOf(d.Sequence)
		acknowledges, sent := c.Deliver(prefix+d.Bag(), d.Body, packet, d.Again && c.Resumed())
		switch {
		case !sent:
			g.noteFailure(c, g.opts.Commands.Release(l.id, []string{d.Token}))
			return
		case acknowledges:
			if w.tokens == nil {
				w.tokens = make(map[uint16]string)
			}
			w.tokens[packet] = d.Token
		default:
			g.noteFailure(c, g.opts.Commands.Complete(l.id, d.Token))
		}
	}
}

// Acknowledged completes a message that the device has taken, and sends more.
func (g devices) Acknowledged(c *mqtt.Client, packet uint16) {
	l := c.Tag().(*link)
	l.window.mu.Lock()
	token, sent := l.window.tokens[packet]
	delete(l.window.tokens, packet)
	l.window.mu.Unlock()
	if !sent {
		return
	}
	g.noteFailure(c, g.opts.Commands.Complete(l.id, token))
	g.registry.Touch(l.id)
	g.pump(c)
}

// release gives back what a device that has gone did not acknowledge.
func (g *Gateway) release(c *mqtt.Client) {
	l := c.Tag().(*link)
	l.window.mu.Lock()
	l.window.closed = true
	var tokens []string
	for _, token := range l.window.tokens {
		tokens = append(tokens, token)
	}
	l.window.tokens = nil
	l.window.mu.Unlock()
	if len(tokens) > 0 {
		g.noteFailure(c, g.opts.Commands.Release(l.id, tokens))
	}
}

// noteFailure logs that what became of a message could not be stored: it will be
// sent again after a restart.
func (g *Gateway) noteFailure(c *mqtt.Client, err error) {
	if err != nil {
		g.opts.Log.Warn("gateway: cloud-to-device message", "client", c.ID(), "error", err)
	}
}

// Properties that the hub adds to what devices send (Azure docs:
// iot-mqtt-connect-to-iot-hub).
const (
	retainProperty = "mqtt-retain"
	willProperty   = "iothub-MessageType"
)

// record counts a message of telemetry and keeps it among the latest.
func (g *Gateway) record(id registry.ID, m mqtt.Message) {
	e := messages.Event{Identity: id}
	bag := strings.TrimPrefix(m.Topic, ownTopic(id)+"/messages/events")
	e.ParseBag(strings.TrimPrefix(bag, "/"))
	if m.Retain {
		e.Properties = append(e.Properties, messages.Property{Name: retainProperty, Value: "true"})
	}
	if m.Will {
		e.Properties = append(e.Properties, messages.Property{Name: willProperty, Value: "Will"})
	}
	e.Body, e.Enqueued = m.Payload, g.opts.Now()
	g.opts.Telemetry.Add(e)
	g.registry.Touch(id)
}
