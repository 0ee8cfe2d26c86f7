package hub_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// certificate writes a certificate that signs itself, and its key, to files; it returns their
// names and the thumbprint.
func certificate(t *testing.T, name string) (certFile, keyFile, thumbprint string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256(der)
	return certFile, keyFile, strings.ToUpper(hex.EncodeToString(sum[:]))
}

func TestAModuleWithACertificateIsAttachedWithItsFiles(t *testing.T) {
	_, client := start(t, nil)
	create(t, client, hub.ID{Device: "d"})
	id := hub.ID{Device: "d", Module: "m"}
	certFile, keyFile, thumbprint := certificate(t, "m")
	n := hub.NewIdentity{ID: id, Authentication: hub.Authentication{Auth: hub.AuthSelfSigned, PrimaryThumbprint: thumbprint}}
	if _, err := client.CreateIdentity(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	monitor, next := watch(t, client)
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); !errors.Is(err, hub.ErrCertificate) {
		t.Errorf("without its files: %v", err)
	}
	for name, opts := range map[string]hub.AttachOptions{
		"one of two": {CertFile: certFile}, "the wrong way round": {CertFile: keyFile, KeyFile: certFile}, "none there": {CertFile: "/none", KeyFile: "/none"},
	} {
		if err := monitor.Attach(t.Context(), id, opts); err == nil || !strings.Contains(err.Error(), "; name") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{CertFile: certFile, KeyFile: keyFile}); err != nil {
		t.Fatal(err)
	}
	next(hub.EventSynced)
	if err := monitor.Detach(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	otherCert, otherKey, _ := certificate(t, "m")
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{CertFile: otherCert, KeyFile: otherKey}); err != nil {
		t.Fatal(err)
	}
	if e := next(hub.EventRefused); !hub.Unauthorized(e.Err) || !strings.Contains(e.Err.Error(), "certificate") {
		t.Errorf("another certificate: %v", e.Err)
	}
}

func TestAPolicyThatMayNotReadKeysAsksForThem(t *testing.T) {
	server, owner := start(t, nil)
	client := connect(t, server, "service")
	id := hub.ID{Device: "d"}
	credentials, err := owner.Credentials(create(t, owner, id))
	if err != nil {
		t.Fatal(err)
	}
	monitor, next := watch(t, client)
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); !errors.Is(err, hub.ErrKeysHidden) || !strings.Contains(err.Error(), "connection string") {
		t.Errorf("without a connection string: %v", err)
	}
	if err := monitor.Attach(t.Context(), hub.ID{Device: "e"}, hub.AttachOptions{ConnectionString: &credentials}); err == nil || !strings.Contains(err.Error(), "device e") {
		t.Errorf("with that of another: %v", err)
	}
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{ConnectionString: &credentials}); err != nil {
		t.Fatal(err)
	}
	next(hub.EventSynced)
}

func TestAnAttachedClientReportsAndAcknowledges(t *testing.T) {
	_, client := start(t, nil)
	id := hub.ID{Device: "d"}
	create(t, client, id)
	set := func(text string) {
		t.Helper()
		desired := parse(t, text)
		write(t, client, id, hub.TwinPatch{Desired: &desired})
	}
	set(`{"interval":60,"box":{"__t":"c","lid":{"open":true},"label":"x"}}`)
	monitor, next := watch(t, client)
	if _, err := monitor.Report(t.Context(), id, parse(t, `{"a":1}`)); !errors.Is(err, hub.ErrNotConnected) {
		t.Errorf("reported as nobody: %v", err)
	}
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	next(hub.EventSynced)
	if version, err := monitor.Report(t.Context(), id, parse(t, `{"firmware":"1.0"}`)); err != nil || version != 2 {
		t.Errorf("reported as v%d, %v", version, err)
	}
	if e := next(hub.EventAcknowledged); e.Version != 2 || e.Value.JSON() != `{"firmware":"1.0"}` {
		t.Errorf("told v%d %s", e.Version, e.Value.JSON())
	}
	reported := func(want string) {
		t.Helper()
		e := next(hub.EventAcknowledged)
		twin, err := client.Twin(t.Context(), id)
		if err != nil || !patch.Equal(twin.Reported.Value, parse(t, want)) {
			t.Errorf("after %s, v%d, the hub has %s, want %s, %v", e.Value.JSON(), e.Version, twin.Reported.Value.JSON(), want, err)
		}
	}
	monitor.Acknowledge(id, hub.AckPlain)
	reported(`{"firmware":"1.0","interval":60,"box":{"__t":"c","lid":{"open":true},"label":"x"}}`)
	set(`{"interval":null,"box":{"label":null}}`)
	reported(`{"firmware":"1.0","box":{"__t":"c","lid":{"open":true}}}`)
	monitor.Acknowledge(id, hub.AckConvention)
	reported(`{"firmware":"1.0","box":{"__t":"c","lid":{"value":{"open":true},"ac":200,"av":3,"ad":"acknowledged"}}}`)
	set(`{"box":{"lid":{"open":null,"locked":1.0}}}`)
	reported(`{"firmware":"1.0","box":{"__t":"c","lid":{"value":{"locked":1.0},"ac":200,"av":4,"ad":"acknowledged"}}}`)
	monitor.Acknowledge(id, hub.AckOff)
	set(`{"interval":1}`)
	next(hub.EventPatch)
	monitor.Acknowledge(id, hub.AckConvention)
	reported(`{"firmware":"1.0","box":{"__t":"c","lid":{"value":{"locked":1.0},"ac":200,"av":4,"ad":"acknowledged"}},"interval":{"value":1,"ac":200,"av":5,"ad":"acknowledged"}}`)

	call := hub.MethodCall{Name: "reboot", Payload: parse(t, `{"in":3}`)}
	if result, err := client.CallMethod(t.Context(), id, call); err != nil || result.Status != 404 {
		t.Errorf("answered with %d, %v", result.Status, err)
	}
	monitor.Answer(id, hub.MethodAnswer{Status: 202, Payload: parse(t, `["soon"]`)})
	if result, err := client.CallMethod(t.Context(), id, call); err != nil || result.Status != 202 || result.Payload.JSON() != `["soon"]` {
		t.Errorf("answered with %d %s, %v", result.Status, result.Payload.JSON(), err)
	}
	if e := next(hub.EventMethod); e.Method != "reboot" || e.Value.JSON() != `{"in":3}` {
		t.Errorf("told of %s %s", e.Method, e.Value.JSON())
	}
}
