package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"twindeck/hub/patch"
)

// IncompleteError says that an identity was created and that something else that was asked for
// with it was not done.
type IncompleteError struct {
	Identity Identity // as far as it is known: without keys and etag when it could not be read
	Twin     bool     // its first tags and desired properties are not written
	Err      error    // why
}

// Error says what was done, what was not, and why.
func (e *IncompleteError) Error() string {
	left := "reading it failed"
	if e.Twin {
		left = "its first tags and desired properties are not written"
	}
	return describe(e.Identity.ID) + " was created, but " + left + ": " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *IncompleteError) Unwrap() error { return e.Err }

// CreateIdentity creates an identity and never overwrites one: what exists already is an
// [AlreadyExists] error. A device gets its first tags and desired properties in the same request;
// a module in one that follows under the etag of its new twin. When only the identity came to be,
// or it could not be read back, the error is an [*IncompleteError].
//
// The hub wants the scope of a parent, so a parent is read first; one that is no edge device is an
// error.
func (c *Client) CreateIdentity(ctx context.Context, n NewIdentity) (Identity, error) {
	if err := n.check(); err != nil {
		return Identity{}, err
	}
	var scope string
	if n.Parent != "" {
		parent, err := c.Identity(ctx, ID{Device: n.Parent})
		if err != nil {
			return Identity{}, err
		}
		if scope = parent.DeviceScope; !parent.Edge || scope == "" {
			return Identity{}, errors.New("cannot create " + describe(n.ID) + ": its parent " + printable(n.Parent) + " runs no IoT Edge; choose an edge device")
		}
	}
	twin := n.twin()
	if twin != (TwinPatch{}) && !n.IsModule() {
		return c.createWithTwin(ctx, n, scope)
	}
	identity, err := c.putIdentity(ctx, "create "+describe(n.ID), n.ID, n.document(scope), "")
	if err != nil || twin == (TwinPatch{}) {
		return identity, err
	}
	if _, _, err := c.InitTwin(ctx, n.ID, twin); err != nil {
		return Identity{}, &IncompleteError{Identity: identity, Twin: true, Err: err}
	}
	return identity, nil
}

// createWithTwin creates a device together with its first tags and desired properties (Azure REST
// reference: Bulk Registry - Update Registry; the entry is an ExportImportDevice). A twin that is
// refused is a warning there, and the device is created.
func (c *Client) createWithTwin(ctx context.Context, n NewIdentity, scope string) (Identity, error) {
	entry := patch.Object(patch.Member{Key: "id", Value: patch.String(n.Device)}, patch.Member{Key: "importMode", Value: patch.String("create")})
	for _, m := range n.document(scope).Without(patch.Path{"deviceId"}).Members() {
		entry = entry.With(patch.Path{m.Key}, m.Value)
	}
	if n.Tags != nil {
		entry = entry.With(patch.Path{"tags"}, *n.Tags)
	}
	if n.Desired != nil {
		entry = entry.With(patch.Path{"properties", "desired"}, *n.Desired)
	}
	var result bulkResult
	_, err := c.do(ctx, call{
		op:     "create " + describe(n.ID),
		method: http.MethodPost,
		path:   "devices",
		body:   patch.Array(entry).AppendJSON(nil),
		writes: true,
		take: func(a answer) error {
			if err := json.Unmarshal(a.body, &result); err != nil {
				return err
			}
			if result.Successful == nil || !*result.Successful || len(result.Errors) > 0 {
				return errors.New("it says neither that the device was created nor why not")
			}
			return nil
		},
	})
	if err != nil {
		return Identity{}, err
	}
	if len(result.Warnings) > 0 {
		why := printable(result.Warnings[0].Status)
		if why == "" {
			why = "the hub does not say why"
		}
		identity, err := c.Identity(ctx, n.ID)
		if err != nil {
			identity = Identity{ID: n.ID}
		}
		return Identity{}, &IncompleteError{Identity: identity, Twin: true, Err: errors.New(why)}
	}
	identity, err := c.Identity(ctx, n.ID)
	if err != nil {
		return Identity{}, &IncompleteError{Identity: Identity{ID: n.ID}, Err: err}
	}
	return identity, nil
}

// bulkResult is the success of a bulk write. A failure has the same body under status 400, which
// is an [Error].
type bulkResult struct {
	Successful *bool             `json:"isSuccessful"`
	Errors     []json.RawMessage `json:"errors"`
	Warnings   []struct {
		Status string `json:"warningStatus"`
	} `json:"warnings"`
}

// InitTwin writes the first tags and desired properties of a twin, under the etag it has now. It
// overwrites nothing: a property that is there already with another value is an error, and a twin
// that holds all of it is left as it is. The receipt is empty when nothing was written.
func (c *Client) InitTwin(ctx context.Context, id ID, p TwinPatch) (Twin, Receipt, error) {
	now, err := c.Twin(ctx, id)
	if err != nil {
		return Twin{}, Receipt{}, err
	}
	news := 0
	for _, section := range []struct {
		name string
		now  patch.Value
		p    *patch.Value
	}{{"tag", now.Tags, p.Tags}, {"desired property", now.Desired.Value, p.Desired}} {
		if section.p == nil {
			continue
		}
		changes := patch.Changes(section.now, patch.Apply(section.now, *section.p))
		for _, change := range changes {
			if change.Kind != patch.Added {
				return Twin{}, Receipt{}, fmt.Errorf("cannot write the %s %s of %s: somebody else has written it in the meantime; edit the twin instead",
					section.name, printable(change.Path.String()), describe(id))
			}
		}
		news += len(changes)
	}
	if news == 0 {
		return now, Receipt{}, nil
	}
	return c.PatchTwin(ctx, id, p, now.ETag)
}

