package mqtt

import (
	"errors"
	"fmt"
	"slices"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// subackFailure is the code of a filter that is refused (MQTT 3.1.1 §3.9.3).
const subackFailure = 0x80

// handleSubscribe answers with exactly one code per filter: clients trust that.
func (c *Client) handleSubscribe(p *packets.SubscribePacket) error {
	ack := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
	ack.MessageID = p.MessageID
	var granted []subscription
	for i, filter := range p.Topics {
		switch err := c.server.handler.Subscribe(c, filter); {
		case err == nil:
			qos := min(p.Qoss[i], 1)
			granted = append(granted, subscription{filter, qos})
			ack.ReturnCodes = append(ack.ReturnCodes, qos)
		case errors.Is(err, ErrRefused):
			ack.ReturnCodes = append(ack.ReturnCodes, subackFailure)
		default:
			return err
		}
	}
	err := c.resubscribe(ack, func(now []subscription) []subscription {
		for _, g := range granted {
			now = slices.DeleteFunc(now, func(s subscription) bool { return s.filter == g.filter })
			now = append(now, g)
		}
		return now
	})
	if err == nil && len(granted) > 0 {
		c.server.handler.Subscribed(c)
	}
	return err
}

func (c *Client) handleUnsubscribe(p *packets.UnsubscribePacket) {
	ack := packets.NewControlPacket(packets.Unsuback).(*packets.UnsubackPacket)
	ack.MessageID = p.MessageID
	// Fewer subscriptions cannot be too many.
	_ = c.resubscribe(ack, func(now []subscription) []subscription {
		return slices.DeleteFunc(now, func(s subscription) bool { return slices.Contains(p.Topics, s.filter) })
	})
}

// resubscribe puts a change of the subscriptions into effect and queues its
// acknowledgement in one step: whoever has seen the acknowledgement is
// subscribed, and what is published afterwards comes after it.
func (c *Client) resubscribe(ack packets.ControlPacket, change func([]subscription) []subscription) error {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	next := change(slices.Clone(c.subscriptions))
	if len(next) > s.opts.MaxSubscriptions {
		return fmt.Errorf("%w: more than %d subscriptions", ErrProtocol, s.opts.MaxSubscriptions)
	}
	c.subscriptions = next
	// A client that has been taken over must not change its successor's session.
	if c.persistent && s.clients[c.id] == c {
		s.sessions[c.id] = next
	}
	c.send(ack)
	return nil
}
