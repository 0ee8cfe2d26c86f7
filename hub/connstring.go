package hub

import (
	"encoding/base64"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ConnectionString says where a hub is and how to prove who one is: as a policy of the
// service side, or as a device or module. It prints with its key masked.
type ConnectionString struct {
	HostName string // as given, with the port when there is one
	Policy   string // SharedAccessKeyName; empty for a device or module
	DeviceID string // empty for a policy
	ModuleID string // empty for a policy and a device
	Key      Key
}

// The sentences of ParseConnectionString name fields and never quote the input: any part
// of it may be the key, in a string that was pasted wrongly.
var (
	errNoPairs     = errors.New("the connection string is not made of name=value pairs; copy the whole string again, it begins with HostName=")
	errEmpty       = errors.New("the connection string is empty; copy one from the hub's shared access policies")
	errHostName    = errors.New("the connection string's HostName must be a host such as contoso.azure-devices.net or localhost:8443, without https:// and without a path")
	errNoHostName  = errors.New("the connection string has no HostName; copy the whole string again, it begins with HostName=")
	errJSON        = errors.New("this is JSON and not a connection string; take the string out of it, it begins with HostName=")
	errWide        = errors.New("the connection string is not in UTF-8, perhaps in the UTF-16 of PowerShell; save it as UTF-8")
	errNoKey       = errors.New("the connection string has no SharedAccessKey; copy the whole string again")
	errKey         = errors.New("the connection string's SharedAccessKey is not valid base64; copy the whole string again")
	errNobody      = errors.New("the connection string names neither a policy (SharedAccessKeyName) nor a device (DeviceId); copy the whole string again")
	errBoth        = errors.New("the connection string names both a policy (SharedAccessKeyName) and a device (DeviceId); use one of the two")
	errNoDevice    = errors.New("the connection string has a ModuleId but no DeviceId; copy the whole string again")
	errIdentityID  = errors.New("the connection string's DeviceId or ModuleId has characters that no identity can have; copy the whole string again")
	errPolicyName  = errors.New("the connection string's SharedAccessKeyName has characters that no policy can have; copy the whole string again")
	errCertificate = errors.New("the connection string asks for an X.509 certificate, which is not supported; use one with a SharedAccessKey")
	errSignature   = errors.New("the connection string holds a SharedAccessSignature, which expires; use one with a SharedAccessKey")
)

// asPasted drops what editors and terminals put into a string unseen: a byte order mark, a
// space without width, and the line breaks of a long line that was wrapped.
var asPasted = strings.NewReplacer("\uFEFF", "", "\u200B", "", "\r", "", "\n", "")

// ParseConnectionString reads a connection string of a policy, a device or a module.
// Pairs may come in any order and their names in any case; a value begins after the
// first "="; names that are not known are skipped; surrounding space and quotes, line
// breaks and a byte order mark are dropped. An error is one sentence and shows no part of
// the input.
func ParseConnectionString(s string) (ConnectionString, error) {
	switch {
	case strings.Contains(s, "\x00"):
		return ConnectionString{}, errWide
	case strings.HasPrefix(strings.TrimSpace(s), "{"):
		return ConnectionString{}, errJSON
	}
	s = strings.TrimSpace(asPasted.Replace(s))
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		s = strings.TrimSpace(s[1 : n-1])
	}
	if s == "" {
		return ConnectionString{}, errEmpty
	}
	values := map[string]string{}
	for pair := range strings.SplitSeq(s, ";") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return ConnectionString{}, errNoPairs
		}
		name = strings.ToLower(strings.TrimSpace(name))
		if known, is := connectionFields[name]; is {
			if _, twice := values[name]; twice {
				return ConnectionString{}, errors.New("the connection string has " + known + " twice; copy the whole string again")
			}
			values[name] = strings.TrimSpace(value)
		}
	}
	cs := ConnectionString{
		HostName: values["hostname"],
		Policy:   values["sharedaccesskeyname"],
		DeviceID: values["deviceid"],
		ModuleID: values["moduleid"],
		Key:      NewKey(values["sharedaccesskey"]),
	}
	switch {
	case strings.EqualFold(values["x509"], "true"):
		return ConnectionString{}, errCertificate
	case values["sharedaccesssignature"] != "":
		return ConnectionString{}, errSignature
	}
	if err := cs.check(); err != nil {
		return ConnectionString{}, err
	}
	return cs, nil
}

