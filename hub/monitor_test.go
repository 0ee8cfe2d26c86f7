package hub_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/embedded/gateway"
)

func TestMonitorBookkeeping(t *testing.T) {
	_, client := start(t, nil)
	id := hub.ID{Device: "d"}
	create(t, client, id)
	monitor, next := watch(t, client)
	if err := monitor.Attach(t.Context(), hub.ID{Device: "nobody"}, hub.AttachOptions{}); !hub.NotFound(err) {
		t.Errorf("attached to nobody: %v", err)
	}
	if err := monitor.Detach(t.Context(), hub.ID{Device: "nobody"}); err != nil {
		t.Errorf("detached from nobody: %v", err)
	}
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); !errors.Is(err, hub.ErrAttached) {
		t.Errorf("attached twice: %v", err)
	}
	next(hub.EventSynced)
	if got := monitor.Attached(); len(got) != 1 || got[0] != id {
		t.Errorf("attached are %v", got)
	}
	if err := monitor.Close(); err != nil {
		t.Error(err)
	}
	next(hub.EventDetached)
	if _, err := monitor.Next(t.Context()); !errors.Is(err, hub.ErrClosed) {
		t.Errorf("after close: %v", err)
	}
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); !errors.Is(err, hub.ErrClosed) {
		t.Errorf("attached after close: %v", err)
	}
}

func TestMonitorTakesSixtyFour(t *testing.T) {
	_, client := start(t, nil)
	monitor, next := watch(t, client)
	for i := range hub.MaxAttached + 1 {
		id := hub.ID{Device: fmt.Sprint("d", i)}
		create(t, client, id)
		err := monitor.Attach(t.Context(), id, hub.AttachOptions{})
		if i < hub.MaxAttached && err != nil {
			t.Fatal(err)
		}
		if i == hub.MaxAttached && (err == nil || !strings.Contains(err.Error(), "detach one first")) {
			t.Errorf("one too many: %v", err)
		}
	}
	last := uint64(0)
	for range hub.MaxAttached {
		e := next(hub.EventSynced)
		if e.Seq <= last {
			t.Errorf("event %d follows %d", e.Seq, last)
		}
		last = e.Seq
	}
}

func TestAnIdentityThatIsRefusedMayBeAttachedAgain(t *testing.T) {
	_, client := start(t, nil)
	id := hub.ID{Device: "d"}
	create(t, client, id)
	monitor, next := watch(t, client)
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	next(hub.EventSynced)
	if err := client.DeleteIdentity(t.Context(), id, hub.AnyETag); err != nil {
		t.Fatal(err)
	}
	next(hub.EventLost)
	if e := next(hub.EventRefused); !hub.Unauthorized(e.Err) {
		t.Errorf("refused because %v", e.Err)
	}
	create(t, client, id)
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	next(hub.EventDetached)
	next(hub.EventSynced)
}

func TestTwoClientsOfOneIdentityDoNotRace(t *testing.T) {
	_, client := start(t, nil)
	id := hub.ID{Device: "d"}
	create(t, client, id)
	one, nextOne := watch(t, client)
	two, nextTwo := watch(t, client)
	if err := one.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	nextOne(hub.EventSynced)
	if err := two.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	nextTwo(hub.EventSynced)
	if e := nextOne(hub.EventTakenOver); !strings.Contains(e.Err.Error(), "another client") {
		t.Errorf("taken over because %v", e.Err)
	}
	retry := nextOne(hub.EventConnecting)
	if retry.Err == nil || !strings.Contains(retry.Err.Error(), "another client") {
		t.Errorf("connecting again because %v", retry.Err)
	}
	first := retry.Wait
	nextOne(hub.EventTakenOver)
	second := nextOne(hub.EventConnecting).Wait
	nextOne(hub.EventTakenOver)
	third := nextOne(hub.EventConnecting).Wait
	if first <= 0 || third < first || second > 3*time.Second {
		t.Errorf("the pauses are %v, %v, %v", first, second, third)
	}
}

