// Package fleet is a handful of simulated devices and modules for a demo. They connect
// over real MQTT through hub.Session, each with a character. When somebody else
// connects as one of them it stands aside until they have left.
//
//	thermostat-01/controller  does as it is told, and says so
//	thermostat-01/sensors     drifts: its temperature and humidity wander
//	thermostat-02/controller  drifts away from its set point
//	thermostat-03/controller  rejects a set point outside of 5 to 30
//	pump-01/motor             ramps: approaches a speed step by step, with code 202 until it is there
//	pump-01/valve             flaps: its connection comes and goes
//	gateway-01/updater        downloads and installs firmware, with its progress
//	light-01/lamp             does as it is told, many times a second if need be
//	door-01/contact           sleeps most of the time, and learns late what it was told
//
// With a script, see [Script], somebody works with them: at the usual pace of four seconds a beat, in the
// first two minutes a motor is sped up (0:08), a set point rejected
// (0:24), a sleeper told something (0:32), a firmware updated (0:40), a valve opened (0:52), a better set point
// accepted (1:00), a method called (1:08), a lamp lit (1:12) and dimmed by eight patches in four
// seconds (1:20), a set point changed (1:28), what the lamp was lit with removed (1:32), a schedule changed (1:40), the valve closed
// (1:48) and the motor stopped (1:52). The seed moves each by a moment and chooses the values.
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
	// Script lets [Script] happen, with the seed, from the start on. The client must have the right to
	// write twins and to call methods.
	Script bool
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
	if opts.Script {
		d := &director{client, opts.Beat, opts.Log}
		f.members.Go(func() { d.play(ctx, Script(opts.Seed)) })
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
