package embedded_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" // the service's thumbprints are SHA-1
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub/embedded"
)

// issue makes a certificate that parent signed, or that signs itself.
func issue(t *testing.T, name string, ca bool, parent *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: ca, BasicConstraintsValid: true,
	}
	signer, signerKey := c, any(key)
	if parent != nil {
		signer, signerKey = parent.Leaf, parent.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, c, signer, &key.PublicKey, signerKey)
	if err != nil {
		t.Fatal(err)
	}
	made := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	if made.Leaf, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return made
}

// certified are the options of a device that identifies itself with a certificate.
func certified(hub *embedded.Server, id embedded.ID, server string, certificates ...tls.Certificate) *paho.ClientOptions {
	return paho.NewClientOptions().AddBroker(server).
		SetTLSConfig(&tls.Config{RootCAs: hub.CertPool(), Certificates: certificates}).
		SetClientID(id.String()).SetUsername("localhost/" + id.String() + "/?api-version=2021-04-12").
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectRetry(false)
}

func TestDevicesWithCertificates(t *testing.T) {
	root := issue(t, "device CA", true, nil)
	hub := start(t, embedded.Options{DeviceCAs: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate[0]})})
	service := newClient(t, hub)
	own, ownModule, stranger := issue(t, "x", false, nil), issue(t, "y", false, nil), issue(t, "x", false, nil)
	short, long := sha1.Sum(own.Certificate[0]), sha256.Sum256(ownModule.Certificate[0]) // see the import
	thumbprints := func(first, second string) string {
		return fmt.Sprintf(`"authentication":{"type":"selfSigned","x509Thumbprint":{"primaryThumbprint":%q,"secondaryThumbprint":%q}}}`, first, second)
	}
	service.must(t, 200, "PUT", "/devices/self", `{"deviceId":"self",`+thumbprints(hex.EncodeToString(short[:]), ""))
	service.must(t, 200, "PUT", "/devices/self/modules/m", `{"deviceId":"self","moduleId":"m",`+thumbprints("", hex.EncodeToString(long[:])))
	service.must(t, 200, "PUT", "/devices/signed", `{"deviceId":"signed","authentication":{"type":"certificateAuthority"}}`)
	service.must(t, 200, "PUT", "/devices/sas", `{"deviceId":"sas"}`)
	service.must(t, 200, "PUT", "/devices/off", `{"deviceId":"off","status":"disabled",`+thumbprints(hex.EncodeToString(short[:]), ""))

	self, selfModule := embedded.ID{Device: "self"}, embedded.ID{Device: "self", Module: "m"}
	signed, sas := embedded.ID{Device: "signed"}, embedded.ID{Device: "sas"}
	for name, c := range map[string]struct {
		id      embedded.ID
		chain   []tls.Certificate
		allowed bool
	}{
		"thumbprint":              {self, []tls.Certificate{own}, true},
		"thumbprint of a module":  {selfModule, []tls.Certificate{ownModule}, true},
		"authority":               {signed, []tls.Certificate{issue(t, "signed", false, &root)}, true},
		"another thumbprint":      {self, []tls.Certificate{stranger}, false},
		"the device for a module": {selfModule, []tls.Certificate{own}, false},
		"another name":            {signed, []tls.Certificate{issue(t, "other", false, &root)}, false},
		"another authority":       {signed, []tls.Certificate{issue(t, "signed", false, nil)}, false},
		"a device with keys":      {sas, []tls.Certificate{own}, false},
		"a disabled device":       {embedded.ID{Device: "off"}, []tls.Certificate{own}, false},
		"nothing at all":          {self, nil, false},
	} {
		for _, server := range []string{"tls://" + hub.MQTTSAddress(), "wss://" + hub.HTTPSAddress() + "/$iothub/websocket"} {
			client := paho.NewClient(certified(hub, c.id, server, c.chain...))
			token := client.Connect()
			if !token.WaitTimeout(10 * time.Second) {
				t.Fatalf("%s, %s: no answer", name, server)
			}
			if (token.Error() == nil) != c.allowed {
				t.Errorf("%s, %s: %v", name, server, token.Error())
			}
			client.Disconnect(0)
		}
	}

	// Whoever has keys is let in with a token, certificate or not.
	options := pahoOptions(t, hub, sas)
	options.SetTLSConfig(&tls.Config{RootCAs: hub.CertPool(), Certificates: []tls.Certificate{own}})
	client := paho.NewClient(options)
	wait(t, client.Connect())
	client.Disconnect(0)

	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: hub.CertPool(), Certificates: []tls.Certificate{own}}}
	t.Cleanup(transport.CloseIdleConnections)
	device := newClient(t, hub)
	device.http.Transport = transport
	device.must(t, 204, "POST", "/devices/self/messages/events", "x", "Authorization", "")
	device.must(t, 200, "GET", "/devices/self/modules", "", "Authorization", "")
	for _, path := range []string{"/devices/signed/messages/events", "/devices/self/modules/m/messages/events", "/devices/off/messages/events"} {
		device.must(t, 401, "POST", path, "x", "Authorization", "")
	}
	device.must(t, 401, "GET", "/twins/self", "", "Authorization", "")
}

func TestDeviceCAIsAdded(t *testing.T) {
	hub := start(t, embedded.Options{})
	newClient(t, hub).must(t, 200, "PUT", "/devices/d", `{"deviceId":"d","authentication":{"type":"certificateAuthority"}}`)
	root := issue(t, "device CA", true, nil)
	leaf := issue(t, "d", false, &root)
	connect := func() error {
		c := paho.NewClient(certified(hub, embedded.ID{Device: "d"}, "tls://"+hub.MQTTSAddress(), leaf))
		defer c.Disconnect(0)
		token := c.Connect()
		if !token.WaitTimeout(10 * time.Second) {
			t.Fatal("no answer")
		}
		return token.Error()
	}
	if connect() == nil {
		t.Error("let in by an authority that nobody knows")
	}
	if err := hub.AddDeviceCA([]byte("nonsense")); err == nil {
		t.Error("nonsense is an authority")
	}
	if err := hub.AddDeviceCA(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate[0]})); err != nil {
		t.Fatal(err)
	}
	if err := connect(); err != nil {
		t.Error(err)
	}
}
