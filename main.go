// Command twindeck is a terminal dashboard for the device and module twins of an Azure IoT
// Hub, with an IoT Hub of its own embedded for those who have none at hand.
//
// This file decides which command runs on which hub and wires the halves together: ui, which
// knows no network, and hub, which knows no terminal. hubcommand.go is the hub alone.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/fleet"
	"twindeck/keymap"
	"twindeck/ui"
	"twindeck/ui/terminal"
)

// Exit statuses, besides 0 and the shell's 128+n for a signal.
const (
	exitFailure = 1
	exitUsage   = 2
)

// connectionStringEnv names the variable that az and the SDK samples use too.
const connectionStringEnv = "IOTHUB_CONNECTION_STRING"

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
		usage  usageError
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

// usageError is a mistake on the command line.
type usageError struct{ error }

// app is what the commands share: the surroundings, and the flags once they are parsed.
type app struct {
	getenv       func(string) string
	in, out, err *os.File

	connectionString     string
	connectionStringFile string
	caFile               string
	mqttAddress          string
}

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "twindeck",
		Short: "A terminal dashboard for Azure IoT Hub device and module twins",
		Long: "A terminal dashboard for Azure IoT Hub device and module twins.\n\n" +
			"Without a connection string it opens on an IoT Hub embedded in the program, with a fleet of simulated modules.",
		Args:          noArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return a.dashboard(cmd.Context()) },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{flagError(err)} })
	flags := root.Flags()
	flags.StringVar(&a.connectionStringFile, "connection-string-file", "", "`FILE` with the connection string of the hub")
	flags.StringVar(&a.connectionString, "connection-string", "",
		"connection `STRING` of the hub; the process list shows it, so prefer "+connectionStringEnv+" or the file")
	flags.StringVar(&a.caFile, "ca-file", "", "`FILE` (PEM) with the CA of a hub that the system does not trust")
	flags.StringVar(&a.mqttAddress, "mqtt-address", "", "`HOST:PORT` of the hub's MQTT over TLS (default: its host, port 8883)")
	root.AddCommand(a.hubCommand())
	return root
}

// noArgs refuses arguments without repeating them: one of them may be a connection string.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usageError{fmt.Errorf("%s takes no arguments; a hub is named with --connection-string-file or %s", cmd.CommandPath(), connectionStringEnv)}
}

// flagError says what is wrong with a flag without repeating its value, which may be a key.
func flagError(err error) error {
	var (
		unknown  *pflag.NotExistError
		missing  *pflag.ValueRequiredError
		invalid  *pflag.InvalidValueError
		flagName string
	)
	switch {
	case errors.As(err, &unknown):
		name, _, _ := strings.Cut(unknown.GetSpecifiedName(), "=")
		return fmt.Errorf("unknown flag %q; twindeck --help lists them", name)
	case errors.As(err, &missing):
		flagName = missing.GetFlag().Name
		return fmt.Errorf("--%s needs a value", flagName)
	case errors.As(err, &invalid):
		flagName = invalid.GetFlag().Name
		if invalid.GetFlag().Value.Type() == "bool" {
			return fmt.Errorf("--%s is true or false, or stands alone", flagName)
		}
		return fmt.Errorf("--%s wants a whole number", flagName)
	}
	return errors.New("a flag is malformed; twindeck --help lists them")
}

