//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/embedded/rest"
	"twindeck/hub/patch"
	"twindeck/ui/cli"
	"twindeck/ui/uitest"
)

// TestKilledWhileEditing kills the program at every step from the first key of an edit to the
// acknowledged save. The next one has all that was typed, and knows what became of a save that was
// under way.
func TestKilledWhileEditing(t *testing.T) {
	typed := []string{"e", "enter", "ctrl+u", "7", "3"}
	accepted := slices.Concat(typed, []string{"enter"})
	reviewed := slices.Concat(accepted, []string{"s"})
	saving := slices.Concat(reviewed, []string{"enter"})
	patched := func(fault rest.Fault) func(*testing.T, *faults.Faults, *hub.Client) {
		return func(_ *testing.T, f *faults.Faults, _ *hub.Client) {
			f.OnRequest("PATCH", "/twins/", 1, fault)
		}
	}
	for name, c := range map[string]struct {
		keys  []string
		hub   func(*testing.T, *faults.Faults, *hub.Client) // before the last key
		kept  string                                        // in the draft, before the program is killed
		shows string                                        // on the screen, before that
		sees  []string                                      // in the form of the next program
		save  []string                                      // keys that save what the form has
		left  string                                        // in the twin at the end
	}{
		"first key": {keys: typed[:4], kept: `"7"`, sees: []string{"unsaved changes of", "number", "7"}, save: []string{"3", "enter", "s", "enter"}, left: `{"speed":73}`},
		"in a field": {
			keys: typed, kept: `"73"`, sees: []string{"unsaved changes of", "73"},
			save: []string{"enter", "s", "enter"}, left: `{"speed":73}`,
		},
		"field accepted": {keys: accepted, kept: `"speed":73`, sees: []string{"1 change", "unsaved changes of", "73"}, save: []string{"s", "enter"}, left: `{"speed":73}`},
		"reviewed":       {keys: reviewed, shows: "If-Match", kept: `"speed":73`, sees: []string{"1 change", "73"}, save: []string{"s", "enter"}, left: `{"speed":73}`},
		"saving": {
			keys: saving, hub: patched(rest.Fault{Delay: time.Minute}), shows: "saving", kept: `"speed":73`,
			sees: []string{"1 change", "73"}, save: []string{"s", "enter"}, left: `{"speed":73}`,
		},
		"saved without an answer": {keys: saving, hub: func(t *testing.T, f *faults.Faults, client *hub.Client) {
			patched(rest.Fault{LoseAnswer: true})(t, f, client)
			f.OnRequest("GET", "/twins/", faults.Always, rest.Fault{Drop: true})
		}, shows: "whether it was saved is not known", kept: `"speed":73`, sees: []string{"nothing is left to save"}, left: `{"speed":73}`},
		"changed by somebody else": {keys: saving, hub: func(t *testing.T, _ *faults.Faults, client *hub.Client) {
			setSpeed(t, client, "50")
		}, shows: "1 to decide", kept: `"speed":50`, sees: []string{"1 to decide", "theirs 50", "mine 73"}, save: []string{"m", "s", "enter"}, left: `{"speed":73}`},
		"acknowledged": {keys: saving, shows: "saved v3", left: `{"speed":73}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &faults.Faults{}
			server, err := embedded.Start(t.Context(), embedded.Options{Faults: f})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Close() })
			client := ownClient(t, server)
			desired := patch.Object(patch.Member{Key: "speed", Value: patch.Int(1)})
			if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: hub.ID{Device: "pump"}, Desired: &desired}); err != nil {
				t.Fatal(err)
			}
			ca := filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(ca, server.CACertificate(), 0o600); err != nil {
				t.Fatal(err)
			}
			first := program(t, "--ca-file", ca, "--mqtt-address", server.MQTTSAddress())
			first.Env = append(first.Env, cli.ConnectionStringEnv+"="+server.ConnectionString("iothubowner"))
			second := exec.CommandContext(t.Context(), first.Path, first.Args[1:]...)
			second.Env = first.Env
			drafts := filepath.Join(stateOf(first), "drafts")

			screen := uitest.StartCommand(t, first, 120, 36)
			screen.WaitFor("loaded 1 of 1", "speed")
			for i, key := range c.keys {
				if i == len(c.keys)-1 && c.hub != nil {
					c.hub(t, f, client)
				}
				screen.Press(key)
			}
			if c.shows != "" {
				screen.WaitFor(c.shows)
			}
			if c.kept != "" {
				screen.WaitUntil("has kept "+c.kept, func(string) bool { return holds(drafts, c.kept) })
			}
			if err := syscall.Kill(first.Process.Pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = screen.Wait()
			f.Clear()

			screen = uitest.StartCommand(t, second, 120, 36)
			screen.WaitFor("loaded 1 of 1", "speed")
			if c.sees != nil {
				screen.WaitFor("goes on")
			}
			screen.Press("e")
			screen.WaitFor(append(c.sees, "Desired properties of pump")...)
			screen.Press(c.save...)
			if c.save != nil {
				screen.WaitFor("saved v")
			} else {
				screen.Press("esc")
				screen.WaitGone("Desired properties of pump")
			}
			screen.WaitUntil("has no draft left", func(string) bool { return !holds(drafts, "") })
			screen.Press("q")
			if err := screen.Wait(); err != nil {
				t.Error(err)
			}
			twin, err := client.Twin(t.Context(), hub.ID{Device: "pump"})
			if err != nil || twin.Desired.Value.JSON() != c.left {
				t.Errorf("the twin has %s, want %s; %v", twin.Desired.Value.JSON(), c.left, err)
			}
		})
	}
}

// holds reports whether a draft has a text.
func holds(dir, text string) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	for _, name := range files {
		if body, err := os.ReadFile(name); err == nil && strings.Contains(strings.ReplaceAll(string(body), " ", ""), text) {
			return true
		}
	}
	return false
}

func ownClient(t *testing.T, server *embedded.Server) *hub.Client {
	t.Helper()
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := hub.NewClient(cs, hub.Options{RootCAs: server.CertPool()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// setSpeed writes the speed of the pump, as somebody else would.
func setSpeed(t *testing.T, client *hub.Client, speed string) {
	t.Helper()
	n, err := patch.Number(speed)
	if err != nil {
		t.Fatal(err)
	}
	desired := patch.Object(patch.Member{Key: "speed", Value: n})
	twin, err := client.Twin(t.Context(), hub.ID{Device: "pump"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.PatchTwin(t.Context(), twin.ID, hub.TwinPatch{Desired: &desired}, twin.ETag); err != nil {
		t.Fatal(err)
	}
}

// TestKilledWhileEditingMarkedRows kills the program in the form over several rows, before its run and in
// the middle of it. The next one has what was typed once: as a draft before the run, in its report after.
func TestKilledWhileEditingMarkedRows(t *testing.T) {
	typed := []string{"enter", "ctrl+u", "7", "3"}
	previewed := slices.Concat(typed, []string{"enter", "s", "enter"})
	for name, c := range map[string]struct {
		keys  []string
		shows string
		run   bool // the run is begun, and cannot go on
	}{
		"in a field": {keys: typed, shows: "73"},
		"previewed":  {keys: previewed, shows: "3 would change"},
		"running":    {keys: previewed, shows: "3 would change", run: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &faults.Faults{}
			server, err := embedded.Start(t.Context(), embedded.Options{Faults: f})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Close() })
			client := ownClient(t, server)
			desired := patch.Object(patch.Member{Key: "speed", Value: patch.Int(1)})
			pumps := []hub.ID{{Device: "pump-1"}, {Device: "pump-2"}, {Device: "pump-3"}}
			for _, id := range pumps {
				if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: id, Desired: &desired}); err != nil {
					t.Fatal(err)
				}
			}
			ca := filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(ca, server.CACertificate(), 0o600); err != nil {
				t.Fatal(err)
			}
			first := program(t, "--ca-file", ca, "--mqtt-address", server.MQTTSAddress())
			first.Env = append(first.Env, cli.ConnectionStringEnv+"="+server.ConnectionString("iothubowner"))
			second := exec.CommandContext(t.Context(), first.Path, first.Args[1:]...)
			second.Env = first.Env
			drafts := filepath.Join(stateOf(first), "drafts")

			screen := uitest.StartCommand(t, first, 120, 36)
			screen.WaitFor("loaded 3 of 3", "speed")
			screen.Press("1", "*", "e")
			screen.WaitFor("3 rows, each under its own etag")
			screen.Press(c.keys...)
			screen.WaitFor(c.shows)
			screen.WaitUntil("has kept what was typed", func(string) bool { return holds(drafts, "73") })
			if c.run {
				f.OnRequest("PATCH", "/twins/", faults.Always, rest.Fault{Delay: time.Minute})
				screen.Press("enter", "y")
				screen.WaitUntil("has no draft left", func(string) bool { return !holds(drafts, "") })
			}
			if err := syscall.Kill(first.Process.Pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = screen.Wait()
			f.Clear()

			screen = uitest.StartCommand(t, second, 120, 36)
			question, answered, next := "Unsaved changes of marked rows", "Desired properties of 3 marked rows", []string{"enter", "s", "enter"}
			if c.run {
				question, answered, next = "An interrupted bulk run", "r retry", []string{"r"}
			} else if len(c.keys) > len(typed) {
				next = next[1:]
			}
			screen.WaitFor("loaded 3 of 3", question)
			insist(screen, "y", func(text string) bool { return strings.Contains(text, answered) })
			screen.WaitFor(answered)
			if !c.run {
				screen.WaitFor("unsaved changes of", "73")
			}
			screen.Press(next...)
			screen.WaitFor("3 would change", "speed 1 → 73")
			screen.Press("enter", "y")
			screen.WaitFor("✓ 3 done")
			screen.WaitUntil("has no draft left", func(string) bool { return !holds(drafts, "") })
			insist(screen, "esc", func(text string) bool { return !strings.Contains(text, "✓ 3 done") })
			screen.Press("q")
			if err := screen.Wait(); err != nil {
				t.Error(err)
			}
			if left, _ := filepath.Glob(filepath.Join(drafts, "*.rows")); len(left) != 0 {
				t.Errorf("rows of no draft are left behind: %v", left)
			}
			for _, id := range pumps {
				if twin, err := client.Twin(t.Context(), id); err != nil || twin.Desired.Value.JSON() != `{"speed":73}` {
					t.Errorf("%s has %s; %v", id, twin.Desired.Value.JSON(), err)
				}
			}
		})
	}
}

// insist presses a key that what opens by itself does not take until none has come for a moment.
func insist(screen *uitest.Screen, key string, done func(text string) bool) {
	for begin := time.Now(); !done(screen.Text()) && time.Since(begin) < 10*time.Second; <-time.After(time.Second) {
		screen.Press(key)
	}
}
