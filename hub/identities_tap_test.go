package hub_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/patch"
)

// wiretap keeps what a client says to a hub.
type wiretap struct {
	base http.RoundTripper
	mu   sync.Mutex
	seen []string // method, path, If-Match
}

func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.seen = append(w.seen, r.Method+" "+r.URL.Path+" "+r.Header.Get("If-Match"))
	w.mu.Unlock()
	return w.base.RoundTrip(r)
}

// take returns what was said since the last time, and complains about a write of anything
// whatever it has become.
func (w *wiretap) take(t *testing.T) []string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	for _, s := range seen {
		if strings.HasSuffix(s, " *") || strings.HasSuffix(s, ` "*"`) || strings.HasPrefix(s, "DELETE") && strings.HasSuffix(s, " ") || strings.HasPrefix(s, "PATCH") && strings.HasSuffix(s, " ") {
			t.Errorf("an unconditional write: %s", s)
		}
	}
	return seen
}

// tapped runs an embedded hub and returns a client of it with a wiretap.
func tapped(t *testing.T, f *faults.Faults) (*embedded.Server, *hub.Client, *wiretap) {
	t.Helper()
	server, _ := start(t, f)
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: tlsOf(server)}
	tap := &wiretap{base: transport}
	client, err := hub.NewClient(cs, hub.Options{MQTTAddress: server.MQTTSAddress(), RootCAs: server.CertPool(), HTTPClient: &http.Client{Transport: tap}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tap.take(t)
		transport.CloseIdleConnections()
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return server, client, tap
}

// rest sends a request with a token and returns the status and the body.
func ask(t *testing.T, server *embedded.Server, method, path, token string) (status int, body string) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: tlsOf(server)}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), method, "https://"+server.HTTPSAddress()+path+"?api-version=2021-04-12", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", token)
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// document reads an identity as the hub writes it.
func document(t *testing.T, server *embedded.Server, client *hub.Client, id hub.ID) patch.Value {
	t.Helper()
	token, err := client.PolicyToken(time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	path := "/devices/" + id.Device
	if id.IsModule() {
		path += "/modules/" + id.Module
	}
	status, body := ask(t, server, http.MethodGet, path, token.Reveal())
	if status != http.StatusOK {
		t.Fatalf("reading %s: %d", id, status)
	}
	return parse(t, body)
}

// differences names the members in which two documents differ.
func differences(before, after patch.Value) []string {
	var paths []string
	for _, c := range patch.Changes(before, after) {
		paths = append(paths, c.Path.String())
	}
	slices.Sort(paths)
	return paths
}