var connectionFields = map[string]string{
	"hostname":              "HostName",
	"sharedaccesskeyname":   "SharedAccessKeyName",
	"sharedaccesskey":       "SharedAccessKey",
	"sharedaccesssignature": "SharedAccessSignature",
	"deviceid":              "DeviceId",
	"moduleid":              "ModuleId",
	"x509":                  "x509",
}

// checkNames is check without the key, which a certificate takes the place of.
func (cs ConnectionString) checkNames() error {
	switch {
	case cs.HostName == "":
		return errNoHostName
	case !validHostName(cs.HostName):
		return errHostName
	case cs.Policy == "" && cs.DeviceID == "" && cs.ModuleID == "":
		return errNobody
	case cs.Policy != "" && cs.DeviceID != "":
		return errBoth
	case cs.ModuleID != "" && cs.DeviceID == "":
		return errNoDevice
	case cs.DeviceID != "" && !validID(cs.DeviceID), cs.ModuleID != "" && !validID(cs.ModuleID):
		return errIdentityID
	case !validPolicy(cs.Policy):
		return errPolicyName
	}
	return nil
}

func (cs ConnectionString) check() error {
	if err := cs.checkNames(); err != nil {
		return err
	}
	if cs.Key.IsZero() {
		return errNoKey
	}
	if key, err := base64.StdEncoding.DecodeString(cs.Key.Reveal()); err != nil || len(key) == 0 {
		return errKey
	}
	return nil
}

// Host returns the host name without a port.
func (cs ConnectionString) Host() string {
	if host, _, err := net.SplitHostPort(cs.HostName); err == nil {
		return host
	}
	return strings.Trim(cs.HostName, "[]")
}

// ID returns the identity of a device or module, and the zero ID for a policy.
func (cs ConnectionString) ID() ID { return ID{Device: cs.DeviceID, Module: cs.ModuleID} }

// Reveal returns the connection string as text, with its key. Whoever calls it was told
// by the user to show or to copy it.
func (cs ConnectionString) Reveal() string {
	var b strings.Builder
	b.WriteString("HostName=" + cs.HostName)
	for _, field := range []struct{ name, value string }{
		{"SharedAccessKeyName", cs.Policy},
		{"DeviceId", cs.DeviceID},
		{"ModuleId", cs.ModuleID},
	} {
		if field.value != "" {
			b.WriteString(";" + field.name + "=" + field.value)
		}
	}
	b.WriteString(";SharedAccessKey=" + cs.Key.Reveal())
	return b.String()
}

// validHostName accepts a name, an IPv4 address or an IPv6 address in brackets, each
// with or without a port.
func validHostName(s string) bool {
	u, err := url.Parse("https://" + s)
	if err != nil || u.Host != s || u.Hostname() == "" || u.User != nil {
		return false
	}
	if port := u.Port(); port != "" || strings.HasSuffix(s, ":") {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
	}
	if strings.HasPrefix(s, "[") {
		return net.ParseIP(u.Hostname()) != nil
	}
	for _, r := range u.Hostname() {
		if !isAlphanumeric(r) && r != '-' && r != '.' && r != '_' {
			return false
		}
	}
	return true
}

// validID follows the identity registry (Azure docs: iot-hub-devguide-identity-registry,
// "Device and module identity operations"; the REST reference adds ":" and ";").
func validID(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for _, r := range s {
		if !isAlphanumeric(r) && !strings.ContainsRune("-:.+%_#*?!(),=@;$'", r) {
			return false
		}
	}
	return true
}

func validPolicy(s string) bool {
	if !utf8.ValidString(s) || len(s) > 256 {
		return false
	}
	for _, r := range s {
		if !isAlphanumeric(r) && !strings.ContainsRune("-._ ", r) {
			return false
		}
	}
	return true
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
