package hub_test

import (
	"testing"
	"time"

	"twindeck/hub"
)

// Whoever observes takes nobody's place: the module that is connected stays, and what it is told
// and what it reports is seen.
func TestAnObservationDisturbsNobody(t *testing.T) {
	server, owner := start(t, nil)
	id := hub.ID{Device: "pump-01", Module: "valve"}
	create(t, owner, id.Parent())
	create(t, owner, id)
	module, happens := watch(t, owner)
	if err := module.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	happens(hub.EventSynced)
	module.Acknowledge(id, hub.AckConvention)

	// It takes no more than the right to read twins.
	watcher, sees := watch(t, connect(t, server, "service"))
	if err := watcher.Observe(id, hub.LeastInterval); err != nil {
		t.Fatal(err)
	}
	if first := sees(hub.EventObserved); first.Version != 1 || first.Changes != nil {
		t.Errorf("at first %+v", first)
	}
	desired := parse(t, `{"open":true}`)
	write(t, owner, id, hub.TwinPatch{Desired: &desired})
	var changes, reported int
	for changes == 0 || reported == 0 {
		e := sees(hub.EventObserved)
		changes, reported = changes+len(e.Changes), reported+len(e.Reported)
		if len(e.Reported) > 0 && (e.Settled <= 0 || e.Settled > 10*time.Second) {
			t.Errorf("settled after %v", e.Settled)
		}
	}
	watcher.Unobserve(id)
	sees(hub.EventDetached)
	if identity, err := owner.Identity(t.Context(), id); err != nil || !identity.Connected {
		t.Errorf("the module was disturbed: %+v, %v", identity, err)
	}
}
