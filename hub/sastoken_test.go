package hub_test

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub"
	"twindeck/hub/embedded"
)

func tlsOf(server *embedded.Server) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: server.CertPool()}
}

// dial connects as an identity with a token in the place of its key.
func dial(t *testing.T, server *embedded.Server, id hub.ID, token string) error {
	t.Helper()
	opts := mqtt.NewClientOptions().AddBroker("tls://" + server.MQTTSAddress()).SetTLSConfig(tlsOf(server)).
		SetClientID(id.String()).SetUsername("localhost/" + id.String() + "/?api-version=2021-04-12").SetPassword(token).
		SetProtocolVersion(4).SetConnectRetry(false).SetAutoReconnect(false).SetConnectTimeout(10 * time.Second)
	client := mqtt.NewClient(opts)
	connecting := client.Connect()
	if !connecting.WaitTimeout(10 * time.Second) {
		t.Fatal("neither connected nor refused")
	}
	client.Disconnect(0)
	return connecting.Error()
}

func TestTokensOpenWhatTheyAreFor(t *testing.T) {
	server, client, _ := tapped(t, nil)
	device, module := hub.ID{Device: "d#1%(x)+y"}, hub.ID{Device: "d#1%(x)+y", Module: "m+1"}
	identities := map[hub.ID]hub.Identity{device: create(t, client, device), module: create(t, client, module)}
	in := func(d time.Duration) time.Time { return time.Now().Add(d) }
	for id, identity := range identities {
		for name, key := range map[string]hub.Key{"primary": identity.PrimaryKey, "secondary": identity.SecondaryKey} {
			cs := hub.ConnectionString{HostName: client.Host(), DeviceID: id.Device, ModuleID: id.Module, Key: key}
			good, err := cs.Token(in(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			if err := dial(t, server, id, good.Reveal()); err != nil {
				t.Errorf("%v with its %s key: %v", id, name, err)
			}
			expired, err := cs.Token(in(-10 * time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			if err := dial(t, server, id, expired.Reveal()); err == nil {
				t.Errorf("%v with its %s key: an expired token is taken", id, name)
			}
			if !id.IsModule() {
				const inbox = "/devices/d%231%25(x)+y/messages/deviceBound"
				if status, _ := ask(t, server, http.MethodGet, inbox, good.Reveal()); status != http.StatusNoContent {
					t.Errorf("%v with its %s key over HTTPS: %d", id, name, status)
				}
				if status, _ := ask(t, server, http.MethodGet, inbox, expired.Reveal()); status != http.StatusUnauthorized {
					t.Errorf("%v with its %s key over HTTPS, expired: %d", id, name, status)
				}
			}
		}
	}
	ofDevice := hub.ConnectionString{HostName: client.Host(), DeviceID: device.Device, Key: identities[device].PrimaryKey}
	if token, err := ofDevice.Token(in(time.Hour)); err != nil || dial(t, server, module, token.Reveal()) == nil {
		t.Errorf("the device's token opens its module, %v", err)
	}
}

func TestTheTokenOfAPolicyOpensTheHub(t *testing.T) {
	server, _, _ := tapped(t, nil)
	for policy, want := range map[string]int{"iothubowner": 200, "registryRead": 200, "service": 401} {
		client := connect(t, server, policy)
		for life, status := range map[time.Duration]int{time.Hour: want, -10 * time.Minute: 401} {
			token, err := client.PolicyToken(time.Now().Add(life))
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := ask(t, server, http.MethodGet, "/devices", token.Reveal()); got != status {
				t.Errorf("%s for %v: %d, want %d", policy, life, got, status)
			}
			if token.Policy != policy || token.Resource != "localhost" && token.Resource != "127.0.0.1" {
				t.Errorf("%s: for %s as %s", policy, token.Resource, token.Policy)
			}
		}
	}
}

func TestATokenSaysWhatItIs(t *testing.T) {
	cs := hub.ConnectionString{HostName: "contoso.azure-devices.net:443", DeviceID: "d", ModuleID: "m", Key: hub.NewKey(keyA)}
	at := time.Unix(1_800_000_000, 999)
	token, err := cs.Token(at)
	if err != nil {
		t.Fatal(err)
	}
	if token.Resource != "contoso.azure-devices.net/devices/d/modules/m" || !token.Expires.Equal(at.Truncate(time.Second)) || token.Policy != "" ||
		!strings.HasPrefix(token.Reveal(), "SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fd%2Fmodules%2Fm&sig=") || !strings.HasSuffix(token.Reveal(), "&se=1800000000") {
		t.Errorf("%+v", token)
	}
	spaced, err := hub.ConnectionString{HostName: "h", Policy: "my policy", Key: hub.NewKey(keyA)}.Token(at)
	if err != nil || !strings.HasSuffix(spaced.Reveal(), "&skn=my%20policy") {
		t.Errorf("%v, %v", spaced.Policy, err)
	}
	for name, cs := range map[string]hub.ConnectionString{"no key": {HostName: "h", Policy: "p"}, "no base64": {HostName: "h", Policy: "p", Key: hub.NewKey("not base64, " + keyA)}} {
		if _, err := cs.Token(at); err == nil || strings.Contains(err.Error(), keyA) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := cs.Token(time.Unix(-5, 0)); err == nil {
		t.Error("a token that expired before time began")
	}
}
