package hub

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"twindeck/hub/patch"
)

func TestDirectMethodsManyAtOnce(t *testing.T) {
	b := startBroker(t)
	_, w := b.connect(func(o *SessionOptions) {
		o.OnMethod = func(_ context.Context, name string, payload patch.Value) (int, patch.Value) {
			return 200 + len(name), payload
		}
	})
	w.wait(EventSynced, 1)
	const calls = 50
	for i := range calls {
		b.publish(fmt.Sprintf("$iothub/methods/POST/ping/?$rid=%x", i), fmt.Sprintf(`[%d,"pong"]`, i))
	}
	b.publish("$iothub/methods/POST/none/?$rid=ff", "")
	b.publish("$iothub/methods/POST/bad/?$rid=fe", "{")
	eventually(t, "all answers", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.answers) == calls+2 })
	answers := strings.Join(b.answers, "\n") + "\n"
	for i := range calls {
		if want := fmt.Sprintf("$iothub/methods/res/204/?$rid=%x [%d,\"pong\"]\n", i, i); !strings.Contains(answers, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, want := range []string{"res/204/?$rid=ff null", "res/400/?$rid=fe "} {
		if !strings.Contains(answers, want) {
			t.Errorf("there is no %s", want)
		}
	}
	b.patch(`{"a":1}`) // the client is still alive
	w.wait(EventPatch, 1)
	for n := range calls + 2 {
		e := w.wait(EventMethod, n+1)
		status := 204
		if e.Method == "bad" {
			status = 400
		}
		if e.Answer == nil || e.Answer.Status != status || status == 204 && !patch.Equal(e.Answer.Payload, e.Value) {
			t.Errorf("told %s %s: %v", e.Method, e.Value.JSON(), e.Answer)
		}
	}
}

func TestAMethodHandlerEndsWithTheSession(t *testing.T) {
	b := startBroker(t)
	entered := make(chan struct{})
	s, w := b.connect(func(o *SessionOptions) {
		o.OnMethod = func(ctx context.Context, _ string, _ patch.Value) (int, patch.Value) {
			close(entered)
			<-ctx.Done()
			return 500, patch.Null()
		}
	})
	w.wait(EventSynced, 1)
	b.publish("$iothub/methods/POST/slow/?$rid=1", "null")
	<-entered
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
