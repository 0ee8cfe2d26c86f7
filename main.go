// Command twindeck is a terminal dashboard for the device and module twins of an Azure IoT
// Hub, with an IoT Hub of its own embedded for those who have none at hand.
//
// This package decides which command runs on which hub and wires the halves together: ui, which
// knows no network, and hub, which knows no terminal.
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
	"twindeck/hub/embedded/command"
	"twindeck/hub/fleet"
	"twindeck/hub/record"
	"twindeck/hub/watch"
	"twindeck/keymap"
	"twindeck/ui"
	"twindeck/ui/cli"
	"twindeck/ui/draft"
	"twindeck/ui/form"
	"twindeck/ui/hubs"
	"twindeck/ui/profile"
	"twindeck/ui/terminal"
)

const about = "A terminal dashboard for Azure IoT Hub device and module twins"

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
	app := &app{getenv: getenv, in: in, out: out, err: errOut, stateDir: profile.StateDir(getenv)}
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

// app is what the commands share: the surroundings, the flags once they are parsed, and what the
// dashboards of all hubs use.
type app struct {
	getenv       func(string) string
	in, out, err *os.File
	stateDir     string // of logs, drafts and certificates; empty: there is no place

	flags            cli.Flags
	presenter, mouse bool
	log              *slog.Logger
	edit             ui.Edit         // opens the user's editor; nil: there is none
	left             func() []string // what an editor has left; nil: nothing, or it was said already
	seed             uint64          // of the demo fleet
	record           string          // the file that events go to; empty: none
	drafts           draft.Store     // what is typed and not saved; nil: until the end of the program
}

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:           "twindeck",
		Short:         about,
		Long:          about + ".\n\n" + cli.NamingHelp,
		Args:          cli.NoArgs(cli.Naming),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return a.dashboard(cmd.Context()) },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(cli.FlagError)
	a.flags.Add(root.Flags())
	root.Flags().BoolVar(&a.presenter, "presenter", false, "begin in presenter mode: keys and host names masked, keys pressed captioned")
	root.Flags().Uint64Var(&a.seed, "seed", 1, "of the embedded hub's demo: what happens in it is the same with the same `N`")
	root.Flags().StringVar(&a.record, "record", "", "append every event of the attached clients to `FILE`, as JSON lines")
	root.Flags().BoolVar(&a.mouse, "mouse", false, "take the mouse, which then no longer selects text")
	root.AddCommand(a.hub(), a.watch(), cli.ProfilesCommand(profile.ConfigFile(a.getenv)))
	return root
}

// hub is the command that runs an embedded hub alone.
func (a *app) hub() *cobra.Command {
	cmd := command.New(command.Surroundings{
		StateDir: a.stateDir,
		OpenLog:  terminal.OpenLog,
		Demo: func(ctx context.Context, server *embedded.Server, seed uint64, log *slog.Logger) (io.Closer, error) {
			cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
			if err != nil {
				return nil, err
			}
			return fleet.StartDemo(ctx, cs, optionsFor(server, log), seed)
		},
		Usage: cli.Usage,
	})
	cmd.Args = cli.NoArgs(cli.Naming)
	return cmd
}

// watch is the command that prints what clients receive.
func (a *app) watch() *cobra.Command {
	var flags cli.Flags
	cmd := watch.New(watch.Surroundings{
		Open: func(ctx context.Context) (*hub.Client, io.Closer, error) {
			known, first, err := flags.Hubs(a.getenv, a.err)
			if err != nil {
				return nil, nil, err
			}
			target, err := known.Target(first)
			if err == nil && target.ReadOnly {
				err = errors.New("the hub is opened read-only, and attaching would throw a device off; leave --read-only out, or the profile's")
			}
			if err != nil {
				return nil, nil, err
			}
			var parts parts
			client, err := a.connect(ctx, target, &parts)
			if err != nil {
				return nil, nil, errors.Join(err, parts.Close())
			}
			return client, parts, nil
		},
		Alone: func() (hub.Options, error) {
			var target cli.Target
			err := flags.Check()
			if err == nil {
				err = flags.Override(&target)
			}
			return optionsOf(&target, a.log), err
		},
		Usage: cli.Usage,
		File:  cli.FileName,
	})
	flags.Add(cmd.Flags())
	return cmd
}

