package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"twindeck/hub"
	"twindeck/ui/profile"
)

const key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"

func stringOf(host string) string {
	return "HostName=" + host + ";SharedAccessKeyName=iothubowner;SharedAccessKey=" + key
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func parsed(t *testing.T, args ...string) *Flags {
	t.Helper()
	var f Flags
	set := pflag.NewFlagSet("twindeck", pflag.ContinueOnError)
	f.Add(set)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return &f
}

func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

// The first that is given names the hub: flag, file, environment. Without any there is none.
func TestWhatNamesTheHub(t *testing.T) {
	inFile := file(t, stringOf("of-the-file"))
	vars := map[string]string{ConnectionStringEnv: stringOf("of-the-environment")}
	for name, c := range map[string]struct {
		args []string
		vars map[string]string
		want string
		warn bool
	}{
		"nothing":         {},
		"the environment": {vars: vars, want: "of-the-environment"},
		"a blank in it":   {vars: map[string]string{ConnectionStringEnv: " \n"}},
		"the file":        {args: []string{"--connection-string-file", inFile}, vars: vars, want: "of-the-file"},
		"the flag":        {args: []string{"--connection-string", stringOf("of-the-flag")}, vars: vars, want: "of-the-flag", warn: true},
	} {
		t.Run(name, func(t *testing.T) {
			var warned bytes.Buffer
			f := parsed(t, c.args...)
			if err := f.Check(); err != nil {
				t.Fatal(err)
			}
			got, err := f.Named(env(c.vars), &warned)
			switch {
			case err != nil:
				t.Fatal(err)
			case got == nil && c.want != "", got != nil && got.ConnectionString.HostName != c.want:
				t.Errorf("got %+v, want %q", got, c.want)
			}
			if (warned.Len() > 0) != c.warn || strings.Contains(warned.String(), key) {
				t.Errorf("warned %q", warned.String())
			}
		})
	}
}

// A flag goes before the profile of the hub it names; what makes a hub safer holds for all of them.
func TestFlagsAndProfiles(t *testing.T) {
	p := profile.Profile{Name: "lab", ConnectionStringEnv: "LAB", MQTTAddress: "broker:1", Tier: "S1", Color: "teal"}
	vars := env(map[string]string{"LAB": stringOf("lab")})
	f := parsed(t, "--profile", "lab", "--tier", "s3", "--mqtt-address", "other:2", "--read-only")
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	got, err := Resolve(p, vars)
	if err != nil || got.Profile != "lab" || got.Tier != "S1" || got.MQTTAddress != "broker:1" || got.Color != "teal" || got.ReadOnly {
		t.Fatalf("%+v %v", got, err)
	}
	if err := f.Override(got); err != nil || got.Tier != "S3" || got.MQTTAddress != "other:2" || !got.ReadOnly || got.Production {
		t.Errorf("%+v %v", got, err)
	}
	other := &Target{ReadOnly: false, Production: true, Tier: "F1"}
	f.Guard(other)
	if !other.ReadOnly || !other.Production || other.Tier != "F1" {
		t.Errorf("%+v", other)
	}
	safe := &Target{ReadOnly: true, Production: true}
	parsed(t, "--read-only=false").Guard(safe)
	if !safe.ReadOnly || !safe.Production {
		t.Error("a flag made a hub less safe than its profile")
	}
}

func TestWhatIsWrongWithAHubIsOneSentence(t *testing.T) {
	module := "HostName=h;DeviceId=d;SharedAccessKey=" + key
	resolve := func(p profile.Profile, vars map[string]string) func(*testing.T) error {
		p.Name = "lab"
		return func(*testing.T) error {
			_, err := Resolve(p, env(vars))
			return err
		}
	}
	named := func(args ...string) func(*testing.T) error {
		return func(t *testing.T) error {
			f := parsed(t, args...)
			if err := f.Check(); err != nil {
				return err
			}
			_, err := f.Named(env(nil), &bytes.Buffer{})
			return err
		}
	}
	for name, c := range map[string]struct {
		do   func(*testing.T) error
		want string
	}{
		"variable not set":   {resolve(profile.Profile{ConnectionStringEnv: "LAB"}, nil), "profile lab: LAB is not set; set it"},
		"garbage in it":      {resolve(profile.Profile{ConnectionStringEnv: "LAB"}, map[string]string{"LAB": key}), "profile lab: LAB: the connection string is not"},
		"no such file":       {resolve(profile.Profile{ConnectionStringFile: "/nowhere"}, nil), "profile lab: connection-string-file: cannot be read: open /nowhere"},
		"of a module":        {resolve(profile.Profile{ConnectionString: profile.NewSecret(module)}, nil), "profile lab: this names a device or module"},
		"no such CA":         {resolve(profile.Profile{ConnectionString: profile.NewSecret(stringOf("h")), CAFile: "/nowhere"}, nil), "profile lab: ca-file: cannot be read: open /nowhere"},
		"profile and string": {named("--profile", "lab", "--connection-string-file", "x"), "--profile or a connection string, not both"},
		"string as profile":  {named("--profile", stringOf("h")), "name of a profile"},
		"no such tier":       {named("--tier", "S9"), "--tier is one of F1, S1, S2, S3, none"},
		"tier of no hub":     {named("--tier", "S1"), "none is named"},
		"flag of a module":   {named("--connection-string", module), "--connection-string: this names a device or module"},
		"flag's CA":          {named("--connection-string", stringOf("h"), "--ca-file", "/nowhere"), "--ca-file: cannot be read: open /nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.do(t)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %q", err, c.want)
			}
			if strings.Contains(err.Error(), key[:8]) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q", err)
			}
		})
	}
	if err := named("--tier", "S9")(t); !errors.As(err, new(UsageError)) {
		t.Errorf("%T is no mistake of the command line", err)
	}
}

func TestProfilesAreListedWithoutTheirSecrets(t *testing.T) {
	var out bytes.Buffer
	profiles := []profile.Profile{
		{Name: "lab", ConnectionStringEnv: "LAB"},
		{Name: "mine", ConnectionString: profile.NewSecret(stringOf("h")), Color: "teal"},
		{Name: "prod", ConnectionStringFile: "/etc/prod.txt", Production: true, ReadOnly: true, Tier: "S2", Color: "red"},
	}
	if err := WriteProfiles(&out, profiles, "f"); err != nil {
		t.Fatal(err)
	}
	want := `NAME  CONNECTION STRING  TIER  COLOR  TREATED AS
lab   $LAB               -     -      -
mine  in the profile     -     teal   -
prod  /etc/prod.txt      S2    red    production, read-only
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
	out.Reset()
	if err := WriteProfiles(&out, nil, "/home/ada/profiles.toml"); err != nil || out.String() != "no profiles; name hubs in /home/ada/profiles.toml\n" {
		t.Errorf("%q %v", out.String(), err)
	}
	for want, list := range map[string][]profile.Profile{`there is no profile "x"; f has lab, mine, prod`: profiles, `there is no profile "x": name hubs in f`: nil} {
		if _, err := FindProfile(list, "x", "f"); err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Profiles know the tiers that a client does.
func TestTiers(t *testing.T) {
	known := hub.Tiers()
	if got := profile.Tiers(); !slices.Equal(got, known) {
		t.Errorf("profiles know %v, clients %v", got, known)
	}
}
