package hub

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"twindeck/hub/patch"
)

// IdentityChange is one change of an identity: [SetStatus], [NewKeys], [SwapKeys] or
// [SetAuthentication].
type IdentityChange interface {
	// what names the change, to follow "cannot ".
	what(ID) string
	// check refuses what no identity can be changed to, to follow "cannot …: ".
	check(ID) string
	// apply returns the changed document; its error follows "cannot …: ".
	apply(patch.Value) (patch.Value, error)
}

// SetStatus enables or disables a device, which takes its modules along. A module has no status.
type SetStatus struct {
	Status Status
	Reason string // at most MaxStatusReason characters; empty clears it
}

// NewKeys gives an identity with symmetric keys new ones, made here from random bytes. What
// connects with an old key is refused from then on.
type NewKeys struct{ Primary, Secondary bool }

// SwapKeys lets the two symmetric keys of an identity change places. Both stay valid.
type SwapKeys struct{}

// SetAuthentication changes how an identity proves who it is. Its keys or thumbprints of before
// are gone.
type SetAuthentication struct{ Authentication }

// ChangeIdentity changes an identity when etag is still its etag, and returns it as it is then. A
// stale etag is a [Conflict] error; an empty one or [AnyETag] is an error without asking the hub.
//
// On the wire a change is a replacement of the whole document, and the hub clears what is left out
// of it. So the document is read, everything in it is sent back as it came, members that nobody
// here knows included, and only under the etag it was read with.
func (c *Client) ChangeIdentity(ctx context.Context, id ID, change IdentityChange, etag string) (Identity, error) {
	op := change.what(id)
	if err := checkWritable(change.what(ID{}), id); err != nil {
		return Identity{}, err
	}
	if problem := change.check(id); problem != "" {
		return Identity{}, errors.New("cannot " + op + ": " + problem)
	}
	if etag = unquoteETag(etag); etag == "" || etag == AnyETag {
		return Identity{}, errNoETag
	}
	before, err := c.identityDocument(ctx, op, id)
	if err != nil {
		return Identity{}, err
	}
	if unquoteETag(text(before, "etag")) != etag {
		return Identity{}, &Error{Op: op, Status: http.StatusPreconditionFailed, Code: CodePreconditionFailed}
	}
	after, err := change.apply(before)
	if err != nil {
		return Identity{}, fmt.Errorf("cannot %s: %w", op, err)
	}
	return c.putIdentity(ctx, op, id, after, etag)
}

// identityDocument reads an identity whole.
func (c *Client) identityDocument(ctx context.Context, op string, id ID) (patch.Value, error) {
	var document patch.Value
	_, err := c.do(ctx, call{op: op, method: http.MethodGet, path: identityPath("devices", id), take: func(a answer) (err error) {
		if document, err = patch.Parse(a.body); err != nil {
			return err
		}
		return isAbout(id, ID{Device: text(document, "deviceId"), Module: text(document, "moduleId")})
	}})
	return document, err
}

// putIdentity writes an identity whole: under an etag it replaces one, without it creates one.
func (c *Client) putIdentity(ctx context.Context, op string, id ID, document patch.Value, etag string) (Identity, error) {
	var identity Identity
	_, err := c.do(ctx, call{
		op: op, method: http.MethodPut, path: identityPath("devices", id), etag: etag, body: document.AppendJSON(nil), writes: true,
		take: func(a answer) (err error) {
			identity, err = identityOf(id, a.body)
			return err
		},
	})
	if err != nil {
		return Identity{}, err
	}
	return identity, nil
}

func (s SetStatus) what(id ID) string {
	if s.Status == Disabled {
		return named("disable", id)
	}
	return named("enable", id)
}

func (s SetStatus) check(id ID) string {
	switch {
	case id.IsModule():
		return "a module has no status of its own; enable or disable its device"
	case s.Status != Enabled && s.Status != Disabled:
		return "a status is enabled or disabled"
	case utf8.RuneCountInString(s.Reason) > MaxStatusReason:
		return fmt.Sprintf("the reason has more than %d characters; shorten it", MaxStatusReason)
	}
	return ""
}

func (s SetStatus) apply(doc patch.Value) (patch.Value, error) {
	reason := patch.Null()
	if s.Reason != "" {
		reason = patch.String(s.Reason)
	}
	return doc.With(patch.Path{"status"}, patch.String(string(s.Status))).With(patch.Path{"statusReason"}, reason), nil
}

func (NewKeys) what(id ID) string { return named("change the keys of", id) }

func (n NewKeys) check(ID) string {
	if !n.Primary && !n.Secondary {
		return "neither key was chosen"
	}
	return ""
}

func (n NewKeys) apply(doc patch.Value) (patch.Value, error) {
	primary, secondary, err := keysOf(doc)
	if err != nil {
		return patch.Value{}, err
	}
	if n.Primary {
		primary = randomKey()
	}
	if n.Secondary {
		secondary = randomKey()
	}
	return withKeys(doc, primary, secondary), nil
}

func (SwapKeys) what(id ID) string { return named("swap the keys of", id) }

func (SwapKeys) check(ID) string { return "" }

func (SwapKeys) apply(doc patch.Value) (patch.Value, error) {
	primary, secondary, err := keysOf(doc)
	if err != nil {
		return patch.Value{}, err
	}
	return withKeys(doc, secondary, primary), nil
}

func (SetAuthentication) what(id ID) string { return named("change the authentication of", id) }

func (s SetAuthentication) check(ID) string { return s.problem() }

func (s SetAuthentication) apply(doc patch.Value) (patch.Value, error) {
	return doc.With(patch.Path{"authentication"}, s.document()), nil
}

// named puts an action and what it is done to together, as for Error.Op.
func named(do string, id ID) string {
	if id == (ID{}) {
		return do
	}
	return do + " " + describe(id)
}

// keysOf returns the symmetric keys in a document. Without them a document must not be written
// back: the hub would assign new ones.
func keysOf(doc patch.Value) (primary, secondary string, err error) {
	authentication, _ := doc.Get("authentication")
	pair, _ := authentication.Get("symmetricKey")
	primary, secondary = text(pair, "primaryKey"), text(pair, "secondaryKey")
	switch auth := text(authentication, "type"); {
	case auth != string(AuthSAS):
		return "", "", errors.New("it authenticates with " + printable(auth) + " and has no symmetric keys; change its authentication first")
	case primary == "" || secondary == "":
		return "", "", errors.New("the hub does not show its keys; use a policy with the right to read and write the registry, such as iothubowner")
	}
	return primary, secondary, nil
}

func withKeys(doc patch.Value, primary, secondary string) patch.Value {
	return doc.
		With(patch.Path{"authentication", "symmetricKey", "primaryKey"}, patch.String(primary)).
		With(patch.Path{"authentication", "symmetricKey", "secondaryKey"}, patch.String(secondary))
}

// randomKey returns 32 random bytes in base64, which is what a hub assigns.
func randomKey() string {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails: it ends the program instead
	return base64.StdEncoding.EncodeToString(key[:])
}
