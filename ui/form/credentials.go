package form

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// AttachWith asks for a client to be attached as ID with credentials of its own. The form waits for its
// owner to take it away, or to say with SetError what went wrong.
type AttachWith struct {
	ID      hub.ID
	Options hub.AttachOptions
}

// Credentials is the form for the connection string of an identity whose key the policy may not
// read. What is typed is masked, and gone with the form.
type Credentials struct {
	fieldset
	id   hub.ID
	host string
}

// NewCredentials returns the form for an identity of a hub, both of which may be untrusted.
func NewCredentials(id hub.ID, host string, keys keymap.Map, th theme.Theme) *Credentials {
	secret := newLine("")
	secret.masked = true
	return &Credentials{id: id, host: host, fieldset: fieldset{
		title: "Attach a client as " + cell.Safe(id.String()), verb: "attach", doing: "attaching",
		intro: "This policy may not read the keys of identities. Paste the connection string of " + id.String() +
			" itself. It is kept in memory while the client is attached, and stored nowhere.",
		labels: []string{"connection"}, lines: []line{secret}, keys: keys, theme: th,
	}}
}

// Update takes a key press or a paste; its actions are [AttachWith], [Stop] and [Cancel].
func (f *Credentials) Update(msg tea.Msg) Action {
	action, submit := f.update(msg)
	if !submit {
		return action
	}
	cs, err := f.connectionString()
	if err != nil {
		return nil
	}
	return AttachWith{f.id, hub.AttachOptions{ConnectionString: &cs}}
}

// connectionString is what was typed, when it is of the identity and of the hub. No error shows any of it.
func (f *Credentials) connectionString() (hub.ConnectionString, error) {
	cs, err := hub.ParseConnectionString(f.lines[0].text())
	switch {
	case err != nil:
		return hub.ConnectionString{}, err
	case cs.Policy != "":
		return hub.ConnectionString{}, errors.New("this is the connection string of a policy; paste the one of " + f.id.String() + " itself")
	case cs.ID() != f.id:
		return hub.ConnectionString{}, errors.New("this is the connection string of another identity; paste the one of " + f.id.String())
	case !strings.EqualFold(cs.Host(), hostOf(f.host)):
		return hub.ConnectionString{}, errors.New("this connection string is of another hub; paste the one of " + f.id.String() + " on this hub")
	}
	return cs, nil
}

func hostOf(host string) string { return hub.ConnectionString{HostName: host}.Host() }

// View draws the form: exactly h lines of exactly w cells.
func (f *Credentials) View(w, h int) string {
	if _, err := f.connectionString(); err != nil && (f.tried || len(f.lines[0].text()) > len("HostName=")) {
		return f.draw(w, h, err.Error(), f.theme.Bad, theme.Rejected)
	}
	return f.draw(w, h, "it begins with HostName= and names the DeviceId", f.theme.Muted, " ")
}

// Certificate is the form for the files of an X.509 identity.
type Certificate struct {
	fieldset
	id hub.ID
}

// NewCertificate returns the form for an identity, which may be untrusted.
func NewCertificate(id hub.ID, keys keymap.Map, th theme.Theme) *Certificate {
	return &Certificate{id: id, fieldset: fieldset{
		title: "Attach a client as " + cell.Safe(id.String()), verb: "attach", doing: "attaching",
		intro:  id.String() + " authenticates with an X.509 certificate. Name the PEM files of the certificate, with its chain, and of its private key.",
		labels: []string{"certificate", "private key"}, lines: []line{newLine(""), newLine("")}, keys: keys, theme: th,
	}}
}

// Update takes a key press or a paste; its actions are [AttachWith], [Stop] and [Cancel].
func (f *Certificate) Update(msg tea.Msg) Action {
	action, submit := f.update(msg)
	if !submit {
		return action
	}
	for i := range f.lines {
		if f.text(i) == "" {
			f.focus = i
			return nil
		}
	}
	return AttachWith{f.id, hub.AttachOptions{CertFile: f.text(0), KeyFile: f.text(1)}}
}

// View draws the form: exactly h lines of exactly w cells.
func (f *Certificate) View(w, h int) string {
	if f.tried && (f.text(0) == "" || f.text(1) == "") {
		return f.draw(w, h, "both files are needed", f.theme.Bad, theme.Rejected)
	}
	return f.draw(w, h, "they are read each time a client is attached, and never copied", f.theme.Muted, " ")
}
