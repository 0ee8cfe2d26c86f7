package main

import (
	"crypto/x509"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"twindeck/hub"
	"twindeck/hub/patch"
	"twindeck/ui/cli"
	"twindeck/ui/uitest"
)

// TestJourney walks the module twin tutorial by keys alone on the embedded hub, in the sizes
// a terminal commonly has.
func TestJourney(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no pseudo-terminal to run the program on")
	}
	for name, size := range map[string][2]int{"120x36": {120, 36}, "80x24": {80, 24}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			screen := uitest.StartCommand(t, program(t), size[0], size[1])
			screen.WaitFor("thermostat-01")
			walk(t, screen)
			screen.Press("q")
			if err := screen.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// walk is the journey up to the first patch seen by the module client.
func walk(t *testing.T, screen *uitest.Screen) {
	t.Helper()
	create := func(key, title, id string) {
		screen.Press(key)
		screen.WaitFor(title)
		screen.Type(id)
		screen.WaitFor(id)
		screen.Press("enter")
		screen.WaitGone(title)
	}
	create("n", "New device", "myFirstDevice")
	screen.WaitFor("myFirstDevice")
	create("n", "New device", "myFirstDevice")
	screen.WaitFor("exists")

	create("m", "New module on myFirstDevice", "myFirstModule")
	screen.WaitFor("myFirstModule")
	create("m", "New module on myFirstDevice", "myFirstModule")
	screen.WaitFor("exists")

	screen.Press("c")
	screen.WaitFor("attached")
	screen.Press("3")
	screen.WaitFor("connected")

	screen.Press("e")
	screen.WaitFor("Desired properties")
	screen.Press("a")
	screen.Type("telemetryInterval")
	screen.Press("tab")
	screen.Type("122")
	screen.Press("enter")
	screen.WaitFor("Review 1 change")
	screen.Press("s")
	screen.WaitFor(`{"properties":{"desired":{"telemetryInterval":122}}}`, `If-Match "AAAAAAAAAAE="`)
	screen.Press("enter")
	screen.WaitFor("saved v2")

	screen.Press("3")
	screen.WaitFor("telemetryInterval – → 122", `{"telemetryInterval":122,"$version":2}`)
	screen.WaitUntil("says how long the patch took", func(text string) bool {
		return regexp.MustCompile(`arrived [0-9.]+ (ms|s) after PATCH`).MatchString(text)
	})
	screen.Press("2")
	screen.WaitFor("122", "desired v2", "AAAAAAAAAAI=")
}

// TestTwoPrograms has the dashboard on a hub in another process, where somebody else changes
// the twin: the change arrives, and the twin pane reads the twin again by itself.
func TestTwoPrograms(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no pseudo-terminal to run the program on")
	}
	ready, _ := startHub(t, "--fleet", "3")
	t.Setenv(cli.ConnectionStringEnv, "")
	twindeck := program(t, "--ca-file", ready.CAFile, "--mqtt-address", ready.MQTTS)
	twindeck.Env = append(twindeck.Env, cli.ConnectionStringEnv+"="+ready.ConnectionString)
	screen := uitest.StartCommand(t, twindeck, 120, 36)
	screen.WaitFor("loaded 3 of 3")

	other := otherClient(t, ready)
	id := hub.ID{Device: "myFirstDevice", Module: "myFirstModule"}
	if _, err := other.CreateIdentity(t.Context(), hub.NewIdentity{ID: id.Parent()}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.CreateIdentity(t.Context(), hub.NewIdentity{ID: id}); err != nil {
		t.Fatal(err)
	}
	screen.Press("n")
	screen.WaitFor("New device")
	screen.Type("myFirstDevice")
	screen.Press("enter")
	screen.WaitFor("exists")
	screen.Press("m")
	screen.WaitFor("New module")
	screen.Type("myFirstModule")
	screen.Press("enter")
	screen.WaitGone("New module")
	screen.WaitFor("myFirstModule", "exists")

	screen.Press("c")
	screen.WaitFor("Attach a client as", "Nobody is connected")
	screen.Press("y")
	screen.WaitFor("connected v1")

	change := func(version, interval string) {
		twin, err := other.Twin(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		n, err := patch.Number(interval)
		if err != nil {
			t.Fatal(err)
		}
		desired := patch.Object(patch.Member{Key: "telemetryInterval", Value: n})
		if _, _, err := other.PatchTwin(t.Context(), id, hub.TwinPatch{Desired: &desired}, twin.ETag); err != nil {
			t.Fatal(err)
		}
		screen.WaitFor(`{"telemetryInterval":`+interval+`,"$version":`+version+`}`, "desired v"+version)
		screen.WaitUntil("shows the new value in the twin pane", func(text string) bool {
			for line := range strings.Lines(text) {
				if regexp.MustCompile(`│.*telemetryInter.*` + interval + `.*│`).MatchString(line) {
					return true
				}
			}
			return false
		})
	}
	change("2", "122")
	change("3", "60")

	screen.Press("q")
	if err := screen.Wait(); err != nil {
		t.Error(err)
	}
}

// otherClient is a second program's connection to the hub.
func otherClient(t *testing.T, ready readyHub) *hub.Client {
	t.Helper()
	cs, err := hub.ParseConnectionString(ready.ConnectionString)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(ready.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client, err := hub.NewClient(cs, hub.Options{RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}
