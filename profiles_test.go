package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"twindeck/hub"
	"twindeck/ui/uitest"
)

// configure writes profiles for a program and returns where.
func configure(t *testing.T, text string) (env, file string) {
	t.Helper()
	dir := t.TempDir()
	file = filepath.Join(dir, "twindeck", "profiles.toml")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "XDG_CONFIG_HOME=" + dir, file
}

func TestProfilesCommand(t *testing.T) {
	const key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
	env, file := configure(t, "[hub.lab]\nconnection-string = \"HostName=h;SharedAccessKeyName=p;SharedAccessKey="+key+"\"\ncolor = \"teal\"\n")
	said, code := refused(t, []string{env}, "profiles")
	if code != 0 || !strings.Contains(said, "lab   in the profile") || strings.Contains(said, key[:8]) {
		t.Errorf("said %q with %d", said, code)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"profiles"}, {"--profile", "lab"}} {
		said, code = refused(t, []string{env}, args...)
		if runtime.GOOS != "windows" && (code != exitFailure || !strings.Contains(said, "chmod 600 "+file) || strings.Count(said, "\n") != 1) {
			t.Errorf("%v said %q with %d", args, said, code)
		}
	}
	env, _ = configure(t, "[hub.lab]\ncolour = \"teal\"\n")
	said, code = refused(t, []string{env}, "--profile", "lab")
	if code != exitFailure || !strings.Contains(said, `line 2: there is no setting "colour"`) || strings.Count(said, "\n") != 1 {
		t.Errorf("said %q with %d", said, code)
	}
}

// TestSwitchingHubs goes from a hub in another process to the embedded one and back: a client that
// was attached is gone from the hub that was left, and a hub that is away leaves all as it was.
func TestSwitchingHubs(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no pseudo-terminal to run the program on")
	}
	ready, _ := startHub(t)
	id := hub.ID{Device: "only-there"}
	other := otherClient(t, ready)
	if _, err := other.CreateIdentity(t.Context(), hub.NewIdentity{ID: id}); err != nil {
		t.Fatal(err)
	}
	env, _ := configure(t, `
[hub.away]
connection-string = "HostName=127.0.0.1:1;SharedAccessKeyName=p;SharedAccessKey=YWFhYWFhYWFhYWFhYWFhYQ=="
[hub.lab]
connection-string-env = "LAB_HUB"
ca-file = "`+ready.CAFile+`"
mqtt-address = "`+ready.MQTTS+`"
color = "teal"
`)
	twindeck := program(t, "--profile", "lab")
	twindeck.Env = append(twindeck.Env, env, "LAB_HUB="+ready.ConnectionString)
	screen := uitest.StartCommand(t, twindeck, 120, 36)
	screen.WaitFor("▪ lab", "only-there", "● connected")
	screen.Press("c")
	screen.WaitFor("Attach a client as only-there?")
	screen.Press("y")
	screen.WaitFor("only-there connected")

	screen.Press("H")
	screen.WaitFor("Hubs", "away", "embedded hub", "open now")
	screen.Press("g", "enter")
	screen.WaitFor("A client is attached, and will be detached.")
	screen.Press("y")
	screen.WaitFor("cannot reach 127.0.0.1:1")
	screen.Press("G", "enter")
	screen.WaitFor("Leave for embedded hub?")
	screen.Press("y")
	screen.WaitFor("▪ embedded hub", "thermostat-01", "switched to embedded hub")
	for i := 0; ; i++ {
		identity, err := other.Identity(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if !identity.Connected {
			break
		}
		if i == 1000 {
			t.Fatal("the client is still connected")
		}
	}

	screen.Press("H")
	screen.WaitFor("Hubs")
	screen.Press("g", "j", "enter")
	screen.WaitFor("▪ lab", "only-there", "● connected")
	screen.WaitGone("thermostat-01", "Live: 1 attached")
	screen.Press("q")
	if err := screen.Wait(); err != nil {
		t.Error(err)
	}
	log, err := os.ReadFile(filepath.Join(stateOf(twindeck), "twindeck.log"))
	if err != nil || bytes.Contains(log, []byte("SharedAccessKey=")) || regexp.MustCompile(`msg=closing`).Match(log) {
		t.Errorf("%v\n%s", err, log)
	}
}

// TestPresenterMode has the real program mask its host, and ask before it copies a key.
func TestPresenterMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no pseudo-terminal to run the program on")
	}
	screen := uitest.StartCommand(t, program(t, "--presenter", "--read-only"), 120, 36)
	screen.WaitFor("thermostat-01", "PRESENTER", "READ-ONLY")
	screen.Press("j", "Y")
	screen.WaitFor("Copy a secret?", "j down · Y copy connection")
	screen.WaitUntil("hides the host", func(text string) bool { return !strings.Contains(text, "localhost") })
	screen.Press("esc", "ctrl+p")
	screen.WaitFor("localhost:")
	screen.Press("q")
	if err := screen.Wait(); err != nil {
		t.Error(err)
	}
}
