// Package fleet is a handful of simulated devices and modules for a demo. They connect
// over real MQTT through hub.Session, each with a character: one acknowledges what it is
// told, one drifts, one rejects what it cannot do, one comes and goes. When somebody else
// connects as one of them it stands aside until they have left.
package fleet

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"twindeck/hub"
)

// Options of [Start].
type Options struct {
	RootCAs     *x509.CertPool // nil: those of the client
	MQTTAddress string         // HOST:PORT; empty: that of the client
	Log         *slog.Logger   // nil: discarded
	Seed        uint64         // two fleets with the same seed report the same values in the same order
	// Beat is the pace of everything: a member reports about once a beat. 0 means 4 s.
	Beat time.Duration
}

const defaultBeat = 4 * time.Second

// Fleet is the simulated members at work. Close it to send them home.
type Fleet struct {
	cancel  context.CancelFunc
	members sync.WaitGroup
}

// Start sends the members that [Provision] has created to work and returns at once; they
// connect in the background, and again whenever the connection breaks. They end with ctx
// or with [Fleet.Close], which must be called in either case.
func Start(ctx context.Context, client *hub.Client, opts Options) (*Fleet, error) {
	if client == nil {
		return nil, errors.New("a fleet needs a client of the hub it works on")
	}
	if opts.Beat <= 0 {
		opts.Beat = defaultBeat
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &Fleet{cancel: cancel}
	for i, p := range plan() {
		if p.character == nil {
			continue
		}
		m := &member{
			id:        p.id,
			client:    client,
			opts:      opts,
			character: p.character,
			chance:    rand.New(rand.NewPCG(opts.Seed, uint64(i))),
			log:       opts.Log.With("fleet", p.id.String()),
			desired:   make(chan struct{}, 1),
		}
		f.members.Go(func() { m.work(ctx) })
	}
	return f, nil
}

// Close disconnects every member and returns when all have ended, within two seconds. It
// may be called more than once.
func (f *Fleet) Close() error {
	f.cancel()
	f.members.Wait()
	return nil
}
