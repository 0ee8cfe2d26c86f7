package command

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/embedded/throttle"
)

// Help explains the flags that have a language of their own.
func Help() string { return faults.Grammar + "\n\n" + embedded.AssumptionsHelp() }

// Flags are the flags of a command that runs a hub.
type Flags struct {
	CAFile string // where the CA certificate is to be written; empty: not said
	Data   string // the file the hub lives in; empty: in memory
	Fleet  int    // synthetic devices to start with
	Demo   bool   // start with simulated modules
	Seed   uint64 // of what they do

	httpsPort, mqttsPort int
	hostName             string
	output, tier         string
	faults, assumptions  []string
	indexLag             time.Duration
}

// Add adds the flags to those of a command.
func (f *Flags) Add(flags *pflag.FlagSet) {
	flags.IntVar(&f.httpsPort, "https-port", 8443, "`PORT` of the REST API; 0 takes a free one, 443 is what SDKs expect")
	flags.IntVar(&f.mqttsPort, "mqtts-port", 8883, "`PORT` of MQTT over TLS; 0 takes a free one, 8883 is what SDKs expect")
	flags.StringVar(&f.hostName, "host-name", "localhost", "`NAME` of the hub, which must lead to this machine; for SDKs that want a dot in it, 127.0.0.1 is one")
	flags.StringVar(&f.CAFile, "ca-file", "", "`FILE` the CA certificate is written to (default: under the state directory)")
	flags.StringVar(&f.Data, "data", "", "`FILE` the hub lives in, created when missing; without it the hub lives in memory")
	flags.IntVar(&f.Fleet, "fleet", 0, "start with a synthetic fleet of `N` devices, the same every time")
	flags.BoolVar(&f.Demo, "demo", false, "start with the simulated fleet of the dashboard's demo")
	flags.Uint64Var(&f.Seed, "seed", 1, "with --demo: what happens in it is the same with the same `N`")
	flags.StringVar(&f.tier, "tier", "", "hold clients to the quotas of a `TIER` of the service: F1, S1, S2 or S3")
	flags.DurationVar(&f.indexLag, "index-lag", 0, "let queries see the hub as it was a `DURATION` ago, as those of the service do")
	flags.StringArrayVar(&f.faults, "fault", nil, "fail on demand as `SPEC` says, such as twins:PATCH:429:every=10; may be given again")
	flags.StringArrayVar(&f.assumptions, "assume", nil, "choose what the service's documents leave open, `NAME=VALUE` such as patch-null=refuse; may be given again")
	flags.StringVar(&f.output, "output", "text", "`FORMAT` of what is printed when ready: text or json")
}

// JSON reports whether the hub is to be announced in JSON.
func (f *Flags) JSON() bool { return f.output == "json" }

// Options returns the hub that the flags describe, or one sentence about the flag that is wrong.
func (f *Flags) Options() (embedded.Options, error) {
	switch {
	case f.output != "text" && f.output != "json":
		return embedded.Options{}, errors.New("--output is text or json")
	case !embedded.ValidHubName(f.hostName):
		return embedded.Options{}, errors.New("--host-name is a host name or an IPv4 address, without a port")
	case f.Fleet < 0:
		return embedded.Options{}, errors.New("--fleet wants a number of devices, 0 or more")
	case f.httpsPort < 0 || f.httpsPort > 65535 || f.mqttsPort < 0 || f.mqttsPort > 65535:
		return embedded.Options{}, errors.New("a port is a number from 0 to 65535")
	case f.httpsPort == f.mqttsPort && f.httpsPort != 0:
		return embedded.Options{}, errors.New("--https-port and --mqtts-port must be two different ports")
	case f.tier != "" && !slices.Contains(throttle.Tiers(), f.tier):
		return embedded.Options{}, fmt.Errorf("--tier is one of %s", strings.Join(throttle.Tiers(), ", "))
	case f.indexLag < 0:
		return embedded.Options{}, errors.New("--index-lag wants a duration such as 5s")
	case holdsKey(f.CAFile):
		return embedded.Options{}, errors.New("--ca-file wants the name of a file, not a connection string")
	case holdsKey(f.Data):
		return embedded.Options{}, errors.New("--data wants the name of a file, not a connection string")
	case f.Data != "" && filepath.Clean(f.Data) == filepath.Clean(f.CAFile):
		return embedded.Options{}, errors.New("--data and --ca-file must be two different files")
	}
	failing := &faults.Faults{}
	for _, spec := range f.faults {
		if err := failing.Set(spec); err != nil {
			return embedded.Options{}, fmt.Errorf("--fault: %w", err)
		}
	}
	opts := embedded.Options{HTTPSPort: f.httpsPort, MQTTSPort: f.mqttsPort, HubName: f.hostName, DataFile: f.Data, Tier: f.tier, IndexLag: f.indexLag, Faults: failing}
	for _, text := range f.assumptions {
		if err := opts.Assume(text); err != nil {
			return embedded.Options{}, fmt.Errorf("--assume: %w", err)
		}
	}
	return opts, nil
}

// holdsKey reports whether a connection string stands where a file is to be named: every later error
// would show the name, and so the key.
func holdsKey(name string) bool { return strings.Contains(strings.ToLower(name), "sharedaccess") }
