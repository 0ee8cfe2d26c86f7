package mqtt

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// shelf is a Keeper in memory that can fail.
type shelf struct {
	mu     sync.Mutex
	values map[string]string
	broken bool
}

var errBroken = errors.New("the disk is full")

func (s *shelf) Put(key string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return errBroken
	}
	if s.values == nil {
		s.values = map[string]string{}
	}
	s.values[key] = string(value)
	return nil
}

func (s *shelf) Delete(key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return errBroken
	}
	delete(s.values, key)
	return nil
}

func (s *shelf) Each(f func(key string, value []byte) error) error {
	s.mu.Lock()
	copied := maps.Clone(s.values)
	s.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(copied)) {
		if err := f(key, []byte(copied[key])); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.values))
}

func everything(string) bool { return true }

// resume connects to the stored session of id and says whether there was one.
func (s *site) resume(id string) (*peer, bool) {
	s.t.Helper()
	p := s.dial()
	p.write(connectPacket(id, persistent))
	ack := expect[*packets.ConnackPacket](p)
	if ack.ReturnCode != 0 {
		s.t.Fatalf("refused with %d", ack.ReturnCode)
	}
	return p, ack.SessionPresent
}

func TestSessionsSurviveTheServer(t *testing.T) {
	kept := &shelf{}
	first := serve(t, newRecorder(t), Options{Sessions: kept})
	p := first.connect("d", persistent)
	p.subscribe(1, "a/#", "b", "gone")
	p.subscribe(0, "b")
	m := packets.NewControlPacket(packets.Unsubscribe).(*packets.UnsubscribePacket)
	m.MessageID, m.Topics = 3, []string{"gone"}
	p.write(m)
	expect[*packets.UnsubackPacket](p)
	first.connect("e", persistent).subscribe(1, "e")
	first.connect("clean").subscribe(1, "c")
	first.Close()

	second := serve(t, newRecorder(t), Options{Sessions: kept})
	if err := second.Load(func(id string) bool { return id != "e" }); err != nil {
		t.Fatal(err)
	}
	if got := kept.keys(); !slices.Equal(got, []string{"d"}) {
		t.Errorf("stored are the sessions of %q", got)
	}
	if _, present := second.resume("e"); present {
		t.Error("a session is present that was not wanted")
	}
	p, present := second.resume("d")
	if !present {
		t.Fatal("the session is not present")
	}
	c := second.Client("d")
	if !c.Resumed() {
		t.Error("the client does not know that its session was stored")
	}
	for topic, want := range map[string]byte{"a/x": 1, "b": 0} {
		if _, ok := c.Deliver(topic, []byte("x"), 5, false); !ok {
			t.Fatalf("%s: not delivered", topic)
		}
		if got := expect[*packets.PublishPacket](p); got.TopicName != topic || got.Qos != want {
			t.Errorf("got %v", got)
		}
	}
	if c.Publish("gone", nil) {
		t.Error("an unsubscribed filter is in effect")
	}
}

func TestCleanSessionForgetsWhatIsStored(t *testing.T) {
	kept := &shelf{}
	s := serve(t, newRecorder(t), Options{Sessions: kept})
	s.connect("d", persistent).subscribe(1, "a")
	s.connect("d")
	if got := kept.keys(); len(got) > 0 {
		t.Errorf("stored: %q", got)
	}
	if _, present := s.resume("d"); present {
		t.Error("the session is present")
	}
}

func TestSubscriptionThatCannotBeStored(t *testing.T) {
	kept := &shelf{broken: true}
	h := newRecorder(t)
	s := serve(t, h, Options{Sessions: kept})
	p := s.connect("d", persistent)
	m := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	m.MessageID, m.Topics, m.Qoss = 1, []string{"a"}, []byte{0}
	p.write(m)
	p.closed()
	h.ended("d", errBroken)
}

func TestLoadRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for _, value := range []string{"", "{", `{"filters":["a"]}`} {
		s := New(newRecorder(t), Options{Sessions: &shelf{values: map[string]string{"d": value}}})
		if err := s.Load(everything); !errors.Is(err, errStored) {
			t.Errorf("%q: %v", value, err)
		}
		s.Close()
	}
}

// TestSessionStoredIsTheSessionHeld: whatever takes over whatever, what is stored
// in the end is what the server remembers.
func TestSessionStoredIsTheSessionHeld(t *testing.T) {
	kept := &shelf{}
	h := newRecorder(t)
	s := serve(t, h, Options{Sessions: kept})
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			for n := range 20 {
				p := s.dial()
				if (i+n)%3 == 0 {
					_ = connectPacket("d").Write(p.conn)
				} else {
					_ = connectPacket("d", persistent).Write(p.conn)
				}
				m := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
				m.MessageID, m.Topics, m.Qoss = 1, []string{fmt.Sprint(i, n)}, []byte{0}
				_ = m.Write(p.conn)
				_, _ = packets.ReadPacket(p.in)
				_, _ = packets.ReadPacket(p.in)
				_ = p.conn.Close()
			}
		})
	}
	clients.Wait()
	s.Close()

	s.mu.RLock()
	held := s.sessions["d"]
	s.mu.RUnlock()
	again := New(h, Options{Sessions: kept})
	t.Cleanup(again.Close)
	if err := again.Load(everything); err != nil {
		t.Fatal(err)
	}
	if stored := again.sessions["d"]; !slices.Equal(stored, held) {
		t.Errorf("stored is %v, held was %v", stored, held)
	}
}

func TestDeliveryIsAcknowledged(t *testing.T) {
	h := newRecorder(t)
	s := serve(t, h, Options{})
	p := s.connect("d")
	c := s.Client("d")
	if _, ok := c.Deliver("a", nil, 1, false); ok {
		t.Error("delivered without a subscription")
	}
	p.subscribe(1, "a")
	if acknowledges, ok := c.Deliver("a", []byte("x"), 7, true); !ok || !acknowledges {
		t.Fatal("not delivered")
	}
	m := expect[*packets.PublishPacket](p)
	if m.Qos != 1 || m.MessageID != 7 || !m.Dup {
		t.Errorf("got %v", m)
	}
	ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
	ack.MessageID = 7
	p.write(ack)
	p.alive()
	if got := <-h.acknowledged; got != 7 {
		t.Errorf("packet %d is acknowledged", got)
	}

	p.subscribe(0, "a")
	if acknowledges, ok := c.Deliver("a", []byte("x"), 8, true); !ok || acknowledges {
		t.Error("an acknowledgement is promised that will not come")
	}
	if m := expect[*packets.PublishPacket](p); m.Qos != 0 || m.MessageID != 0 || m.Dup {
		t.Errorf("got %v", m)
	}
}
