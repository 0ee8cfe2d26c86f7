package registry

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// Credentials is what an identity can authenticate with.
type Credentials struct {
	Primary, Secondary                     string // base64; empty unless AuthType is sas
	AuthType                               string // sas, selfSigned, certificateAuthority or none
	Enabled                                bool   // for a module: its device is enabled
	PrimaryThumbprint, SecondaryThumbprint string // hexadecimal; may be empty
}

// Credentials returns what id can authenticate with; ok is false when it does not exist.
func (s *Store) Credentials(id ID) (c Credentials, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.find(id)
	if r == nil {
		return Credentials{}, false
	}
	return s.credentials(r), true
}

// credentials is Credentials. The caller holds mu.
func (s *Store) credentials(r *record) Credentials {
	more := r.rest()
	c := Credentials{
		AuthType:            r.auth.String(),
		Enabled:             !s.devices[r.id.Device].disabled,
		PrimaryThumbprint:   more.primaryThumbprint,
		SecondaryThumbprint: more.secondaryThumbprint,
	}
	c.Primary, c.Secondary = s.keys(r)
	return c
}

// keys returns the symmetric keys of r, empty when it does not authenticate by key.
func (s *Store) keys(r *record) (primary, secondary string) {
	if r.auth != SAS {
		return "", ""
	}
	if more := r.rest(); more.primary != "" {
		return more.primary, more.secondary
	}
	return s.derive(r.keySeed, 1), s.derive(r.keySeed, 2)
}

// newKeys gives r keys that nothing had before. The caller holds mu.
func (s *Store) newKeys(r *record) {
	s.lastKeys++
	r.keySeed = s.lastKeys
}

// derive makes a key out of the store's secret: it cannot be told from a random one, and a
// million identities need not keep theirs.
func (s *Store) derive(seed uint64, which byte) string {
	mac := hmac.New(sha256.New, s.secret[:])
	var text [9]byte
	binary.BigEndian.PutUint64(text[:], seed)
	text[8] = which
	mac.Write(text[:])
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// A key that a user supplies has 16 to 64 bytes.
const (
	minKeyBytes = 16
	maxKeyBytes = 64
)

func checkKeys(primary, secondary string) error {
	if (primary == "") != (secondary == "") {
		return argumentInvalid("Either no keys or both keys can be set")
	}
	for _, key := range []string{primary, secondary} {
		raw, err := base64.StdEncoding.DecodeString(key)
		if err != nil || key != "" && (len(raw) < minKeyBytes || len(raw) > maxKeyBytes) {
			return argumentInvalid("Invalid device key length: a key is the base64 text of %d to %d bytes", minKeyBytes, maxKeyBytes)
		}
	}
	return nil
}
