package hub

import (
	"errors"
	"fmt"
	"strings"
)

// The lengths of a thumbprint in hexadecimal digits: SHA-1 and SHA-256 of a certificate (Azure
// docs: iot-hub-x509-authenticate-downstream-device; REST reference, X509Thumbprint).
const (
	sha1Digits   = 40
	sha256Digits = 64
)

// ParseThumbprint reads the thumbprint of a certificate as people have it: with or without the
// name in front that openssl x509 -fingerprint prints, with colons, dashes or spaces between the
// digits, in any case. It returns the bare digits in upper case. An error is one sentence.
func ParseThumbprint(s string) (string, error) {
	if i := strings.LastIndexByte(s, '='); i >= 0 {
		s = s[i+1:]
	}
	s = strings.ToUpper(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" :-\t\r\n\u200e", r) { // the last is what the Windows certificate dialog copies
			return -1
		}
		return r
	}, s))
	if i := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789ABCDEF", r) }); i >= 0 {
		r := []rune(s[i:])[0]
		return "", fmt.Errorf("%s is no hexadecimal digit; a thumbprint has 0-9 and A-F", printable(string(r)))
	}
	switch len(s) {
	case 0:
		return "", errors.New("type the thumbprint, as openssl x509 -fingerprint prints it")
	case sha1Digits, sha256Digits:
		return s, nil
	}
	return "", fmt.Errorf("%d digits long; a thumbprint has %d (SHA-1) or %d (SHA-256)", len(s), sha1Digits, sha256Digits)
}
