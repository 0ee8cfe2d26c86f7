// Package redact takes keys, tokens and passwords out of what is kept for somebody to look at:
// bodies, headers and addresses of exchanges with a hub, and words that are not ours. It masks too
// much rather than too little, and knows nothing of who sends what.
package redact

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// Mask is what stands in the place of a secret.
const Mask = "***"

var mask = []byte(Mask)

// patterns find secrets in text by what is in front of them; the groups stay.
var patterns = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(SharedAccessSignature(?:\s+|%20|\+))[^\s"'<>\\]+`),
	regexp.MustCompile(`(?i)((?:shared[_ -]?access[_ -]?(?:key|signature)|account[_ -]?key|(?:primary|secondary)[_ -]?key|passw(?:or)?d|pwd|sig|secret)` +
		`\\?["']?\s*(?:=|:|%3D)\s*\\?["']?)[^\s;&"'<>\\{}\[\],]+`),
	regexp.MustCompile(`(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}`),
	regexp.MustCompile(`(://)[^/\s"'@]+:[^/\s"'@]+(@)`),
}

// needles are what text must hold, in lower case, for the pattern of the same place to be worth a try.
var needles = [][]string{
	{"sharedaccesssignature"},
	{"access", "account", "primary", "secondary", "passw", "pwd", "sig", "secret"},
	{"bearer", "basic"},
	{"://"},
}

// Text returns s with what looks like a secret masked.
func Text(s string) string { return string(text([]byte(s))) }

// text masks b, which it may change.
func text(b []byte) []byte {
	lower := bytes.ToLower(b)
	for i, p := range patterns {
		for _, n := range needles[i] {
			if bytes.Contains(lower, []byte(n)) {
				b = p.ReplaceAll(b, []byte("${1}"+Mask+"${2}"))
				break
			}
		}
	}
	return keys(b)
}

// keySize is how long the 32 bytes are in base64 that a hub assigns as a key, with the = at their end.
const keySize = 44

// keys masks every word that has the form of a key.
func keys(b []byte) []byte {
	run := 0 // base64 characters in a row
	for i := 0; i < len(b); i++ {
		if isBase64(b[i]) {
			run++
			continue
		}
		if run == keySize-1 && b[i] == '=' && (i+1 == len(b) || b[i+1] != '=' && !isBase64(b[i+1])) {
			from := i - run
			b = append(b[:from:from], append(mask[:len(mask):len(mask)], b[i+1:]...)...)
			i = from + len(mask) - 1
		}
		run = 0
	}
	return b
}

func isBase64(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}

// partial is how many characters at the end of what was cut could be the beginning of a key, which
// is base64 or an escaped form of it.
const partial = 8

// tail masks what may be the beginning of a secret where b was cut.
func tail(b []byte) []byte {
	n := len(b)
	for n > 0 && (isBase64(b[n-1]) || b[n-1] == '=' || b[n-1] == '%' || b[n-1] == '\\') {
		n--
	}
	if len(b)-n < partial {
		return b
	}
	return append(b[:n:n], mask...)
}

// Name reports whether what has this name, in a JSON document or as a header, is a secret.
func Name(name string) bool {
	var plain strings.Builder // letters alone, in lower case
	for _, r := range name {
		switch {
		case r >= 'A' && r <= 'Z':
			plain.WriteRune(r + 'a' - 'A')
		case r >= 'a' && r <= 'z':
			plain.WriteRune(r)
		}
	}
	n := plain.String()
	switch n {
	case "key", "sas", "sig", "pwd", "pass", "token", "cookie", "setcookie", "authorization", "proxyauthorization":
		return true
	}
	for _, end := range []string{"primarykey", "secondarykey", "symmetrickey", "accesskey", "accountkey", "apikey", "privatekey", "mainkey", "sastoken", "accesstoken"} {
		if strings.HasSuffix(n, end) {
			return true
		}
	}
	for _, part := range []string{"password", "passwd", "passphrase", "secret", "connectionstring", "accesssignature", "credential"} {
		if strings.Contains(n, part) {
			return true
		}
	}
	return false
}

// Redactor masks by form and, besides, the secrets it was told. The zero value is ready; its
// methods are safe for concurrent use.
type Redactor struct {
	mu    sync.RWMutex
	known [][]byte
}

// maxKnown bounds the secrets told; the oldest is forgotten first.
const maxKnown = 1 << 10

// Hide makes r mask a secret wherever it stands, also as it is escaped in addresses and in JSON.
// One under eight bytes would be found everywhere and is left to the forms.
func (r *Redactor) Hide(secret string) {
	if len(secret) < 8 {
		return
	}
	quoted, _ := json.Marshal(secret) // a string can always be
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), string(quoted[1 : len(quoted)-1]), strings.ReplaceAll(secret, "/", `\/`)}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, form := range forms {
		if i == 0 || form != secret {
			r.hide([]byte(form))
		}
	}
	if over := len(r.known) - maxKnown; over > 0 {
		r.known = append([][]byte(nil), r.known[over:]...)
	}
}

func (r *Redactor) hide(form []byte) {
	for _, k := range r.known {
		if bytes.Equal(k, form) {
			return
		}
	}
	r.known = append(r.known, form)
}

// told masks the secrets that r was told; b is not changed.
func (r *Redactor) told(b []byte) []byte {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.known {
		if bytes.Contains(b, k) {
			b = bytes.ReplaceAll(b, k, mask)
		}
	}
	return b
}

// Text returns s with every secret masked.
func (r *Redactor) Text(s string) string { return string(text(bytes.Clone(r.told([]byte(s))))) }

// Header returns the value of a header with every secret masked. Of an Authorization the scheme stays.
func (r *Redactor) Header(name, value string) string {
	if !Name(name) {
		return r.Text(value)
	}
	if scheme, _, ok := strings.Cut(value, " "); ok && strings.HasSuffix(http.CanonicalHeaderKey(name), "Authorization") {
		return r.Text(scheme) + " " + Mask
	}
	return Mask
}

// Body returns a body, of which b may be but the beginning, with every secret masked. What begins
// like JSON stays JSON as far as it was. b is not changed.
func (r *Redactor) Body(b []byte, cut bool) []byte {
	if cut {
		b = tail(bytes.Clone(b))
	}
	out, isJSON := r.document(r.told(b))
	if isJSON {
		return out
	}
	return text(out)
}
