package embedded_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub/embedded"
	"twindeck/hub/embedded/storage"
)

// TestRestart stops a hub and starts it again with the same data file, under clients that keep
// their connection strings and their trust.
func TestRestart(t *testing.T) {
	opts := embedded.Options{DataFile: filepath.Join(t.TempDir(), "hub.data")}
	hub := start(t, opts)
	if hub.Restored() {
		t.Error("a new hub is restored")
	}
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	c.must(t, 200, "PUT", "/devices/d/modules/m", `{}`)
	c.must(t, 200, "PUT", "/devices/off", `{"status":"disabled"}`)
	c.must(t, 200, "PATCH", "/twins/d/modules/m", `{"tags":{"a":1},"properties":{"desired":{"n":1}}}`)
	if err := hub.SeedFleet(100); err != nil {
		t.Fatal(err)
	}
	paths := []string{"/devices/d", "/devices/d/modules/m", "/twins/d", "/twins/d/modules/m", "/devices/off", "/twins/thermostat-0000001", "/devices"}
	before := map[string]string{}
	for _, path := range paths {
		before[path] = c.must(t, 200, "GET", path, "").body
	}
	id := embedded.ID{Device: "d", Module: "m"}
	identity, err := hub.IdentityConnectionString(id)
	if err != nil {
		t.Fatal(err)
	}
	ca, owner := hub.CACertificate(), hub.ConnectionString("iothubowner")
	opts.HTTPSPort, opts.MQTTSPort = port(hub.HTTPSAddress()), port(hub.MQTTSAddress())
	if err := hub.Close(); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(opts.DataFile); err != nil || len(content) == 0 {
		t.Errorf("the data file: %v", err)
	}

	again := start(t, opts)
	if !again.Restored() || !bytes.Equal(again.CACertificate(), ca) || again.ConnectionString("iothubowner") != owner {
		t.Error("the hub is another one after a restart")
	}
	if got, err := again.IdentityConnectionString(id); err != nil || got != identity {
		t.Errorf("the module's connection string changed, or %v", err)
	}
	c.http.CloseIdleConnections()
	for _, path := range paths {
		if got := c.must(t, 200, "GET", path, "").body; got != before[path] {
			t.Errorf("GET %s after a restart\n got %s\nwant %s", path, got, before[path])
		}
	}
	_, messages := connect(t, again, id, desiredTopic)
	c.must(t, 200, "PATCH", "/twins/d/modules/m", `{"properties":{"desired":{"n":2}}}`)
	if got := receive(t, messages); !strings.HasSuffix(got.payload, `"$version":3}`) {
		t.Errorf("received %v, want version 3", got)
	}
}

func port(address string) (port int) {
	_, _ = fmt.Sscanf(address[strings.LastIndexByte(address, ':'):], ":%d", &port)
	return port
}

// TestStoredSessionSurvivesAKill has a device that, like those of some SDKs, subscribes once and
// then relies on the hub to remember.
func TestStoredSessionSurvivesAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.data")
	received := make(chan int64, 10)
	handler := func(_ paho.Client, m paho.Message) { received <- versionOf(m) }
	for round := range 4 {
		hub := startChild(t, path)
		if round == 0 {
			if status, answer, err := hub.do("PUT", "/devices/d", "{}"); err != nil || status != 200 {
				t.Fatalf("%d %s %v", status, answer, err)
			}
		}
		client, remembered := hub.connect(t, "d", false, handler)
		if remembered != (round > 0) {
			t.Errorf("round %d: session present is %v", round, remembered)
		}
		if round == 0 {
			wait(t, client.Subscribe(desiredTopic, 1, nil))
		} else {
			if status, answer, err := hub.do("PATCH", "/twins/d", `{"properties":{"desired":{"n":1}}}`); err != nil || status != 200 {
				t.Fatalf("%d %s %v", status, answer, err)
			}
			select {
			case version := <-received:
				if version != int64(round+1) {
					t.Errorf("round %d: version %d", round, version)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("round %d: nothing came", round)
			}
		}
		hub.kill()
		client.Disconnect(0)
	}
}

// TestRestartUnderAnotherName needs another certificate, and keeps the rest.
func TestRestartUnderAnotherName(t *testing.T) {
	opts := embedded.Options{DataFile: filepath.Join(t.TempDir(), "hub.data")}
	hub := start(t, opts)
	key := value(hub.ConnectionString("service"), "SharedAccessKey")
	if err := hub.Close(); err != nil {
		t.Fatal(err)
	}
	opts.HubName = "other.localhost"
	again := start(t, opts)
	if got := value(again.ConnectionString("service"), "SharedAccessKey"); got != key {
		t.Error("the policies have other keys")
	}
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port(again.HTTPSAddress())), &tls.Config{RootCAs: again.CertPool(), ServerName: opts.HubName})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func TestDataFileThatCannotBeUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.data")
	hub := start(t, embedded.Options{DataFile: path})
	if _, err := embedded.Start(context.Background(), embedded.Options{DataFile: path}); !errors.Is(err, storage.ErrInUse) {
		t.Errorf("a second hub: %v", err)
	}
	newClient(t, hub).must(t, 200, "PUT", "/devices/d", `{}`)
	foreign := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(foreign, []byte("my notes"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := embedded.Start(context.Background(), embedded.Options{DataFile: foreign}); !errors.Is(err, storage.ErrForeign) || strings.Contains(err.Error(), "\n") {
		t.Errorf("a foreign file: %v", err)
	}
	if text, _ := os.ReadFile(foreign); string(text) != "my notes" {
		t.Error("the foreign file was changed")
	}
	// Files whose parts are sound, but are not a hub's.
	for bucket, key := range map[string]string{"hub": "policies", "registry": "counters"} {
		odd := filepath.Join(t.TempDir(), "odd.data")
		db, err := storage.Open(odd)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Keeper(bucket).Put(key, []byte("[")), db.Close()); err != nil {
			t.Fatal(err)
		}
		for range 2 { // also when the first attempt might have locked it
			_, err := embedded.Start(context.Background(), embedded.Options{DataFile: odd})
			if err == nil || !strings.Contains(err.Error(), "odd.data: ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s/%s: %v", bucket, key, err)
			}
		}
	}
}
