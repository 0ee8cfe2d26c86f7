package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"twindeck/hub/internal/iothub"
	"twindeck/hub/patch"
)

func kinds(events []Event) string {
	var names []string
	for _, e := range events {
		names = append(names, e.Kind.String())
	}
	return strings.Join(names, " ")
}

func mustParse(t *testing.T, text string) patch.Value {
	t.Helper()
	v, err := patch.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSessionTellsItsLifeInOrder(t *testing.T) {
	b := startBroker(t)
	b.patch(`{"telemetryInterval":60}`)
	s, w := b.connect()
	synced := w.wait(EventSynced, 1)
	if synced.Version != 2 || synced.Value.JSON() != `{"telemetryInterval":60}` || synced.Changes != nil {
		t.Errorf("synced v%d with %s", synced.Version, synced.Value.JSON())
	}
	before := time.Now()
	b.patch(`{"telemetryInterval":122}`)
	e := w.wait(EventPatch, 1)
	if string(e.Raw) != `{"telemetryInterval":122,"$version":3}` || e.Version != 3 || e.Value.JSON() != `{"telemetryInterval":122}` {
		t.Errorf("the patch arrived as %s, v%d", e.Raw, e.Version)
	}
	if got := tell([]Event{e}); got != "patch v3 telemetryInterval:60→122\n" {
		t.Errorf("told %q", got)
	}
	if e.ID != (ID{Device: "d#1", Module: "m+1"}) || e.At.Before(before) || e.At.After(time.Now()) {
		t.Errorf("it is from %v at %v", e.ID, e.At)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got, want := kinds(w.all()), "connecting connected synced patch detached"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.connects[0] != "127.0.0.1/d#1/m+1/?api-version=2018-06-30" || !strings.HasPrefix(b.passwords[0], "SharedAccessSignature sr=127.0.0.1") {
		t.Errorf("connected as %s", b.connects[0])
	}
}

func TestSessionOfADevice(t *testing.T) {
	b := startBroker(t)
	_, w := b.connect(func(o *SessionOptions) { o.Credentials.ModuleID = "" })
	w.wait(EventSynced, 1)
	b.patch(`{"a":1}`)
	if e := w.wait(EventPatch, 1); e.ID != (ID{Device: "d#1"}) {
		t.Errorf("the patch is for %v", e.ID)
	}
}

func TestTenThousandPatchesArriveInOrder(t *testing.T) {
	const patches = 10_000
	b := startBroker(t)
	_, w := b.connect()
	w.wait(EventSynced, 1)
	go func() {
		for i := range patches {
			b.patch(fmt.Sprintf(`{"n":%d}`, i))
		}
	}()
	events := w.waitFor("all patches", func(events []Event) bool { return len(events) >= 3+patches })
	for i, e := range events[3:] {
		if e.Kind != EventPatch || e.Version != int64(i+2) || e.Value.JSON() != fmt.Sprintf(`{"n":%d}`, i) || len(e.Changes) != 1 {
			t.Fatalf("event %d is %s v%d %s", i, e.Kind, e.Version, e.Raw)
		}
	}
}

func TestCloseWithPatchesPending(t *testing.T) {
	for range 5 {
		b := startBroker(t)
		s, w := b.connect()
		w.wait(EventSynced, 1)
		var sending sync.WaitGroup
		sending.Go(func() {
			for i := range 2000 {
				b.patch(fmt.Sprintf(`{"n":%d}`, i))
			}
		})
		w.wait(EventPatch, 1)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		told := len(w.all())
		sending.Wait()
		if events := w.all(); len(events) != told || events[told-1].Kind != EventDetached {
			t.Errorf("%d events followed the close", len(events)-told)
		}
	}
}

func TestAGapIsToldAndTheTwinReadAgain(t *testing.T) {
	b := startBroker(t)
	_, w := b.connect()
	w.wait(EventSynced, 1)
	b.patch(`{"a":1}`, true)
	b.patch(`{"b":2}`)
	w.wait(EventPatch, 1)
	got := tell(w.all()[2:])
	if want := "synced v1\ngap v3\nsynced v3 a:null→1 b:null→2\npatch v3\n"; got != want {
		t.Errorf("told\n%swant\n%s", got, want)
	}
}

func TestAReconnectionShowsWhatWasMissed(t *testing.T) {
	b := startBroker(t)
	_, w := b.connect()
	w.wait(EventSynced, 1)
	b.proxy.cut()
	lost := w.wait(EventLost, 1)
	if lost.Err == nil || !strings.Contains(lost.Err.Error(), "another client may have connected") {
		t.Errorf("lost because %v", lost.Err)
	}
	b.patch(`{"a":1}`, true)
	b.patch(`{"a":2}`, true)
	synced := w.wait(EventSynced, 2)
	if got := tell([]Event{synced}); got != "synced v3 a:null→2\n" {
		t.Errorf("told %q", got)
	}
	if wait := w.wait(EventConnecting, 2).Wait; wait <= 0 || wait > 2*firstWait {
		t.Errorf("the first pause is %v", wait)
	}
	b.patch(`{"a":3}`)
	if got := tell([]Event{w.wait(EventPatch, 1)}); got != "patch v4 a:2→3\n" {
		t.Errorf("told %q", got)
	}
}

func TestTakeoverByAnotherClient(t *testing.T) {
	b := startBroker(t)
	gate := make(chan struct{})
	waiting := make(chan struct{}, 8)
	_, first := b.connect(func(o *SessionOptions) {
		o.BeforeConnect = func(ctx context.Context) error {
			waiting <- struct{}{}
			select {
			case <-gate:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	first.wait(EventSynced, 1)
	second, w := b.connect()
	w.wait(EventSynced, 1)
	first.wait(EventLost, 1)
	<-waiting
	b.patch(`{"a":1}`)
	w.wait(EventPatch, 1)
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	close(gate)
	first.wait(EventSynced, 2)
	if got := kinds(w.all()); got != "connecting connected synced patch detached" {
		t.Errorf("the second client told %s", got)
	}
	if got := kinds(first.all()); got != "connecting connected synced lost connecting connected synced" {
		t.Errorf("the first client told %s", got)
	}
}

func TestRefusedCredentialsEndTheAttempts(t *testing.T) {
	b := startBroker(t)
	b.refuse = true
	s, w := b.connect()
	e := w.wait(EventRefused, 1)
	if !Unauthorized(e.Err) || !strings.Contains(e.Err.Error(), "refuses its key") || strings.Contains(e.Err.Error(), secret) {
		t.Errorf("refused because %v", e.Err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got := kinds(w.all()); got != "connecting refused detached" {
		t.Errorf("told %s", got)
	}
}

func TestAServerWithoutAKnownCertificateIsNotTrusted(t *testing.T) {
	b := startBroker(t)
	_, w := b.connect(func(o *SessionOptions) { o.RootCAs = nil })
	if e := w.wait(EventLost, 1); e.Err == nil || !strings.Contains(e.Err.Error(), "--ca-file") {
		t.Errorf("lost because %v", e.Err)
	}
	if len(b.connects) != 0 {
		t.Error("a token was sent to it")
	}
}

func TestNobodyListensThere(t *testing.T) {
	b := startBroker(t)
	_, w := b.connect(func(o *SessionOptions) { o.MQTTAddress = "127.0.0.1:1" })
	if e := w.wait(EventLost, 2); e.Err == nil || !strings.Contains(e.Err.Error(), "127.0.0.1:1: connection refused; is the hub running?") {
		t.Errorf("lost because %v", e.Err)
	}
}

func TestCloseIsQuickWhateverThePeerDoes(t *testing.T) {
	for name, prepare := range map[string]func(b *broker) *Session{
		"a dead peer, connected": func(b *broker) *Session {
			s, w := b.connect()
			w.wait(EventSynced, 1)
			b.proxy.freeze(true)
			return s
		},
		"a dead peer, connecting": func(b *broker) *Session {
			b.proxy.freeze(true)
			s, w := b.connect()
			w.wait(EventConnecting, 1)
			return s
		},
		"a hub that does not answer twin reads": func(b *broker) *Session {
			b.deaf = true
			s, w := b.connect()
			w.wait(EventConnected, 1)
			return s
		},
		"between two attempts": func(b *broker) *Session {
			s, w := b.connect(func(o *SessionOptions) { o.MQTTAddress = "127.0.0.1:1" })
			w.wait(EventConnecting, 2)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := prepare(startBroker(t))
			began := time.Now()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestACancelledAttemptLeavesNoGhost(t *testing.T) {
	b := startBroker(t)
	for i := range 20 {
		s, w := b.connect()
		if i%2 == 0 {
			w.wait(EventConnecting, 1)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	eventually(t, "the broker to be alone", func() bool { return b.clients() == 0 })
}

func TestReport(t *testing.T) {
	b := startBroker(t)
	s, w := b.connect()
	if _, err := s.Report(t.Context(), mustParse(t, `{"a":1}`)); err != nil && !errors.Is(err, ErrNotConnected) {
		t.Errorf("before the connection stands: %v", err)
	}
	w.wait(EventSynced, 1)
	reported := mustParse(t, `{"telemetryInterval":122.0,"gone":null}`)
	version, err := s.Report(t.Context(), reported)
	if err != nil || version < 2 {
		t.Fatalf("version %d, %v", version, err)
	}
	e := w.waitFor("the acknowledgement", func(events []Event) bool {
		return events[len(events)-1].Kind == EventAcknowledged && events[len(events)-1].Version == version
	})
	if got := e[len(e)-1]; !patch.Equal(got.Value, reported) {
		t.Errorf("told %s", got.Value.JSON())
	}
	b.mu.Lock()
	if got := b.reported[len(b.reported)-1]; got != `{"telemetryInterval":122.0,"gone":null}` {
		t.Errorf("the hub got %s", got)
	}
	b.reject = 429
	b.mu.Unlock()
	if _, err := s.Report(t.Context(), reported); !Throttled(err) {
		t.Errorf("a throttled report: %v", err)
	}
	b.mu.Lock()
	b.reject = 400
	b.mu.Unlock()
	if _, err := s.Report(t.Context(), reported); err == nil || !strings.Contains(err.Error(), "invalid") {
		t.Errorf("a refused report: %v", err)
	}
}

func TestAReportFailsWithItsConnection(t *testing.T) {
	b := startBroker(t)
	s, w := b.connect()
	w.wait(EventSynced, 1)
	b.proxy.freeze(true)
	failed := make(chan error, 1)
	go func() {
		_, err := s.Report(t.Context(), mustParse(t, `{"a":1}`))
		failed <- err
	}()
	eventually(t, "the report to wait", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.current != nil })
	began := time.Now()
	b.proxy.cut()
	b.proxy.freeze(false)
	if err := <-failed; err == nil {
		// It had left before the freeze took hold, which is as good an end.
		t.Log("the report arrived")
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v to notice", took)
	}
}

func TestStartSessionWantsAnIdentity(t *testing.T) {
	for name, opts := range map[string]SessionOptions{
		"nothing":    {},
		"a policy":   {Credentials: ConnectionString{HostName: "localhost", Policy: "p", Key: NewKey(secret)}, OnEvent: func(Event) {}},
		"no witness": {Credentials: ConnectionString{HostName: "localhost", DeviceID: "d", Key: NewKey(secret)}},
	} {
		if s, err := StartSession(opts); err == nil {
			_ = s.Close()
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestPatchesBehindAnUnreadableTwinAreTold(t *testing.T) {
	var told []Event
	s := &Session{
		opts: SessionOptions{OnEvent: func(e Event) { told = append(told, e) }},
		log:  slog.New(slog.DiscardHandler),
	}
	s.desired.begin()
	inbox := newInbox()
	inbox.add(item{payload: []byte(`{"a":1,"$version":2}`)})
	inbox.add(item{twin: &iothub.Response{Status: 200, Body: []byte("<html>")}})
	inbox.add(item{payload: []byte(`{"a":2,"$version":3}`)})
	if _, err := s.handle(inbox); err == nil {
		t.Error("the twin was read")
	}
	s.drain(inbox)
	if got := tell(told); got != "patch v2\npatch v3\n" {
		t.Errorf("told %q", got)
	}
}

func TestAHubThatCannotReadTheTwinIsTriedAgain(t *testing.T) {
	b := startBroker(t)
	b.failReads = 1
	_, w := b.connect()
	var refused *Error
	if e := w.wait(EventLost, 1); !errors.As(e.Err, &refused) || refused.Status != 429 {
		t.Errorf("lost because %v", e.Err)
	}
	w.wait(EventSynced, 1)
	if got := kinds(w.all()); got != "connecting connected lost connecting connected synced" {
		t.Errorf("told %s", got)
	}
}
