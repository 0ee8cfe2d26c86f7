package mqtt

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

func TestPublishQoS(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	p := s.connect("d")

	p.publish("t/0", "zero", 0, 0)
	if m := h.message(); m.Topic != "t/0" || string(m.Payload) != "zero" || m.QoS != 0 {
		t.Errorf("got %+v", m)
	}
	p.alive() // and no PUBACK before it

	p.publish("t/1", "", 1, 77)
	if ack := expect[*packets.PubackPacket](p); ack.MessageID != 77 {
		t.Errorf("PUBACK for %d", ack.MessageID)
	}
	if m := h.message(); m.Topic != "t/1" || m.Payload == nil || m.QoS != 1 {
		t.Errorf("got %+v", m)
	}

	p.publish("t/2", "two", 2, 78)
	p.closed()
	h.ended("d", ErrProtocol)
}

func TestPublishRefusedCloses(t *testing.T) {
	h := newRecorder(t)
	foreign := errors.New("a foreign topic")
	h.publish = func(*Client, Message) error { return foreign }
	s := serve(t, h, Options{})
	p := s.connect("d")
	p.publish("t", "x", 1, 1)
	p.closed()
	h.ended("d", foreign)
}

func TestSubscribe(t *testing.T) {
	h := newRecorder(t)
	stop := errors.New("no such topic")
	h.subscribe = func(_ *Client, filter string) error {
		switch filter {
		case "refused":
			return ErrRefused
		case "closed":
			return stop
		}
		return nil
	}
	s := serve(t, h, Options{MaxSubscriptions: 4})
	p := s.connect("d")
	// Exactly one code for each filter: client libraries index by them.
	for qos, want := range [][]byte{{0, 0x80, 0}, {1, 0x80, 1}, {1, 0x80, 1}} {
		if codes := p.subscribe(byte(qos), "a/#", "refused", "b"); !slices.Equal(codes, want) {
			t.Errorf("QoS %d: codes %v, want %v", qos, codes, want)
		}
	}
	c := s.Client("d")
	for topic, want := range map[string]bool{"a/x": true, "b": true, "refused": false, "other": false} {
		if c.Subscribed(topic) != want || c.Publish(topic, []byte("m")) != want {
			t.Errorf("%s: subscribed %v, want %v", topic, !want, want)
		}
	}
	got := []string{expect[*packets.PublishPacket](p).TopicName, expect[*packets.PublishPacket](p).TopicName}
	if slices.Sort(got); !slices.Equal(got, []string{"a/x", "b"}) {
		t.Errorf("got messages for %v", got)
	}

	u := packets.NewControlPacket(packets.Unsubscribe).(*packets.UnsubscribePacket)
	u.MessageID, u.Topics = 9, []string{"a/#", "never subscribed"}
	p.write(u)
	if ack := expect[*packets.UnsubackPacket](p); ack.MessageID != 9 {
		t.Errorf("UNSUBACK for %d", ack.MessageID)
	}
	if c.Publish("a/x", nil) {
		t.Error("still subscribed")
	}

	m := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	m.MessageID, m.Topics, m.Qoss = 1, []string{"b", "closed"}, []byte{0, 0}
	p.write(m)
	p.closed()
	h.ended("d", stop)
}

func TestTooManySubscriptions(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{MaxSubscriptions: 4})
	p := s.connect("d")
	p.subscribe(0, "1", "2", "3", "4", "4", "4")
	m := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	m.MessageID, m.Topics, m.Qoss = 1, []string{"5"}, []byte{0}
	p.write(m)
	p.closed()
	h.ended("d", ErrProtocol)
}

// TestSubscribedWhenAcknowledged: after SUBACK a message arrives, and never
// before it.
func TestSubscribedWhenAcknowledged(t *testing.T) {
	s := serve(t, newRecorder(t), Options{})
	p := s.connect("d")
	c := s.Client("d")
	var sender sync.WaitGroup
	sender.Go(func() {
		for !c.Publish("t/x", nil) {
			runtime.Gosched()
		}
	})
	m := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	m.MessageID, m.Topics, m.Qoss = 1, []string{"t/#"}, []byte{0}
	p.write(m)
	expect[*packets.SubackPacket](p)
	expect[*packets.PublishPacket](p)
	sender.Wait()
}

