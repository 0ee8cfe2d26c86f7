package registry

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// identityWrite is what a user can say about an identity.
type identityWrite struct {
	auth                AuthType
	disabled, edge      bool
	statusReason        string
	managedBy           string
	primary, secondary  string
	primaryThumbprint   string
	secondaryThumbprint string
	scope               string   // as given, then as it is to be
	parents             []string // as given
	parentScopes        string   // as they are to be, see extra
}

// identityBody is the document of PUT. Names match without regard to case, as in the service;
// members that only the hub writes are ignored, because clients send back what they have read.
type identityBody struct {
	DeviceID       string `json:"deviceId"`
	ModuleID       string `json:"moduleId"`
	Status         string `json:"status"`
	StatusReason   string `json:"statusReason"`
	ManagedBy      string `json:"managedBy"`
	Authentication *struct {
		Type         string `json:"type"`
		SymmetricKey *struct {
			Primary   string `json:"primaryKey"`
			Secondary string `json:"secondaryKey"`
		} `json:"symmetricKey"`
		Thumbprint *struct {
			Primary   string `json:"primaryThumbprint"`
			Secondary string `json:"secondaryThumbprint"`
		} `json:"x509Thumbprint"`
	} `json:"authentication"`
	Capabilities *struct {
		IotEdge bool `json:"iotEdge"`
	} `json:"capabilities"`
	DeviceScope  string   `json:"deviceScope"`
	ParentScopes []string `json:"parentScopes"`
}

const maxStatusReason = 128

func parseIdentity(id ID, body []byte) (identityWrite, error) {
	var b identityBody
	if err := json.Unmarshal(body, &b); err != nil {
		// The decoder's own words could quote a key.
		return identityWrite{}, argumentInvalid("the body is not an identity document")
	}
	if b.DeviceID != "" && b.DeviceID != id.Device || b.ModuleID != "" && b.ModuleID != id.Module {
		return identityWrite{}, argumentInvalid("the id in the body is not the id in the address")
	}
	w := identityWrite{statusReason: b.StatusReason}
	if utf8.RuneCountInString(b.StatusReason) > maxStatusReason {
		return identityWrite{}, argumentInvalid("statusReason has more than %d characters", maxStatusReason)
	}
	if id.Module != "" {
		// Module identities have neither a status nor capabilities.
		w.statusReason, w.managedBy = "", b.ManagedBy
	} else if err := w.readStatus(b); err != nil {
		return identityWrite{}, err
	}
	return w, w.readAuthentication(b, id.Module != "")
}

func (w *identityWrite) readStatus(b identityBody) error {
	switch strings.ToLower(b.Status) {
	case "", "enabled":
	case "disabled":
		w.disabled = true
	default:
		return argumentInvalid("status is enabled or disabled")
	}
	w.edge = b.Capabilities != nil && b.Capabilities.IotEdge
	w.scope, w.parents = b.DeviceScope, b.ParentScopes
	return nil
}

func (w *identityWrite) readAuthentication(b identityBody, module bool) error {
	a := b.Authentication
	if a == nil {
		return nil
	}
	if t := a.Thumbprint; t != nil {
		w.primaryThumbprint, w.secondaryThumbprint = t.Primary, t.Secondary
	}
	switch auth, known := parseAuthType(a.Type); {
	case a.Type == "" && w.primaryThumbprint+w.secondaryThumbprint != "":
		w.auth = SelfSigned
	case a.Type == "":
	case !known:
		return argumentInvalid("unknown authentication type")
	case auth == None && !module:
		return &Error{400, 400000, "DeviceAuthenticationTypeIsMissing", "a device needs an authentication type", Classic}
	case auth == None:
		w.auth = SAS
	default:
		w.auth = auth
	}
	if w.auth == SAS && a.SymmetricKey != nil {
		w.primary, w.secondary = a.SymmetricKey.Primary, a.SymmetricKey.Secondary
	}
	if err := checkKeys(w.primary, w.secondary); err != nil {
		return err
	}
	for _, t := range []string{w.primaryThumbprint, w.secondaryThumbprint} {
		if !validThumbprint(t) {
			return &Error{400, 400000, "StringIsNotThumbprint", "a thumbprint has 40 or 64 hexadecimal digits", Classic}
		}
	}
	return nil
}

func validThumbprint(s string) bool {
	const hex = "0123456789abcdefABCDEF"
	return s == "" || (len(s) == 40 || len(s) == 64) && strings.Trim(s, hex) == ""
}
