package command

import (
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func parsed(t *testing.T, args ...string) *Flags {
	t.Helper()
	var f Flags
	set := pflag.NewFlagSet("hub", pflag.ContinueOnError)
	f.Add(set)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return &f
}

func TestOptions(t *testing.T) {
	f := parsed(t, "--https-port", "0", "--mqtts-port", "0", "--data", "hub.db", "--tier", "S2", "--index-lag", "5s",
		"--fault", "twins:PATCH:429:every=10", "--assume", "query-page-max=2", "--output", "json", "--fleet", "3", "--demo")
	opts, err := f.Options()
	if err != nil || opts.DataFile != "hub.db" || opts.Tier != "S2" || opts.IndexLag != 5*time.Second || opts.Faults == nil || opts.Queries.MaxPageSize != 2 {
		t.Errorf("%+v %v", opts, err)
	}
	if !f.JSON() || f.Fleet != 3 || !f.Demo {
		t.Errorf("%+v", f)
	}
	opts, err = parsed(t).Options()
	if err != nil || opts.HTTPSPort != 8443 || opts.MQTTSPort != 8883 || parsed(t).JSON() {
		t.Errorf("by themselves: %+v %v", opts, err)
	}
}

func TestWhatIsWrongNamesItsFlag(t *testing.T) {
	for want, args := range map[string][]string{
		"--output is text or json":     {"--output", "yaml"},
		"--host-name is a host name":   {"--host-name", "localhost:443"},
		"--fleet wants":                {"--fleet", "-1"},
		"a port is a number":           {"--mqtts-port", "70000"},
		"must be two different ports":  {"--https-port", "8883"},
		"--tier is one of F1, S1":      {"--tier", "B9"},
		"--index-lag wants a duration": {"--index-lag", "-5s"},
		"must be two different files":  {"--data", "./x", "--ca-file", "x"},
		"--data wants the name":        {"--data", "HostName=h;SharedAccessKey=c2VjcmV0"},
		"--ca-file wants the name":     {"--ca-file", "HostName=h;SharedAccessKey=c2VjcmV0"},
		"--fault: ":                    {"--fault", "twins:429:sometimes"},
		"--assume: ":                   {"--assume", "weather=fine"},
	} {
		if _, err := parsed(t, args...).Options(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "c2Vj") {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestHelpHasBothLanguages(t *testing.T) {
	if text := Help(); !strings.Contains(text, "every=") || !strings.Contains(text, "patch-null") {
		t.Error(text)
	}
}
