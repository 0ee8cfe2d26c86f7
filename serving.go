package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/flags"
	"twindeck/ui/cli"
	"twindeck/ui/terminal"
)

func (a *app) hubCommand() *cobra.Command {
	var f flags.Flags
	cmd := &cobra.Command{
		Use:   "hub",
		Short: "Run the embedded IoT Hub alone, for any Azure IoT SDK on this machine",
		Long:  "Run the embedded IoT Hub alone, for any Azure IoT SDK on this machine.\n\n" + flags.Help(),
		Args:  cli.NoArgs(cli.Naming),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.hub(cmd.Context(), &f) },
	}
	f.Add(cmd.Flags())
	return cmd
}

// hub runs the embedded hub until ctx ends.
func (a *app) hub(ctx context.Context, f *flags.Flags) error {
	for flag, name := range map[string]string{"--ca-file": f.CAFile, "--data": f.Data} {
		if err := cli.FileName(flag, name); err != nil {
			return err
		}
	}
	opts, err := f.Options()
	if err != nil {
		return cli.Usagef("%w", err)
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
	if err := server.SeedFleet(f.Fleet); err != nil {
		return err
	}
	if f.Demo {
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
	remove, err := a.writeCA(f, server)
	if err != nil {
		return err
	}
	defer remove()
	announcement := server.Announce(f.CAFile)
	write := announcement.WriteText
	if f.JSON() {
		write = announcement.WriteJSON
	}
	if err := write(a.out); err != nil {
		return fmt.Errorf("the hub's connection strings cannot be printed: %w", err)
	}
	<-ctx.Done()
	return nil
}

// writeCA writes the hub's CA certificate where f says and completes f.CAFile. The returned
// function removes it: the CA is worth nothing once its hub is gone. Only a hub with a data file
// comes back with the same one.
func (a *app) writeCA(f *flags.Flags, server *embedded.Server) (remove func(), err error) {
	if f.CAFile == "" {
		dir := a.stateDir()
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("no place for the CA certificate, name one with --ca-file: %w", err)
		}
		_, port, err := net.SplitHostPort(server.HTTPSAddress())
		if err != nil {
			return nil, err
		}
		f.CAFile = filepath.Join(dir, "hub-"+port+"-ca.pem")
	}
	if f.CAFile, err = filepath.Abs(f.CAFile); err != nil {
		return nil, err
	}
	remove, err = server.WriteCACertificate(f.CAFile)
	if err != nil {
		return nil, fmt.Errorf("--ca-file: %w", err)
	}
	if f.Data != "" {
		return func() {}, nil
	}
	return remove, nil
}
