package hub

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// everyCall makes each call of a client once, about a device of the name d.
func everyCall(t *testing.T, c *Client) (reads, writes map[string]func(context.Context) error) {
	t.Helper()
	id, empty := ID{Device: "d"}, mustParse(t, "{}")
	reads = map[string]func(context.Context) error{
		"Twin":     func(ctx context.Context) error { _, err := c.Twin(ctx, id); return err },
		"Devices":  func(ctx context.Context) error { _, err := c.Devices(ctx, "", 0); return err },
		"Identity": func(ctx context.Context) error { _, err := c.Identity(ctx, id); return err },
		"Identity of a module": func(ctx context.Context) error {
			_, err := c.Identity(ctx, ID{Device: "d", Module: "m"})
			return err
		},
		"Modules":    func(ctx context.Context) error { _, err := c.Modules(ctx, "d"); return err },
		"Dependents": func(ctx context.Context) error { _, err := c.Dependents(ctx, id); return err },
	}
	writes = map[string]func(context.Context) error{
		"PatchTwin": func(ctx context.Context) error {
			_, _, err := c.PatchTwin(ctx, id, TwinPatch{Desired: &empty}, "e")
			return err
		},
		"ReplaceTwin": func(ctx context.Context) error {
			_, _, err := c.ReplaceTwin(ctx, id, TwinPatch{Desired: &empty}, "e")
			return err
		},
		"CreateIdentity": func(ctx context.Context) error {
			_, err := c.CreateIdentity(ctx, NewIdentity{ID: id})
			return err
		},
		"CreateIdentity of a module": func(ctx context.Context) error {
			_, err := c.CreateIdentity(ctx, NewIdentity{ID: ID{Device: "d", Module: "m"}})
			return err
		},
		"CreateIdentity with tags": func(ctx context.Context) error {
			_, err := c.CreateIdentity(ctx, NewIdentity{ID: id, Tags: &empty})
			return err
		},
		"DeleteIdentity": func(ctx context.Context) error { return c.DeleteIdentity(ctx, id, "e") },
		"CallMethod": func(ctx context.Context) error {
			_, err := c.CallMethod(ctx, id, MethodCall{Name: "ping"})
			return err
		},
	}
	return reads, writes
}

// What a proxy, a portal or another server in the place of the hub may answer.
func TestASuccessThatNoHubSendsIsNoSuccess(t *testing.T) {
	for body, except := range map[string]string{
		"<html>log in</html>":             "",
		"":                                "DeleteIdentity",
		`"fine"`:                          "DeleteIdentity",
		"{}":                              "DeleteIdentity",
		`[{"count":3}]`:                   "DeleteIdentity",
		`{"deviceId":"d","etag":`:         "",
		`{"deviceId":1,"etag":[]}`:        "DeleteIdentity",
		`{"deviceId":"other","etag":"e"}`: "DeleteIdentity",
		`{"deviceId":"d","etag":"e","lastActivityTime":"yesterday","version":"x"}`: "DeleteIdentity Twin PatchTwin ReplaceTwin",
	} {
		l := listen(t, say(200, body))
		reads, writes := everyCall(t, l.client)
		for name, calls := range map[string]map[string]func(context.Context) error{"": reads, mayBeMade: writes} {
			for method, call := range calls {
				err := call(t.Context())
				switch {
				case err == nil && !strings.Contains(except, method):
					t.Errorf("%s takes %s for an answer", method, body)
				case err == nil || strings.Contains(body, "count") && method == "Devices":
				case !strings.Contains(err.Error(), "not what a hub sends"):
					t.Errorf("%s on %s: %v", method, body, err)
				case strings.Contains(err.Error(), mayBeMade) != (name == mayBeMade):
					t.Errorf("%s on %s: %v", method, body, err)
				}
			}
		}
	}
}

func TestAChangeWhoseAnswerIsLostMayHaveBeenMade(t *testing.T) {
	cut := func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	}
	arrived := make(chan struct{}, 1)
	for name, answer := range map[string]http.HandlerFunc{
		"cut": cut,
		"cut in the middle": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "{")
		},
		"called off": func(_ http.ResponseWriter, r *http.Request) {
			arrived <- struct{}{}
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		},
	} {
		l := listen(t, answer)
		reads, writes := everyCall(t, l.client)
		ask := func(call func(context.Context) error) error {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			answered := make(chan error, 1)
			go func() { answered <- call(ctx) }()
			select {
			case <-arrived:
				cancel()
				return <-answered
			case err := <-answered:
				return err
			}
		}
		for method, call := range reads {
			if err := ask(call); err == nil || strings.Contains(err.Error(), "change") || Unsure(err) {
				t.Errorf("%s, %s: %v", name, method, err)
			}
		}
		for method, call := range writes {
			if err := ask(call); err == nil || !strings.Contains(err.Error(), mayBeMade) || !Unsure(err) {
				t.Errorf("%s, %s: %v", name, method, err)
			}
		}
	}
	_, writes := everyCall(t, nobody(t))
	for method, call := range writes {
		if err := call(t.Context()); err == nil || strings.Contains(err.Error(), mayBeMade) || Unsure(err) {
			t.Errorf("%s on a hub that is not there: %v", method, err)
		}
	}
}

// nobody is the client of a hub that does not run.
func nobody(t *testing.T) *Client {
	t.Helper()
	client, err := NewClient(ConnectionString{HostName: "127.0.0.1:1", Policy: "p", Key: NewKey(secret)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}
