package clientcert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" // as in the package
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"twindeck/hub/embedded/registry"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// signer is a certificate with its key.
type signer struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

// issue makes a certificate signed by by, or by itself.
func issue(t *testing.T, name string, ca bool, by *signer, usage ...x509.ExtKeyUsage) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: ca, BasicConstraintsValid: true, ExtKeyUsage: usage,
	}
	if ca {
		c.KeyUsage = x509.KeyUsageCertSign
	}
	parent, parentKey := c, key
	if by != nil {
		parent, parentKey = by.Certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{made, key}
}

func (s *signer) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Raw})
}

func chain(of ...*signer) (all []*x509.Certificate) {
	for _, s := range of {
		all = append(all, s.Certificate)
	}
	return all
}

func TestThumbprints(t *testing.T) {
	own, other := issue(t, "whatever", false, nil), issue(t, "whatever", false, nil)
	short, long := sha1.Sum(own.Raw), sha256.Sum256(own.Raw) // as in the package
	sha1Hex, sha256Hex := hex.EncodeToString(short[:]), strings.ToUpper(hex.EncodeToString(long[:]))
	var a Authority
	for name, c := range map[string]struct {
		creds registry.Credentials
		want  error
	}{
		"SHA-1, primary":     {registry.Credentials{PrimaryThumbprint: sha1Hex}, nil},
		"SHA-256, secondary": {registry.Credentials{PrimaryThumbprint: strings.Repeat("0", 40), SecondaryThumbprint: sha256Hex}, nil},
		"another":            {registry.Credentials{PrimaryThumbprint: strings.Repeat("0", 40)}, ErrThumbprint},
		"a part":             {registry.Credentials{PrimaryThumbprint: sha256Hex[:40]}, ErrThumbprint},
		"none":               {registry.Credentials{}, ErrThumbprint},
	} {
		c.creds.AuthType, c.creds.Enabled = "selfSigned", true
		expiry, err := a.VerifyCertificate(chain(own, other), registry.ID{Device: "d"}, c.creds, now.AddDate(50, 0, 0))
		if !errors.Is(err, c.want) || !expiry.IsZero() {
			t.Errorf("%s: %v, %v", name, expiry, err)
		}
		c.creds.Enabled = false
		if _, err := a.VerifyCertificate(chain(own), registry.ID{Device: "d"}, c.creds, now); err == nil {
			t.Errorf("%s: disabled, but let in", name)
		}
	}
}

func TestChains(t *testing.T) {
	root, stranger := issue(t, "root", true, nil), issue(t, "stranger", true, nil)
	between := issue(t, "between", true, root)
	var a Authority
	creds := registry.Credentials{AuthType: "certificateAuthority", Enabled: true}
	direct := issue(t, "d", false, root)
	if _, err := a.VerifyCertificate(chain(direct), registry.ID{Device: "d"}, creds, now); !errors.Is(err, ErrUntrusted) {
		t.Errorf("no authority is known: %v", err)
	}
	if err := a.Add(append([]byte("a comment\n"), root.pem()...)); err != nil {
		t.Fatal(err)
	}
	indirect := issue(t, "d", false, between, x509.ExtKeyUsageClientAuth)
	for name, c := range map[string]struct {
		chain []*x509.Certificate
		id    registry.ID
		at    time.Time
		want  error
	}{
		"direct":              {chain(direct), registry.ID{Device: "d"}, now, nil},
		"indirect":            {chain(indirect, between), registry.ID{Device: "d"}, now, nil},
		"module":              {chain(issue(t, "d/m", false, root)), registry.ID{Device: "d", Module: "m"}, now, nil},
		"a link is missing":   {chain(indirect), registry.ID{Device: "d"}, now, ErrUntrusted},
		"unknown authority":   {chain(issue(t, "d", false, stranger), stranger), registry.ID{Device: "d"}, now, ErrUntrusted},
		"signed by itself":    {chain(issue(t, "d", false, nil)), registry.ID{Device: "d"}, now, ErrUntrusted},
		"signed by a device":  {chain(issue(t, "d", false, direct), direct), registry.ID{Device: "d"}, now, ErrUntrusted},
		"another name":        {chain(direct), registry.ID{Device: "D"}, now, ErrName},
		"device for a module": {chain(direct), registry.ID{Device: "d", Module: "m"}, now, ErrName},
		"for servers":         {chain(issue(t, "d", false, root, x509.ExtKeyUsageServerAuth)), registry.ID{Device: "d"}, now, ErrUntrusted},
		"too late":            {chain(direct), registry.ID{Device: "d"}, now.Add(2 * time.Hour), ErrUntrusted},
		"nothing":             {nil, registry.ID{Device: "d"}, now, ErrUntrusted},
	} {
		expiry, err := a.VerifyCertificate(c.chain, c.id, creds, c.at)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil && !expiry.Equal(c.chain[0].NotAfter) {
			t.Errorf("%s: counts until %v", name, expiry)
		}
	}
	for _, auth := range []string{"sas", "none"} {
		creds.AuthType = auth
		if _, err := a.VerifyCertificate(chain(direct), registry.ID{Device: "d"}, creds, now); !errors.Is(err, ErrAuthType) {
			t.Errorf("%s: %v", auth, err)
		}
	}
}

func TestOnlyAuthoritiesAreAdded(t *testing.T) {
	var a Authority
	leaf, root := issue(t, "leaf", false, nil), issue(t, "root", true, nil)
	for name, text := range map[string][]byte{
		"nothing": nil, "no PEM": []byte("hello"), "no CA": leaf.pem(), "one is none": append(root.pem(), leaf.pem()...),
		"broken": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}),
	} {
		if err := a.Add(text); err == nil {
			t.Errorf("%s: added", name)
		}
	}
	if a.roots != nil {
		t.Error("something is known")
	}
}
