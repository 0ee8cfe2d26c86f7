// Command twindeck is a terminal dashboard for the device and module twins of an Azure IoT
// Hub, with an IoT Hub of its own embedded for those who have none at hand.
//
// This package decides which command runs on which hub and wires the halves together: ui, which
// knows no network, and hub, which knows no terminal. main.go has the commands of the dashboard,
// opening.go what they open, serving.go the embedded hub alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"twindeck/ui"
	"twindeck/ui/cli"
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
