package form

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/theme"
)

// Sign asks for a SAS token; [Token.Signed] or [Token.SetError] answers.
type Sign struct {
	Policy     bool                 // as the policy, for the whole hub; the connection string is none then
	Credential hub.ConnectionString // of the device or module with the key that was chosen
	Life       time.Duration
	Copy       bool // it is for the clipboard; else it is to be shown
}

// CopyConnectionString asks for a connection string to be copied with its key.
type CopyConnectionString struct{ Credential hub.ConnectionString }

// TokenSource is what a [Token] can sign for.
type TokenSource struct {
	ID           hub.ID
	Host, Policy string           // of the hub, as it was named
	Now          func() time.Time // what expiries are counted from; its zone is the one they are shown in
}

// Token is the dialog that signs SAS tokens with a key of an identity, or with that of the policy.
type Token struct {
	source   TokenSource
	identity *hub.Identity // nil until it was read
	read     bool          // it was, or it cannot be
	keys     keymap.Map
	theme    theme.Theme

	focus  int // one of the rows below
	signer int // index into signers
	life   int // index into lifetimes; len(lifetimes) is the one that was typed
	typed  line
	token  *hub.Token // as it is shown; nil while none is
	busy   bool
	err    string
	notice string
	top    int
}

// The rows of the dialog that can have the focus.
const (
	rowSigner = iota
	rowLife
	rowToken
	tokenRows
)

// NewToken returns the dialog for an identity that is still to be read.
func NewToken(source TokenSource, keys keymap.Map, th theme.Theme) *Token {
	return &Token{source: source, keys: keys, theme: th, life: 1, typed: newLine("")}
}

// SetIdentity takes the identity with its keys.
func (f *Token) SetIdentity(i hub.Identity) {
	f.identity, f.read = &i, true
	f.forget()
}

// Signed takes the token that was asked for, to be shown.
func (f *Token) Signed(t hub.Token) {
	f.busy, f.token, f.focus = false, &t, rowToken
}

// SetNotice says what was done, such as that something was copied.
func (f *Token) SetNotice(text string) { f.busy, f.notice = false, text }

// SetError shows why the keys could not be read or a token not be signed. The text may be
// untrusted. The policy can sign without the keys.
func (f *Token) SetError(text string) { f.read, f.busy, f.err = true, false, text }

// signer is one key to sign with.
type signer struct {
	name       string
	policy     bool
	credential hub.ConnectionString
}

// signers are the keys that there are: those of the identity, and the policy's. The policy's
// comes last, as it opens the most.
func (f *Token) signers() []signer {
	var all []signer
	if i := f.identity; i != nil && i.Auth == hub.AuthSAS {
		cs := hub.ConnectionString{HostName: f.source.Host, DeviceID: i.Device, ModuleID: i.Module}
		for _, key := range []struct {
			name string
			key  hub.Key
		}{{"primary key", i.PrimaryKey}, {"secondary key", i.SecondaryKey}} {
			if !key.key.IsZero() {
				cs.Key = key.key
				all = append(all, signer{name: key.name, credential: cs})
			}
		}
	}
	return append(all, signer{
		name: "policy " + f.source.Policy + ", for the whole hub", policy: true,
		credential: hub.ConnectionString{HostName: f.source.Host, Policy: f.source.Policy},
	})
}

func (f *Token) chosen() signer {
	all := f.signers()
	return all[min(f.signer, len(all)-1)]
}

// lifetime returns the lifetime chosen or typed.
func (f *Token) lifetime() (time.Duration, error) {
	if f.life < len(lifetimes) {
		return lifetimes[f.life], nil
	}
	return parseLifetime(f.typed.text())
}

// forget masks and drops the token on the screen: something else was chosen.
func (f *Token) forget() { f.token, f.err, f.notice = nil, "", "" }

// Update takes a key press; its actions are [Sign], [CopyConnectionString] and [Cancel].
func (f *Token) Update(msg tea.Msg) Action {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch k := f.keys.Token; {
	case f.focus == rowLife && f.types(press):
		f.forget()
	case k.Close.Matches(press):
		return Cancel{}
	case f.busy || !f.read:
	case k.Copy.Matches(press):
		return f.sign(true)
	case k.Reveal.Matches(press):
		if f.token != nil {
			f.forget()
			return nil
		}
		return f.sign(false)
	case k.CopyConnectionString.Matches(press):
		f.err, f.notice = "", ""
		if f.chosen().policy {
			f.err = "the connection string of a policy is not shown; choose a key of the device or module"
			return nil
		}
		return CopyConnectionString{f.chosen().credential}
	case k.Switch.Matches(press):
		by := 1
		if s := press.String(); s == "up" || s == "shift+tab" {
			by = tokenRows - 1
		}
		f.focus = (f.focus + by) % tokenRows
	case k.Choose.Matches(press):
		by := 1
		if press.String() == "left" {
			by = -1
		}
		f.choose(by)
	}
	return nil
}

// types takes a key that types a lifetime: digits and units, which are no commands.
func (f *Token) types(press tea.KeyPressMsg) bool {
	typed := f.life == len(lifetimes)
	switch s := press.String(); {
	case !typed && isOneOf(press, "0123456789"):
		f.life = len(lifetimes)
		f.typed.set(press.Text)
	case typed && isOneOf(press, "0123456789.wdhms "):
		if len(f.typed.text()) < 32 {
			f.typed.update(press)
		}
	case typed && (s == "backspace" || s == "ctrl+u"):
		f.typed.update(press)
	default:
		return false
	}
	return true
}

// isOneOf reports whether a key types one of some characters.
func isOneOf(press tea.KeyPressMsg, characters string) bool {
	r := []rune(press.Text)
	return len(r) == 1 && strings.ContainsRune(characters, r[0])
}

func (f *Token) choose(by int) {
	switch f.focus {
	case rowSigner:
		n := len(f.signers())
		f.signer = (min(f.signer, n-1) + by + n) % n
	case rowLife:
		n := len(lifetimes)
		if f.typed.text() != "" {
			n++
		}
		f.life = (f.life + by + n) % n
	default:
		return
	}
	f.forget()
}

func (f *Token) sign(toCopy bool) Action {
	life, err := f.lifetime()
	if err != nil {
		f.focus = rowLife
		return nil
	}
	f.busy, f.err, f.notice = true, "", ""
	s := f.chosen()
	if s.policy {
		return Sign{Policy: true, Life: life, Copy: toCopy}
	}
	return Sign{Credential: s.credential, Life: life, Copy: toCopy}
}
