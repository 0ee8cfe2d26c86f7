package watch_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/goleak"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/patch"
	"twindeck/hub/record"
	"twindeck/hub/watch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var module = hub.ID{Device: "d", Module: "m"}

// start runs an embedded hub with a device and a module, and returns a client of it. A foreign hub
// is one that cannot be told from any other.
func start(t *testing.T, foreign bool) (*embedded.Server, *hub.Client) {
	t.Helper()
	server, err := embedded.Start(t.Context(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		t.Fatal(err)
	}
	opts := options(server)
	if foreign {
		base := http.DefaultTransport.(*http.Transport).Clone()
		base.TLSClientConfig.RootCAs = server.CertPool()
		t.Cleanup(base.CloseIdleConnections)
		opts.HTTPClient = &http.Client{Transport: plain{base}}
	}
	client, err := hub.NewClient(cs, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	for _, id := range []hub.ID{module.Parent(), module} {
		if _, err := client.CreateIdentity(t.Context(), hub.NewIdentity{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	return server, client
}

func options(server *embedded.Server) hub.Options {
	return hub.Options{RootCAs: server.CertPool(), MQTTAddress: server.MQTTSAddress()}
}

// plain takes away what an embedded hub says of itself.
type plain struct{ base http.RoundTripper }

func (p plain) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := p.base.RoundTrip(r)
	if err == nil {
		res.Header.Del("twindeck-tier")
	}
	return res, err
}

// output is written to by a watch and read by a test.
type output struct {
	mu     sync.Mutex
	text   bytes.Buffer
	closed bool
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (o *output) await(t *testing.T, word string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(o.String(), word); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s in:\n%s", word, o)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func set(t *testing.T, client *hub.Client, text string) {
	t.Helper()
	desired, err := patch.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	twin, err := client.Twin(t.Context(), module)
	if err == nil {
		_, _, err = client.PatchTwin(t.Context(), module, hub.TwinPatch{Desired: &desired}, twin.ETag)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// running starts a watch and returns its end.
func running(ctx context.Context, client *hub.Client, o watch.Options) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- watch.Run(ctx, client, hub.NewMonitor(client), o) }()
	return ended
}

func ends(t *testing.T, ended <-chan error) error {
	t.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
		return nil
	}
}

func TestItEndsAfterACountOfAKind(t *testing.T) {
	_, client := start(t, false)
	var out, status output
	kinds, err := watch.ParseKinds("patch, gap")
	if err != nil {
		t.Fatal(err)
	}
	ended := running(t.Context(), client, watch.Options{
		Clients: []watch.Client{{ID: module}}, Most: 2, Kinds: kinds, Out: &out, Status: &status,
	})
	status.await(t, "module d/m is connected over mqtt\n")
	for _, text := range []string{`{"a":1.0}`, `{"a":null}`, `{"a":3}`} {
		set(t, client, text)
	}
	if err := ends(t, ended); err != nil {
		t.Error(err)
	}
	reader := record.NewReader(strings.NewReader(out.String()))
	for i, want := range []string{`{"a":1.0}`, `{"a":null}`} {
		l, err := reader.Next()
		if err != nil || l.Kind != "patch" || l.ID != module || l.Value.JSON() != want || l.Version != int64(i+2) {
			t.Errorf("line %d is %+v, %v", i, l, err)
		}
	}
	if l, err := reader.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("one line more: %+v", l)
	}
}

func TestItEndsWithItsTimeItsContextAndItsReader(t *testing.T) {
	_, client := start(t, false)
	for name, end := range map[string]func(o *watch.Options, out *output) (after func()){
		"time":    func(o *watch.Options, _ *output) func() { o.For = 500 * time.Millisecond; return func() {} },
		"context": nil,
		"reader": func(_ *watch.Options, out *output) func() {
			return func() {
				out.mu.Lock()
				out.closed = true
				out.mu.Unlock()
				set(t, client, `{"again":1}`)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out, status output
			o := watch.Options{Clients: []watch.Client{{ID: module}}, Out: &out, Status: &status}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			after := cancel
			if end != nil {
				after = end(&o, &out)
			}
			ended := running(ctx, client, o)
			out.await(t, `"kind":"synced"`)
			after()
			if err := ends(t, ended); err != nil {
				t.Error(err)
			}
			if name != "reader" && !strings.HasSuffix(out.String(), `"kind":"detached","device":"d","module":"m"}`+"\n") {
				t.Errorf("the last line is not whole, or not the last: %s", out.String())
			}
		})
	}
}

func TestWhoIsConnectedIsNotThrownOffUnasked(t *testing.T) {
	_, client := start(t, true)
	var first, second, status output
	ctx, cancel := context.WithCancel(t.Context())
	ended := running(ctx, client, watch.Options{Clients: []watch.Client{{ID: module}}, Out: &first, Status: &status})
	first.await(t, `"kind":"synced"`)
	again := watch.Options{Clients: []watch.Client{{ID: module}}, Most: 3, Out: &second, Status: &status}
	if err := watch.Run(t.Context(), client, hub.NewMonitor(client), again); err == nil || !strings.Contains(err.Error(), "module d/m is connected") || second.String() != "" {
		t.Errorf("a second one: %v\n%s", err, &second)
	}
	again.TakeOver, again.Most = true, 0
	alsoEnded := running(ctx, client, again)
	second.await(t, `"kind":"synced"`)
	first.await(t, `"kind":"taken over"`)
	status.await(t, "another client has connected as module d/m")
	cancel()
	for _, ended := range []<-chan error{ended, alsoEnded} {
		if err := ends(t, ended); err != nil {
			t.Error(err)
		}
	}
}

// command runs the command as a program would.
func command(t *testing.T, server *embedded.Server, client *hub.Client, args ...string) (out, status string, err error) {
	t.Helper()
	cmd := watch.New(watch.Surroundings{
		Open:  func(context.Context) (*hub.Client, io.Closer, error) { return client, io.NopCloser(nil), nil },
		Alone: func() (hub.Options, error) { return options(server), nil },
		Usage: func(err error) error { return errors.Join(errUsage, err) },
		File:  func(string, string) error { return nil },
	})
	root := &cobra.Command{Use: "twindeck", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(cmd)
	var o, s output
	root.SetOut(&o)
	root.SetErr(&s)
	root.SetArgs(append([]string{"watch"}, args...))
	err = root.ExecuteContext(t.Context())
	return o.String(), s.String(), err
}

var errUsage = errors.New("usage")

func TestTheCommand(t *testing.T) {
	server, client := start(t, false)
	identity, err := client.Identity(t.Context(), module)
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := client.Credentials(identity)
	if err != nil {
		t.Fatal(err)
	}
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "cs")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	own := file(credentials.Reveal())
	for _, args := range [][]string{{"d/m", "--count", "3"}, {"--module-connection-string-file", own, "--count", "3"}, {"d/m", "d", "--kind", "synced", "--count", "2"}} {
		out, status, err := command(t, server, client, args...)
		if err != nil || strings.Count(out, "\n")+1 < 3 || !strings.Contains(out, `"kind":"synced"`) {
			t.Errorf("%v: %v\n%s%s", args, err, out, status)
		}
		if strings.Contains(out+status, credentials.Key.Reveal()) {
			t.Error("the key is shown")
		}
	}
	for says, args := range map[string][]string{
		"name the devices":                      nil,
		"not both":                              {"d", "--module-connection-string-file", own},
		"device d is named twice":               {"d", "d"},
		"names no device":                       {"d/m/x"},
		"not a connection string":               {credentials.Reveal()},
		"greater than nothing":                  {"d", "--count", "-1"},
		"there is no kind of event":             {"d", "--kind", "patches"},
		"it is of a policy":                     {"--module-connection-string-file", file(server.ConnectionString("service"))},
		"module-connection-string-file: cannot": {"--module-connection-string-file", "/none"},
	} {
		if _, _, err := command(t, server, client, args...); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), credentials.Key.Reveal()) {
			t.Errorf("%v: %v", says, err)
		}
	}
	if _, _, err := command(t, server, client, "nobody"); !hub.NotFound(err) {
		t.Errorf("nobody: %v", err)
	}
	other := credentials
	other.Key = hub.NewKey("AAAA")
	if _, _, err := command(t, server, client, "--module-connection-string-file", file(other.Reveal())); !hub.Unauthorized(err) {
		t.Errorf("with another key: %v", err)
	}
}