func TestStoredSession(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	connect := func(clean bool) (*peer, bool) {
		p := s.dial()
		p.write(connectPacket("d", func(p *packets.ConnectPacket) { p.CleanSession = clean }))
		return p, expect[*packets.ConnackPacket](p).SessionPresent
	}
	leave := func(p *peer) {
		_ = p.conn.Close()
		h.ended("d", ErrLost)
	}
	p, present := connect(false)
	if present {
		t.Error("a session before the first connection")
	}
	p.subscribe(1, "a/#", "b")
	leave(p)

	p, present = connect(false)
	if !present || !s.Client("d").Publish("a/x", nil) || !s.Client("d").Publish("b", nil) {
		t.Errorf("the session is not restored; present: %v", present)
	}
	expect[*packets.PublishPacket](p)
	expect[*packets.PublishPacket](p)
	u := packets.NewControlPacket(packets.Unsubscribe).(*packets.UnsubscribePacket)
	u.MessageID, u.Topics = 9, []string{"b"}
	p.write(u)
	expect[*packets.UnsubackPacket](p)
	leave(p)

	p, present = connect(false)
	if !present || s.Client("d").Publish("b", nil) || !s.Client("d").Publish("a/x", nil) {
		t.Error("the session does not know of UNSUBSCRIBE")
	}
	expect[*packets.PublishPacket](p)
	leave(p)

	p, present = connect(true)
	if present || s.Client("d").Publish("a/x", nil) {
		t.Error("a clean session is not clean")
	}
	p.subscribe(1, "c")
	leave(p)

	p, present = connect(false)
	if present || s.Client("d").Publish("c", nil) || s.Client("d").Publish("a/x", nil) {
		t.Error("a clean session left something behind")
	}
	p.subscribe(1, "a/#")
	if err := s.Forget("d"); err != nil {
		t.Fatal(err)
	}
	p.subscribe(1, "b")
	leave(p)
	if _, present = connect(false); present {
		t.Error("a forgotten session is present")
	}
}

// TestSessionOfTheSuccessor: a connection that was taken over in the middle of a
// SUBSCRIBE does not change what its successor finds.
func TestSessionOfTheSuccessor(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	s.connect("d", persistent)
	old := s.Client("d")
	s.connect("d", persistent)
	m := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	m.MessageID, m.Topics, m.Qoss = 1, []string{"late"}, []byte{0}
	_ = old.handleSubscribe(m)
	s.connect("d", persistent)
	if s.Client("d").Subscribed("late") {
		t.Error("the successor has a subscription it did not ask for")
	}
}

func TestOrderOfMessages(t *testing.T) {
	const messages = 5000
	h := newRecorder(t)
	s := serve(t, h, Options{QueueBytes: 10 << 20})
	p := s.connect("d")
	p.subscribe(0, "t")
	for i := range messages {
		if !s.Client("d").Publish("t", fmt.Append(nil, i)) {
			t.Fatalf("message %d is not accepted", i)
		}
	}
	for i := range messages {
		if m := expect[*packets.PublishPacket](p); string(m.Payload) != fmt.Sprint(i) {
			t.Fatalf("message %d: %s", i, m.Payload)
		}
	}
}

// TestSlowReaderIsCutOff: a client that does not read is closed at once when too
// much waits for it, publishers never wait for it, and others do not notice.
func TestSlowReaderIsCutOff(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{QueueBytes: 64 << 10})
	slow, quick := s.connect("slow"), s.connect("quick")
	slow.subscribe(0, "t")
	quick.subscribe(0, "t")
	payload := bytes.Repeat([]byte("x"), 8<<10)
	accepted := 0
	for s.Client("slow") != nil && s.Client("slow").Publish("t", payload) {
		accepted++
		if accepted > 10000 {
			t.Fatal("80 MB wait for a client that does not read")
		}
	}
	h.ended("slow", ErrSlowReader)
	s.Client("quick").Publish("t", payload)
	expect[*packets.PublishPacket](quick)
}

// TestSlowReaderBelowTheBound is cut off by the time it takes.
func TestSlowReaderBelowTheBound(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{QueueBytes: 64 << 20, WriteTimeout: 100_000_000})
	s.connect("slow").subscribe(0, "t")
	payload := bytes.Repeat([]byte("x"), 32<<10)
	c := s.Client("slow")
	for range 1000 {
		c.Publish("t", payload)
	}
	h.ended("slow", ErrSlowReader)
}

func TestPublishImpossible(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	p := s.connect("d")
	p.subscribe(0, "#")
	c := s.Client("d")
	for _, topic := range []string{"", "a\x00b", "\xff", string(bytes.Repeat([]byte("x"), 65536))} {
		if c.Publish(topic, nil) || c.Send(topic, nil) {
			t.Errorf("topic %.10q was sent", topic)
		}
	}
	p.alive()
	c.Close(errors.New("enough"))
	if c.Publish("t", nil) || c.Subscribed("t") {
		t.Error("a closed client takes messages")
	}
	p.closed()
}

// TestForeignClient speaks to the server with a client library.
func TestForeignClient(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	got := make(chan string, 10)
	client := paho.NewClient(paho.NewClientOptions().
		AddBroker("ssl://" + s.address).SetTLSConfig(s.client).SetClientID("paho").
		SetAutoReconnect(false).SetConnectTimeout(patience))
	wait := func(token paho.Token) {
		t.Helper()
		if !token.WaitTimeout(patience) || token.Error() != nil {
			t.Fatal("token: ", token.Error())
		}
	}
	wait(client.Connect())
	wait(client.SubscribeMultiple(map[string]byte{"a/#": 0, "b": 2}, func(_ paho.Client, m paho.Message) { got <- m.Topic() }))
	wait(client.Publish("t", 1, false, "hello"))
	if m := h.message(); string(m.Payload) != "hello" {
		t.Errorf("got %+v", m)
	}
	s.Client("paho").Publish("b", []byte("x"))
	if topic := <-got; topic != "b" {
		t.Errorf("got %s", topic)
	}
	wait(client.Unsubscribe("b"))
	client.Disconnect(100)
	h.ended("paho", ErrDisconnected)
}
