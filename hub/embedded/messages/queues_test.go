package messages

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"twindeck/hub/embedded/registry"
)

func TestMessagesComeInOrderAndOnce(t *testing.T) {
	h := newHub(t, nil, Limits{})
	h.send(pump, text("one"))
	second := h.send(pump, text("two"))
	h.send(valve, text("other"))
	if second.Sequence != 2 || second.To != "/devices/pump/messages/deviceBound" || !second.Expiry.Equal(h.now.Add(time.Hour)) {
		t.Errorf("queued as %+v", second)
	}
	h.waiting(pump, 2)
	if len(h.ready) != 3 || h.ready[0] != pump || h.ready[2] != valve {
		t.Errorf("ready are %v", h.ready)
	}

	one := h.receive(pump, "one")
	two := h.receive(pump, "two")
	if one.Again || one.Deliveries != 1 {
		t.Errorf("the first delivery is %+v", one)
	}
	h.nothing(pump)
	h.must(h.Complete(pump, one.Token))
	h.must(h.Reject(pump, two.Token))
	h.waiting(pump, 0)
	h.nothing(pump)
	for _, token := range []string{one.Token, "", "nonsense"} {
		if err := h.Complete(pump, token); !errors.Is(err, ErrLockLost) {
			t.Errorf("complete %q again: %v", token, err)
		}
	}
	if d := h.receive(valve, "other"); d.To != "/devices/pump/modules/valve/messages/deviceBound" {
		t.Errorf("addressed to %s", d.To)
	}
}

func TestLockEnds(t *testing.T) {
	h := newHub(t, nil, Limits{Lock: 10 * time.Second})
	h.send(pump, text("x"))
	first := h.receive(pump, "x")
	h.pass(9 * time.Second)
	h.nothing(pump)
	h.pass(time.Second)
	second := h.receive(pump, "x")
	if !second.Again || second.Deliveries != 2 {
		t.Errorf("the second delivery is %+v", second)
	}
	if err := h.Complete(pump, first.Token); !errors.Is(err, ErrLockLost) {
		t.Errorf("complete with the first lock: %v", err)
	}
	h.must(h.Abandon(pump, second.Token))
	h.receive(pump, "x")
	if d, ok := h.Receive(pump, time.Minute); ok {
		t.Errorf("received %q", d.Body)
	}
}

func TestWhatIsHeldWaitsForItsConnection(t *testing.T) {
	h := newHub(t, nil, Limits{TimeToLive: time.Minute})
	h.send(pump, text("x"))
	d, _ := h.Hold(pump)
	h.pass(30 * time.Minute)
	h.nothing(pump)
	h.waiting(pump, 1)
	h.must(h.Release(pump, []string{d.Token, "nonsense"}))
	h.nothing(pump) // it has expired meanwhile
	h.waiting(pump, 0)
}

func TestMessagesExpire(t *testing.T) {
	h := newHub(t, nil, Limits{})
	h.send(pump, Message{Body: []byte("soon"), Expiry: h.now.Add(time.Minute)})
	late := h.send(pump, Message{Body: []byte("late"), Expiry: h.now.Add(1000 * time.Hour)})
	if got := late.Expiry.Sub(h.now); got != 48*time.Hour {
		t.Errorf("a message lives %v", got)
	}
	h.pass(time.Minute)
	h.receive(pump, "late")
}

// TestSweep: what expires where nobody looks is counted and reported all the same.
func TestSweep(t *testing.T) {
	h := newHub(t, nil, Limits{})
	h.send(pump, Message{Body: []byte("x"), Ack: AckFull, Expiry: h.now.Add(time.Minute)})
	h.pass(time.Hour)
	h.sweep()
	h.waiting(pump, 0)
	if _, _, ok := h.ReceiveFeedback(); !ok {
		t.Error("nobody is told")
	}
}

