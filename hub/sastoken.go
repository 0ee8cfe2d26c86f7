package hub

import (
	"errors"
	"time"

	"twindeck/hub/internal/iothub"
)

// Token is a SAS token (Azure docs: iot-hub-dev-guide-sas, "SAS token structure"): whoever has it
// may do, until it expires, what whoever has the key may do with the resource. It prints masked;
// [Token.Reveal] is the one way out.
type Token struct {
	secret   Key
	Resource string    // the URI it is for, unescaped and without a scheme: host, host/devices/d, host/devices/d/modules/m
	Policy   string    // the policy it is signed as; empty for a device or module
	Expires  time.Time // whole seconds
}

// Reveal returns the token itself. Whoever calls it was told by the user to show or to copy it.
func (t Token) Reveal() string { return t.secret.Reveal() }

// Resource returns the URI that a token of a connection string is for: the hub for a policy, else
// the device or module. It has no port, as the hub compares none.
func (cs ConnectionString) Resource() string {
	resource := cs.Host()
	if cs.DeviceID != "" {
		resource += "/devices/" + cs.DeviceID
	}
	if cs.ModuleID != "" {
		resource += "/modules/" + cs.ModuleID
	}
	return resource
}

// Token signs a token with the key of a connection string. It asks nobody and does not block. It
// fails when the key is no base64 or the time lies before 1970.
func (cs ConnectionString) Token(expires time.Time) (Token, error) {
	if expires.Unix() < 0 {
		return Token{}, errors.New("a token cannot expire before 1970")
	}
	if cs.Key.IsZero() {
		return Token{}, errors.New("there is no key to sign a token with")
	}
	expires = expires.Truncate(time.Second)
	signed, err := iothub.SignToken(cs.Resource(), cs.Policy, cs.Key.Reveal(), expires)
	if err != nil {
		return Token{}, err
	}
	return Token{secret: NewKey(signed), Resource: cs.Resource(), Policy: cs.Policy, Expires: expires}, nil
}

// PolicyToken signs a token for the whole hub with the rights of the client's policy. It asks
// nobody and does not block.
func (c *Client) PolicyToken(expires time.Time) (Token, error) { return c.credentials.Token(expires) }
