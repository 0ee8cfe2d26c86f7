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

// window is what a device has been sent and has not acknowledged. One pump at a
// time fills it; a call that finds one at work leaves it a note, because the
// queues may call while they are being called.
type window struct {
	mu      sync.Mutex
	closed  bool
	pumping bool
	more    bool              // there may be messages that the pump has not seen
	tokens  map[uint16]string // of the locks, by packet identifier
}

// begin notes that there may be more messages, and reports whether it is for the
// caller to pump them.
func (w *window) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.more = true
	if w.pumping {
		return false
	}
	w.pumping = true
	return true
}

// wants reports whether the pump goes on.
func (w *window) wants() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pumping = w.more && !w.closed && len(w.tokens) < maxInFlight
	w.more = false
	return w.pumping
}

// add puts a message into the window; it reports false when the device has gone.
func (w *window) add(packet uint16, token string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	if w.tokens == nil {
		w.tokens = make(map[uint16]string)
	}
	w.tokens[packet] = token
	return true
}

// remove takes a message out of the window, if it is there.
func (w *window) remove(packet uint16) (token string, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	token, ok = w.tokens[packet]
	delete(w.tokens, packet)
	return token, ok
}

// close takes everything out for good.
func (w *window) close() (tokens []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, token := range w.tokens {
		tokens = append(tokens, token)
	}
	w.tokens = nil
	return tokens
}

// firstNotice is where the packet identifiers of notifications begin. They and
// those of messages never meet.
const firstNotice = 0x8000

// packetOf returns the packet identifier that a message travels under. It is
// always the same, because a message is to be sent again under the same one
// (MQTT 3.1.1 §4.4), and no two that wait have the same: there are far fewer.
func packetOf(sequence uint64) uint16 { return uint16((sequence-1)%(firstNotice-1)) + 1 }

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
	if !w.begin() {
		return
	}
	for w.wants() {
		d, ok := g.opts.Commands.Hold(l.id)
		if !ok {
			continue
		}
		// The acknowledgement may come before Deliver returns.
		packet := packetOf(d.Sequence)
		if !w.add(packet, d.Token) {
			g.noteFailure(c, g.opts.Commands.Release(l.id, []string{d.Token}))
			continue
		}
		acknowledges, sent := c.Deliver(prefix+d.Bag(), d.Body, packet, d.Again && c.Resumed())
		if !sent {
			w.remove(packet)
			g.noteFailure(c, g.opts.Commands.Release(l.id, []string{d.Token}))
			continue
		}
		w.begin()
		if !acknowledges {
			w.remove(packet)
			g.noteFailure(c, g.opts.Commands.Complete(l.id, d.Token))
		}
	}
}

// Acknowledged completes a message that the device has taken, and sends more.
func (g devices) Acknowledged(c *mqtt.Client, packet uint16) {
	l := c.Tag().(*link)
	token, sent := l.window.remove(packet)
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
	tokens := l.window.close()
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
