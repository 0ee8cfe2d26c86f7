package embedded_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub/embedded"
)

// childDataFile makes this test binary a hub with that data file.
const childDataFile = "TWINDECK_TEST_DATA_FILE"

// serveUntilKilled is the child process: a hub that says where it is, and ends only by a signal
// or when its standard input does, so that none is left behind.
func serveUntilKilled(path string) {
	hub, err := embedded.Start(context.Background(), embedded.Options{DataFile: path})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	announcement := hub.Announce("")
	announcement.CAFile = string(hub.CACertificate())
	if err := announcement.WriteJSON(os.Stdout); err != nil {
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// child is a hub in another process.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	where embedded.Announcement
	http  *http.Client
}

func startChild(t testing.TB, path string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), childDataFile+"="+path)
	var stderr bytes.Buffer
	c.cmd.Stderr = &stderr
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdin = stdin
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(stdout).Decode(&c.where); err != nil {
		_ = c.cmd.Wait()
		t.Fatalf("the hub did not start: %v: %s", err, &stderr)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(c.where.CAFile))
	c.http = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, MaxIdleConnsPerHost: 32}, Timeout: 30 * time.Second}
	return c
}

// kill ends the child as a power cut would, as far as a process can.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	_ = c.stdin.Close()
	c.http.CloseIdleConnections()
}

