package mqtt

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

const (
	// maxConnect bounds a CONNECT: a client nobody knows yet gets little memory.
	maxConnect = 16 << 10
	// maxFilters bounds a SUBSCRIBE and an UNSUBSCRIBE.
	maxFilters = 64 << 10
	// maxTopic is the longest string MQTT can carry, with its length.
	maxTopic = 2 + 65535
	// readBuffer is small because a connection that is silent keeps it.
	readBuffer = 256
	// pooledBody is the largest packet body kept for reuse.
	pooledBody = 64 << 10
)

// packetReader reads the packets that a client may send to a server and
// refuses everything else from its first bytes, before memory is spent on it.
// What the codec is lenient about (lengths that point beyond the packet,
// trailing bytes, reserved flags) is an error here.
type packetReader struct {
	in         *bufio.Reader
	maxPayload int
}

func newPacketReader(in io.Reader, maxPayload int) *packetReader {
	return &packetReader{in: bufio.NewReaderSize(in, readBuffer), maxPayload: maxPayload}
}

// next blocks for one packet. An error that wraps ErrProtocol is the client's
// fault, any other is the stream's.
func (r *packetReader) next() (packets.ControlPacket, error) {
	header, err := r.header()
	if err != nil {
		return nil, err
	}
	packet, err := packets.NewControlPacketWithHeader(header)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	body := bodies.Get().(*bytes.Buffer)
	defer func() {
		if body.Cap() <= pooledBody {
			body.Reset()
			bodies.Put(body)
		}
	}()
	// The buffer grows with what arrives, not with what is announced.
	if _, err := io.CopyN(body, r.in, int64(header.RemainingLength)); err != nil {
		return nil, err
	}
	rest := exactReader{rest: body.Bytes()}
	if err := packet.Unpack(&rest); err != nil {
		return nil, fmt.Errorf("%w: malformed %s", ErrProtocol, packets.PacketNames[header.MessageType])
	}
	if err := r.check(packet, header.RemainingLength, len(rest.rest)); err != nil {
		return nil, err
	}
	return packet, nil
}

var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// header reads and judges a fixed header (MQTT 3.1.1 §2.2).
func (r *packetReader) header() (packets.FixedHeader, error) {
	var h packets.FixedHeader
	first, err := r.in.ReadByte()
	if err != nil {
		return h, err
	}
	h.MessageType = first >> 4
	h.Dup = first&8 != 0
	h.Qos = first >> 1 & 3
	h.Retain = first&1 != 0

	flags, least, most := first&15, 0, 0
	wantFlags := byte(0)
	switch h.MessageType {
	case packets.Connect:
		least, most = 12, maxConnect
	case packets.Publish:
		wantFlags = flags
		least, most = 3, maxTopic+2+r.maxPayload
		if h.Qos == 3 {
			return h, fmt.Errorf("%w: PUBLISH with QoS 3", ErrProtocol)
		}
	case packets.Puback, packets.Pubrec, packets.Pubcomp:
		least, most = 2, 2
	case packets.Pubrel:
		wantFlags, least, most = 2, 2, 2
	case packets.Subscribe:
		wantFlags, least, most = 2, 6, maxFilters
	case packets.Unsubscribe:
		wantFlags, least, most = 2, 5, maxFilters
	case packets.Pingreq, packets.Disconnect:
	default:
		return h, fmt.Errorf("%w: packet type %d is none a client sends", ErrProtocol, h.MessageType)
	}
	name := packets.PacketNames[h.MessageType]
	if flags != wantFlags {
		return h, fmt.Errorf("%w: %s with reserved flags", ErrProtocol, name)
	}
	if h.RemainingLength, err = r.remainingLength(); err != nil {
		return h, err
	}
	if h.RemainingLength < least || h.RemainingLength > most {
		return h, fmt.Errorf("%w: %s of %d bytes, %d to %d are allowed", ErrProtocol, name, h.RemainingLength, least, most)
	}
	return h, nil
}

// remainingLength reads the variable length of at most four bytes (MQTT 3.1.1
// §2.2.3).
func (r *packetReader) remainingLength() (int, error) {
	length := 0
	for shift := 0; shift < 28; shift += 7 {
		digit, err := r.in.ReadByte()
		if err != nil {
			return 0, unexpected(err)
		}
		length |= int(digit&127) << shift
		if digit < 128 {
			return length, nil
		}
	}
	return 0, fmt.Errorf("%w: malformed remaining length", ErrProtocol)
}

// check judges an unpacked packet; left is what the codec did not read of it.
func (r *packetReader) check(packet packets.ControlPacket, length, left int) error {
	malformed := func(why string) error { return fmt.Errorf("%w: %s", ErrProtocol, why) }
	if left > 0 {
		return malformed("bytes after the end of a packet")
	}
	switch p := packet.(type) {
	case *packets.PublishPacket:
		if !validTopic(p.TopicName) {
			return malformed("PUBLISH without a valid topic")
		}
		if len(p.Payload) > r.maxPayload {
			return malformed("PUBLISH payload is too large")
		}
		if p.Qos > 0 && p.MessageID == 0 {
			return malformed("PUBLISH with packet identifier 0")
		}
	case *packets.SubscribePacket:
		if p.MessageID == 0 {
			return malformed("SUBSCRIBE with packet identifier 0")
		}
		for i, filter := range p.Topics {
			if !validTopic(filter) || p.Qoss[i] > 2 {
				return malformed("SUBSCRIBE with a malformed filter")
			}
		}
	case *packets.UnsubscribePacket:
		// The codec swallows a filter that is cut short.
		seen := 2
		for _, filter := range p.Topics {
			if !validTopic(filter) {
				return malformed("UNSUBSCRIBE with a malformed filter")
			}
			seen += 2 + len(filter)
		}
		if p.MessageID == 0 || seen != length {
			return malformed("malformed UNSUBSCRIBE")
		}
	case *packets.ConnectPacket:
		return checkConnect(p)
	}
	return nil
}

// checkConnect judges what makes a CONNECT malformed. An unknown protocol level
// is not: it is answered with a return code.
func checkConnect(p *packets.ConnectPacket) error {
	switch {
	case p.ProtocolName != "MQTT" && p.ProtocolName != "MQIsdp":
		return fmt.Errorf("%w: CONNECT for an unknown protocol", ErrProtocol)
	case p.ReservedBit != 0, !p.WillFlag && (p.WillQos != 0 || p.WillRetain), p.WillQos == 3, p.PasswordFlag && !p.UsernameFlag:
		return fmt.Errorf("%w: CONNECT with contradictory flags", ErrProtocol)
	case !validString(p.ClientIdentifier), !validString(p.Username), p.WillFlag && !validTopic(p.WillTopic):
		return fmt.Errorf("%w: CONNECT with a malformed string", ErrProtocol)
	}
	return nil
}

// exactReader gives out all of what is asked for or fails, because the codec
// takes a short read for a full one and pads it with zeros.
type exactReader struct{ rest []byte }

func (r *exactReader) Read(p []byte) (int, error) {
	if len(p) > len(r.rest) {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// unexpected turns an end within a packet into an error of its own.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
