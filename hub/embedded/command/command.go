// Package command is the command that runs an embedded hub alone: it takes the hub's ports, its file,
// what it starts with and how it is to fail from a command line, and says how to reach it.
package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"twindeck/hub/embedded"
)

// Surroundings are what the command needs of the program that it is a part of.
type Surroundings struct {
	StateDir string // the folder of a CA certificate that no flag finds a place for
	// OpenLog opens the log in a folder. Its file, which may be nil, is closed when the hub has ended.
	OpenLog func(dir string) (*os.File, *slog.Logger)
	// Demo sends simulated modules to work on the hub. They are closed before it.
	Demo func(ctx context.Context, server *embedded.Server, seed uint64, log *slog.Logger) (io.Closer, error)
	// Usage marks an error as a mistake on the command line.
	Usage func(error) error
}

// New returns the command. It announces the hub on its output and blocks until its context ends.
func New(s Surroundings) *cobra.Command {
	var f Flags
	cmd := &cobra.Command{
		Use:   "hub",
		Short: "Run the embedded IoT Hub alone, for any Azure IoT SDK on this machine",
		Long:  "Run the embedded IoT Hub alone, for any Azure IoT SDK on this machine.\n\n" + Help(),
		RunE:  func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), f, cmd.OutOrStdout()) },
	}
	f.Add(cmd.Flags())
	return cmd
}

// run runs the hub until ctx ends, and says on out how to reach it.
func (s Surroundings) run(ctx context.Context, f Flags, out io.Writer) error {
	opts, err := f.Options()
	if err != nil {
		return s.Usage(err)
	}
	// A reader of our output that has gone is an error like any other: dying of it would leave the
	// certificate behind.
	signal.Ignore(syscall.SIGPIPE)
	file, log := s.OpenLog(s.StateDir)
	defer func() { _ = file.Close() }()
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
		modules, err := s.Demo(ctx, server, f.Seed, log)
		if err != nil {
			return err
		}
		defer closing(log, "fleet", modules)
	}
	caFile, remove, err := s.writeCA(f, server)
	if err != nil {
		return err
	}
	defer remove()
	announcement := server.Announce(caFile)
	write := announcement.WriteText
	if f.JSON() {
		write = announcement.WriteJSON
	}
	if err := write(out); err != nil {
		return fmt.Errorf("the hub's connection strings cannot be printed: %w", err)
	}
	<-ctx.Done()
	return nil
}

// writeCA writes the hub's CA certificate where the flags say, else under the state directory, and
// returns its absolute name. remove takes it away again: the CA is worth nothing once its hub is
// gone. Only a hub with a data file comes back with the same one.
func (s Surroundings) writeCA(f Flags, server *embedded.Server) (name string, remove func(), err error) {
	name = f.CAFile
	if name == "" {
		if err := os.MkdirAll(s.StateDir, 0o700); err != nil {
			return "", nil, fmt.Errorf("no place for the CA certificate, name one with --ca-file: %w", err)
		}
		_, port, err := net.SplitHostPort(server.HTTPSAddress())
		if err != nil {
			return "", nil, err
		}
		name = filepath.Join(s.StateDir, "hub-"+port+"-ca.pem")
	}
	if name, err = filepath.Abs(name); err != nil {
		return "", nil, err
	}
	remove, err = server.WriteCACertificate(name)
	if err != nil {
		return "", nil, fmt.Errorf("--ca-file: %w", err)
	}
	if f.Data != "" {
		remove = func() {}
	}
	return name, remove, nil
}

// closing closes what the hub ran with and logs what it says.
func closing(log *slog.Logger, part string, c io.Closer) {
	if err := c.Close(); err != nil {
		log.Warn("closing", "part", part, "error", err)
	}
}
