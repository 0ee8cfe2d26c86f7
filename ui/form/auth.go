package form

import "twindeck/hub"

// auth is the part of a form that says how an identity proves who it is.
type auth struct {
	way                     way
	primary, secondary      line // keys that are given
	thumbprint, thumbprint2 line
}

// way is one way to authenticate as the form offers it.
type way int

const (
	keysAssigned way = iota
	keysGiven
	selfSigned
	signedByCA
	ways
)

func (w way) String() string {
	return [ways]string{"keys, assigned by the hub", "keys, given below", "X.509, self-signed", "X.509, signed by a CA"}[w]
}

func newAuth() auth {
	a := auth{primary: newLine(""), secondary: newLine(""), thumbprint: newLine(""), thumbprint2: newLine("")}
	a.primary.masked, a.secondary.masked = true, true
	return a
}

// choose goes to another way. What was typed for the one before stays.
func (a *auth) choose(by int) { a.way = (a.way + way(by) + ways) % ways }

// parts are the fields that the way chosen has.
func (a *auth) parts() []part {
	switch a.way {
	case keysGiven:
		return []part{partPrimary, partSecondary}
	case selfSigned:
		return []part{partThumbprint, partThumbprint2}
	case keysAssigned, signedByCA, ways:
	}
	return nil
}

func (a *auth) field(p part) *line {
	switch p {
	case partPrimary:
		return &a.primary
	case partSecondary:
		return &a.secondary
	case partThumbprint:
		return &a.thumbprint
	case partThumbprint2:
		return &a.thumbprint2
	default:
		return nil
	}
}

// problem returns what is wrong with a field, in words, or "". An empty one is wrong only once
// the user has tried to submit it.
func (a *auth) problem(p part, tried bool) string {
	field := a.field(p)
	if field == nil || field.text() == "" && (!tried || p == partThumbprint2) {
		return ""
	}
	if p == partPrimary || p == partSecondary {
		return checkKey(field.text())
	}
	if _, err := hub.ParseThumbprint(field.text()); err != nil {
		return err.Error()
	}
	return ""
}

// help says what a field is for.
func (a *auth) help(p part) string {
	switch p {
	case partAuth:
		switch a.way {
		case keysAssigned:
			return "the hub makes both keys itself"
		case keysGiven:
			return "you give both keys"
		case selfSigned:
			return "the hub knows the device's own certificate by its thumbprint"
		case signedByCA, ways:
			return "the hub trusts the CA that signed the device's certificate"
		}
	case partPrimary, partSecondary:
		return "16 to 64 bytes in base64"
	case partThumbprint:
		return "SHA-1 or SHA-256 as openssl x509 -fingerprint prints it; colons do no harm"
	case partThumbprint2:
		return "of the next certificate; may be empty"
	default:
	}
	return ""
}

// value returns what was chosen. It is right only when no part has a problem.
func (a *auth) value() hub.Authentication {
	switch a.way {
	case keysGiven:
		return hub.Authentication{Auth: hub.AuthSAS, PrimaryKey: hub.NewKey(a.primary.text()), SecondaryKey: hub.NewKey(a.secondary.text())}
	case selfSigned:
		v := hub.Authentication{Auth: hub.AuthSelfSigned}
		v.PrimaryThumbprint, _ = hub.ParseThumbprint(a.thumbprint.text())
		if a.thumbprint2.text() != "" {
			v.SecondaryThumbprint, _ = hub.ParseThumbprint(a.thumbprint2.text())
		}
		return v
	case signedByCA:
		return hub.Authentication{Auth: hub.AuthCA}
	case keysAssigned, ways:
	}
	return hub.Authentication{Auth: hub.AuthSAS}
}
