package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

func connectToken(o *paho.ClientOptions) *paho.ConnectToken {
	token := paho.NewClient(o).Connect().(*paho.ConnectToken)
	token.WaitTimeout(patience)
	return token
}

// answering connects a device that answers every method with its own payload.
func (s *site) answering(id registry.ID, status int) *device {
	s.t.Helper()
	d := s.connect(id)
	d.wait(d.client.Subscribe(methodCalls+"#", 0, func(c paho.Client, m paho.Message) {
		_, request, _ := strings.Cut(m.Topic(), "?$rid=")
		c.Publish(fmt.Sprintf("%s%d/?$rid=%s", methodAnswers, status, request), 0, false, m.Payload())
	}))
	return d
}

func TestMethod(t *testing.T) {
	s := serve(t, Options{})
	d := s.connect(valve)
	d.subscribe(methodCalls + "#")
	type outcome struct {
		rest.MethodResponse
		err error
	}
	for _, c := range []struct{ sent, delivered, answered string }{
		{`{"delay":5}`, `{"delay":5}`, `{"ok":true}`},
		{``, `null`, ``},
		{`[1,"two"]`, `[1,"two"]`, `12345678901234567890`},
	} {
		done := make(chan outcome, 1)
		go func() {
			r, err := s.Invoke(t.Context(), valve, rest.MethodRequest{Name: "reboot", Payload: []byte(c.sent), ResponseTimeout: patience})
			done <- outcome{r, err}
		}()
		m := d.receive()
		request, ok := strings.CutPrefix(m.Topic(), methodCalls+"reboot/?$rid=")
		if !ok || strings.Trim(request, "0123456789abcdef") != "" || request == "" {
			t.Fatalf("topic %s", m.Topic())
		}
		if string(m.Payload()) != c.delivered {
			t.Errorf("payload %s, want %s", m.Payload(), c.delivered)
		}
		d.publish(methodAnswers+"200/?$rid=not-a-call", `"wrong"`)
		d.publish(methodAnswers+"207/?$rid="+request, c.answered)
		if got := <-done; got.err != nil || got.Status != 207 || string(got.Payload) != c.answered {
			t.Errorf("got %+v", got)
		}
		d.publish(methodAnswers+"207/?$rid="+request, `"late"`)
	}
	if len(s.calls.pending) != 0 || len(s.calls.watchers) != 0 {
		t.Error("finished calls are remembered")
	}
}

// TestMethodsAtOnce: each caller gets the answer to its own call.
func TestMethodsAtOnce(t *testing.T) {
	s := serve(t, Options{})
	s.answering(pump, 200)
	s.answering(valve, 201)
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() {
			id, status := pump, 200
			if i%2 == 0 {
				id, status = valve, 201
			}
			r, err := s.Invoke(t.Context(), id, rest.MethodRequest{Name: "echo", Payload: fmt.Append(nil, i), ResponseTimeout: patience})
			if err != nil || r.Status != status || string(r.Payload) != fmt.Sprint(i) {
				t.Errorf("call %d: %+v, %v", i, r, err)
			}
		})
	}
	group.Wait()
}

func TestMethodNotOnline(t *testing.T) {
	s := serve(t, Options{})
	call := func(connectTimeout time.Duration) error {
		_, err := s.Invoke(t.Context(), pump, rest.MethodRequest{Name: "m", ResponseTimeout: patience, ConnectTimeout: connectTimeout})
		return err
	}
	if err := call(0); !errors.Is(err, rest.ErrNotOnline) {
		t.Errorf("offline: %v", err)
	}
	if err := call(20 * time.Millisecond); !errors.Is(err, rest.ErrNotOnline) {
		t.Errorf("offline for longer than the connect timeout: %v", err)
	}
	s.connect(pump).quiet()
	if err := call(0); !errors.Is(err, rest.ErrNotOnline) {
		t.Errorf("connected without a subscription: %v", err)
	}
}

func TestMethodWaitsForTheDevice(t *testing.T) {
	s := serve(t, Options{})
	call := func() <-chan error {
		done := make(chan error, 1)
		go func() {
			_, err := s.Invoke(t.Context(), pump, rest.MethodRequest{Name: "m", ResponseTimeout: patience, ConnectTimeout: patience})
			done <- err
		}()
		eventually(t, "the call waits", func() bool {
			s.calls.mu.Lock()
			defer s.calls.mu.Unlock()
			return len(s.calls.watchers) == 1
		})
		return done
	}
	// It connects, and subscribes a moment later.
	done := call()
	d := s.connectWith(s.options(pump).SetCleanSession(false))
	d.quiet()
	d.subscribe(methodCalls + "#")
	answer := func() {
		_, request, _ := strings.Cut(d.receive().Topic(), "?$rid=")
		d.publish(methodAnswers+"200/?$rid="+request, "")
	}
	answer()
	if err := <-done; err != nil {
		t.Error("a device that subscribes: ", err)
	}
	// It comes back with the session that it left behind.
	d.client.Disconnect(100)
	eventually(t, "the device has gone", func() bool { return s.server.Client("pump") == nil })
	done = call()
	d = s.connectWith(s.options(pump).SetCleanSession(false))
	answer()
	if err := <-done; err != nil {
		t.Error("a device that comes back: ", err)
	}
}

func TestMethodWithoutAnswer(t *testing.T) {
	s := serve(t, Options{})
	d := s.connect(pump)
	d.subscribe(methodCalls + "#")
	_, err := s.Invoke(t.Context(), pump, rest.MethodRequest{Name: "m", ResponseTimeout: 20 * time.Millisecond})
	if !errors.Is(err, rest.ErrNoAnswer) {
		t.Errorf("no answer: %v", err)
	}
	d.receive()

	// Neither another's answer nor one that is no JSON counts.
	other := s.connect(valve)
	done := make(chan error, 1)
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		_, err := s.Invoke(ctx, pump, rest.MethodRequest{Name: "m", ResponseTimeout: patience})
		done <- err
	}()
	_, request, _ := strings.Cut(d.receive().Topic(), "?$rid=")
	other.publish(methodAnswers+"200/?$rid="+request, `"forged"`)
	d.publish(methodAnswers+"200/?$rid="+request, `{"cut`)
	d.publish(methodAnswers+"200/?$rid="+request, `"`+strings.Repeat("x", maxMethodPayload)+`"`)
	gone := errors.New("the caller has gone")
	cancel(gone)
	if err := <-done; !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

func TestCloseEndsMethods(t *testing.T) {
	s := serve(t, Options{})
	d := s.connect(pump)
	d.subscribe(methodCalls + "#")
	done := make(chan error, 2)
	for _, id := range []registry.ID{pump, valve} {
		go func() {
			_, err := s.Invoke(t.Context(), id, rest.MethodRequest{Name: "m", ResponseTimeout: patience, ConnectTimeout: patience})
			done <- err
		}()
	}
	d.receive()
	s.Close()
	for range 2 {
		if err := <-done; !errors.Is(err, rest.ErrNotOnline) {
			t.Errorf("got %v", err)
		}
	}
}
