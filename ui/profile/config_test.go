package profile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const full = `
# the hubs of this team
[hub.contoso-prod]
connection-string-file = "prod.txt"
ca-file = "/etc/ca.pem"
mqtt-address = "broker:8883"
color = "Red"
read-only = true
production = true
tier = "s2"

[hub."İstanbul lab"]
connection-string-env = "LAB_HUB"
tier = "none"
`

func write(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "profiles.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	return file
}

func TestLoad(t *testing.T) {
	file := write(t, full, 0o644)
	got, err := Load(file)
	want := []Profile{
		{
			Name: "contoso-prod", ConnectionStringFile: filepath.Join(filepath.Dir(file), "prod.txt"), CAFile: "/etc/ca.pem",
			MQTTAddress: "broker:8883", Color: "red", ReadOnly: true, Production: true, Tier: "S2",
		},
		{Name: "İstanbul lab", ConnectionStringEnv: "LAB_HUB", Tier: "none"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Secret{})); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if p, ok := Find(got, "İstanbul lab"); !ok || p.ConnectionStringEnv != "LAB_HUB" {
		t.Errorf("found %v %v", p, ok)
	}
	if _, ok := Find(got, "nowhere"); ok {
		t.Error("found a profile that is not there")
	}
	for _, none := range []string{"", file + ".missing"} {
		if got, err := Load(none); err != nil || got != nil {
			t.Errorf("without a file: %v %v", got, err)
		}
	}
}

func TestPathsAreThoseOfTheFile(t *testing.T) {
	t.Setenv("HOME", "/home/ada")
	file := write(t, "[hub.a]\nconnection-string-file = \"~/hubs/a\"\nca-file = \"certs/ca.pem\"", 0o600)
	got, err := Load(file)
	if err != nil || got[0].ConnectionStringFile != "/home/ada/hubs/a" || got[0].CAFile != filepath.Join(filepath.Dir(file), "certs/ca.pem") {
		t.Errorf("%+v %v", got, err)
	}
	for dir, want := range map[string]string{
		"/etc/xdg": "/etc/xdg/twindeck/profiles.toml",
		"":         "/home/ada/.config/twindeck/profiles.toml",
		"relative": "/home/ada/.config/twindeck/profiles.toml",
	} {
		if got := ConfigFile(func(string) string { return dir }); got != want {
			t.Errorf("XDG_CONFIG_HOME=%q: %s", dir, got)
		}
	}
}

// The connection string itself may stand in a file that is the user's alone.
func TestAConnectionStringInTheFileWantsItPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such modes")
	}
	const inline = "[hub.lab]\nconnection-string = \"HostName=h;SharedAccessKeyName=p;SharedAccessKey=c2VjcmV0\"\n"
	for mode, fine := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o644: false, 0o620: false} {
		file := write(t, inline, mode)
		got, err := Load(file)
		switch {
		case fine && (err != nil || !strings.HasSuffix(got[0].ConnectionString.Reveal(), "c2VjcmV0")):
			t.Errorf("%o: %v", mode, err)
		case !fine && (err == nil || !strings.Contains(err.Error(), "chmod 600 "+file) || strings.Contains(err.Error(), "c2Vj")):
			t.Errorf("%o: %v", mode, err)
		}
		for _, p := range got {
			text, _ := json.Marshal(p)
			if shown := fmt.Sprintf("%v %+v %#v %s %s", p, p, p, p.ConnectionString, text); strings.Contains(shown, "c2Vj") {
				t.Errorf("prints %s", shown)
			}
		}
	}
}