func TestQueueIsBounded(t *testing.T) {
	h := newHub(t, nil, Limits{})
	for range 50 {
		h.send(pump, text("x"))
	}
	if _, err := h.Send(pump, text("x")); !errors.Is(err, ErrQueueFull) {
		t.Errorf("message 51: %v", err)
	}
	h.send(valve, text("x"))
	h.must(h.Complete(pump, h.receive(pump, "x").Token))
	h.send(pump, text("x"))

	small := newHub(t, nil, Limits{Bytes: 1000})
	if _, err := small.Send(pump, Message{Body: make([]byte, 2000)}); !errors.Is(err, ErrBusy) {
		t.Errorf("more than all may take: %v", err)
	}
	// What has gone makes room again.
	for range 10 {
		small.send(pump, Message{Body: make([]byte, 800)})
		d, _ := small.Receive(pump, 0)
		small.must(small.Complete(pump, d.Token))
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	h := newHub(t, nil, Limits{})
	for name, c := range map[string]struct {
		id   registry.ID
		m    Message
		want int
	}{
		"unknown device":  {registry.ID{Device: "nobody"}, text("x"), 404001},
		"unknown module":  {registry.ID{Device: "pump", Module: "nobody"}, text("x"), 404010},
		"too large":       {pump, Message{Body: make([]byte, MaxCloudToDevice+1)}, 413001},
		"long properties": {pump, Message{Properties: []Property{{Name: strings.Repeat("ü", 20_000)}}}, 413001},
		"unknown ack":     {pump, Message{Ack: "always"}, 400004},
		"no name":         {pump, Message{Properties: []Property{{Value: "x"}}}, 400004},
		"not text":        {pump, Message{ID: "\xff"}, 400004},
	} {
		_, err := h.Send(c.id, c.m)
		var refusal *registry.Error
		if !errors.As(err, &refusal) || refusal.Number != c.want {
			t.Errorf("%s: %v, want %d", name, err, c.want)
		}
	}
	h.send(pump, Message{Body: make([]byte, MaxCloudToDevice-100)})
}

func TestDeliveriesEnd(t *testing.T) {
	h := newHub(t, nil, Limits{MaxDelivery: 3})
	h.send(pump, Message{ID: "m", Body: []byte("x"), Ack: AckNegative})
	for range 3 {
		h.must(h.Abandon(pump, h.receive(pump, "x").Token))
	}
	h.nothing(pump)
	h.feedback1("DeliveryCountExceeded", "m")
}

// feedback1 takes one record of feedback.
func (h *hub) feedback1(status, id string) {
	h.t.Helper()
	body, token, ok := h.ReceiveFeedback()
	var records []map[string]string
	if !ok || json.Unmarshal(body, &records) != nil || len(records) != 1 {
		h.t.Fatalf("feedback %s, %v", body, ok)
	}
	r := records[0]
	if r["statusCode"] != status || r["originalMessageId"] != id || r["deviceId"] != "pump" || r["deviceGenerationId"] != "1" || r["enqueuedTimeUtc"] == "" {
		h.t.Errorf("feedback is %s, want %s of %s", body, status, id)
	}
	h.must(h.CompleteFeedback(token))
}

func TestFeedbackIsWhatWasAskedFor(t *testing.T) {
	for _, c := range []struct {
		ack                Ack
		success, rejection bool
	}{{"", false, false}, {AckNone, false, false}, {AckPositive, true, false}, {AckNegative, false, true}, {AckFull, true, true}} {
		t.Run(string(c.ack), func(t *testing.T) {
			h := newHub(t, nil, Limits{})
			for _, end := range []struct {
				want   bool
				status string
				end    func(registry.ID, string) error
			}{{c.success, "Success", h.Complete}, {c.rejection, "Rejected", h.Reject}} {
				h.send(pump, Message{ID: "m", Body: []byte("x"), Ack: c.ack})
				h.must(end.end(pump, h.receive(pump, "x").Token))
				if end.want {
					h.feedback1(end.status, "m")
				}
				if body, _, ok := h.ReceiveFeedback(); ok {
					t.Errorf("%s: %s", end.status, body)
				}
			}
		})
	}
}

func TestFeedbackIsLockedForItsReceiver(t *testing.T) {
	h := newHub(t, nil, Limits{})
	for i := range 70 {
		h.send(pump, Message{ID: fmt.Sprint(i), Body: []byte("x"), Ack: AckFull})
		h.must(h.Complete(pump, h.receive(pump, "x").Token))
	}
	count := func(want int) string {
		t.Helper()
		body, token, ok := h.ReceiveFeedback()
		var records []record
		if !ok || json.Unmarshal(body, &records) != nil || len(records) != want {
			t.Fatalf("feedback of %d records, %v, want %d", len(records), ok, want)
		}
		return token
	}
	first := count(64)
	if _, _, ok := h.ReceiveFeedback(); ok {
		t.Error("locked feedback is handed out")
	}
	for _, token := range []string{"", "nonsense"} {
		if err := h.CompleteFeedback(token); !errors.Is(err, ErrLockLost) {
			t.Errorf("complete %q: %v", token, err)
		}
	}
	h.must(h.AbandonFeedback(first))
	second := count(64)
	h.pass(time.Minute)
	if err := h.CompleteFeedback(second); !errors.Is(err, ErrLockLost) {
		t.Errorf("complete after the lock: %v", err)
	}
	h.must(h.CompleteFeedback(count(64)))
	h.must(h.CompleteFeedback(count(6)))
	if _, _, ok := h.ReceiveFeedback(); ok {
		t.Error("there is feedback left")
	}
}

func TestPurge(t *testing.T) {
	h := newHub(t, nil, Limits{})
	h.send(pump, Message{ID: "m", Ack: AckFull})
	h.send(pump, text("x"))
	h.receive(pump, "")
	if n, err := h.Purge(pump); n != 2 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
	h.waiting(pump, 0)
	h.feedback1("Purged", "m")
	if n, err := h.Purge(valve); n != 0 || err != nil {
		t.Errorf("an empty queue: %d, %v", n, err)
	}
	if _, err := h.Purge(registry.ID{Device: "nobody"}); err == nil {
		t.Error("nobody has a queue")
	}
}

func TestMessagesOfADeletedIdentity(t *testing.T) {
	kept := &shelf{}
	h := newHub(t, kept, Limits{})
	h.send(pump, Message{Body: []byte("x"), Ack: AckFull})
	h.setGeneration(pump, 2) // deleted and created again before anybody was told
	h.nothing(pump)
	h.waiting(pump, 0)
	h.send(pump, text("y"))
	h.must(h.Drop(pump))
	h.nothing(pump)
	if kept.size() != 0 {
		t.Errorf("left behind: %v", kept.values)
	}
	if _, _, ok := h.ReceiveFeedback(); ok {
		t.Error("there is feedback on it")
	}
}

func TestConcurrentSenders(t *testing.T) {
	h := newHub(t, &shelf{}, Limits{Depth: 1000})
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for range 50 {
				if _, err := h.Send(pump, text("x")); err != nil {
					t.Error(err)
				}
				if d, ok := h.Receive(pump, 0); ok && d.Sequence%3 == 0 {
					if err := h.Complete(pump, d.Token); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	senders.Wait()
	n, err := h.Purge(pump)
	if err != nil || n == 0 || h.bytes != 0 || h.kept.size() != 0 {
		t.Errorf("purged %d, %v; %d bytes, %d keys left", n, err, h.bytes, h.kept.size())
	}
}