// check refuses what the hub would refuse, and what it would carry out by half.
func (n NewIdentity) check() error {
	if err := checkWritable("create", n.ID); err != nil {
		return err
	}
	problem := n.problem()
	switch {
	case problem != "":
	case utf8.RuneCountInString(n.StatusReason) > MaxStatusReason:
		problem = fmt.Sprintf("the reason has more than %d characters; shorten it", MaxStatusReason)
	case n.IsModule() && (n.Disabled || n.StatusReason != "" || n.Edge || n.Parent != ""):
		problem = "a module has no status, IoT Edge or parent of its own; set them on its device"
	case n.Parent != "" && checkID(ID{Device: n.Parent}) != nil:
		problem = "its parent is not the id of a device; correct it"
	}
	if problem != "" {
		return errors.New("cannot create " + describe(n.ID) + ": " + problem)
	}
	for section, v := range map[patch.Section]*patch.Value{patch.Tags: n.Tags, patch.Desired: n.Desired} {
		if v == nil {
			continue
		}
		if broken := patch.CheckSection(section, *v); len(broken) > 0 {
			return errors.New("cannot create " + describe(n.ID) + ": its " + section.String() + " are more than a hub takes: " + printable(broken[0].String()))
		}
	}
	return nil
}

func (n NewIdentity) twin() TwinPatch { return TwinPatch{Tags: n.Tags, Desired: n.Desired} }

// document returns the identity as a PUT takes it. An edge device names the scope of its parent
// in parentScopes, as its deviceScope is its own, which the hub assigns; any other device is in
// the scope of its parent.
func (n NewIdentity) document(scope string) patch.Value {
	members := []patch.Member{{Key: "deviceId", Value: patch.String(n.Device)}}
	add := func(key string, v patch.Value) { members = append(members, patch.Member{Key: key, Value: v}) }
	if n.IsModule() {
		add("moduleId", patch.String(n.Module))
		add("authentication", n.Authentication.document())
		return patch.Object(members...)
	}
	status := Enabled
	if n.Disabled {
		status = Disabled
	}
	add("status", patch.String(string(status)))
	if n.StatusReason != "" {
		add("statusReason", patch.String(n.StatusReason))
	}
	add("authentication", n.Authentication.document())
	add("capabilities", patch.Object(patch.Member{Key: "iotEdge", Value: patch.Bool(n.Edge)}))
	switch {
	case scope == "":
	case n.Edge:
		add("parentScopes", patch.Array(patch.String(scope)))
	default:
		add("deviceScope", patch.String(scope))
	}
	return patch.Object(members...)
}

// problem says what is wrong, to follow "cannot create device d: ", or "".
func (a Authentication) problem() string {
	hasKeys := !a.PrimaryKey.IsZero() || !a.SecondaryKey.IsZero()
	hasPrints := a.PrimaryThumbprint != "" || a.SecondaryThumbprint != ""
	switch a.Auth {
	case "", AuthSAS:
		if a.PrimaryKey.IsZero() != a.SecondaryKey.IsZero() {
			return "it needs both keys or neither; give the other one too, or none and the hub assigns both"
		}
		if hasPrints {
			return "thumbprints are for X.509 certificates; leave them out"
		}
		return ""
	case AuthSelfSigned:
		for _, print := range []string{a.PrimaryThumbprint, a.SecondaryThumbprint} {
			if print == "" {
				continue
			}
			if _, err := ParseThumbprint(print); err != nil {
				return err.Error()
			}
		}
		if a.PrimaryThumbprint == "" {
			return "a self-signed certificate is known by its thumbprint; give the first one"
		}
	case AuthCA:
		if hasPrints {
			return "a certificate of a CA needs no thumbprint; leave it out"
		}
	default:
		return "there is no way to authenticate called " + printable(string(a.Auth)) + "; choose sas, selfSigned or certificateAuthority"
	}
	if hasKeys {
		return "symmetric keys are no use with X.509 certificates; leave them out"
	}
	return ""
}

// document returns the authentication as the documents of identities have it. Keys that are not
// in it are assigned by the hub.
func (a Authentication) document() patch.Value {
	auth := a.Auth
	if auth == "" {
		auth = AuthSAS
	}
	members := []patch.Member{{Key: "type", Value: patch.String(string(auth))}}
	if !a.PrimaryKey.IsZero() {
		members = append(members, patch.Member{Key: "symmetricKey", Value: keyPair(a.PrimaryKey.Reveal(), a.SecondaryKey.Reveal())})
	}
	if a.PrimaryThumbprint != "" {
		prints := []patch.Member{{Key: "primaryThumbprint", Value: patch.String(a.PrimaryThumbprint)}}
		if a.SecondaryThumbprint != "" {
			prints = append(prints, patch.Member{Key: "secondaryThumbprint", Value: patch.String(a.SecondaryThumbprint)})
		}
		members = append(members, patch.Member{Key: "x509Thumbprint", Value: patch.Object(prints...)})
	}
	return patch.Object(members...)
}

func keyPair(primary, secondary string) patch.Value {
	return patch.Object(
		patch.Member{Key: "primaryKey", Value: patch.String(primary)},
		patch.Member{Key: "secondaryKey", Value: patch.String(secondary)},
	)
}
