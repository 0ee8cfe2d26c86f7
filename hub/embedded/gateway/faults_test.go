package gateway

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

// script plays one fault per call of an operation.
type script struct {
	mu     sync.Mutex
	faults map[Operation][]Fault
}

func (s *script) Device(op Operation, _ registry.ID) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults[op]) == 0 {
		return Fault{}
	}
	f := s.faults[op][0]
	s.faults[op] = s.faults[op][1:]
	return f
}

func TestFaultsOfConnect(t *testing.T) {
	s := serve(t, Options{Faults: &script{faults: map[Operation][]Fault{Connect: {{Code: 3}, {Drop: true}, {Delay: time.Millisecond}}}}})
	if token := connectToken(s.options(pump)); token.ReturnCode() != 3 {
		t.Errorf("code %d", token.ReturnCode())
	}
	if token := connectToken(s.options(pump)); token.Error() == nil || token.ReturnCode() == 3 {
		t.Errorf("code %d, %v", token.ReturnCode(), token.Error())
	}
	s.connect(pump).quiet()
}

func TestFaultsOfTwins(t *testing.T) {
	s := serve(t, Options{Faults: &script{faults: map[Operation][]Fault{
		GetTwin:       {{Status: 429}, {Lose: true}, {Delay: time.Millisecond}},
		PatchReported: {{Status: 500}, {Drop: true}},
	}}})
	d := s.connect(pump)
	d.subscribe(twinAnswers + "#")
	d.publish(twinGet+"?$rid=1", "")
	d.expect(twinAnswers+"429/?$rid=1", `{"errorCode":429000,"message":"a fault on demand"}`)
	d.publish(twinGet+"?$rid=2", "")
	d.publish(twinReported+"?$rid=3", `{"a":1}`)
	d.expect(twinAnswers+"500/?$rid=3", `{"errorCode":500000,"message":"a fault on demand"}`)
	d.publish(twinGet+"?$rid=4", "")
	d.expect(twinAnswers+"200/?$rid=4", `{"desired":{"$version":1},"reported":{"$version":1}}`)
	d.client.Publish(twinReported+"?$rid=5", 1, false, `{"a":1}`)
	d.isLost()
}

// TestFaultsOfNotifications: what is lost leaves a gap in the versions, what is
// delayed does not change the order.
func TestFaultsOfNotifications(t *testing.T) {
	s := serve(t, Options{Faults: &script{faults: map[Operation][]Fault{
		NotifyDesired: {{Lose: true}, {Delay: 30 * time.Millisecond}, {}, {Delay: 10 * time.Millisecond}, {}, {Drop: true}},
	}}})
	d := s.connect(pump)
	d.subscribe(twinDesired + "#")
	start := time.Now()
	for range 5 {
		s.desire(pump, `{"a":1}`)
	}
	eventually(t, "the first notification that is not lost", func() bool { return len(d.inbox) > 0 })
	if early := time.Since(start); early < 30*time.Millisecond {
		t.Errorf("delayed by %v instead of 30 ms", early)
	}
	for version := 3; version <= 6; version++ {
		d.expect(fmt.Sprintf("%s?$version=%d", twinDesired, version), fmt.Sprintf(`{"a":1,"$version":%d}`, version))
	}
	eventually(t, "delivered notifications are forgotten", func() bool {
		s.outbox.mu.Lock()
		defer s.outbox.mu.Unlock()
		return len(s.outbox.held) == 0
	})
	s.desire(pump, `{"a":1}`)
	d.isLost()
}

// TestNotificationsTwiceAndOutOfOrder: as a broker may deliver QoS 1, and networks of brokers do.
func TestNotificationsTwiceAndOutOfOrder(t *testing.T) {
	s := serve(t, Options{Faults: &script{faults: map[Operation][]Fault{NotifyDesired: {{Repeat: true}, {Overtaken: true}, {Overtaken: true}}}}})
	d := s.connect(pump)
	d.subscribe(twinDesired + "#")
	for range 4 {
		s.desire(pump, `{"a":1}`)
	}
	for _, version := range []int{2, 2, 5, 3, 4} {
		d.expect(fmt.Sprintf("%s?$version=%d", twinDesired, version), fmt.Sprintf(`{"a":1,"$version":%d}`, version))
	}
}

func TestFaultsOfMethods(t *testing.T) {
	s := serve(t, Options{Faults: &script{faults: map[Operation][]Fault{InvokeMethod: {{Lose: true}, {Delay: time.Hour}, {Drop: true}}}}})
	d := s.answering(pump, 200)
	call := func() error {
		_, err := s.Invoke(t.Context(), pump, rest.MethodRequest{Name: "m", ResponseTimeout: 20 * time.Millisecond})
		return err
	}
	for range 2 {
		if err := call(); !errors.Is(err, rest.ErrNoAnswer) {
			t.Errorf("got %v", err)
		}
	}
	if err := call(); !errors.Is(err, rest.ErrNotOnline) && !errors.Is(err, rest.ErrNoAnswer) {
		t.Errorf("got %v", err)
	}
	d.isLost()
}

func TestFaultsOfTelemetry(t *testing.T) {
	s := serve(t, Options{Faults: &script{faults: map[Operation][]Fault{SendTelemetry: {{Lose: true}, {Delay: time.Millisecond}, {Drop: true}}}}})
	d := s.connect(pump)
	const topic = "devices/pump/messages/events/"
	d.publish(topic, "lost")
	d.publish(topic, "late")
	if got := s.Telemetry(); got != 1 {
		t.Errorf("%d messages", got)
	}
	d.client.Publish(topic, 1, false, "dropped")
	d.isLost()
}

// TestCloseDoesNotWaitForDelays: a fault that lasts must not hold up the end.
func TestCloseDoesNotWaitForDelays(t *testing.T) {
	s := serve(t, Options{Faults: &script{faults: map[Operation][]Fault{
		NotifyDesired: {{Delay: time.Hour}},
		GetTwin:       {{Delay: time.Hour}},
		Connect:       {{}, {Delay: time.Hour}},
	}}})
	d := s.connect(pump)
	d.subscribe(twinDesired+"#", twinAnswers+"#")
	s.desire(pump, `{"a":1}`)
	d.client.Publish(twinGet+"?$rid=1", 0, false, "")
	done := make(chan struct{})
	go func() {
		connectToken(s.options(valve))
		close(done)
	}()
	eventually(t, "all faults are met", func() bool {
		script := s.opts.Faults.(*script)
		script.mu.Lock()
		defer script.mu.Unlock()
		return len(script.faults[Connect])+len(script.faults[GetTwin])+len(script.faults[NotifyDesired]) == 0
	})
	s.Close()
	<-done
}
