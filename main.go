// Command twindeck is a terminal dashboard for the device and module twins of an Azure IoT
// Hub, with an IoT Hub of its own embedded for those who have none at hand.
//
// This file decides which command runs on which hub and wires the halves together: ui, which
// knows no network, and hub, which knows no terminal.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/embedded/throttle"
	"twindeck/hub/fleet"
	"twindeck/keymap"
	"twindeck/ui"
	"twindeck/ui/cli"
	"twindeck/ui/form"
	"twindeck/ui/terminal"
)

// Exit statuses, besides 0 and the shell's 128+n for a signal.
const (
	exitFailure = 1
	exitUsage   = 2
)

// connectionStringEnv names the variable that az and the SDK samples use too.
const connectionStringEnv = "IOTHUB_CONNECTION_STRING"

// naming says how a hub is named, to who tried it in another way.
const naming = "a hub is named with --connection-string-file or " + connectionStringEnv

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

	connectionString     string
	connectionStringFile string
	caFile               string
	mqttAddress          string
	tier                 string
}

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "twindeck",
		Short: "A terminal dashboard for Azure IoT Hub device and module twins",
		Long: "A terminal dashboard for Azure IoT Hub device and module twins.\n\n" +
			"Without a connection string it opens on an IoT Hub embedded in the program, with a fleet of simulated modules.",
		Args:          cli.NoArgs(naming),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return a.dashboard(cmd.Context()) },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(cli.FlagError)
	flags := root.Flags()
	flags.StringVar(&a.connectionStringFile, "connection-string-file", "", "`FILE` with the connection string of the hub")
	flags.StringVar(&a.connectionString, "connection-string", "",
		"connection `STRING` of the hub; the process list shows it, so prefer "+connectionStringEnv+" or the file")
	flags.StringVar(&a.caFile, "ca-file", "", "`FILE` (PEM) with the CA of a hub that the system does not trust")
	flags.StringVar(&a.mqttAddress, "mqtt-address", "", "`HOST:PORT` of the hub's MQTT over TLS (default: its host, port 8883)")
	flags.StringVar(&a.tier, "tier", "", "`TIER` of the hub, whose quotas are kept: "+strings.Join(hub.Tiers(), ", ")+" (default: what the hub says, else S1)")
	root.AddCommand(a.hubCommand())
	return root
}

