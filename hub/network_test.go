package hub

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestTheWayToTheHubFails(t *testing.T) {
	l := listen(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/twins/slow":
			<-r.Context().Done()
			panic(http.ErrAbortHandler) // returning would still answer whoever hangs up slowly
		case "/twins/cut":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		case "/twins/html":
			_, _ = io.WriteString(w, "<html>login</html>")
		case "/twins/moved":
			http.Redirect(w, r, "https://127.0.0.1:1/steal", http.StatusFound)
		}
	})
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, test := range []struct {
		ctx    context.Context
		device string
		is     error
		says   string
	}{
		{soon, "slow", context.DeadlineExceeded, "did not answer in time"},
		{gone, "slow", context.Canceled, "cancelled"},
		{t.Context(), "cut", io.EOF, "closed the connection"},
		{t.Context(), "html", nil, "check that the host is an IoT Hub"},
		{t.Context(), "moved", nil, "302 Found, which no hub does; check that the host is an IoT Hub"},
	} {
		_, err := l.client.Twin(test.ctx, ID{Device: test.device})
		if err == nil || !strings.Contains(err.Error(), test.says) || test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s: %v", test.device, err)
		}
	}
	for host, says := range map[string]string{
		"127.0.0.1:1":          "connection refused; is the hub running?",
		"no-such-host.invalid": "there is no host",
	} {
		cs := ConnectionString{HostName: host, Policy: "p", Key: NewKey(secret)}
		client, err := NewClient(cs, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Twin(t.Context(), ID{Device: "d"}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", host, err)
		}
		if _, err := client.Modules(t.Context(), "d"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s, through the library: %v", host, err)
		}
		_ = client.Close()
	}
	behind, err := NewClient(ConnectionString{HostName: "hub.invalid", Policy: "p", Key: NewKey(secret)}, Options{
		HTTPClient: &http.Client{Transport: &http.Transport{
			Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:1", User: url.UserPassword("me", secret)}),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := behind.Twin(t.Context(), ID{Device: "d"}); err == nil || !strings.Contains(err.Error(), "proxy on the way to hub.invalid") || leaks(err.Error()) {
		t.Errorf("a proxy that is not there: %v", err)
	}
	_ = behind.Close()
	stranger, err := NewClient(l.client.credentials, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Twin(t.Context(), ID{Device: "d"}); err == nil || !strings.Contains(err.Error(), "--ca-file") {
		t.Errorf("an unknown CA: %v", err)
	}
	_ = stranger.Close()
}

func TestAnEndlessAnswerIsCutOff(t *testing.T) {
	l := listen(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := bytes.Repeat([]byte("x"), 1<<20)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	l.client.transport.Limit = 1 << 20
	if _, err := l.client.Twin(t.Context(), ID{Device: "d"}); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v", err)
	}
}
