package hub

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub/patch"
)

// mosquitto is a broker that knows nothing of hubs, with a responder behind it that plays the part
// of one: it keeps a twin, answers readings and reports, and publishes patches.
type mosquitto struct {
	t           *testing.T
	config      string
	plain, safe string // addresses
	roots       *x509.CertPool
	process     *exec.Cmd
	responder   paho.Client

	mu       sync.Mutex
	desired  patch.Value
	version  int64
	reported []string
	answers  []string
}

func startMosquitto(t *testing.T) *mosquitto {
	t.Helper()
	if _, err := exec.LookPath("mosquitto"); err != nil {
		t.Skip("mosquitto is not installed")
	}
	https := httptest.NewTLSServer(http.NotFoundHandler())
	https.Close()
	m := &mosquitto{t: t, roots: x509.NewCertPool(), desired: patch.Object(), version: 1, plain: freeAddress(t), safe: freeAddress(t)}
	m.roots.AddCert(https.Certificate())
	dir := t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(https.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	_, plainPort, _ := net.SplitHostPort(m.plain)
	_, safePort, _ := net.SplitHostPort(m.safe)
	m.config = filepath.Join(dir, "mosquitto.conf")
	for name, text := range map[string]string{
		"cert.pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: https.Certificate().Raw})),
		"key.pem":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
		"mosquitto.conf": fmt.Sprintf("user root\npersistence false\nlog_type error\nlistener %s 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlistener %s 127.0.0.1\ncertfile %s/cert.pem\nkeyfile %s/key.pem\n",
			plainPort, safePort, dir, dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m.start()
	t.Cleanup(m.stop)
	return m
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// start starts the broker, and the responder at it.
func (m *mosquitto) start() {
	m.t.Helper()
	m.process = exec.Command("mosquitto", "-c", m.config)
	if err := m.process.Start(); err != nil {
		m.t.Fatal(err)
	}
	for _, address := range []string{m.plain, m.safe} {
		eventually(m.t, "mosquitto to listen", func() bool {
			c, err := net.Dial("tcp", address)
			if err == nil {
				_ = c.Close()
			}
			return err == nil
		})
	}
	m.responder = paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + m.plain).SetClientID("responder").SetAutoReconnect(false).SetConnectRetry(false))
	m.wait(m.responder.Connect())
	m.wait(m.responder.SubscribeMultiple(map[string]byte{
		"$iothub/twin/GET/#": 1, "$iothub/twin/PATCH/properties/reported/#": 1, "$iothub/methods/res/#": 1,
	}, m.respond))
}

// stop kills the broker: nobody hears a farewell.
func (m *mosquitto) stop() {
	m.responder.Disconnect(0)
	_ = m.process.Process.Kill()
	_ = m.process.Wait()
}

func (m *mosquitto) wait(token paho.Token) {
	m.t.Helper()
	if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		m.t.Fatalf("the responder: %v", token.Error())
	}
}

func (m *mosquitto) respond(c paho.Client, msg paho.Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, rid, _ := strings.Cut(msg.Topic(), "$rid=")
	switch {
	case strings.HasPrefix(msg.Topic(), "$iothub/twin/GET/"):
		body := fmt.Sprintf(`{"desired":%s,"reported":{"$version":1}}`, withVersion(m.desired.JSON(), m.version))
		c.Publish("$iothub/twin/res/200/?$rid="+rid, 1, false, body)
	case strings.HasPrefix(msg.Topic(), "$iothub/twin/PATCH/"):
		m.reported = append(m.reported, string(msg.Payload()))
		c.Publish(fmt.Sprintf("$iothub/twin/res/204/?$rid=%s&$version=%d", rid, len(m.reported)+1), 1, false, "")
	default:
		m.answers = append(m.answers, msg.Topic()+" "+string(msg.Payload()))
	}
}

// patch changes the twin and, unless nobody is to know, publishes it.
func (m *mosquitto) patch(text string, unseen ...bool) {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.desired = patch.Apply(m.desired, mustParse(m.t, text))
	m.version++
	if len(unseen) == 0 {
		m.responder.Publish(fmt.Sprintf("$iothub/twin/PATCH/properties/desired/?$version=%d", m.version), 1, false, withVersion(text, m.version))
	}
}

func TestAtAnIndependentBroker(t *testing.T) {
	m := startMosquitto(t)
	w := &witness{t: t, changed: make(chan struct{}, 1)}
	s, err := StartSession(SessionOptions{
		Credentials: ConnectionString{HostName: "127.0.0.1", DeviceID: "d", ModuleID: "m", Key: NewKey(secret)},
		RootCAs:     m.roots, MQTTAddress: m.safe, OnEvent: w.note,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	w.wait(EventSynced, 1)

	const many = 2000
	for i := range many {
		m.patch(fmt.Sprintf(`{"n":%d,"nested":{"k%d":%d}}`, i, i%7, i))
	}
	events := w.waitFor("all patches", func(events []Event) bool { return len(events) >= 3+many })
	for i, e := range events[3:] {
		if e.Kind != EventPatch || e.Version != int64(i+2) {
			t.Fatalf("event %d is %s v%d", i, e.Kind, e.Version)
		}
	}
	if version, err := s.Report(t.Context(), mustParse(t, `{"a":1.0}`)); err != nil || version != 2 {
		t.Errorf("reported as v%d, %v", version, err)
	}
	m.responder.Publish("$iothub/methods/POST/ping/?$rid=1", 1, false, "null")
	eventually(t, "the answer", func() bool { m.mu.Lock(); defer m.mu.Unlock(); return len(m.answers) == 1 })
	if !strings.HasPrefix(m.answers[0], "$iothub/methods/res/404/?$rid=1 ") {
		t.Errorf("answered %s", m.answers[0])
	}

	m.stop()
	w.wait(EventLost, 1)
	m.patch(`{"n":null,"while":"away"}`, true)
	m.start()
	synced := w.wait(EventSynced, 2)
	if got := tell([]Event{synced}); got != fmt.Sprintf("synced v%d n:%d→null while:null→\"away\"\n", many+2, many-1) {
		t.Errorf("told %s", got)
	}

	other := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + m.plain).SetClientID("d/m").SetAutoReconnect(false))
	lost := len(w.all())
	m.wait(other.Connect())
	w.waitFor("the takeover", func(events []Event) bool {
		for _, e := range events[lost:] {
			if e.Kind == EventLost {
				return strings.Contains(e.Err.Error(), "another client may have connected")
			}
		}
		return false
	})
	other.Disconnect(0)
	w.wait(EventSynced, 3)
	m.patch(`{"last":1}`)
	w.waitFor("the last patch", func(events []Event) bool {
		e := events[len(events)-1]
		return e.Kind == EventPatch && e.Version == many+3
	})
	began := time.Now()
	if err := s.Close(); err != nil || time.Since(began) > 2*time.Second {
		t.Errorf("closed after %v, %v", time.Since(began), err)
	}
}
