package sas

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"

	"twindeck/hub/embedded/registry"
)

// Rights is a set of permissions.
type Rights uint8

// The permissions of an IoT Hub.
const (
	RegistryRead Rights = 1 << iota
	RegistryWrite
	ServiceConnect
	DeviceConnect
)

// Allow says whether all of needed is in r. Writing the registry includes reading it.
func (r Rights) Allow(needed Rights) bool {
	if r&RegistryWrite != 0 {
		r |= RegistryRead
	}
	return r&needed == needed
}

// Policy is a shared access policy: a name with keys and what they allow.
type Policy struct {
	Name               string
	Primary, Secondary string // base64
	Rights             Rights
}

// standard are the policies that every hub is created with.
var standard = []Policy{
	{Name: "iothubowner", Rights: RegistryRead | RegistryWrite | ServiceConnect | DeviceConnect},
	{Name: "service", Rights: ServiceConnect},
	{Name: "device", Rights: DeviceConnect},
	{Name: "registryRead", Rights: RegistryRead},
	{Name: "registryReadWrite", Rights: RegistryRead | RegistryWrite},
}

// StandardPolicies returns the policies that every hub is created with, with new random keys.
func StandardPolicies() []Policy {
	policies := make([]Policy, len(standard))
	for i, p := range standard {
		p.Primary, p.Secondary = newKey(), newKey()
		policies[i] = p
	}
	return policies
}

func newKey() string {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails: it ends the program instead
	return base64.StdEncoding.EncodeToString(key[:])
}

// Authority verifies tokens. It never changes after NewAuthority and may be used concurrently.
type Authority struct {
	hosts    []string
	policies []Policy
}

// NewAuthority returns an authority for a hub that is reached under any of hosts, without
// ports. An IPv6 address is written in brackets.
func NewAuthority(hosts []string, policies []Policy) *Authority {
	return &Authority{hosts: hosts, policies: policies}
}

// Policies returns the policies in the order given. They contain keys.
func (a *Authority) Policies() []Policy { return append([]Policy(nil), a.policies...) }

// Policy returns the policy called name.
func (a *Authority) Policy(name string) (Policy, bool) {
	for _, p := range a.policies {
		if p.Name == name {
			return p, true
		}
	}
	return Policy{}, false
}

// skew is how far the clock of a client may be behind.
const skew = 5 * time.Minute

// Errors of verification. None says which part of a signature was wrong, and none quotes it.
var (
	ErrExpired   = errors.New("the token has expired")
	ErrForbidden = errors.New("the token does not allow this")
	ErrSignature = errors.New("the token is not signed with a key that counts here")
	ErrDisabled  = errors.New("the identity is disabled")
)

// VerifyIdentity says whether token lets a client connect as id, which has creds: it is signed
// with one of id's keys, or by a policy with the right to connect devices, and its resource is
// id's or above it. It returns the time at which a connection made with it is to end.
func (a *Authority) VerifyIdentity(token string, id registry.ID, creds registry.Credentials, now time.Time) (expiry time.Time, err error) {
	return a.VerifyEndpoint(token, id, "", creds, now)
}

// VerifyEndpoint is VerifyIdentity for one endpoint of id, such as /files, empty for all: the
// token's resource may also be as narrow as that. One SDK signs for its uploads alone.
func (a *Authority) VerifyEndpoint(token string, id registry.ID, endpoint string, creds registry.Credentials, now time.Time) (expiry time.Time, err error) {
	t, err := parse(token)
	if err != nil {
		return time.Time{}, err
	}
	if t.policy != "" {
		p, ok := a.Policy(t.policy)
		if !ok || !t.signedByEither(p.Primary, p.Secondary) {
			return time.Time{}, ErrSignature
		}
		if !p.Rights.Allow(DeviceConnect) {
			return time.Time{}, ErrForbidden
		}
	} else if creds.AuthType != registry.SAS.String() || !t.signedByEither(creds.Primary, creds.Secondary) {
		return time.Time{}, ErrSignature
	}
	path := "devices/" + id.Device
	if id.Module != "" {
		path += "/modules/" + id.Module
	}
	// One library names a device without the word devices.
	if !t.covers(a.hosts, path+endpoint) && (id.Module != "" || !t.covers(a.hosts, id.Device+endpoint)) {
		return time.Time{}, ErrForbidden
	}
	if !creds.Enabled {
		return time.Time{}, ErrDisabled
	}
	return t.validAt(now)
}

// VerifyService returns the policy that signed token, which must be for the whole hub. What the
// policy allows is for the caller to check.
func (a *Authority) VerifyService(token string, now time.Time) (Policy, error) {
	t, err := parse(token)
	if err != nil {
		return Policy{}, err
	}
	p, ok := a.Policy(t.policy)
	if !ok || !t.signedByEither(p.Primary, p.Secondary) {
		return Policy{}, ErrSignature
	}
	if !t.covers(a.hosts, "") {
		return Policy{}, ErrForbidden
	}
	if _, err := t.validAt(now); err != nil {
		return Policy{}, err
	}
	return p, nil
}

func (t token) signedByEither(primary, secondary string) bool {
	// Both are always tried, so that the time does not tell which one fits.
	first, second := t.signedBy(primary), t.signedBy(secondary)
	return first || second
}

// validAt returns the time at which a connection made with the token now is to end, or ErrExpired.
// That is when the token expires: the skew is for clients that connect, not for those that stay.
func (t token) validAt(now time.Time) (time.Time, error) {
	switch until := t.expires.Add(skew); {
	case now.Before(t.expires):
		return t.expires, nil
	case now.Before(until):
		return until, nil
	}
	return time.Time{}, ErrExpired
}
