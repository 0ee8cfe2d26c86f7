package hub

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"twindeck/hub/patch"
)

// broker is an independent MQTT broker over TLS, dressed up as far as one client of an
// IoT Hub can tell: it answers twin requests and keeps one twin.
type broker struct {
	mqtt.HookBase
	t      *testing.T
	server *mqtt.Server
	roots  *x509.CertPool
	proxy  *proxy

	mu        sync.Mutex
	desired   string // JSON without $version
	version   int64
	reported  []string // the bodies of reports
	answers   []string // topic and payload of method answers
	connects  []string // user names
	passwords []string
	refuse    bool // CONNECT is refused
	deaf      bool // twin reads are not answered
	failReads int  // so many twin reads are answered with 429
	reject    int  // status for reports instead of 204
}

// startBroker returns a broker with an empty twin. Clients reach it through a proxy that
// can cut and freeze their connections.
func startBroker(t *testing.T) *broker {
	t.Helper()
	https := httptest.NewUnstartedServer(http.NotFoundHandler())
	https.StartTLS()
	certificate, config := https.Certificate(), https.TLS.Clone()
	https.Close()
	config.NextProtos = nil

	b := &broker{t: t, roots: x509.NewCertPool(), desired: "{}", version: 1}
	b.roots.AddCert(certificate)
	b.server = mqtt.New(&mqtt.Options{
		InlineClient: true,
		Logger:       slog.New(slog.DiscardHandler),
		Capabilities: mqtt.NewDefaultServerCapabilities(),
	})
	b.server.Options.Capabilities.MaximumClientWritesPending = 1 << 15
	b.server.Options.Capabilities.MaximumSessionExpiryInterval = 1
	if err := b.server.AddHook(b, nil); err != nil {
		t.Fatal(err)
	}
	// The broker's own listener races with its Close, so the connections are ours.
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { _ = b.server.EstablishConnection("tls", conn) }) // ends with the connection
		}
	})
	if err := b.server.Serve(); err != nil {
		t.Fatal(err)
	}
	b.proxy = startProxy(t, listener.Addr().String())
	t.Cleanup(func() {
		b.proxy.close() // and with it every connection
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
		if err := b.server.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *broker) ID() string { return "hub" }

func (b *broker) Provides(hook byte) bool {
	return hook == mqtt.OnConnectAuthenticate || hook == mqtt.OnACLCheck || hook == mqtt.OnPublish
}

func (b *broker) OnConnectAuthenticate(_ *mqtt.Client, pk packets.Packet) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.connects = append(b.connects, string(pk.Connect.Username))
	b.passwords = append(b.passwords, string(pk.Connect.Password))
	return !b.refuse
}

func (b *broker) OnACLCheck(*mqtt.Client, string, bool) bool { return true }

func (b *broker) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	_, rid, _ := strings.Cut(pk.TopicName, "$rid=")
	switch {
	case strings.HasPrefix(pk.TopicName, "$iothub/twin/GET/"):
		switch {
		case b.deaf:
		case b.failReads > 0:
			b.failReads--
			b.publish("$iothub/twin/res/429/?$rid="+rid, "")
		default:
			b.publish("$iothub/twin/res/200/?$rid="+rid, fmt.Sprintf(`{"desired":%s,"reported":{"$version":1}}`, withVersion(b.desired, b.version)))
		}
	case strings.HasPrefix(pk.TopicName, "$iothub/twin/PATCH/properties/reported/"):
		b.reported = append(b.reported, string(pk.Payload))
		if b.reject != 0 {
			b.publish(fmt.Sprintf("$iothub/twin/res/%d/?$rid=%s", b.reject, rid), "")
		} else {
			b.publish(fmt.Sprintf("$iothub/twin/res/204/?$rid=%s&$version=%d", rid, len(b.reported)+1), "")
		}
	case strings.HasPrefix(pk.TopicName, "$iothub/methods/res/"):
		b.answers = append(b.answers, pk.TopicName+" "+string(pk.Payload))
	default:
		b.t.Errorf("the client published to %s", pk.TopicName)
	}
	return pk, packets.CodeSuccessIgnore
}

func (b *broker) publish(topic, payload string) {
	if err := b.server.Publish(topic, []byte(payload), false, 0); err != nil {
		b.t.Error(err)
	}
}

// patch changes the twin and tells the client, unless unseen.
func (b *broker) patch(text string, unseen ...bool) {
	b.t.Helper()
	p, err := patch.Parse([]byte(text))
	if err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	before, err := patch.Parse([]byte(b.desired))
	if err != nil {
		b.t.Fatal(err)
	}
	b.desired = patch.Apply(before, p).JSON()
	b.version++
	if len(unseen) == 0 {
		b.publish(fmt.Sprintf("$iothub/twin/PATCH/properties/desired/?$version=%d", b.version), withVersion(text, b.version))
	}
}

func withVersion(object string, version int64) string {
	if object == "{}" {
		return fmt.Sprintf(`{"$version":%d}`, version)
	}
	return fmt.Sprintf(`%s,"$version":%d}`, strings.TrimSuffix(object, "}"), version)
}

func (b *broker) credentials() ConnectionString {
	return ConnectionString{HostName: "127.0.0.1:8443", DeviceID: "d#1", ModuleID: "m+1", Key: NewKey(secret)}
}

// connect starts a session at the broker and returns it with what it tells.
func (b *broker) connect(change ...func(*SessionOptions)) (*Session, *witness) {
	b.t.Helper()
	w := &witness{t: b.t, changed: make(chan struct{}, 1)}
	log := &journal{}
	opts := SessionOptions{
		Credentials: b.credentials(), RootCAs: b.roots, MQTTAddress: b.proxy.address(), OnEvent: w.note,
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&opts)
	}
	s, err := StartSession(opts)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		_ = s.Close() // never fails
		if text := log.String(); leaks(text) || strings.Contains(text, "SharedAccessSignature") {
			b.t.Errorf("the log shows a secret:\n%s", text)
		}
	})
	return s, w
}

// journal is a log that may be written to from everywhere.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// clients returns the number of connections open at the broker.
func (b *broker) clients() int {
	n := 0
	for _, cl := range b.server.Clients.GetAll() {
		if !cl.Net.Inline && !cl.Closed() {
			n++
		}
	}
	return n
}

// witness keeps the events of a session.
type witness struct {
	t       *testing.T
	changed chan struct{}
	mu      sync.Mutex
	events  []Event
}

func (w *witness) note(e Event) {
	w.mu.Lock()
	w.events = append(w.events, e)
	w.mu.Unlock()
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

func (w *witness) all() []Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.events[:len(w.events):len(w.events)] // what is told is never changed
}

// waitFor returns the events once they fit; it fails the test after half a minute.
func (w *witness) waitFor(what string, fits func([]Event) bool) []Event {
	w.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		events := w.all()
		if fits(events) {
			return events
		}
		select {
		case <-w.changed:
		case <-deadline:
			w.t.Fatalf("waited in vain for %s; the last of %d events told:\n%s", what, len(events), tell(events[max(0, len(events)-20):]))
		}
	}
}

// wait returns the nth event of a kind, counting from one.
func (w *witness) wait(kind EventKind, nth int) Event {
	w.t.Helper()
	var found Event
	w.waitFor(fmt.Sprintf("%s number %d", kind, nth), func(events []Event) bool {
		n := 0
		for _, e := range events {
			if e.Kind == kind {
				if n++; n == nth {
					found = e
					return true
				}
			}
		}
		return false
	})
	return found
}

// eventually fails the test when something does not become true within ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}
