package cli

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"twindeck/hub"
	"twindeck/ui/profile"
)

// ConnectionStringEnv names the variable that az and the SDK samples use too.
const ConnectionStringEnv = "IOTHUB_CONNECTION_STRING"

// Naming says how a hub is named, to who tried it in another way.
const Naming = "a hub is named with --profile, --connection-string-file or " + ConnectionStringEnv

// NamingHelp says how a hub is named, for the help of a command that opens one.
const NamingHelp = "The hub is that of --profile, or of --connection-string, --connection-string-file or " + ConnectionStringEnv + ", the first of\n" +
	"them that is given. Without any it is an IoT Hub embedded in the program, with a fleet of simulated modules.\n" +
	"Flags add to what the profile says, and go before it; --read-only and --production hold for every hub one switches to."

// Target is a hub and how to treat it.
type Target struct {
	Profile          string // its name among the profiles; empty when it is none of them
	Embedded         bool   // the hub in this process, whose connection string is known when it runs
	ConnectionString hub.ConnectionString
	CAFile           string         // where RootCAs came from; empty for the system's
	RootCAs          *x509.CertPool // nil: the system's
	MQTTAddress      string         // empty: that of the connection string and 8883
	WebSocket        bool           // MQTT over WebSocket alone
	Tier             string         // whose quotas are kept; empty: what the hub says, else S1
	Color            string         // empty: none
	ReadOnly         bool
	Production       bool
}

// Flags say which hub a command is for, and how to treat it.
type Flags struct {
	Profile string
	// ReadOnly and Production hold for every hub that is opened, whatever its profile says.
	ReadOnly   bool
	Production bool

	connectionString     string
	connectionStringFile string
	caFile               string
	mqttAddress          string
	webSocket            bool
	tier                 string
}

// Add adds the flags to those of a command.
func (f *Flags) Add(flags *pflag.FlagSet) {
	flags.StringVar(&f.Profile, "profile", "", "`NAME` of the hub in your profiles; twindeck profiles lists them")
	flags.StringVar(&f.connectionStringFile, "connection-string-file", "", "`FILE` with the connection string of the hub")
	flags.StringVar(&f.connectionString, "connection-string", "",
		"connection `STRING` of the hub; the process list shows it, so prefer "+ConnectionStringEnv+" or the file")
	flags.StringVar(&f.caFile, "ca-file", "", "`FILE` (PEM) with the CA of a hub that the system does not trust")
	flags.StringVar(&f.mqttAddress, "mqtt-address", "", "`HOST:PORT` of the hub's MQTT over TLS (default: its host, port 8883)")
	flags.BoolVar(&f.webSocket, "mqtt-websocket", false, "attach over WebSocket, port 443, from the start (else when MQTT's own port is blocked)")
	flags.StringVar(&f.tier, "tier", "", "`TIER` of the hub, whose quotas are kept: "+strings.Join(hub.Tiers(), ", ")+" (default: what the hub says, else S1)")
	flags.BoolVar(&f.ReadOnly, "read-only", false, "refuse every write, and attaching, before it leaves the program")
	flags.BoolVar(&f.Production, "production", false, "ask twice before what others depend on")
}

// Check says what is wrong with the flags themselves.
func (f *Flags) Check() error {
	switch {
	case strings.Contains(strings.ToLower(f.Profile), "sharedaccess"):
		return Usagef("--profile wants the name of a profile, not a connection string")
	case f.connectionString != "" && f.connectionStringFile != "":
		return Usagef("give --connection-string or --connection-string-file, not both")
	case f.Profile != "" && (f.connectionString != "" || f.connectionStringFile != ""):
		return Usagef("give --profile or a connection string, not both")
	}
	if f.tier != "" {
		if _, err := profile.ParseTier(f.tier); err != nil {
			return Usagef("--%w", err)
		}
	}
	for flag, name := range map[string]string{"--connection-string-file": f.connectionStringFile, "--ca-file": f.caFile} {
		if err := FileName(flag, name); err != nil {
			return err
		}
	}
	return nil
}

