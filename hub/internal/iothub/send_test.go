package iothub

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// peer is a hub's AMQP side made of the library that Microsoft's Node SDK is built on.
type peer struct {
	t       *testing.T
	address string
	roots   *x509.CertPool
	lines   *bufio.Scanner
}

// startPeer skips the test where Node or the library is not installed.
func startPeer(t *testing.T) *peer {
	t.Helper()
	node, err := exec.LookPath("node")
	modules, _ := filepath.Abs(filepath.Join("..", "..", "embedded", "conformance", "node_modules")) // of the working directory, which there is
	if err != nil || !exists(filepath.Join(modules, "rhea")) {
		t.Skip("needs node and the modules of hub/embedded/conformance (npm ci)")
	}
	https := httptest.NewTLSServer(http.NotFoundHandler())
	certificate, roots := https.TLS.Certificates[0], x509.NewCertPool()
	roots.AddCert(https.Certificate())
	https.Close()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	cmd := exec.CommandContext(t.Context(), node, "testdata/hub.js", write("key.pem", "PRIVATE KEY", key), write("cert.pem", "CERTIFICATE", certificate.Certificate[0]))
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	p := &peer{t: t, roots: roots, lines: bufio.NewScanner(out)}
	p.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(int(p.next()["port"].(float64))))
	return p
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// next waits for the next line; the test's own time limit is the deadline.
func (p *peer) next() map[string]any {
	p.t.Helper()
	if !p.lines.Scan() {
		p.t.Fatal("the peer has ended")
	}
	var said map[string]any
	if err := json.Unmarshal(p.lines.Bytes(), &said); err != nil {
		p.t.Fatal(err)
	}
	return said
}

func (p *peer) mailer(policy string, observe Observe) *Mailer {
	p.t.Helper()
	tokens, err := NewTokens("example.com", policy, "a2V5a2V5a2V5a2V5", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return &Mailer{HostName: "example.com", Address: p.address, TLS: &tls.Config{RootCAs: p.roots, MinVersion: tls.VersionTLS12}, Tokens: tokens, Observe: observe}
}

func TestSendOverAMQP(t *testing.T) {
	p := startPeer(t)
	var seen []Exchange
	m := p.mailer("service", func(_ context.Context, e Exchange) { seen = append(seen, e) })
	expiry := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	left, err := m.Send(t.Context(), Message{
		Device: "d#1%?:;", ID: "m-1", CorrelationID: "c-1", ContentType: "application/json", Expiry: expiry, Ack: "full",
		Properties: map[string]string{"a": "ä b", "empty": ""}, Body: []byte(`{"on":true}`),
	})
	if err != nil || !left {
		t.Fatal(left, err)
	}
	put := p.next()
	if put["operation"] != "put-token" || put["type"] != "servicebus.windows.net:sastoken" || put["name"] != "example.com" ||
		!strings.HasPrefix(put["token"].(string), "SharedAccessSignature sr=example.com&sig=") {
		t.Errorf("authorized with %v", put)
	}
	got := p.next()
	for field, want := range map[string]any{
		"address": "/messages/devicebound", "to": "/devices/d%231%25%3F%3A%3B/messages/devicebound", "id": "m-1", "correlation": "c-1",
		"type": "application/json", "expiry": float64(expiry.UnixMilli()), "body": `{"on":true}`,
	} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	own := got["properties"].(map[string]any)
	if own["a"] != "ä b" || own["empty"] != "" || own["iothub-ack"] != "full" || len(own) != 3 {
		t.Errorf("the properties are %v", own)
	}
	if len(seen) != 1 || seen[0].Protocol != AMQP || seen[0].Method != "SEND" || seen[0].Err != nil || string(seen[0].Sent.Body) != `{"on":true}` {
		t.Errorf("observed %+v", seen)
	}

	// What is not said does not go over the wire.
	if _, err := m.Send(t.Context(), Message{Device: "d", Body: []byte("hi")}); err != nil {
		t.Fatal(err)
	}
	p.next()
	got = p.next()
	for _, field := range []string{"id", "correlation", "type", "expiry"} {
		if got[field] != nil {
			t.Errorf("%s is %v", field, got[field])
		}
	}
	if own := got["properties"].(map[string]any); len(own) != 0 {
		t.Errorf("the properties are %v", own)
	}
}

func TestSendOverAMQPThatIsRefused(t *testing.T) {
	p := startPeer(t)
	var refusal *TokenError
	if left, err := p.mailer("nobody", nil).Send(t.Context(), Message{Device: "d"}); left || !errors.As(err, &refusal) {
		t.Errorf("an unknown policy: %v, %v", left, err)
	}
	p.next()
	_, err := p.mailer("service", nil).Send(t.Context(), Message{Device: "d", Body: []byte("reject")})
	if !errors.Is(err, ErrRejected) || !strings.Contains(err.Error(), "too many messages wait") {
		t.Errorf("a full queue: %v", err)
	}
	p.next()
	p.next()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		// It is called off when the peer has the message, however long that takes.
		for p.lines.Scan() && !strings.Contains(p.lines.Text(), `"hang"`) {
		}
		cancel()
	}()
	if left, err := p.mailer("service", nil).Send(ctx, Message{Device: "d", Body: []byte("hang")}); !left || !errors.Is(err, context.Canceled) {
		t.Errorf("no answer: %v, %v", left, err)
	}
}

// Whatever the other end does not do, the context ends it and nothing is left behind.
func TestSendOverAMQPToWhoIsNoHub(t *testing.T) {
	https := httptest.NewTLSServer(http.NotFoundHandler())
	roots := x509.NewCertPool()
	roots.AddCert(https.Certificate())
	config := https.TLS.Clone()
	https.Close()
	tokens, err := NewTokens("example.com", "service", "a2V5a2V5a2V5a2V5", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, listen := range map[string]func() (net.Listener, error){
		"no TLS":            func() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") },
		"TLS and then rest": func() (net.Listener, error) { return tls.Listen("tcp", "127.0.0.1:0", config) },
	} {
		t.Run(name, func(t *testing.T) {
			listener, err := listen()
			if err != nil {
				t.Fatal(err)
			}
			accepted := make(chan struct{})
			go func() {
				defer close(accepted)
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				buf := make([]byte, 1<<10) // it reads and never answers
				for err == nil {
					_, err = conn.Read(buf)
				}
				_ = conn.Close()
			}()
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			m := &Mailer{HostName: "example.com", Address: listener.Addr().String(), TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, Tokens: tokens}
			if left, err := m.Send(ctx, Message{Device: "d"}); left || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v, %v", left, err)
			}
			_ = listener.Close()
			<-accepted
		})
	}
}
