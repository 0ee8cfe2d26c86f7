// Package clientcert judges the certificates that devices and modules identify themselves with
// instead of a token: by thumbprint, or by an authority that signed them (Azure docs:
// iot-hub/authenticate-authorize-x509). That the device holds the key is for TLS to prove.
package clientcert

import (
	"crypto/sha1" // the service's thumbprints are SHA-1; what they must resist is a second preimage
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"twindeck/hub/embedded/registry"
)

// Reasons for which a certificate does not count.
var (
	ErrAuthType   = errors.New("the identity does not authenticate with a certificate")
	ErrThumbprint = errors.New("the certificate has none of the identity's thumbprints")
	ErrName       = errors.New("the certificate's common name is not the identity's")
	ErrUntrusted  = errors.New("the certificate is not signed by an authority that the hub knows, or not valid now")
	ErrDisabled   = errors.New("the identity is disabled")
)

// Authority knows the authorities that sign devices' certificates. The zero value knows none.
// Its methods may be called concurrently.
type Authority struct {
	mu    sync.RWMutex
	roots *x509.CertPool
}

// Add makes the certificates in PEM text authorities. It fails when there is none, or one that
// may not sign others; then it adds nothing.
func (a *Authority) Add(text []byte) error {
	var found []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("a device CA is not a certificate: %w", err)
		}
		if !c.IsCA {
			return fmt.Errorf("the certificate of %q is not that of a CA: use the one that signed it", c.Subject.CommonName)
		}
		found = append(found, c)
	}
	if len(found) == 0 {
		return errors.New("no certificate in PEM form: a device CA is a file with BEGIN CERTIFICATE in it")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	next := x509.NewCertPool()
	if a.roots != nil {
		next = a.roots.Clone()
	}
	for _, c := range found {
		next.AddCert(c)
	}
	a.roots = next
	return nil
}

// VerifyCertificate says whether the chain that a client offered, its own certificate first, is
// that of id, which has creds. It returns the time from which the certificate no longer counts,
// zero for one that counts by its thumbprint, which never ends. now is the real time:
// certificates are made by real clocks.
func (a *Authority) VerifyCertificate(chain []*x509.Certificate, id registry.ID, creds registry.Credentials, now time.Time) (expiry time.Time, err error) {
	if len(chain) == 0 {
		return time.Time{}, ErrUntrusted
	}
	switch creds.AuthType {
	case registry.SelfSigned.String():
		err = checkThumbprint(chain[0], creds)
	case registry.CertificateAuthority.String():
		expiry, err = a.checkChain(chain, id, now)
	default:
		err = ErrAuthType
	}
	if err == nil && !creds.Enabled {
		err = ErrDisabled
	}
	if err != nil {
		return time.Time{}, err
	}
	return expiry, nil
}

// checkThumbprint compares with the SHA-1 or SHA-256 digests that the identity has.
func checkThumbprint(c *x509.Certificate, creds registry.Credentials) error {
	short, long := sha1.Sum(c.Raw), sha256.Sum256(c.Raw) // see the import
	fits := 0
	for _, want := range []string{creds.PrimaryThumbprint, creds.SecondaryThumbprint} {
		digest, err := hex.DecodeString(strings.ToLower(want))
		if err != nil || len(digest) == 0 {
			continue
		}
		fits |= subtle.ConstantTimeCompare(digest, short[:]) | subtle.ConstantTimeCompare(digest, long[:])
	}
	if fits == 0 {
		return ErrThumbprint
	}
	return nil
}

// checkChain verifies that an authority the hub knows signed for id.
func (a *Authority) checkChain(chain []*x509.Certificate, id registry.ID, now time.Time) (expiry time.Time, err error) {
	if chain[0].Subject.CommonName != id.String() {
		return time.Time{}, ErrName
	}
	a.mu.RLock()
	roots := a.roots
	a.mu.RUnlock()
	if roots == nil {
		return time.Time{}, ErrUntrusted
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err = chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return time.Time{}, ErrUntrusted
	}
	return chain[0].NotAfter, nil
}