func TestALostNotificationIsAGap(t *testing.T) {
	f := &faults.Faults{}
	_, client := start(t, f)
	id := hub.ID{Device: "d"}
	create(t, client, id)
	monitor, next := watch(t, client)
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	next(hub.EventSynced)
	f.OnDevice(gateway.NotifyDesired, embedded.ID{Device: "d"}, 1, gateway.Fault{Lose: true})
	for _, text := range []string{`{"a":1}`, `{"b":2}`} {
		desired := parse(t, text)
		write(t, client, id, hub.TwinPatch{Desired: &desired})
	}
	if e := next(hub.EventGap); e.Version != 3 {
		t.Errorf("the gap is at v%d", e.Version)
	}
	if e := next(hub.EventSynced); e.Version != 3 || len(e.Changes) != 2 {
		t.Errorf("synced at v%d with %d changes", e.Version, len(e.Changes))
	}
	if e := next(hub.EventPatch); string(e.Raw) != `{"b":2,"$version":3}` {
		t.Errorf("the patch is %s", e.Raw)
	}
}

func TestAnAttachUnderWayIsCalledOff(t *testing.T) {
	for name, callOff := range map[string]func(*testing.T, *hub.Monitor, hub.ID){
		"by Detach": func(t *testing.T, m *hub.Monitor, id hub.ID) {
			if err := m.Detach(t.Context(), id); err != nil {
				t.Error(err)
			}
		},
		"by Close": func(t *testing.T, m *hub.Monitor, _ hub.ID) {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			reading := make(chan struct{})
			client, err := hub.NewClient(
				hub.ConnectionString{HostName: "localhost", Policy: "p", Key: hub.NewKey("c2VjcmV0")},
				hub.Options{HTTPClient: &http.Client{Transport: hanging(reading)}},
			)
			if err != nil {
				t.Fatal(err)
			}
			monitor, _ := watch(t, client)
			id := hub.ID{Device: "d"}
			attached := make(chan error, 1)
			go func() { attached <- monitor.Attach(t.Context(), id, hub.AttachOptions{}) }()
			<-reading
			callOff(t, monitor, id)
			if err := <-attached; err == nil || !errors.Is(err, context.Canceled) {
				t.Errorf("the attach ended with %v", err)
			}
			if got := monitor.Attached(); len(got) != 0 {
				t.Errorf("attached are %v", got)
			}
		})
	}
}

// hanging is a hub that never answers; it is closed by its first request.
type hanging chan struct{}

func (h hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	close(h)
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// ledger is a recorder that keeps what it gets.
type ledger struct {
	again  func(hub.ID)
	told   func(hub.RecordState)
	events chan hub.Event
}

func (l *ledger) Bind(again func(hub.ID), told func(hub.RecordState)) { l.again, l.told = again, told }
func (l *ledger) Record(e hub.Event)                                  { l.events <- e }

func TestARecorderGetsEveryEventFirstAndMayAskAgain(t *testing.T) {
	_, client := start(t, nil)
	id := hub.ID{Device: "d"}
	create(t, client, id)
	monitor, next := watch(t, client)
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	next(hub.EventSynced)
	l := &ledger{events: make(chan hub.Event, 100)}
	monitor.Record(l)
	recorded := func() hub.Event {
		t.Helper()
		select {
		case e := <-l.events:
			return e
		case <-time.After(10 * time.Second):
			t.Fatal("nothing is recorded")
			return hub.Event{}
		}
	}
	if e := recorded(); e.Kind != hub.EventSynced || e.Version != 1 || e.Changes != nil {
		t.Errorf("it begins with %s v%d", e.Kind, e.Version)
	}
	next(hub.EventSynced)
	desired := parse(t, `{"a":1}`)
	write(t, client, id, hub.TwinPatch{Desired: &desired})
	if e := next(hub.EventPatch); e.Seq != recorded().Seq {
		t.Errorf("what is seen as %d was not recorded before", e.Seq)
	}
	l.again(id)
	if e := recorded(); e.Kind != hub.EventSynced || e.Value.JSON() != `{"a":1}` || len(e.Changes) != 0 {
		t.Errorf("after it was asked for again: %s %s", e.Kind, e.Value.JSON())
	}
	next(hub.EventSynced)
	l.told(hub.RecordState{Err: errors.New("full"), LetGo: 3})
	batch, err := monitor.Next(t.Context())
	if err != nil || batch.Recording == nil || batch.Recording.LetGo != 3 || len(batch.Events) != 0 {
		t.Errorf("told %+v, %v", batch, err)
	}
}
