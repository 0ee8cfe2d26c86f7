package mqtt

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

func TestReaderRefuses(t *testing.T) {
	for _, c := range []struct{ name, hex string }{
		{"a remaining length of five bytes", "30ffffffff01"},
		{"a PUBLISH of 256 MB", "30ffffff7f"},
		{"a CONNECT of 17 KB", "10808801"},
		{"a SUBSCRIBE of 128 KB", "82808008"},
		{"a PINGREQ with a body", "c00100"},
		{"a DISCONNECT with a body", "e00100"},
		{"a short PUBACK", "400100"},
		{"packet type 0", "0000"},
		{"packet type 15", "f000"},
		{"CONNACK, which only servers send", "20020000"},
		{"SUBACK, which only servers send", "9003000100"},
		{"UNSUBACK, which only servers send", "b0020001"},
		{"PINGRESP, which only servers send", "d000"},
		{"CONNECT with flags", "110c00044d5154540402003c0000"},
		{"SUBSCRIBE without its flags", "800600010001610000"},
		{"PUBLISH with QoS 3", "3605000161000a"},
		{"PUBLISH without a topic", "30020000"},
		{"PUBLISH with an empty topic", "3003000078"},
		{"PUBLISH with a topic beyond its end", "3003000561"},
		{"PUBLISH with a null character in its topic", "3003000100"},
		{"PUBLISH with a topic that is not UTF-8", "30030001ff"},
		{"PUBLISH with packet identifier 0", "32050001610000"},
		{"SUBSCRIBE with packet identifier 0", "82060000000161" + "00"},
		{"SUBSCRIBE with QoS 3", "8206000100016103"},
		{"SUBSCRIBE with a filter beyond its end", "8206000100ff6100"},
		{"SUBSCRIBE with an empty filter", "820500010000" + "00"},
		{"UNSUBSCRIBE with an empty filter", "a205000100" + "0000"},
		{"UNSUBSCRIBE cut short", "a2070001000161" + "0002"},
		{"CONNECT with bytes at the end", "100d00044d5154540402003c000000"},
		{"CONNECT with the reserved flag", "100c00044d5154540403003c0000"},
		{"CONNECT with a will QoS but no will", "100c00044d515454040a003c0000"},
		{"CONNECT with a password but no user name", "100f00044d5154540442003c00000001" + "78"},
		{"CONNECT for another protocol", "100c00044d5154580402003c0000"},
		{"CONNECT with a client id that is not UTF-8", "100d00044d5154540402003c0001ff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw, err := hex.DecodeString(c.hex)
			if err != nil {
				t.Fatal(err)
			}
			packet, err := newPacketReader(bytes.NewReader(raw), 256<<10).next()
			if !errors.Is(err, ErrProtocol) {
				t.Errorf("packet %v, error %v", packet, err)
			}
		})
	}
}

func TestReaderPayloadLimit(t *testing.T) {
	// A long topic must not make room for a longer payload.
	for _, c := range []struct {
		payload int
		want    error
	}{{1000, nil}, {1001, ErrProtocol}} {
		m := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
		m.TopicName, m.Payload = "t", make([]byte, c.payload)
		if _, err := newPacketReader(bytes.NewReader(encode(m)), 1000).next(); !errors.Is(err, c.want) {
			t.Errorf("payload of %d bytes: %v", c.payload, err)
		}
	}
}

// TestReaderAllocatesWhatArrives shows that an announcement costs nothing.
func TestReaderAllocatesWhatArrives(t *testing.T) {
	announce := []byte{0x30, 0x80, 0x80, 0x10} // 256 KB, of which nothing follows
	const packets = 100
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range packets {
		if _, err := newPacketReader(bytes.NewReader(announce), 256<<10).next(); err == nil {
			t.Fatal("no error")
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / packets; each > 16<<10 {
		t.Errorf("%d bytes for a packet of which only the header came", each)
	}
}

func TestReaderUnexpectedEnd(t *testing.T) {
	whole := encode(connectPacket("device"))
	for n := range whole {
		_, err := newPacketReader(bytes.NewReader(whole[:n]), 100).next()
		if err == nil || errors.Is(err, ErrProtocol) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

// FuzzReader: whatever is accepted is a packet that encodes to bytes which are
// accepted as the same packet, and nothing beyond it was consumed.
func FuzzReader(f *testing.F) {
	f.Add(encode(connectPacket("d/m", func(c *packets.ConnectPacket) {
		c.UsernameFlag, c.Username, c.PasswordFlag, c.Password = true, "u", true, []byte("p")
		c.WillFlag, c.WillTopic, c.WillMessage, c.WillQos = true, "w", []byte("gone"), 1
	})))
	f.Add([]byte("\x30\x05\x00\x01t\x31\x32"))
	f.Add([]byte("\x32\x07\x00\x01t\x00\x09\x31\x32"))
	f.Add([]byte("\x82\x09\x00\x01\x00\x01a\x01\x00\x00\x02"))
	f.Add([]byte("\xa2\x08\x00\x01\x00\x01a\x00\x01b"))
	f.Add([]byte("\xc0\x00\xe0\x00"))
	f.Add([]byte("\x30\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		in := bytes.NewReader(raw)
		reader := newPacketReader(in, 1<<10)
		packet, err := reader.next()
		if err != nil {
			return
		}
		used := len(raw) - in.Len() - reader.in.Buffered()
		again := encode(packet)
		// The length may be written in more bytes than needed.
		if len(again) > used {
			t.Fatalf("%d bytes became %d", used, len(again))
		}
		packet2, err := newPacketReader(bytes.NewReader(again), 1<<10).next()
		if err != nil {
			t.Fatalf("%v is not accepted again: %v", packet, err)
		}
		if !bytes.Equal(encode(packet2), again) {
			t.Fatalf("%v became %v", packet, packet2)
		}
	})
}

func TestExactReader(t *testing.T) {
	r := exactReader{[]byte("abc")}
	if n, err := r.Read(make([]byte, 4)); n != 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %d bytes, %v", n, err)
	}
	two := make([]byte, 2)
	if n, err := r.Read(two); n != 2 || err != nil || string(two) != "ab" || !strings.HasPrefix(string(r.rest), "c") {
		t.Errorf("read %d bytes, %v", n, err)
	}
}