// dashboard opens the dashboard on the hub that was named, or on an embedded one. Everything
// that can be wrong with the flags is said before the terminal is touched.
func (a *app) dashboard(ctx context.Context) error {
	cs, err := a.namedHub()
	if err != nil {
		return err
	}
	if cs == nil && (a.caFile != "" || a.mqttAddress != "") {
		return usageError{errors.New("--ca-file and --mqtt-address belong to a hub, and none is named; name it with --connection-string-file or " + connectionStringEnv)}
	}
	roots, err := a.roots()
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

	opts := hub.Options{RootCAs: roots, MQTTAddress: a.mqttAddress, Log: log}
	demo := cs == nil
	if demo {
		server, err := embedded.Start(ctx, embedded.Options{Log: log})
		if err != nil {
			return err
		}
		defer closing(log, "embedded hub", server)
		own, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
		if err != nil {
			return err
		}
		cs, opts.RootCAs, opts.MQTTAddress = &own, server.CertPool(), server.MQTTSAddress()
	}
	client, err := hub.NewClient(*cs, opts)
	if err != nil {
		return err
	}
	defer closing(log, "client", client)
	if demo {
		modules, err := startFleet(ctx, client, opts)
		if err != nil {
			return err
		}
		defer closing(log, "fleet", modules)
	}
	monitor := hub.NewMonitor(client)
	defer closing(log, "monitor", monitor)

	model := ui.New(backend{client, monitor}, ui.Options{
		Keys: keymap.Default(), Host: client.Host(), Policy: client.Policy(), Embedded: demo, Log: log, Now: time.Now,
	})
	defer model.Close()
	_, err = terminal.Run(ctx, model, terminal.Options{
		In: a.in, Out: a.out, Env: os.Environ(), LogFile: logFile, Log: log, Guard: guard,
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

// backend is a hub as the dashboard wants it.
type backend struct {
	*hub.Client
	*hub.Monitor
}

// Close would be ambiguous; each half is closed by whoever made it.
func (backend) Close() error { return nil }

// startFleet creates the demo's identities and connects their simulated modules.
func startFleet(ctx context.Context, client *hub.Client, opts hub.Options) (*fleet.Fleet, error) {
	if err := fleet.Provision(ctx, client); err != nil {
		return nil, err
	}
	return fleet.Start(ctx, client, fleet.Options{RootCAs: opts.RootCAs, MQTTAddress: opts.MQTTAddress, Log: opts.Log})
}

// namedHub returns the connection string the user gave, by the first of: flag, file,
// environment. It returns nil when there is none.
func (a *app) namedHub() (*hub.ConnectionString, error) {
	text, from := a.getenv(connectionStringEnv), connectionStringEnv
	switch {
	case a.connectionString != "" && a.connectionStringFile != "":
		return nil, usageError{errors.New("give --connection-string or --connection-string-file, not both")}
	case a.connectionString != "":
		_, _ = fmt.Fprintf(a.err, "twindeck: warning: every user of this machine can read --connection-string in the process list; use --connection-string-file or %s\n", connectionStringEnv)
		text, from = a.connectionString, "--connection-string"
	case a.connectionStringFile != "":
		data, err := readSmall("--connection-string-file", a.connectionStringFile)
		if err != nil {
			return nil, err
		}
		text, from = string(data), a.connectionStringFile
	}
	text = strings.TrimSpace(text)
	if text == "" {
		if from == connectionStringEnv {
			return nil, nil
		}
		return nil, fmt.Errorf("%s holds no connection string", from)
	}
	cs, err := hub.ParseConnectionString(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	if cs.Policy == "" {
		return nil, fmt.Errorf("%s names a device or module; the dashboard needs the connection string of a policy of the hub, such as iothubowner", from)
	}
	return &cs, nil
}

// roots returns the CA pool of --ca-file, or nil for the system's.
func (a *app) roots() (*x509.CertPool, error) {
	if a.caFile == "" {
		return nil, nil
	}
	data, err := readSmall("--ca-file", a.caFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", a.caFile)
	}
	return pool, nil
}

// checkFileName refuses a connection string where a flag wants the name of a file: every later
// error would show the name, and so the key.
func checkFileName(flag, name string) error {
	if strings.Contains(strings.ToLower(name), "sharedaccess") {
		return usageError{fmt.Errorf("%s wants the name of a file, not a connection string", flag)}
	}
	return nil
}

// readSmall reads the file that a flag names, up to 1 MiB: it might be /dev/zero.
func readSmall(flag, name string) ([]byte, error) {
	if err := checkFileName(flag, name); err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", flag, err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", flag, err)
	}
	return data, nil
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
