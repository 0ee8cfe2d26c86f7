package embedded

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// certificates are a certificate authority of the hub's own and the certificate that it serves
// with. The authority's key is forgotten as soon as the certificate is signed, so that nobody
// who trusts the authority can be shown another.
type certificates struct {
	authority []byte // PEM
	pool      *x509.CertPool
	server    tls.Certificate
}

// validity is how long the certificates last: as long as any hub in a process is likely to run.
const validity = 365 * 24 * time.Hour

func newCertificates(hubName string) (certificates, error) {
	// Certificates are checked against real clocks, whatever clock the hub runs on.
	from := time.Now().Add(-time.Hour)
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificates{}, fmt.Errorf("make a certificate authority: %w", err)
	}
	authority := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: "twindeck embedded hub"},
		NotBefore:             from,
		NotAfter:              from.Add(validity),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, &authorityKey.PublicKey, authorityKey)
	if err != nil {
		return certificates{}, fmt.Errorf("make a certificate authority: %w", err)
	}
	// The parsed form has the key identifier that the certificate refers to.
	if authority, err = x509.ParseCertificate(authorityDER); err != nil {
		return certificates{}, fmt.Errorf("make a certificate authority: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificates{}, fmt.Errorf("make a certificate: %w", err)
	}
	leaf := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: hubName},
		NotBefore:    from,
		NotAfter:     from.Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(hubName); ip != nil {
		leaf.IPAddresses = append(leaf.IPAddresses, ip)
	} else if hubName != "localhost" {
		leaf.DNSNames = append(leaf.DNSNames, hubName)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, authority, &key.PublicKey, authorityKey)
	if err != nil {
		return certificates{}, fmt.Errorf("make a certificate: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(authority)
	return certificates{
		authority: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authorityDER}),
		pool:      pool,
		server:    tls.Certificate{Certificate: [][]byte{leafDER, authorityDER}, PrivateKey: key},
	}, nil
}

func serial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	b[0] &= 0x7f        // a serial number is positive
	return new(big.Int).SetBytes(b)
}
