package fleet

import (
	"context"
	"sync"

	"twindeck/hub"
)

// Provision creates the fleet's devices and modules with their tags and desired
// properties, the devices in parallel. What exists already is left as it is, so that it
// may be called again. It needs a policy that may write the registry and twins.
func Provision(ctx context.Context, client *hub.Client) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	devices := map[string][]post{}
	for _, p := range plan() {
		devices[p.id.Device] = append(devices[p.id.Device], p)
	}
	var creating sync.WaitGroup
	for _, posts := range devices {
		creating.Go(func() {
			for _, p := range posts { // the device comes first
				if err := create(ctx, client, p); err != nil {
					cancel(err) // the first error is the one that is told
					return
				}
			}
		})
	}
	creating.Wait()
	return context.Cause(ctx)
}

func create(ctx context.Context, client *hub.Client, p post) error {
	if _, err := client.CreateIdentity(ctx, hub.NewIdentity{ID: p.id}); err != nil {
		if hub.AlreadyExists(err) {
			return nil
		}
		return err
	}
	twin, some, err := p.twin()
	if err != nil || !some {
		return err
	}
	_, _, err = client.InitTwin(ctx, p.id, twin)
	return err
}