func TestWhatIsWrongIsOneSentenceWithItsLine(t *testing.T) {
	const key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
	const secret = "HostName=h;SharedAccessKeyName=p;SharedAccessKey=" + key
	for name, c := range map[string]struct{ text, want string }{
		"unknown setting":         {"[hub.a]\nconnection-string-env = \"A\"\ncolour = \"red\"", `line 3: there is no setting "colour"; there are connection-string-file`},
		"unknown section":         {"\n[hubs.a]\ncolor = \"red\"", `line 2: there is no section`},
		"setting of no hub":       {"color = \"red\"", "line 1: there is no section"},
		"secret as a setting":     {"[hub.a]\n\"" + secret + "\" = true", "line 2: there is no setting;"},
		"no such colour":          {"[hub.a]\nconnection-string-env = \"A\"\n\ncolor = \"mauve\"", "line 4: color is one of red, orange"},
		"colour without quotes":   {"[hub.a]\ncolor = red", "line 2: "},
		"colour as a number":      {"[hub.a]\ncolor = 3", "line 2: color is one of red"},
		"no such tier":            {"[hub.a]\ntier = \"B1\"", "line 2: tier is one of F1, S1"},
		"quoted switch":           {"[hub.a]\nread-only = \"yes\"", "line 2: read-only is true or false"},
		"number as a file":        {"[hub.a]\nconnection-string-file = 3", "line 2: connection-string-file is a text in quotes"},
		"list as a string":        {"[hub.a]\nconnection-string = [\"" + secret + "\"]", "line 2: connection-string is a text"},
		"twice":                   {"[hub.a]\nca-file = \"x\"\nca-file = \"y\"", "line 3: "},
		"the same hub twice":      {"[hub.a]\nca-file = \"x\"\n[hub.a]\nca-file = \"y\"", "line 3: "},
		"connection string alone": {secret, "line 1: "},
		"not closed":              {"[hub.a]\nconnection-string = \"" + secret, "line 2: "},
		"no UTF-8":                {"[hub.a]\nconnection-string = \"" + secret + "\xff\"", "line 2: "},
		"hub is no section":       {"hub = 3", "line 1: "},
		"no source":               {"[hub.a]\ncolor = \"red\"", "[hub.a]: say where its connection string is"},
		"two sources":             {"[hub.a]\nconnection-string-env = \"A\"\nconnection-string = \"" + secret + "\"", "[hub.a]: give one of"},
		"string as a file":        {"[hub.a]\nconnection-string-file = \"" + secret + "\"", "[hub.a]: a connection string stands where the name of a file"},
		"string as a CA":          {"[hub.a]\nconnection-string-env = \"A\"\nca-file = \"" + secret + "\"", "[hub.a]: a connection string stands"},
		"string as a variable":    {"[hub.a]\nconnection-string-env = \"" + secret + "\"", "[hub.a]: connection-string-env wants the name"},
		"string as a name":        {"[hub.\"" + secret + "\"]\nconnection-string-env = \"A\"", "not a connection string"},
		"a name that moves":       {"[hub.\"a\\u001b[2J\"]\nconnection-string-env = \"A\"", "characters that can be printed"},
		"no name":                 {"[hub.\" \"]\nconnection-string-env = \"A\"", "1 to 64 characters"},
		"long name":               {"[hub." + strings.Repeat("a", 65) + "]\nconnection-string-env = \"A\"", "1 to 64 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			file := write(t, c.text, 0o600)
			_, err := Load(file)
			if err == nil {
				t.Fatal("accepted")
			}
			said := err.Error()
			if !strings.HasPrefix(said, file+", ") || !strings.Contains(said, c.want) {
				t.Errorf("said %q, want %q", said, c.want)
			}
			if strings.Contains(said, key[:8]) || strings.ContainsAny(said, "\n\x1b") {
				t.Errorf("shows what it should not: %q", said)
			}
		})
	}
}

func TestATooLargeFileIsNotRead(t *testing.T) {
	if _, err := Load(write(t, strings.Repeat("#\n", maxConfig), 0o600)); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Error(err)
	}
	if _, err := Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Error(err)
	}
}

func TestEveryNameHasAFileOfItsOwn(t *testing.T) {
	names := []string{
		"", "a", "A", "a.json", "..", ".", "../../etc/passwd", "a/b", "a\\b", "a:b", "İ", "i", "con", "a b", "a_b", "a\x00b",
		"contoso.azure-devices.net", "localhost:8443", strings.Repeat("x", 64), strings.Repeat("x", 65), strings.Repeat("x", 66),
	}
	seen := map[string]string{}
	dir := t.TempDir()
	for _, kind := range []Kind{Named, ByHost, Embedded} {
		for _, name := range names {
			f := In(dir, kind, name)
			if filepath.Dir(f.Path) != filepath.Join(dir, "hubs") || len(filepath.Base(f.Path)) > 120 {
				t.Errorf("%q is kept in %s", name, f.Path)
			}
			folded := strings.ToLower(f.Path)
			if other, taken := seen[folded]; taken {
				t.Errorf("%q and %q share %s", name, other, f.Path)
			}
			seen[folded] = name
			if err := f.Save(State{Sort: name}); err != nil {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
	if s, err := In(dir, Named, "A").Load(); err != nil || s.Sort != "A" {
		t.Errorf("%+v %v", s, err)
	}
}

// Whatever the file holds, the answer is profiles that can be used or one sentence without what
// may be a key.
func FuzzParse(f *testing.F) {
	const marker = "c2VjcmV0c2VjcmV0"
	f.Add(full)
	f.Add("[hub.a]\nconnection-string = \"" + marker + "\"")
	f.Add("[hub.a]\nconnection-string = " + marker)
	f.Add("[hub.a]\ntier = \"" + marker + "\"\ncolor = " + marker)
	f.Add("hub = { a = { read-only = " + marker + " } }")
	f.Add("[[hub]]\n[hub.a.b]\nx = 1\n")
	f.Add("[hub.a]\nconnection-string = '''\n" + marker + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		profiles, err := parse([]byte(text))
		if err == nil {
			for _, p := range profiles {
				if p.check() != nil {
					t.Fatalf("%+v is not sound", p)
				}
			}
			return
		}
		said := err.Error()
		if strings.Contains(said, marker) && !strings.Contains(said, "[hub."+marker) {
			t.Fatalf("shows a value: %q", said)
		}
		if strings.ContainsAny(said, "\n\r\x1b") || !strings.HasPrefix(said, "line ") && !strings.Contains(said, "hub.") {
			t.Fatalf("not one sentence with its place: %q", said)
		}
	})
}
