package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/ui/terminal"
)

// hubFlags are the flags of "twindeck hub".
type hubFlags struct {
	httpsPort, mqttsPort int
	caFile, output, data string
	fleetSize            int
	demo                 bool
}

func (a *app) hubCommand() *cobra.Command {
	var f hubFlags
	cmd := &cobra.Command{
		Use:   "hub",
		Short: "Run the embedded IoT Hub alone, for any Azure IoT SDK on this machine",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.hub(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.IntVar(&f.httpsPort, "https-port", 8443, "`PORT` of the REST API; 0 takes a free one, 443 is what SDKs expect")
	flags.IntVar(&f.mqttsPort, "mqtts-port", 8883, "`PORT` of MQTT over TLS; 0 takes a free one, 8883 is what SDKs expect")
	flags.StringVar(&f.caFile, "ca-file", "", "`FILE` the CA certificate is written to (default: under the state directory)")
	flags.StringVar(&f.data, "data", "", "`FILE` the hub lives in, created when missing; without it the hub lives in memory")
	flags.IntVar(&f.fleetSize, "fleet", 0, "start with a synthetic fleet of `N` devices, the same every time")
	flags.BoolVar(&f.demo, "demo", false, "start with the simulated fleet of the dashboard's demo")
	flags.StringVar(&f.output, "output", "text", "`FORMAT` of what is printed when ready: text or json")
	return cmd
}

// hub runs the embedded hub until ctx ends.
func (a *app) hub(ctx context.Context, f hubFlags) error {
	switch {
	case f.output != "text" && f.output != "json":
		return usageError{errors.New("--output is text or json")}
	case f.fleetSize < 0:
		return usageError{errors.New("--fleet wants a number of devices, 0 or more")}
	case f.httpsPort < 0 || f.httpsPort > 65535 || f.mqttsPort < 0 || f.mqttsPort > 65535:
		return usageError{errors.New("a port is a number from 0 to 65535")}
	case f.httpsPort == f.mqttsPort && f.httpsPort != 0:
		return usageError{errors.New("--https-port and --mqtts-port must be two different ports")}
	case f.data != "" && filepath.Clean(f.data) == filepath.Clean(f.caFile):
		return usageError{errors.New("--data and --ca-file must be two different files")}
	}
	for flag, name := range map[string]string{"--ca-file": f.caFile, "--data": f.data} {
		if err := checkFileName(flag, name); err != nil {
			return err
		}
	}
	// A reader of our output that has gone is an error like any other: dying of it would leave the
	// certificate behind.
	signal.Ignore(syscall.SIGPIPE)
	logFile, log := terminal.OpenLog(a.stateDir())
	defer func() { _ = logFile.Close() }()
	server, err := embedded.Start(ctx, embedded.Options{
		HTTPSPort: f.httpsPort, MQTTSPort: f.mqttsPort, DataFile: f.data, Log: log,
	})
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
		opts := hub.Options{RootCAs: server.CertPool(), MQTTAddress: server.MQTTSAddress(), Log: log}
		client, err := hub.NewClient(cs, opts)
		if err != nil {
			return err
		}
		defer closing(log, "client", client)
		modules, err := startFleet(ctx, client, opts)
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
	if err := checkReplaceable(f.caFile); err != nil {
		return nil, err
	}
	ca := server.CACertificate()
	if err := os.WriteFile(f.caFile, ca, 0o644); err != nil {
		return nil, fmt.Errorf("the CA certificate cannot be written, name another place with --ca-file: %w", err)
	}
	return func() {
		if f.data != "" {
			return
		}
		if now, err := os.ReadFile(f.caFile); err == nil && bytes.Equal(now, ca) {
			_ = os.Remove(f.caFile)
		}
	}, nil
}

// checkReplaceable refuses to write a certificate over a file that holds something else, such
// as the data of another hub.
func checkReplaceable(name string) error {
	// What is not there or cannot be looked at shows when it is written.
	info, err := os.Stat(name)
	if err == nil && info.Mode().IsRegular() && info.Size() > 0 {
		there, err := readSmall("--ca-file", name)
		if err != nil {
			return err
		}
		if block, _ := pem.Decode(there); block == nil || block.Type != "CERTIFICATE" {
			return fmt.Errorf("%s holds something else than a certificate and is left alone; name another place with --ca-file", name)
		}
	}
	return nil
}