// dashboard opens the dashboard on the hub that was named, or on an embedded one. Everything
// that can be wrong with the flags is said before the terminal is touched.
func (a *app) dashboard(ctx context.Context) error {
	cs, err := a.namedHub()
	if err != nil {
		return err
	}
	if cs == nil && (a.caFile != "" || a.mqttAddress != "") {
		return cli.Usagef("--ca-file and --mqtt-address belong to a hub, and none is named; name it with --connection-string-file or " + connectionStringEnv)
	}
	if a.tier != "" && !slices.Contains(hub.Tiers(), a.tier) {
		return cli.Usagef("--tier is one of %s", strings.Join(hub.Tiers(), ", "))
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

	opts := hub.Options{RootCAs: roots, MQTTAddress: a.mqttAddress, Log: log, Tier: a.tier}
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
		cs, opts = &own, optionsFor(server, log)
	}
	client, err := hub.NewClient(*cs, opts)
	if err != nil {
		return err
	}
	defer closing(log, "client", client)
	var methods []form.Suggestion
	if demo {
		modules, err := startDemo(ctx, *cs, opts)
		if err != nil {
			return err
		}
		defer closing(log, "fleet", modules)
		for _, m := range fleet.Methods() {
			methods = append(methods, form.Suggestion{Name: m.Name, Payload: m.Payload})
		}
	}
	monitor := hub.NewMonitor(client)
	defer closing(log, "monitor", monitor)

	options := ui.Options{
		Keys: keymap.Default(), Host: client.Host(), Policy: client.Policy(), Embedded: demo, Log: log, Now: time.Now,
		Methods: methods, CAFile: a.caFile,
	}
	if dir := a.stateDir(); dir != "" && !demo { // the demo's hub is gone with this program, and with it whatever is left to do
		options.BulkFolder = filepath.Join(dir, "bulk")
	}
	model := ui.New(backend{client, monitor}, options)
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

// startDemo creates the demo's identities and connects their simulated modules.
func startDemo(ctx context.Context, cs hub.ConnectionString, opts hub.Options) (*demoFleet, error) {
	client, err := hub.NewClient(cs, opts)
	if err != nil {
		return nil, err
	}
	err = fleet.Provision(ctx, client)
	var modules *fleet.Fleet
	if err == nil {
		modules, err = fleet.Start(ctx, client, fleet.Options{RootCAs: opts.RootCAs, MQTTAddress: opts.MQTTAddress, Log: opts.Log})
	}
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &demoFleet{modules, client}, nil
}

// Close sends the modules home.
func (d *demoFleet) Close() error { return errors.Join(d.Fleet.Close(), d.client.Close()) }

// namedHub returns the connection string the user gave, by the first of: flag, file,
// environment. It returns nil when there is none.
func (a *app) namedHub() (cs *hub.ConnectionString, err error) {
	var (
		named hub.ConnectionString
		from  string
	)
	switch text := a.getenv(connectionStringEnv); {
	case a.connectionString != "" && a.connectionStringFile != "":
		return nil, cli.Usagef("give --connection-string or --connection-string-file, not both")
	case a.connectionString != "":
		_, _ = fmt.Fprintf(a.err, "twindeck: warning: every user of this machine can read --connection-string in the process list; use --connection-string-file or %s\n", connectionStringEnv)
		from = "--connection-string"
		named, err = hub.ParseConnectionString(a.connectionString)
	case a.connectionStringFile != "":
		from = "--connection-string-file"
		if err := cli.FileName(from, a.connectionStringFile); err != nil {
			return nil, err
		}
		named, err = hub.ReadConnectionString(a.connectionStringFile)
	case strings.TrimSpace(text) != "":
		from = connectionStringEnv
		named, err = hub.ParseConnectionString(text)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	if named.Policy == "" {
		return nil, fmt.Errorf("%s names a device or module; the dashboard needs the connection string of a policy of the hub, such as iothubowner", from)
	}
	return &named, nil
}

// roots returns the CA pool of --ca-file, or nil for the system's.
func (a *app) roots() (*x509.CertPool, error) {
	if a.caFile == "" {
		return nil, nil
	}
	if err := cli.FileName("--ca-file", a.caFile); err != nil {
		return nil, err
	}
	pool, err := hub.ReadRootCAs(a.caFile)
	if err != nil {
		return nil, fmt.Errorf("--ca-file: %w", err)
	}
	return pool, nil
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

// hubFlags are the flags of "twindeck hub".
type hubFlags struct {
	httpsPort, mqttsPort int
	hostName             string
	caFile, output, data string
	fleetSize            int
	demo                 bool
	tier                 string
	faults, assumptions  []string
	indexLag             time.Duration
}

func (a *app) hubCommand() *cobra.Command {
	var f hubFlags
	cmd := &cobra.Command{
		Use:   "hub",
		Short: "Run the embedded IoT Hub alone, for any Azure IoT SDK on this machine",
		Long:  "Run the embedded IoT Hub alone, for any Azure IoT SDK on this machine.\n\n" + faults.Grammar + "\n\n" + embedded.AssumptionsHelp(),
		Args:  cli.NoArgs(naming),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.hub(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.IntVar(&f.httpsPort, "https-port", 8443, "`PORT` of the REST API; 0 takes a free one, 443 is what SDKs expect")
	flags.IntVar(&f.mqttsPort, "mqtts-port", 8883, "`PORT` of MQTT over TLS; 0 takes a free one, 8883 is what SDKs expect")
	flags.StringVar(&f.hostName, "host-name", "localhost", "`NAME` of the hub, which must lead to this machine; for SDKs that want a dot in it, 127.0.0.1 is one")
	flags.StringVar(&f.caFile, "ca-file", "", "`FILE` the CA certificate is written to (default: under the state directory)")
	flags.StringVar(&f.data, "data", "", "`FILE` the hub lives in, created when missing; without it the hub lives in memory")
	flags.IntVar(&f.fleetSize, "fleet", 0, "start with a synthetic fleet of `N` devices, the same every time")
	flags.BoolVar(&f.demo, "demo", false, "start with the simulated fleet of the dashboard's demo")
	flags.StringVar(&f.tier, "tier", "", "hold clients to the quotas of a `TIER` of the service: F1, S1, S2 or S3")
	flags.DurationVar(&f.indexLag, "index-lag", 0, "let queries see the hub as it was a `DURATION` ago, as those of the service do")
	flags.StringArrayVar(&f.faults, "fault", nil, "fail on demand as `SPEC` says, such as twins:PATCH:429:every=10; may be given again")
	flags.StringArrayVar(&f.assumptions, "assume", nil, "choose what the service's documents leave open, `NAME=VALUE` such as patch-null=refuse; may be given again")
	flags.StringVar(&f.output, "output", "text", "`FORMAT` of what is printed when ready: text or json")
	return cmd
}

// hub runs the embedded hub until ctx ends.
func (a *app) hub(ctx context.Context, f hubFlags) error {
	switch {
	case f.output != "text" && f.output != "json":
		return cli.Usagef("--output is text or json")
	case !embedded.ValidHubName(f.hostName):
		return cli.Usagef("--host-name is a host name or an IPv4 address, without a port")
	case f.fleetSize < 0:
		return cli.Usagef("--fleet wants a number of devices, 0 or more")
	case f.httpsPort < 0 || f.httpsPort > 65535 || f.mqttsPort < 0 || f.mqttsPort > 65535:
		return cli.Usagef("a port is a number from 0 to 65535")
	case f.httpsPort == f.mqttsPort && f.httpsPort != 0:
		return cli.Usagef("--https-port and --mqtts-port must be two different ports")
	case f.tier != "" && !slices.Contains(throttle.Tiers(), f.tier):
		return cli.Usagef("--tier is one of %s", strings.Join(throttle.Tiers(), ", "))
	case f.indexLag < 0:
		return cli.Usagef("--index-lag wants a duration such as 5s")
	case f.data != "" && filepath.Clean(f.data) == filepath.Clean(f.caFile):
		return cli.Usagef("--data and --ca-file must be two different files")
	}
	for flag, name := range map[string]string{"--ca-file": f.caFile, "--data": f.data} {
		if err := cli.FileName(flag, name); err != nil {
			return err
		}
	}
	failing := &faults.Faults{}
	for _, spec := range f.faults {
		if err := failing.Set(spec); err != nil {
			return cli.Usagef("--fault: %w", err)
		}
	}
	opts := embedded.Options{HTTPSPort: f.httpsPort, MQTTSPort: f.mqttsPort, HubName: f.hostName, DataFile: f.data, Tier: f.tier, IndexLag: f.indexLag, Faults: failing}
	for _, text := range f.assumptions {
		if err := opts.Assume(text); err != nil {
			return cli.Usagef("--assume: %w", err)
		}
	}
	// A reader of our output that has gone is an error like any other: dying of it would leave the
	// certificate behind.
	signal.Ignore(syscall.SIGPIPE)
	logFile, log := terminal.OpenLog(a.stateDir())
	defer func() { _ = logFile.Close() }()
	opts.Log = log
	server, err := embedded.Start(ctx, opts)
	if err != nil {
		return err
	}
	defer closing(log, "embedded hub", server)
	if err := server.SeedFleet(f.fleetSize); err != nil {
		return err
	}
	if f.demo {
		cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
		if err != nil {
			return err
		}
		modules, err := startDemo(ctx, cs, optionsFor(server, log))
		if err != nil {
			return err
		}
		defer closing(log, "fleet", modules)
	}
	remove, err := a.writeCA(&f, server)
	if err != nil {
		return err
	}
	defer remove()
	announcement := server.Announce(f.caFile)
	write := announcement.WriteText
	if f.output == "json" {
		write = announcement.WriteJSON
	}
	if err := write(a.out); err != nil {
		return fmt.Errorf("the hub's connection strings cannot be printed: %w", err)
	}
	<-ctx.Done()
	return nil
}

// writeCA writes the hub's CA certificate where f says and completes f.caFile. The returned
// function removes it: the CA is worth nothing once its hub is gone. Only a hub with a data file
// comes back with the same one.
func (a *app) writeCA(f *hubFlags, server *embedded.Server) (remove func(), err error) {
	if f.caFile == "" {
		dir := a.stateDir()
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("no place for the CA certificate, name one with --ca-file: %w", err)
		}
		_, port, err := net.SplitHostPort(server.HTTPSAddress())
		if err != nil {
			return nil, err
		}
		f.caFile = filepath.Join(dir, "hub-"+port+"-ca.pem")
	}
	if f.caFile, err = filepath.Abs(f.caFile); err != nil {
		return nil, err
	}
	remove, err = server.WriteCACertificate(f.caFile)
	if err != nil {
		return nil, fmt.Errorf("--ca-file: %w", err)
	}
	if f.data != "" {
		return func() {}, nil
	}
	return remove, nil
}
