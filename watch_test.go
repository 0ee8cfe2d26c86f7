package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// TestWatchEndsWithASignalAndWithItsReader runs the real program at a hub in another process.
func TestWatchEndsWithASignalAndWithItsReader(t *testing.T) {
	ready, _ := startHub(t)
	cs, err := hub.ParseConnectionString(ready.ConnectionString)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := hub.ReadRootCAs(ready.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	client, err := hub.NewClient(cs, hub.Options{RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	identity, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: hub.ID{Device: "d"}})
	if err != nil {
		t.Fatal(err)
	}
	own, err := client.Credentials(identity)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	hubFile, ownFile := filepath.Join(dir, "hub"), filepath.Join(dir, "own")
	for name, text := range map[string]string{hubFile: cs.Reveal(), ownFile: own.Reveal()} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reach := []string{"--ca-file", ready.CAFile, "--mqtt-address", ready.MQTTS}
	for name, c := range map[string]struct {
		args []string
		gone bool // the reader, in the place of a signal
	}{
		"a signal":                      {append([]string{"watch", "d", "--connection-string-file", hubFile}, reach...), false},
		"its reader":                    {append([]string{"watch", "d", "--connection-string-file", hubFile}, reach...), true},
		"its own string":                {append([]string{"watch", "--module-connection-string-file", ownFile}, reach...), false},
		"its own string over WebSocket": {append([]string{"watch", "--module-connection-string-file", ownFile, "--mqtt-websocket"}, reach...), false},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := program(t, c.args...)
			var said bytes.Buffer
			cmd.Stderr = &said
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var lines []string
			scanner := bufio.NewScanner(out)
			for scanner.Scan() {
				lines = append(lines, scanner.Text())
				if !strings.Contains(scanner.Text(), `"kind":"synced"`) {
					continue
				}
				if !c.gone {
					_ = cmd.Process.Signal(syscall.SIGTERM)
					continue
				}
				_ = out.Close()
				desired := patch.Object(patch.Member{Key: "n", Value: patch.Int(1)})
				twin, err := client.Twin(t.Context(), identity.ID)
				if err == nil {
					_, _, err = client.PatchTwin(t.Context(), identity.ID, hub.TwinPatch{Desired: &desired}, twin.ETag)
				}
				if err != nil {
					t.Error(err)
				}
				break
			}
			if err := cmd.Wait(); exitCode(err) != 0 {
				t.Errorf("it ended with %v\n%s%s", err, strings.Join(lines, "\n"), &said)
			}
			if last := lines[len(lines)-1]; !c.gone && !strings.Contains(last, `"kind":"detached"`) {
				t.Errorf("the last line is %s", last)
			}
			if want := strings.Contains(name, "WebSocket"); strings.Contains(said.String(), "over websocket") != want {
				t.Errorf("it said %s", &said)
			}
			if strings.Contains(said.String()+strings.Join(lines, ""), own.Key.Reveal()) {
				t.Error("the key is shown")
			}
		})
	}
}

func TestWatchIsRefusedWhereAttachingIs(t *testing.T) {
	for says, args := range map[string][]string{
		"name the devices or modules": {"watch"},
		"opened read-only":            {"watch", "d", "--read-only"},
		"wants the name of a file":    {"watch", "--module-connection-string-file", "HostName=x;SharedAccessKey=y"},
	} {
		if said, code := refused(t, nil, args...); code == 0 || !strings.Contains(said, says) {
			t.Errorf("%v: %d, %s", args, code, said)
		}
	}
}
