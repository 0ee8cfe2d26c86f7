package hub_test

import (
	"context"
	"errors"
	"testing"

	"twindeck/hub"
)

// A hub that runs is reached by whoever may read twins; a refusal is an answer, silence is none.
func TestReach(t *testing.T) {
	server, owner := start(t, nil)
	for name, client := range map[string]*hub.Client{"iothubowner": owner, "service": connect(t, server, "service")} {
		if err := client.Reach(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := connect(t, server, "device").Reach(t.Context()); !hub.Unauthorized(err) {
		t.Errorf("without the right: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := owner.Reach(over); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: %v", err)
	}
	_ = server.Close()
	var answered *hub.Error
	if err := owner.Reach(t.Context()); err == nil || errors.As(err, &answered) {
		t.Errorf("a hub that is gone: %v", err)
	}
}