// dashboard opens the dashboard on the hub that was named, or on an embedded one. Everything
// that can be wrong with the flags is said before the terminal is touched.
func (a *app) dashboard(ctx context.Context) error {
	known, first, err := a.flags.Hubs(a.getenv, a.err)
	if err == nil {
		err = cli.FileName("--record", a.record)
	}
	if err != nil {
		return err
	}
	target, err := known.Target(first)
	if err != nil {
		return err
	}
	if err := terminal.Check(a.in, a.out); err != nil {
		return err
	}
	guard, guardErr := terminal.StartGuard(a.in, a.out)
	defer guard.Release()
	logFile, log := terminal.OpenLog(a.stateDir)
	defer func() { _ = logFile.Close() }()
	a.log = log
	if guardErr != nil {
		log.Warn("the terminal is not guarded against a crash", "error", guardErr)
	}
	if a.stateDir != "" {
		drafts := draft.Open(filepath.Join(a.stateDir, "drafts"))
		defer closing(log, "drafts", drafts)
		a.drafts = drafts
	}
	editor := &terminal.Editor{Getenv: a.getenv, Context: ctx}
	if a.stateDir != "" {
		editor.Folder = filepath.Join(a.stateDir, "editing")
	}
	a.edit, a.left = editor.Edit, editor.Left
	opened, err := a.open(ctx, target)
	if err != nil {
		return err
	}
	a.left = nil // it is said once, not on every hub
	deck := ui.NewDeck(opened, first, ui.DeckOptions{
		Hubs:     func(context.Context) ([]hubs.Choice, error) { return known.List() },
		HubsFile: known.File,
		Open: func(ctx context.Context, c hubs.Choice) (ui.Hub, error) {
			target, err := known.Target(c)
			if err != nil {
				return ui.Hub{}, err
			}
			return a.open(ctx, target)
		},
		Presenter: a.presenter,
		Mouse:     a.mouse,
	})
	defer closing(log, "dashboard", deck)
	_, err = terminal.Run(ctx, deck, terminal.Options{
		In: a.in, Out: a.out, Env: os.Environ(), LogFile: logFile, Log: log, Guard: guard, Filter: ui.Filter,
	})
	switch {
	case err == nil:
		return context.Cause(ctx)
	case logFile != nil:
		log.Error("the dashboard ended", "error", err)
		return fmt.Errorf("%w; %s has the details", err, logFile.Name())
	}
	return err
}

// open opens a hub; the embedded one starts here, with its fleet. ctx bounds the opening alone.
func (a *app) open(ctx context.Context, target *cli.Target) (_ ui.Hub, err error) {
	var parts parts
	defer func() {
		if err != nil {
			closing(a.log, "hub that did not open", parts)
		}
	}()
	client, err := a.connect(ctx, target, &parts)
	if err != nil {
		return ui.Hub{}, err
	}
	monitor := hub.NewMonitor(client)
	if a.record != "" {
		recorder, err := record.Open(a.record, record.Options{Hub: client.Host()})
		if err != nil {
			return ui.Hub{}, errors.Join(err, monitor.Close())
		}
		monitor.Record(recorder)
		parts = append(parts, recorder)
	}
	parts = append(parts, monitor)
	var methods []form.Suggestion
	if target.Embedded {
		for _, m := range fleet.Methods() {
			methods = append(methods, form.Suggestion{Name: m.Name, Payload: m.Payload})
		}
	}
	options := ui.Options{
		Keys: keymap.Default(), Host: client.Host(), Policy: client.Policy(), Embedded: target.Embedded,
		Name: target.Profile, Color: target.Color, ReadOnly: target.ReadOnly, Production: target.Production,
		Methods: methods, CAFile: target.CAFile, Store: target.Store(a.stateDir), Edit: a.edit, Left: a.left, Drafts: a.drafts, Record: a.record, Log: a.log, Now: time.Now,
	}
	if a.stateDir != "" && !target.Embedded { // the demo's hub is gone with this program, and with it whatever is left to do
		options.BulkFolder = filepath.Join(a.stateDir, "bulk")
	}
	return ui.Hub{Backend: backend{client, monitor}, Options: options, Close: parts.Close}, nil
}

// connect makes a client of a hub; the embedded one starts here, with its fleet. What belongs to it
// is added to parts.
func (a *app) connect(ctx context.Context, target *cli.Target, parts *parts) (*hub.Client, error) {
	cs, opts := target.ConnectionString, optionsOf(target, a.log)
	if target.Embedded {
		server, err := embedded.Start(ctx, embedded.Options{Log: a.log})
		if err != nil {
			return nil, err
		}
		*parts = append(*parts, server)
		if cs, err = hub.ParseConnectionString(server.ConnectionString("iothubowner")); err != nil {
			return nil, err
		}
		opts = optionsFor(server, a.log)
		opts.WebSocket = target.WebSocket
		modules, err := fleet.StartDemo(ctx, cs, opts, a.seed)
		if err != nil {
			return nil, err
		}
		*parts = append(*parts, modules)
	}
	client, err := hub.NewClient(cs, opts)
	if err != nil {
		return nil, err
	}
	*parts = append(*parts, client)
	return client, nil
}

// optionsOf are those of a client of a hub that is named.
func optionsOf(target *cli.Target, log *slog.Logger) hub.Options {
	return hub.Options{RootCAs: target.RootCAs, MQTTAddress: target.MQTTAddress, WebSocket: target.WebSocket, Tier: target.Tier, Log: log}
}

// optionsFor makes a client trust and find an embedded hub.
func optionsFor(server *embedded.Server, log *slog.Logger) hub.Options {
	return hub.Options{RootCAs: server.CertPool(), MQTTAddress: server.MQTTSAddress(), Log: log}
}

// backend is a hub as the dashboard wants it.
type backend struct {
	*hub.Client
	*hub.Monitor
}

// Close would be ambiguous; each half is closed by whoever made it.
func (backend) Close() error { return nil }

// parts are what belongs to a hub that is open, the last to be closed first.
type parts []io.Closer

func (p parts) Close() error {
	var errs []error
	for _, part := range slices.Backward(p) {
		errs = append(errs, part.Close())
	}
	return errors.Join(errs...)
}

// closing closes a part of the program and logs what it says.
func closing(log *slog.Logger, part string, c io.Closer) {
	if err := c.Close(); err != nil {
		log.Warn("closing", "part", part, "error", err)
	}
}
