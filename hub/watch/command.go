package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"twindeck/hub"
)

// Surroundings are what the command needs of the program that it is a part of.
type Surroundings struct {
	// Open opens the hub that the command line names, or one embedded in the program when it names
	// none. What it returns beside the client is closed last, before the command ends.
	Open func(context.Context) (*hub.Client, io.Closer, error)
	// Alone returns how hubs are reached when the connection strings of modules say which.
	Alone func() (hub.Options, error)
	// Usage marks an error as a mistake on the command line.
	Usage func(error) error
	// File says what is wrong with the value of a flag that wants the name of a file.
	File func(flag, name string) error
}

// New returns the command.
func New(s Surroundings) *cobra.Command {
	var o Options
	var kinds string
	var files []string
	cmd := &cobra.Command{
		Use:   "watch [DEVICE[/MODULE]...]",
		Short: "Print what devices or modules receive, as JSON lines",
		Long: "Attach to the hub as devices or modules and print what they receive, one JSON object a line, until a signal, --count or --for\n" +
			"ends it or nobody reads on. The lines are those of --record; what becomes of the connections is said on standard error.",
		Example: "  twindeck watch thermostat-01/controller --kind patch --count 1\n" +
			"  twindeck watch --module-connection-string-file module.txt | jq -c 'select(.kind == \"patch\") | .value'",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Out, o.Status = cmd.OutOrStdout(), cmd.ErrOrStderr()
			var err error
			if o.Kinds, err = ParseKinds(kinds); err == nil {
				err = s.named(&o, args, files)
			}
			if err != nil {
				return s.Usage(err)
			}
			// A reader that has gone is a good end, and not a death.
			signal.Ignore(syscall.SIGPIPE)
			return s.run(cmd.Context(), o, len(args) > 0)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&files, "module-connection-string-file", nil, "`FILE` with the connection string of a module or device to watch, instead of a hub's; may be repeated")
	flags.StringVar(&kinds, "kind", "", "print and count these `KINDS` of events alone, such as patch,synced")
	flags.IntVar(&o.Most, "count", 0, "end after `N` events")
	flags.DurationVar(&o.For, "for", 0, "end after a `DURATION` such as 30s")
	flags.BoolVar(&o.TakeOver, "take-over", false, "attach also where a client is connected, which the hub then disconnects")
	return cmd
}

// named fills in who is to be watched.
func (s Surroundings) named(o *Options, args, files []string) error {
	switch {
	case len(args) == 0 && len(files) == 0:
		return errors.New("name the devices or modules to watch, as DEVICE or DEVICE/MODULE")
	case len(args) > 0 && len(files) > 0:
		return errors.New("name devices and modules, or give --module-connection-string-file, not both")
	case o.Most < 0 || o.For < 0:
		return errors.New("--count and --for want something greater than nothing")
	case len(args)+len(files) > hub.MaxAttached:
		return fmt.Errorf("%d devices and modules are watched at most", hub.MaxAttached)
	}
	seen := map[hub.ID]bool{}
	add := func(c Client) error {
		if seen[c.ID] {
			return errors.New(hub.Describe(c.ID) + " is named twice")
		}
		seen[c.ID] = true
		o.Clients = append(o.Clients, c)
		return nil
	}
	for _, arg := range args {
		id, err := hub.ParseID(arg)
		if err == nil {
			err = add(Client{ID: id})
		}
		if err != nil {
			return err
		}
	}
	for _, name := range files {
		if err := s.File("--module-connection-string-file", name); err != nil {
			return err
		}
		cs, err := hub.ReadConnectionString(name)
		if err == nil && cs.DeviceID == "" {
			err = errors.New("it is of a policy of the hub, and one of a device or module is wanted; give --connection-string-file for the other")
		}
		if err != nil {
			return fmt.Errorf("--module-connection-string-file: %w", err)
		}
		if err := add(Client{cs.ID(), hub.AttachOptions{ConnectionString: &cs}}); err != nil {
			return err
		}
	}
	return nil
}

func (s Surroundings) run(ctx context.Context, o Options, onHub bool) error {
	if !onHub {
		opts, err := s.Alone()
		if err != nil {
			return err
		}
		return Run(ctx, nil, hub.NewDeviceMonitor(opts), o)
	}
	client, rest, err := s.Open(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, c := range o.Clients {
		names = append(names, c.ID.String())
	}
	o.say("watching %s on %s", strings.Join(names, ", "), client.Host())
	err = Run(ctx, client, hub.NewMonitor(client), o)
	return errors.Join(err, rest.Close())
}
