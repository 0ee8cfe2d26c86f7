package embedded

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/sas"
	"twindeck/hub/embedded/storage"
)

// state is what a hub is made of, new or from a data file.
type state struct {
	data     *storage.DB // nil: memory only
	restored bool        // the data file held a hub
	registry *registry.Store
	policies []sas.Policy
	certs    certificates
}

// Parts of the data file, and the keys of the hub's own part.
const (
	hubBucket       = "hub"
	registryBucket  = "registry"
	policiesKey     = "policies"
	certificatesKey = "certificates"
)

// keeper is a part of the data file, as every package that stores something knows it.
type keeper interface {
	Put(key string, value []byte) error
	Delete(key string) error
	Each(f func(key string, value []byte) error) error
}

// keeper returns the part of the data file called bucket, nil when the hub lives in memory.
func (st state) keeper(bucket string) keeper {
	if st.data == nil {
		return nil
	}
	return st.data.Keeper(bucket)
}

// close lets go of the data file.
func (st state) close() error {
	if st.data == nil {
		return nil
	}
	return st.data.Close()
}

// newState returns the state of a hub as opts say. After an error nothing is left open.
func newState(opts Options) (state, error) {
	options := registry.Options{Now: opts.Now, HubName: opts.HubName, CloseOnNewKeys: opts.CloseOnNewKeys}
	options.IndexLag, options.Assumptions = opts.IndexLag, opts.Twins
	if opts.DataFile == "" {
		certs, err := newCertificates(opts.HubName)
		return state{registry: registry.New(options), policies: sas.StandardPolicies(), certs: certs}, err
	}
	data, err := storage.Open(opts.DataFile)
	if err != nil {
		return state{}, err
	}
	st := state{data: data}
	if err := st.load(opts.HubName, options); err != nil {
		return state{}, errors.Join(fmt.Errorf("cannot use the data file %s: %w", opts.DataFile, err), data.Close())
	}
	return st, nil
}

func (st *state) load(hubName string, options registry.Options) (err error) {
	found := map[string][]byte{}
	own := st.keeper(hubBucket)
	if err := own.Each(func(key string, value []byte) error {
		found[key] = append([]byte(nil), value...)
		return nil
	}); err != nil {
		return err
	}
	if st.registry, err = registry.Open(st.data.Keeper(registryBucket), options); err != nil {
		return err
	}
	if stored := found[policiesKey]; stored != nil {
		st.restored = true
		if json.Unmarshal(stored, &st.policies) != nil {
			return errState // without the decoder's words, which could quote a key
		}
	} else {
		st.policies = sas.StandardPolicies()
		text, err := json.Marshal(st.policies)
		if err != nil {
			return err
		}
		if err := own.Put(policiesKey, text); err != nil {
			return err
		}
	}
	if stored := found[certificatesKey]; stored != nil {
		if st.certs, err = parseCertificates(stored); err != nil {
			return err
		}
		if st.certs.usable(hubName) {
			return nil
		}
	}
	if st.certs, err = newCertificates(hubName); err != nil {
		return err
	}
	text, err := st.certs.encode()
	if err != nil {
		return err
	}
	return own.Put(certificatesKey, text)
}

var errState = errors.New("what it says of the hub does not make sense")

// renewal is how long before their end certificates are made anew at a start.
const renewal = 30 * 24 * time.Hour

// usable says whether clients can go on with the certificates for a while.
func (c certificates) usable(hubName string) bool {
	leaf, err := x509.ParseCertificate(c.server.Certificate[0])
	return err == nil && time.Now().Add(renewal).Before(leaf.NotAfter) && leaf.VerifyHostname(hubName) == nil
}

// encode writes the certificates and the key that the hub serves with as PEM.
func (c certificates) encode() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(c.server.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("store the certificate: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	for _, der := range c.server.Certificate {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return text, nil
}

// parseCertificates reads what encode wrote: the key, the certificate and its authority's.
func parseCertificates(text []byte) (certificates, error) {
	var ders [][]byte
	var key any
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			ders = append(ders, block.Bytes)
		} else if parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			key = parsed
		}
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok || len(ders) != 2 {
		return certificates{}, errState
	}
	authority, err := x509.ParseCertificate(ders[1])
	if err != nil {
		return certificates{}, errState
	}
	pool := x509.NewCertPool()
	pool.AddCert(authority)
	return certificates{
		authority: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ders[1]}),
		pool:      pool,
		server:    tls.Certificate{Certificate: ders, PrivateKey: private},
	}, nil
}
