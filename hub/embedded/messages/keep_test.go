package messages

import (
	"errors"
	"reflect"
	"testing"
	"time"
)

func TestQueuesSurviveTheProcess(t *testing.T) {
	kept := &shelf{}
	first := newHub(t, kept, Limits{})
	m := Message{
		ID: "m", CorrelationID: "c", UserID: "u", ContentType: "text/plain", ContentEncoding: "utf-8", Ack: AckFull,
		Expiry: first.now.Add(time.Minute), Properties: []Property{{Name: "a", Value: "b"}, {Name: "n", Null: true}}, Body: []byte{0, 255},
	}
	sent := first.send(pump, m)
	first.receive(pump, string(m.Body)) // a lock does not survive
	done := first.send(pump, Message{ID: "done", Ack: AckPositive})
	d := first.receive(pump, "")
	if d.Sequence != done.Sequence {
		t.Fatalf("received %d", d.Sequence)
	}
	first.must(first.Complete(pump, d.Token))
	first.send(valve, text("gone"))

	second := newHub(t, kept, Limits{})
	second.setGeneration(valve, 7)
	second.must(second.Load())
	second.waiting(pump, 1)
	got, ok := second.Hold(pump)
	if !ok || !got.Again {
		t.Errorf("it does not say that it may have been handed out: %+v", got)
	}
	sent.Deliveries = 1
	if !got.Expiry.Equal(sent.Expiry) || !got.Enqueued.Equal(sent.Enqueued) {
		t.Errorf("times are %v and %v", got.Expiry, got.Enqueued)
	}
	got.Expiry, got.Enqueued = sent.Expiry, sent.Enqueued
	if !reflect.DeepEqual(got.Message, sent) {
		t.Errorf("got  %+v\nwant %+v", got.Message, sent)
	}
	second.nothing(valve)
	second.feedback1("Success", "done")
	second.must(second.Complete(pump, got.Token))
	second.feedback1("Success", "m")
	if kept.size() != 0 {
		t.Errorf("left behind: %v", kept.values)
	}
	if next := second.send(pump, text("x")); next.Sequence <= got.Sequence {
		t.Errorf("sequence number %d comes again", next.Sequence)
	}
}

func TestMessageThatCannotBeStored(t *testing.T) {
	kept := &shelf{broken: true}
	h := newHub(t, kept, Limits{})
	if _, err := h.Send(pump, text("x")); !errors.Is(err, errBroken) {
		t.Errorf("send: %v", err)
	}
	h.nothing(pump)
	if h.bytes != 0 {
		t.Errorf("%d bytes are taken", h.bytes)
	}
	kept.broken = false
	h.send(pump, text("y"))
	h.receive(pump, "y")
}

func TestLoadRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for key, value := range map[string]string{"m/pump": "{}", "m/pump\x00000x": "{}", "m/pump\x0000000000000000000001": "[", "f/1": "[", "f/x": "{}", "other": "{}"} {
		h := newHub(t, &shelf{values: map[string]string{key: value}}, Limits{})
		if err := h.Load(); !errors.Is(err, errStored) {
			t.Errorf("%q: %v", key, err)
		}
	}
}