// Named returns the hub that was named without a profile, by the first of: flag, file,
// environment; nil when there is none. A warning about the flag goes to warn.
func (f *Flags) Named(getenv func(string) string, warn io.Writer) (*Target, error) {
	var from string
	var cs hub.ConnectionString
	var err error
	switch text := getenv(ConnectionStringEnv); {
	case f.connectionString != "":
		_, _ = fmt.Fprintf(warn, "twindeck: warning: every user of this machine can read --connection-string in the process list; use --connection-string-file or %s\n", ConnectionStringEnv)
		from = "--connection-string"
		cs, err = hub.ParseConnectionString(f.connectionString)
	case f.connectionStringFile != "":
		from = "--connection-string-file"
		cs, err = hub.ReadConnectionString(f.connectionStringFile)
	case strings.TrimSpace(text) != "":
		from = ConnectionStringEnv
		cs, err = hub.ParseConnectionString(text)
	case f.caFile != "" || f.mqttAddress != "" || f.tier != "":
		return nil, Usagef("--ca-file, --mqtt-address and --tier belong to a hub, and none is named; " + Naming)
	default:
		return nil, nil
	}
	if err == nil {
		err = ofPolicy(cs)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	t := &Target{ConnectionString: cs}
	return t, f.Override(t)
}

// Override makes a target what the flags say of the hub they name.
func (f *Flags) Override(t *Target) error {
	if f.caFile != "" {
		pool, err := hub.ReadRootCAs(f.caFile)
		if err != nil {
			return fmt.Errorf("--ca-file: %w", err)
		}
		t.CAFile, t.RootCAs = f.caFile, pool
	}
	if f.mqttAddress != "" {
		t.MQTTAddress = f.mqttAddress
	}
	if tier, err := profile.ParseTier(f.tier); err == nil {
		t.Tier = string(tier)
	}
	f.Guard(t)
	return nil
}

// Guard makes a target what the flags say of every hub.
func (f *Flags) Guard(t *Target) {
	t.WebSocket = t.WebSocket || f.webSocket
	t.ReadOnly = t.ReadOnly || f.ReadOnly
	t.Production = t.Production || f.Production
}

// Resolve returns the hub of a profile. It reads the files that the profile names.
func Resolve(p profile.Profile, getenv func(string) string) (*Target, error) {
	t := &Target{
		Profile: p.Name, CAFile: p.CAFile, MQTTAddress: p.MQTTAddress, Tier: string(p.Tier), Color: string(p.Color),
		ReadOnly: p.ReadOnly, Production: p.Production,
	}
	var err error
	switch {
	case p.ConnectionStringFile != "":
		if t.ConnectionString, err = hub.ReadConnectionString(p.ConnectionStringFile); err != nil {
			err = fmt.Errorf("connection-string-file: %w", err)
		}
	case p.ConnectionStringEnv != "":
		text := getenv(p.ConnectionStringEnv)
		if strings.TrimSpace(text) == "" {
			err = errors.New(p.ConnectionStringEnv + " is not set; set it to the connection string of the hub")
			break
		}
		if t.ConnectionString, err = hub.ParseConnectionString(text); err != nil {
			err = fmt.Errorf("%s: %w", p.ConnectionStringEnv, err)
		}
	default:
		t.ConnectionString, err = hub.ParseConnectionString(p.ConnectionString.Reveal())
	}
	if err == nil {
		err = ofPolicy(t.ConnectionString)
	}
	if err == nil && p.CAFile != "" {
		if t.RootCAs, err = hub.ReadRootCAs(p.CAFile); err != nil {
			err = fmt.Errorf("ca-file: %w", err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("profile %s: %w", p.Name, err)
	}
	return t, nil
}

func ofPolicy(cs hub.ConnectionString) error {
	if cs.Policy == "" {
		return errors.New("this names a device or module; the dashboard needs the connection string of a policy of the hub, such as iothubowner")
	}
	return nil
}
