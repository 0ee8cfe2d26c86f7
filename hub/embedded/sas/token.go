// Package sas is who may do what: shared access signatures, the policies that sign them, and
// the identities that do (Azure docs: iot-hub/authenticate-authorize-sas).
package sas

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// token is a parsed signature. Nothing in it is verified.
type token struct {
	resource  string // sr exactly as written, because that is what was signed
	expiry    string // se exactly as written
	expires   time.Time
	signature []byte
	policy    string // skn; empty for the key of a device or module
}

const scheme = "SharedAccessSignature "

var errMalformed = errors.New("not a shared access signature")

// latest bounds an expiry, so that arithmetic with it is safe.
var latest = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// parse reads a token. Fields come in any order; unknown ones are ignored. An error quotes
// nothing of the token.
func parse(text string) (token, error) {
	if len(text) < len(scheme) || !strings.EqualFold(text[:len(scheme)], scheme) {
		return token{}, errMalformed
	}
	fields := map[string]string{}
	for pair := range strings.SplitSeq(text[len(scheme):], "&") {
		name, value, ok := strings.Cut(pair, "=")
		if _, twice := fields[name]; !ok || twice {
			return token{}, errMalformed
		}
		fields[name] = value
	}
	t := token{resource: fields["sr"], expiry: fields["se"]}
	if t.resource == "" {
		return token{}, errMalformed
	}
	seconds, err := strconv.ParseInt(t.expiry, 10, 64)
	if err != nil || seconds < 0 {
		return token{}, errMalformed
	}
	t.expires = time.Unix(min(seconds, latest.Unix()), 0)
	// Path unescaping leaves a literal + alone: it belongs to base64.
	signature, err := url.PathUnescape(fields["sig"])
	if err != nil {
		return token{}, errMalformed
	}
	if t.signature, err = base64.StdEncoding.DecodeString(signature); err != nil || len(t.signature) != sha256.Size {
		return token{}, errMalformed
	}
	if t.policy, err = url.PathUnescape(fields["skn"]); err != nil {
		return token{}, errMalformed
	}
	return t, nil
}

// signedBy says whether key, in base64, made the signature. It takes the same time for every
// wrong signature.
func (t token) signedBy(key string) bool {
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(raw) == 0 {
		return false
	}
	return hmac.Equal(t.signature, sign(raw, t.resource, t.expiry))
}

func sign(key []byte, resource, expiry string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(resource + "\n" + expiry))
	return mac.Sum(nil)
}

// maxUnescapes is how often clients escape a resource: Microsoft's once or not at all, others
// twice, and ids inside once more.
const maxUnescapes = 3

// covers says whether the token's resource names one of resources or a level above it, at some
// level of unescaping. Resources are written host/path, without a port and unescaped.
func (t token) covers(hosts []string, path string) bool {
	resource := t.resource
	for range maxUnescapes + 1 {
		if coversPath(resource, hosts, path) {
			return true
		}
		next, err := url.PathUnescape(resource)
		if err != nil || next == resource {
			return false
		}
		resource = next
	}
	return false
}

func coversPath(resource string, hosts []string, path string) bool {
	host, rest, _ := strings.Cut(resource, "/")
	if !isHost(host, hosts) {
		return false
	}
	// Old tools append the api-version to the resource.
	if i := strings.LastIndex(rest, "/api-version="); i >= 0 {
		rest = rest[:i]
	}
	rest = strings.TrimSuffix(rest, "/")
	if len(rest) > len(path) || !strings.EqualFold(rest, path[:len(rest)]) {
		return false
	}
	return rest == "" || len(rest) == len(path) || path[len(rest)] == '/'
}

// isHost compares without the port and without regard to case.
func isHost(host string, hosts []string) bool {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	for _, known := range hosts {
		if strings.EqualFold(host, known) {
			return true
		}
	}
	return false
}