// do sends one request; an error is a hub that is gone.
func (c *child) do(method, path, body string) (status int, answer string, err error) {
	req, err := http.NewRequest(method, "https://"+c.where.HTTPS+path+"?api-version=2021-04-12", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	cs := c.where.ConnectionString
	req.Header.Set("Authorization", sign(value(cs, "HostName"), value(cs, "SharedAccessKey"), "iothubowner"))
	if method == "DELETE" || strings.Contains(body, "statusReason") {
		req.Header.Set("If-Match", "*")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// connect connects as a device over MQTT; received gets what comes, also without a subscription
// in this connection. It says whether the hub remembered the device.
func (c *child) connect(t testing.TB, device string, clean bool, received paho.MessageHandler) (client paho.Client, remembered bool) {
	t.Helper()
	_, text, err := c.do("GET", "/devices/"+device, "")
	var identity struct {
		Authentication struct{ SymmetricKey struct{ PrimaryKey string } }
	}
	if err != nil || json.Unmarshal([]byte(text), &identity) != nil {
		t.Fatalf("%v: %s", err, text)
	}
	resource := "localhost/devices/" + device
	client = paho.NewClient(paho.NewClientOptions().
		AddBroker("tls://" + c.where.MQTTS).
		SetTLSConfig(c.http.Transport.(*http.Transport).TLSClientConfig.Clone()).
		SetClientID(device).
		SetUsername("localhost/" + device + "/?api-version=2021-04-12").
		SetPassword(sign(resource, identity.Authentication.SymmetricKey.PrimaryKey, "")).
		SetCleanSession(clean).
		SetDefaultPublishHandler(received).
		SetAutoReconnect(false))
	token := client.Connect().(*paho.ConnectToken)
	wait(t, token)
	return client, token.SessionPresent()
}

// versionOf returns the version that a notification of desired properties tells, 0 for others.
func versionOf(m paho.Message) (version int64) {
	_, _ = fmt.Sscanf(m.Topic(), "$iothub/twin/PATCH/properties/desired/?$version=%d", &version)
	return version
}

// twinOf is what the test compares of a twin.
type twinOf struct {
	Version    int64
	ETag       string
	Properties struct {
		Desired struct {
			N       int
			Version int64 `json:"$version"`
		}
	}
}

// kept is what one device must look like: what the hub answered last.
type kept struct {
	name     string
	identity string // empty: there is no such device
	twin     string // empty: not known
	n        int
	pending  string // the write that was not answered; empty for none
}

// write does one random write, and notes what was answered.
func (k *kept) write(c *child, random *rand.Rand) error {
	op := "patch"
	switch {
	case k.identity == "":
		op = "create"
	case random.IntN(8) == 0:
		op = "delete"
	case random.IntN(3) == 0:
		op = "update"
	}
	k.pending = op
	k.n++
	var status int
	var answer string
	var err error
	switch op {
	case "create":
		status, answer, err = c.do("PUT", "/devices/"+k.name, "{}")
	case "update":
		status, answer, err = c.do("PUT", "/devices/"+k.name, fmt.Sprintf(`{"statusReason":"%d"}`, k.n))
	case "delete":
		status, answer, err = c.do("DELETE", "/devices/"+k.name, "")
	case "patch":
		status, answer, err = c.do("PATCH", "/twins/"+k.name, fmt.Sprintf(`{"tags":{"n":%d},"properties":{"desired":{"n":%d}}}`, k.n, k.n))
	}
	if err != nil {
		return err
	}
	if status >= 300 {
		return fmt.Errorf("%w: %s %s: %d %s", errRefused, op, k.name, status, answer)
	}
	k.pending = ""
	switch op {
	case "create", "update", "delete":
		k.identity, k.twin = answer, ""
	case "patch":
		k.twin = answer
	}
	return nil
}

var errRefused = fmt.Errorf("the hub refused a write")

// explains says whether the write that was not answered could have made the device this.
func (k *kept) explains(identity string) bool {
	switch k.pending {
	case "create":
		return k.identity == ""
	case "delete":
		return identity == ""
	case "update":
		before, reason := identityOf(k.identity)
		after, now := identityOf(identity)
		return after == before+1 && now != reason && now == fmt.Sprint(k.n)
	}
	return false
}

// identityOf returns the number in the etag and the status reason of an identity document.
func identityOf(text string) (etag int, reason string) {
	var identity struct{ ETag, StatusReason string }
	_ = json.Unmarshal([]byte(text), &identity) // what is no document has no etag either
	number, _ := base64.StdEncoding.DecodeString(identity.ETag)
	_, _ = fmt.Sscan(string(number), &etag)
	return etag, identity.StatusReason
}

// verify compares the device with what was answered, and takes over what it is now.
func (k *kept) verify(c *child) error {
	status, identity, err := c.do("GET", "/devices/"+k.name, "")
	if err != nil {
		return err
	}
	if status == 404 {
		identity = ""
	}
	if identity != k.identity && !k.explains(identity) {
		return fmt.Errorf("%s (%s was not answered) is\n%s\nand was answered to be\n%s", k.name, k.pending, identity, k.identity)
	}
	if k.identity = identity; identity == "" {
		k.twin, k.pending = "", ""
		return nil
	}
	_, twin, err := c.do("GET", "/twins/"+k.name, "")
	if err != nil {
		return err
	}
	if k.twin != "" && twin != k.twin && k.pending != "update" {
		var before, after twinOf
		if json.Unmarshal([]byte(k.twin), &before) != nil || json.Unmarshal([]byte(twin), &after) != nil {
			return fmt.Errorf("no twin: %s", twin)
		}
		if k.pending != "patch" || after.Version != before.Version+1 ||
			after.Properties.Desired.Version != before.Properties.Desired.Version+1 || after.Properties.Desired.N != k.n {
			return fmt.Errorf("the twin of %s (%s was not answered) is\n%s\nand was answered to be\n%s", k.name, k.pending, twin, k.twin)
		}
	}
	k.twin, k.pending = twin, ""
	return nil
}

// TestKilled kills a hub at random moments under writers and a listening device: whatever was
// answered, or told to a device, is there afterwards.
func TestKilled(t *testing.T) {
	rounds := 25
	if testing.Short() {
		rounds = 3
	}
	path := filepath.Join(t.TempDir(), "hub.data")
	const writers = 8
	devices := make([]*kept, writers)
	for i := range devices {
		devices[i] = &kept{name: fmt.Sprintf("d%d", i)}
	}
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	answered, told, highest := 0, int64(0), ""
	for round := range rounds {
		c := startChild(t, path)
		for _, k := range devices {
			if err := k.verify(c); err != nil {
				c.kill()
				t.Fatalf("after kill %d: %v", round, err)
			}
		}
		stop := watchTold(t, c, round == 0, &told)
		highest = checkGeneration(t, c, round, highest)
		var group sync.WaitGroup
		var mu sync.Mutex
		var once sync.Once
		begun := make(chan struct{}) // a write of this round has been answered
		for i, k := range devices {
			own := rand.New(rand.NewPCG(random.Uint64(), uint64(i)))
			group.Go(func() {
				for {
					err := k.write(c, own)
					if err != nil {
						if strings.Contains(err.Error(), errRefused.Error()) {
							t.Error(err)
						}
						return
					}
					mu.Lock()
					answered++
					mu.Unlock()
					once.Do(func() { close(begun) })
				}
			})
		}
		group.Go(func() {
			for {
				if _, _, err := c.do("PATCH", "/twins/listener", `{"properties":{"desired":{"n":1}}}`); err != nil {
					return
				}
			}
		})
		select {
		case <-begun:
		case <-time.After(20 * time.Second):
			t.Error("no write is answered")
		}
		timer := time.NewTimer(time.Duration(random.IntN(150)) * time.Millisecond)
		<-timer.C
		c.kill()
		group.Wait()
		stop()
	}
	c := startChild(t, path)
	defer c.kill()
	for _, k := range devices {
		if err := k.verify(c); err != nil {
			t.Error(err)
		}
	}
	if answered < rounds || told < 2 {
		t.Errorf("only %d writes were answered, and version %d told", answered, told)
	}
	t.Logf("%d kills, %d answered writes, a device was told version %d", rounds, answered, told)
}

// watchTold connects as the device listener, which must have every version it was told before,
// and notes what it is told from now on until stop is called.
func watchTold(t *testing.T, c *child, create bool, told *int64) (stop func()) {
	t.Helper()
	if create {
		if status, answer, err := c.do("PUT", "/devices/listener", "{}"); err != nil || status != 200 {
			t.Fatalf("%d %s %v", status, answer, err)
		}
	}
	_, text, err := c.do("GET", "/twins/listener", "")
	var twin twinOf
	if err != nil || json.Unmarshal([]byte(text), &twin) != nil || twin.Properties.Desired.Version < *told {
		c.kill()
		t.Fatalf("the device was told version %d, and the hub knows %s, %v", *told, text, err)
	}
	versions := make(chan int64, 10_000)
	client, _ := c.connect(t, "listener", true, func(_ paho.Client, m paho.Message) {
		select {
		case versions <- versionOf(m):
		default:
		}
	})
	wait(t, client.Subscribe(desiredTopic, 0, nil))
	return func() {
		client.Disconnect(0)
		for len(versions) > 0 {
			*told = max(*told, <-versions)
		}
	}
}

// checkGeneration creates a device whose generation must be above all earlier ones.
func checkGeneration(t *testing.T, c *child, round int, highest string) string {
	t.Helper()
	_, text, err := c.do("PUT", fmt.Sprintf("/devices/new%d", round), "{}")
	var identity struct{ GenerationID string }
	if err != nil || json.Unmarshal([]byte(text), &identity) != nil || identity.GenerationID <= highest {
		c.kill()
		t.Fatalf("generation %q after %q: %s %v", identity.GenerationID, highest, text, err)
	}
	return identity.GenerationID
}
