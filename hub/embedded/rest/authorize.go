package rest

import (
	"crypto/x509"
	"net/http"
	"strings"
	"time"

	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/sas"
)

// Certificates judges the chain of certificates that a device offers instead of a token, its own
// first.
type Certificates interface {
	VerifyCertificate(chain []*x509.Certificate, id registry.ID, creds registry.Credentials, now time.Time) (expiry time.Time, err error)
}

// authorize says whether a request may have its route. A refusal is always a 401, and only the
// log says what was wrong.
func (s *Server) authorize(r *http.Request, route route, id registry.ID) error {
	token, owner := r.Header.Get("Authorization"), route.owner()
	certified := r.TLS != nil && len(r.TLS.PeerCertificates) > 0
	if token == "" && (!certified || owner == nobody) {
		return errNoAuthorization
	}
	var reason error
	if owner != nobody {
		if reason = s.authorizeOwner(r, token, owner.of(id), route.endpoint()); reason == nil {
			return nil
		}
	}
	if route.rights != sas.DeviceConnect {
		var policy sas.Policy
		if policy, reason = s.authority.VerifyService(token, s.now()); reason == nil {
			if policy.Rights.Allow(route.rights) {
				return nil
			}
			reason = sas.ErrForbidden
		}
	}
	s.log.Warn("rest: not authorized", "method", r.Method, "path", r.URL.EscapedPath(), "reason", reason)
	return errUnauthorized
}

// authorizeOwner says whether a request comes from the identity that it is about. A token may be
// for that endpoint of the identity alone.
func (s *Server) authorizeOwner(r *http.Request, token string, id registry.ID, endpoint string) error {
	creds, exists := s.registry.Credentials(id)
	if !exists {
		return sas.ErrSignature
	}
	var err error
	if token == "" && s.certificates != nil {
		_, err = s.certificates.VerifyCertificate(r.TLS.PeerCertificates, id, creds, s.now())
	} else {
		_, err = s.authority.VerifyEndpoint(token, id, endpoint, creds, s.now())
	}
	return err
}

// owner says which identity may have a route with credentials of its own.
type owner uint8

const (
	nobody    owner = iota
	itself          // the identity that the path names
	itsDevice       // the device that the path names, also for its modules
)

// owner derives from what the route does: devices have their own messages, and manage their own
// modules.
func (r route) owner() owner {
	switch {
	case r.rights == sas.DeviceConnect:
		return itself
	case r.rights&(sas.RegistryRead|sas.RegistryWrite) != 0 && strings.HasPrefix(r.path, "/devices/{device}/modules"):
		return itsDevice
	}
	return nobody
}

// endpoint is what a path has behind the identity that owns it, up to the next variable.
func (r route) endpoint() string {
	path := strings.TrimPrefix(r.path, "/devices/{device}")
	if r.owner() == itself {
		path = strings.TrimPrefix(path, "/modules/{module}")
	}
	path, _, _ = strings.Cut(path, "/{")
	return path
}

func (o owner) of(id registry.ID) registry.ID {
	if o == itsDevice {
		id.Module = ""
	}
	return id
}
