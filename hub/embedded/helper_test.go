package embedded_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub/embedded"
)

// start starts a hub that is closed with the test.
func start(t testing.TB, opts embedded.Options) *embedded.Server {
	t.Helper()
	hub, err := embedded.Start(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := hub.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return hub
}

// value returns one field of a connection string.
func value(connectionString, field string) string {
	for pair := range strings.SplitSeq(connectionString, ";") {
		if name, v, _ := strings.Cut(pair, "="); name == field {
			return v
		}
	}
	return ""
}

// sign writes a shared access signature by hand, as the Azure docs describe it.
func sign(resource, key, policy string) string {
	raw, _ := base64.StdEncoding.DecodeString(key)
	sr, se := url.QueryEscape(resource), fmt.Sprint(time.Now().Add(time.Hour).Unix())
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte(sr + "\n" + se))
	token := "SharedAccessSignature sr=" + sr + "&sig=" + url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil))) + "&se=" + se
	if policy != "" {
		token += "&skn=" + policy
	}
	return token
}

// client is a service client that knows nothing but HTTP.
type client struct {
	hub    *embedded.Server
	http   *http.Client
	policy string
}

func newClient(t testing.TB, hub *embedded.Server) *client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: hub.CertPool()}}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{hub, &http.Client{Transport: transport, Timeout: 30 * time.Second}, "iothubowner"}
}

// answer is an HTTP answer with its body.
type answer struct {
	status int
	header http.Header
	body   string
	closed bool // the server closes the connection after it
}

// try sends one request; headers are pairs of name and value.
func (c *client) try(method, path, body string, headers ...string) (answer, error) {
	cs := c.hub.ConnectionString(c.policy)
	if !strings.Contains(path, "api-version=") {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		path += separator + "api-version=2021-04-12"
	}
	req, err := http.NewRequest(method, "https://"+c.hub.HTTPSAddress()+path, bytes.NewBufferString(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", sign(value(cs, "HostName"), value(cs, "SharedAccessKey"), c.policy))
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(text), res.Close}, err
}

// must is try for a request that has to be answered with status.
func (c *client) must(t testing.TB, status int, method, path, body string, headers ...string) answer {
	t.Helper()
	a, err := c.try(method, path, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if a.status != status {
		t.Fatalf("%s %s: status %d, want %d; %s", method, path, a.status, status, a.body)
	}
	return a
}

// message is something that an MQTT client received.
type message struct{ topic, payload string }

// newPaho returns an MQTT client for an identity that has not connected yet.
func newPaho(t testing.TB, hub *embedded.Server, id embedded.ID) paho.Client {
	t.Helper()
	return paho.NewClient(pahoOptions(t, hub, id))
}

func pahoOptions(t testing.TB, hub *embedded.Server, id embedded.ID) *paho.ClientOptions {
	t.Helper()
	cs, err := hub.IdentityConnectionString(id)
	if err != nil {
		t.Fatal(err)
	}
	resource := "localhost/devices/" + id.Device
	if id.Module != "" {
		resource += "/modules/" + id.Module
	}
	return paho.NewClientOptions().
		AddBroker("tls://" + hub.MQTTSAddress()).
		SetTLSConfig(&tls.Config{RootCAs: hub.CertPool()}).
		SetClientID(id.String()).
		SetUsername("localhost/" + id.String() + "/?api-version=2021-04-12").
		SetPassword(sign(resource, value(cs, "SharedAccessKey"), "")).
		SetProtocolVersion(4).
		SetAutoReconnect(false)
}

// connect connects as a device or module over MQTT and returns what it receives. Topics are
// subscribed to before it returns.
func connect(t testing.TB, hub *embedded.Server, id embedded.ID, topics ...string) (paho.Client, <-chan message) {
	t.Helper()
	messages := make(chan message, 100)
	c := paho.NewClient(pahoOptions(t, hub, id).SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
		messages <- message{m.Topic(), string(m.Payload())}
	}))
	wait(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(0) })
	for _, topic := range topics {
		wait(t, c.Subscribe(topic, 0, nil))
	}
	return c, messages
}

func wait(t testing.TB, token paho.Token) {
	t.Helper()
	if !token.WaitTimeout(10 * time.Second) {
		t.Fatal("MQTT: no answer within 10 s")
	}
	if err := token.Error(); err != nil {
		t.Fatal(err)
	}
}

func receive(t testing.TB, messages <-chan message) message {
	t.Helper()
	select {
	case m := <-messages:
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("nothing arrived within 10 s")
		return message{}
	}
}

// eventually polls until check is true.
func eventually(t testing.TB, what string, check func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !check() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
		<-tick.C
	}
}
