package fleet

import (
	"context"
	"errors"

	"twindeck/hub"
)

// Demo is the fleet at work with a client of its own: what it exchanges with the hub is no business of
// whoever watches it.
type Demo struct {
	*Fleet
	client *hub.Client
}

// StartDemo creates the demo's identities on a hub and connects their simulated modules. It blocks
// until the identities are there; ctx bounds that alone, and [Demo.Close] ends the rest. In the first two
// minutes [Script] happens to them, with the seed.
func StartDemo(ctx context.Context, cs hub.ConnectionString, opts hub.Options, seed uint64) (*Demo, error) {
	client, err := hub.NewClient(cs, opts)
	if err != nil {
		return nil, err
	}
	err = Provision(ctx, client)
	var modules *Fleet
	if err == nil {
		modules, err = Start(context.WithoutCancel(ctx), client, Options{RootCAs: opts.RootCAs, MQTTAddress: opts.MQTTAddress, Log: opts.Log, Seed: seed, Script: true})
	}
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &Demo{modules, client}, nil
}

// Close sends the modules home, within two seconds.
func (d *Demo) Close() error { return errors.Join(d.Fleet.Close(), d.client.Close()) }
