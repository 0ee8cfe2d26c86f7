package hub

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"twindeck/hub/patch"
)

func TestAnInboxThatOverflowsIsAGap(t *testing.T) {
	var events []Event
	s := &Session{opts: SessionOptions{OnEvent: func(e Event) { events = append(events, e) }}, log: slog.New(slog.DiscardHandler)}
	s.desired.begin()
	s.desired.synced(Section{Value: patch.Object(), Version: 1}, time.Unix(1, 0))
	b := newInbox()
	for i := range maxInboxItems + 5 {
		b.add(item{payload: fmt.Appendf(nil, `{"$version":%d}`, i+2)})
	}
	reported := patch.Object()
	b.add(item{reported: &reported})
	<-b.ready
	again, err := s.handle(b)
	if err != nil || !again {
		t.Errorf("read again: %v, %v", again, err)
	}
	if n := len(events); n != maxInboxItems+2 || events[n-2].Kind != EventAcknowledged || events[n-1].Kind != EventGap || events[n-1].Err == nil {
		t.Errorf("%d events, the last are %s and %s", n, events[n-2].Kind, events[n-1].Kind)
	}
	if items, overflowed := b.take(); len(items) != 0 || overflowed != 0 {
		t.Errorf("%d items are left, %d overflowed", len(items), overflowed)
	}
}

func TestAnInboxIsBoundedInBytes(t *testing.T) {
	b := newInbox()
	for range 40 {
		b.add(item{payload: make([]byte, 1<<20)})
	}
	if items, overflowed := b.take(); len(items) != 32 || overflowed != 8 {
		t.Errorf("%d items, %d overflowed", len(items), overflowed)
	}
}
