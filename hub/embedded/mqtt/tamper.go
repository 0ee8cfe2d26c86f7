package mqtt

import (
	"errors"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// PacketType is the type of a packet from the server (MQTT 3.1.1 §2.2.1).
type PacketType byte

// The packets that a server sends.
const (
	Connack  PacketType = packets.Connack
	Publish  PacketType = packets.Publish
	Puback   PacketType = packets.Puback
	Suback   PacketType = packets.Suback
	Unsuback PacketType = packets.Unsuback
	Pingresp PacketType = packets.Pingresp
)

// Fate is what happens to a packet on its way to a client.
type Fate uint8

// The fates. Sent is the zero Fate.
const (
	Sent Fate = iota
	Lost      // it is never sent, and the client waits for it
	Torn      // the connection ends in the middle of it
)

var errTorn = errors.New("the connection was made to end in the middle of a packet")

// fate needs mu.
func (c *Client) fate(p packets.ControlPacket) Fate {
	if c.server.opts.Tamper == nil {
		return Sent
	}
	switch p.(type) {
	case *packets.ConnackPacket:
		return c.server.opts.Tamper(c, Connack)
	case *packets.PublishPacket:
		return c.server.opts.Tamper(c, Publish)
	case *packets.PubackPacket:
		return c.server.opts.Tamper(c, Puback)
	case *packets.SubackPacket:
		return c.server.opts.Tamper(c, Suback)
	case *packets.UnsubackPacket:
		return c.server.opts.Tamper(c, Unsuback)
	case *packets.PingrespPacket:
		return c.server.opts.Tamper(c, Pingresp)
	}
	return Sent
}
