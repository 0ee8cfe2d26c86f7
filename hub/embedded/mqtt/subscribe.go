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
	next := slices.Clone(c.current())
	for _, g := range granted {
		next = slices.DeleteFunc(next, func(s subscription) bool { return s.filter == g.filter })
		next = append(next, g)
	}
	if len(next) > c.server.opts.MaxSubscriptions || filterBytes(next) > maxFilters {
		return fmt.Errorf("%w: more than %d subscriptions, or of more than %d bytes", ErrProtocol, c.server.opts.MaxSubscriptions, maxFilters)
	}
	if err := c.server.alter(c, next, func() { c.send(ack) }); err != nil {
		return err
	}
	if len(granted) > 0 {
		c.server.handler.Subscribed(c)
	}
	return nil
}

func filterBytes(subscriptions []subscription) (n int) {
	for _, s := range subscriptions {
		n += len(s.filter)
	}
	return n
}

func (c *Client) handleUnsubscribe(p *packets.UnsubscribePacket) error {
	ack := packets.NewControlPacket(packets.Unsuback).(*packets.UnsubackPacket)
	ack.MessageID = p.MessageID
	next := slices.DeleteFunc(slices.Clone(c.current()), func(s subscription) bool { return slices.Contains(p.Topics, s.filter) })
	return c.server.alter(c, next, func() { c.send(ack) })
}
