package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/amenzhinsky/iothub/common"
	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"

	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/sas"
)

// patience is how long a test waits for what must happen. It is never waited
// for in full unless the test fails.
const patience = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	pump  = registry.ID{Device: "pump"}
	valve = registry.ID{Device: "pump", Module: "valve"}
)

// site is a gateway over a real registry on a real TLS socket. It has the device
// pump with the module valve.
type site struct {
	*Gateway
	t       testing.TB
	store   *registry.Store
	address string
	client  *tls.Config
}

func serve(t testing.TB, opts Options) *site {
	t.Helper()
	return serveOver(t, opts, func(store *registry.Store) Registry { return store })
}

// serveOver is serve with something between the gateway and its registry.
func serveOver(t testing.TB, opts Options, between func(*registry.Store) Registry) *site {
	t.Helper()
	// httptest brings a certificate that its clients trust.
	web := httptest.NewUnstartedServer(nil)
	web.StartTLS()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	certificates := web.TLS.Certificates
	web.Close()

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	store := registry.New(registry.Options{})
	g := New(between(store), sas.NewAuthority([]string{"localhost", "127.0.0.1"}, sas.StandardPolicies()), opts)
	store.Listen(g)
	done := make(chan error, 1)
	go func() { done <- g.Serve(tls.NewListener(l, &tls.Config{Certificates: certificates})) }()
	t.Cleanup(func() {
		g.Close()
		if err := <-done; !errors.Is(err, mqtt.ErrServerClosed) {
			t.Errorf("Serve returned %v", err)
		}
	})
	s := &site{g, t, store, l.Addr().String(), &tls.Config{ServerName: "127.0.0.1", RootCAs: roots}}
	s.create(pump)
	s.create(valve)
	return s
}

func (s *site) create(id registry.ID) {
	s.t.Helper()
	body := map[string]string{"deviceId": id.Device}
	if id.Module != "" {
		body["moduleId"] = id.Module
	}
	s.put(id, body, "")
}

func (s *site) put(id registry.ID, body any, ifMatch string) {
	s.t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.store.PutIdentity(id, encoded, registry.ParsePrecondition(ifMatch)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) delete(id registry.ID) {
	s.t.Helper()
	if err := s.store.DeleteIdentity(id, registry.ParsePrecondition("*")); err != nil {
		s.t.Fatal(err)
	}
}

// desire patches the desired properties.
func (s *site) desire(id registry.ID, desired string) {
	s.t.Helper()
	if _, err := s.store.PatchTwin(id, fmt.Appendf(nil, `{"properties":{"desired":%s}}`, desired), registry.Precondition{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) connectionState(id registry.ID) string {
	s.t.Helper()
	document, err := s.store.Identity(id)
	if err != nil {
		s.t.Fatal(err)
	}
	var identity struct{ ConnectionState string }
	if err := json.Unmarshal(document.JSON, &identity); err != nil {
		s.t.Fatal(err)
	}
	return identity.ConnectionState
}

// token signs for a resource with the primary key of id.
func (s *site) token(id registry.ID, resource string, life time.Duration) string {
	s.t.Helper()
	creds, ok := s.store.Credentials(id)
	if !ok {
		s.t.Fatalf("%v does not exist", id)
	}
	token, err := common.NewSharedAccessSignature(resource, "", creds.Primary, time.Now().Add(life))
	if err != nil {
		s.t.Fatal(err)
	}
	return token.String()
}

func resource(id registry.ID) string {
	r := "localhost/devices/" + url.QueryEscape(id.Device)
	if id.Module != "" {
		r += "/modules/" + url.QueryEscape(id.Module)
	}
	return r
}

// options are those of a device that connects as id.
func (s *site) options(id registry.ID) *paho.ClientOptions {
	return paho.NewClientOptions().
		AddBroker("ssl://" + s.address).SetTLSConfig(s.client).
		SetProtocolVersion(4).SetClientID(id.String()).
		SetUsername("localhost/" + id.String() + "/?api-version=2021-04-12").
		SetPassword(s.token(id, resource(id), time.Hour)).
		SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(patience).SetKeepAlive(time.Minute)
}

// device is a connected device whose messages go to one inbox.
type device struct {
	t      testing.TB
	client paho.Client
	inbox  chan paho.Message
	lost   chan struct{}
}

func (s *site) connect(id registry.ID) *device { return s.connectWith(s.options(id)) }

func (s *site) connectWith(o *paho.ClientOptions) *device {
	s.t.Helper()
	d := &device{s.t, nil, make(chan paho.Message, 10000), make(chan struct{})}
	o.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { d.inbox <- m })
	o.SetConnectionLostHandler(func(paho.Client, error) { close(d.lost) })
	d.client = paho.NewClient(o)
	d.wait(d.client.Connect())
	s.t.Cleanup(func() { d.client.Disconnect(0) })
	return d
}

func (d *device) wait(token paho.Token) {
	d.t.Helper()
	if !token.WaitTimeout(patience) {
		d.t.Fatal("the hub does not answer")
	}
	if token.Error() != nil {
		d.t.Fatal(token.Error())
	}
}

func (d *device) subscribe(filters ...string) {
	d.t.Helper()
	m := make(map[string]byte)
	for _, f := range filters {
		m[f] = 1
	}
	d.wait(d.client.SubscribeMultiple(m, nil))
}

func (d *device) publish(topic, payload string) {
	d.t.Helper()
	d.wait(d.client.Publish(topic, 1, false, payload))
}

func (d *device) receive() paho.Message {
	d.t.Helper()
	select {
	case m := <-d.inbox:
		return m
	case <-time.After(patience):
		d.t.Fatal("no message arrived")
		return nil
	}
}

// expect waits for a message with the topic and payload given.
func (d *device) expect(topic, payload string) {
	d.t.Helper()
	if m := d.receive(); m.Topic() != topic || string(m.Payload()) != payload {
		d.t.Fatalf("got %s %s\nwant %s %s", m.Topic(), m.Payload(), topic, payload)
	}
}

// quiet checks that nothing has come up to now: what the hub has sent before
// the answer to a request arrives before that answer.
func (d *device) quiet() {
	d.t.Helper()
	d.subscribe(twinAnswers + "#")
	d.publish(twinGet+"?$rid=quiet", "")
	if m := d.receive(); m.Topic() != twinAnswers+"200/?$rid=quiet" {
		d.t.Fatalf("an unexpected message: %s %s", m.Topic(), m.Payload())
	}
}

// isLost waits for the hub to close the connection.
func (d *device) isLost() {
	d.t.Helper()
	select {
	case <-d.lost:
	case <-time.After(patience):
		d.t.Fatal("the connection is still open")
	}
}

// eventually polls until the condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
		<-time.After(time.Millisecond)
	}
}
