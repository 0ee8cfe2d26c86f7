package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/fleet"
	"twindeck/keymap"
	"twindeck/ui"
	"twindeck/ui/cli"
	"twindeck/ui/form"
	"twindeck/ui/hubs"
	"twindeck/ui/profile"
)

// choices returns the hubs there are: those with a profile, the one of the command line, and the
// embedded one.
func (a *app) choices(context.Context) ([]hubs.Choice, error) {
	profiles, err := profile.Load(profile.ConfigFile(a.getenv))
	if err != nil {
		return nil, err
	}
	var list []hubs.Choice
	if a.named != nil {
		list = append(list, hubs.Choice{Host: a.named.ConnectionString.HostName, ReadOnly: a.flags.ReadOnly, Production: a.flags.Production})
	}
	for _, p := range profiles {
		list = append(list, hubs.Choice{
			Profile: p.Name, Color: string(p.Color),
			ReadOnly: p.ReadOnly || a.flags.ReadOnly, Production: p.Production || a.flags.Production,
		})
	}
	return append(list, hubs.Choice{Embedded: true, ReadOnly: a.flags.ReadOnly, Production: a.flags.Production}), nil
}

// target returns how a hub is to be opened; nil for the embedded one. It reads what its profile names.
func (a *app) target(c hubs.Choice) (*cli.Target, error) {
	switch {
	case c.Embedded:
		return nil, nil
	case c.Profile == "":
		return a.named, nil
	}
	file := profile.ConfigFile(a.getenv)
	profiles, err := profile.Load(file)
	if err != nil {
		return nil, err
	}
	p, err := cli.FindProfile(profiles, c.Profile, file)
	if err != nil {
		return nil, err
	}
	target, err := cli.Resolve(p, a.getenv)
	if err != nil {
		return nil, err
	}
	a.flags.Guard(target)
	if c.Profile == a.flags.Profile {
		err = a.flags.Override(target)
	}
	return target, err
}

// open opens a hub; the embedded one, with its fleet, when target is nil. ctx bounds the opening alone.
func (a *app) open(ctx context.Context, target *cli.Target, log *slog.Logger) (_ ui.Hub, err error) {
	parts := &parts{log: log}
	defer func() {
		if err != nil {
			_ = parts.Close()
		}
	}()
	opts, embeddedHub := hub.Options{Log: log}, target == nil
	if embeddedHub {
		server, err := embedded.Start(ctx, embedded.Options{Log: log})
		if err != nil {
			return ui.Hub{}, err
		}
		parts.add("embedded hub", server)
		cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
		if err != nil {
			return ui.Hub{}, err
		}
		target, opts = &cli.Target{ConnectionString: cs}, optionsFor(server, log)
		a.flags.Guard(target)
	} else {
		opts.RootCAs, opts.MQTTAddress, opts.Tier = target.RootCAs, target.MQTTAddress, target.Tier
	}
	client, err := hub.NewClient(target.ConnectionString, opts)
	if err != nil {
		return ui.Hub{}, err
	}
	parts.add("client", client)
	var methods []form.Suggestion
	if embeddedHub {
		modules, err := startDemo(ctx, target.ConnectionString, opts)
		if err != nil {
			return ui.Hub{}, err
		}
		parts.add("fleet", modules)
		for _, m := range fleet.Methods() {
			methods = append(methods, form.Suggestion{Name: m.Name, Payload: m.Payload})
		}
	}
	monitor := hub.NewMonitor(client)
	parts.add("monitor", monitor)
	options := ui.Options{
		Keys: keymap.Default(), Host: client.Host(), Policy: client.Policy(), Embedded: embeddedHub,
		Name: target.Profile, Color: target.Color, ReadOnly: target.ReadOnly, Production: target.Production,
		Methods: methods, CAFile: target.CAFile, Store: a.store(target, embeddedHub), Log: log, Now: time.Now,
	}
	if dir := a.stateDir(); dir != "" && !embeddedHub { // the demo's hub is gone with this program, and with it whatever is left to do
		options.BulkFolder = filepath.Join(dir, "bulk")
	}
	return ui.Hub{Backend: backend{client, monitor}, Options: options, Close: parts.Close}, nil
}

// store is where what the user chooses on a hub is kept; nil when there is no place.
func (a *app) store(t *cli.Target, embeddedHub bool) profile.Store {
	dir := a.stateDir()
	switch {
	case dir == "":
		return nil
	case embeddedHub:
		return profile.In(dir, profile.Embedded, "hub")
	case t.Profile != "":
		return profile.In(dir, profile.Named, t.Profile)
	}
	return profile.In(dir, profile.ByHost, t.ConnectionString.HostName)
}

// parts are what belongs to a hub that is open, the last to be closed first.
type parts struct {
	log  *slog.Logger
	all  []io.Closer
	name []string
}

func (p *parts) add(name string, c io.Closer) {
	p.all, p.name = append(p.all, c), append(p.name, name)
}

// Close closes them and logs what they say.
func (p *parts) Close() error {
	for i := range slices.Backward(p.all) {
		closing(p.log, p.name[i], p.all[i])
	}
	return nil
}

// backend is a hub as the dashboard wants it.
type backend struct {
	*hub.Client
	*hub.Monitor
}

// Close would be ambiguous; each half is closed by whoever made it.
func (backend) Close() error { return nil }

// optionsFor makes a client trust and find an embedded hub.
func optionsFor(server *embedded.Server, log *slog.Logger) hub.Options {
	return hub.Options{RootCAs: server.CertPool(), MQTTAddress: server.MQTTSAddress(), Log: log}
}

// demoFleet is the simulated modules at work, with a client of their own: what they exchange with the hub
// is no business of the dashboard's.
type demoFleet struct {
	*fleet.Fleet
	client *hub.Client
}

// startDemo creates the demo's identities and connects their simulated modules. ctx bounds the start
// alone.
func startDemo(ctx context.Context, cs hub.ConnectionString, opts hub.Options) (*demoFleet, error) {
	client, err := hub.NewClient(cs, opts)
	if err != nil {
		return nil, err
	}
	err = fleet.Provision(ctx, client)
	var modules *fleet.Fleet
	if err == nil {
		modules, err = fleet.Start(context.WithoutCancel(ctx), client, fleet.Options{RootCAs: opts.RootCAs, MQTTAddress: opts.MQTTAddress, Log: opts.Log})
	}
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &demoFleet{modules, client}, nil
}

// Close sends the modules home.
func (d *demoFleet) Close() error { return errors.Join(d.Fleet.Close(), d.client.Close()) }
