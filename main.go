// Command twindeck is a terminal dashboard for the device and module twins of an Azure IoT
// Hub, with an IoT Hub of its own embedded for those who have none at hand.
//
// This package decides which command runs on which hub and wires the halves together: ui, which
// knows no network, and hub, which knows no terminal. main.go has the dashboard and what it opens,
// serving.go the embedded hub alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/fleet"
	"twindeck/keymap"
	"twindeck/ui"
	"twindeck/ui/cli"
	"twindeck/ui/draft"
	"twindeck/ui/form"
	"twindeck/ui/hubs"
	"twindeck/ui/profile"
	"twindeck/ui/terminal"
)

// Exit statuses, besides 0 and the shell's 128+n for a signal.
const (
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	if terminal.Guarding() {
		return
	}
	os.Exit(run(context.Background(), os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program with its surroundings as parameters. It blocks and returns the exit status.
func run(ctx context.Context, args []string, getenv func(string) string, in, out, errOut *os.File) int {
	ctx, stop := terminal.WithSignals(ctx)
	defer stop()
	app := &app{getenv: getenv, in: in, out: out, err: errOut}
	root := app.command()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	var (
		usage  cli.UsageError
		killed terminal.Signalled
	)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &killed):
		return 128 + int(killed.Signal)
	}
	_, _ = fmt.Fprintf(errOut, "twindeck: %v\n", err)
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailure
}

// app is what the commands share: the surroundings, and the flags once they are parsed.
type app struct {
	getenv       func(string) string
	in, out, err *os.File

	flags            cli.Flags
	presenter, mouse bool
	named            *cli.Target // the hub that the command line names; nil: the embedded one
	drafts           draft.Store // what is typed and not saved; nil: until the end of the program
}

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "twindeck",
		Short: "A terminal dashboard for Azure IoT Hub device and module twins",
		Long: "A terminal dashboard for Azure IoT Hub device and module twins.\n\n" +
			"The hub is that of --profile, or of --connection-string, --connection-string-file or " + cli.ConnectionStringEnv + ", the first of\n" +
			"them that is given. Without any it is an IoT Hub embedded in the program, with a fleet of simulated modules.\n" +
			"Flags add to what the profile says, and go before it; --read-only and --production hold for every hub one switches to.",
		Args:          cli.NoArgs(cli.Naming),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return a.dashboard(cmd.Context()) },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(cli.FlagError)
	a.flags.Add(root.Flags())
	root.Flags().BoolVar(&a.presenter, "presenter", false, "begin in presenter mode: keys and host names masked, keys pressed captioned")
	root.Flags().BoolVar(&a.mouse, "mouse", false, "take the mouse, which then no longer selects text")
	root.AddCommand(a.hubCommand(), a.profilesCommand())
	return root
}

func (a *app) profilesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "profiles",
		Short: "List the hubs that you have named, without their secrets",
		Args:  cli.NoArgs("it lists " + profile.ConfigFile(a.getenv)),
		RunE: func(*cobra.Command, []string) error {
			file := profile.ConfigFile(a.getenv)
			profiles, err := profile.Load(file)
			if err != nil {
				return err
			}
			return cli.WriteProfiles(a.out, profiles, file)
		},
	}
}

// dashboard opens the dashboard on the hub that was named, or on an embedded one. Everything
// that can be wrong with the flags is said before the terminal is touched.
func (a *app) dashboard(ctx context.Context) error {
	if err := a.flags.Check(); err != nil {
		return err
	}
	first := hubs.Choice{Profile: a.flags.Profile}
	var err error
	if a.flags.Profile == "" {
		if a.named, err = a.flags.Named(a.getenv, a.err); err != nil {
			return err
		}
		first.Embedded = a.named == nil
	}
	target, err := a.target(first)
	if err != nil {
		return err
	}
	if err := terminal.Check(a.in, a.out); err != nil {
		return err
	}
	guard, guardErr := terminal.StartGuard(a.in, a.out)
	defer guard.Release()
	logFile, log := terminal.OpenLog(a.stateDir())
	defer func() { _ = logFile.Close() }()
	if guardErr != nil {
		log.Warn("the terminal is not guarded against a crash", "error", guardErr)
	}
	if dir := a.stateDir(); dir != "" {
		drafts := draft.Open(filepath.Join(dir, "drafts"))
		defer closing(log, "drafts", drafts)
		a.drafts = drafts
	}
	opened, err := a.open(ctx, target, log)
	if err != nil {
		return err
	}
	deck := ui.NewDeck(opened, first, ui.DeckOptions{
		Hubs:     a.choices,
		HubsFile: profile.ConfigFile(a.getenv),
		Open: func(ctx context.Context, c hubs.Choice) (ui.Hub, error) {
			target, err := a.target(c)
			if err != nil {
				return ui.Hub{}, err
			}
			return a.open(ctx, target, log)
		},
		Presenter: a.presenter,
		Mouse:     a.mouse,
	})
	defer func() {
		if err := deck.Close(); err != nil {
			log.Warn("closing", "error", err)
		}
	}()
	_, err = terminal.Run(ctx, deck, terminal.Options{
		In: a.in, Out: a.out, Env: os.Environ(), LogFile: logFile, Log: log, Guard: guard, Filter: ui.Filter,
	})
	if err != nil {
		log.Error("the dashboard ended", "error", err)
		if logFile != nil {
			return fmt.Errorf("%w; %s has the details", err, logFile.Name())
		}
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// stateDir is where logs and certificates go: $XDG_STATE_HOME/twindeck or ~/.local/state/twindeck.
func (a *app) stateDir() string {
	if dir := a.getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "twindeck")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".local", "state", "twindeck")
}

// closing closes a part of the program and logs what it says.
func closing(log *slog.Logger, part string, c io.Closer) {
	if err := c.Close(); err != nil {
		log.Warn("closing", "part", part, "error", err)
	}
}

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
		Methods: methods, CAFile: target.CAFile, Store: a.store(target, embeddedHub), Drafts: a.drafts, Log: log, Now: time.Now,
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
