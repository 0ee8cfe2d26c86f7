package ui

import (
	"context"
	"errors"
	"strconv"
	"time"

	"twindeck/hub"
)

// create makes an identity as CreateIdentity does. First tags and properties are written by a
// second call, which a test may let fail.
func (f *fakeHub) create(n hub.NewIdentity) (hub.Identity, error) {
	tags, desired := "{}", "{}"
	if n.Tags != nil {
		tags = n.Tags.JSON()
	}
	if n.Desired != nil {
		desired = n.Desired.JSON()
	}
	half := f.fail["InitTwin"]
	if half != nil {
		tags, desired = "{}", "{}"
	}
	f.add(n.ID, tags, desired, `{}`)
	i := f.identities[n.ID]
	if n.Auth != "" {
		i.Auth = n.Auth
	}
	i.PrimaryThumbprint, i.SecondaryThumbprint, i.Edge, i.StatusReason = n.PrimaryThumbprint, n.SecondaryThumbprint, n.Edge, n.StatusReason
	if !n.PrimaryKey.IsZero() {
		i.PrimaryKey, i.SecondaryKey = n.PrimaryKey, n.SecondaryKey
	}
	if i.Auth != hub.AuthSAS {
		i.PrimaryKey, i.SecondaryKey = hub.Key{}, hub.Key{}
	}
	if n.Disabled {
		i.Status = hub.Disabled
	}
	if n.Parent != "" {
		i.ParentScopes = []string{"ms-azure-iot-edge://" + n.Parent + "-1"}
	}
	f.identities[n.ID] = i
	if half != nil && (n.Tags != nil || n.Desired != nil) {
		return hub.Identity{}, &hub.IncompleteError{Identity: i, Twin: true, Err: half}
	}
	return i, nil
}

// touch changes an identity as another client of the hub would.
func (f *fakeHub) touch(id hub.ID, change func(*hub.Identity)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.identities[id]
	change(&i)
	f.etags++
	i.ETag = "ID" + strconv.Itoa(f.etags)
	f.identities[id] = i
}

func stale(op string) error {
	return &hub.Error{Op: op, Status: 412, Code: hub.CodePreconditionFailed}
}

func (f *fakeHub) ChangeIdentity(ctx context.Context, id hub.ID, change hub.IdentityChange, etag string) (hub.Identity, error) {
	if err := f.enter(ctx, "ChangeIdentity", id); err != nil {
		return hub.Identity{}, err
	}
	f.mu.Lock()
	now, there := f.identities[id]
	f.mu.Unlock()
	switch {
	case !there:
		return hub.Identity{}, notFound("change " + id.String())
	case etag == "" || etag == hub.AnyETag:
		return hub.Identity{}, errors.New("an unconditional write")
	case etag != now.ETag:
		return hub.Identity{}, stale("change device " + id.String())
	}
	f.touch(id, func(i *hub.Identity) {
		switch c := change.(type) {
		case hub.SetStatus:
			i.Status, i.StatusReason = c.Status, c.Reason
		case hub.SwapKeys:
			i.PrimaryKey, i.SecondaryKey = i.SecondaryKey, i.PrimaryKey
		case hub.NewKeys:
			if c.Primary {
				i.PrimaryKey = hub.NewKey("bmV3IHByaW1hcnkga2V5")
			}
			if c.Secondary {
				i.SecondaryKey = hub.NewKey("bmV3IHNlY29uZGFyeSBrZXk=")
			}
		case hub.SetAuthentication:
			i.Auth, i.PrimaryKey, i.SecondaryKey = c.Auth, c.PrimaryKey, c.SecondaryKey
			i.PrimaryThumbprint, i.SecondaryThumbprint = c.PrimaryThumbprint, c.SecondaryThumbprint
		}
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.twins[id]
	t.Status, t.StatusReason, t.Auth = f.identities[id].Status, f.identities[id].StatusReason, f.identities[id].Auth
	f.twins[id] = t
	return f.identities[id], nil
}

func (f *fakeHub) Dependents(ctx context.Context, id hub.ID) (hub.Dependents, error) {
	if err := f.enter(ctx, "Dependents", id); err != nil {
		return hub.Dependents{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i, there := f.identities[id]
	if !there {
		return hub.Dependents{}, notFound("read device " + id.String())
	}
	d := hub.Dependents{Identity: i, ModulesErr: f.fail["Dependents.Modules"]}
	for other, o := range f.identities {
		if other.IsModule() && other.Parent() == id && d.ModulesErr == nil {
			d.Modules = append(d.Modules, o)
		}
		for _, parent := range o.Parents() {
			if parent == id.Device {
				d.Children = append(d.Children, other)
			}
		}
	}
	return d, nil
}

func (f *fakeHub) DeleteIdentity(ctx context.Context, id hub.ID, etag string) error {
	if err := f.enter(ctx, "DeleteIdentity", id); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now, there := f.identities[id]
	switch {
	case !there:
		return notFound("delete device " + id.String())
	case etag == "" || etag == hub.AnyETag:
		return errors.New("an unconditional write")
	case etag != now.ETag:
		return stale("delete device " + id.String())
	}
	for other := range f.identities {
		if other == id || other.Parent() == id {
			delete(f.identities, other)
			delete(f.twins, other)
		}
	}
	return nil
}

func (f *fakeHub) InitTwin(ctx context.Context, id hub.ID, p hub.TwinPatch) (hub.Twin, hub.Receipt, error) {
	if err := f.enter(ctx, "InitTwin", id); err != nil {
		return hub.Twin{}, hub.Receipt{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.write(id, p)
	return t, hub.Receipt{ID: id, DesiredVersion: t.Desired.Version}, nil
}

func (f *fakeHub) PolicyToken(expires time.Time) (hub.Token, error) {
	if err := f.enter(context.Background(), "PolicyToken", hub.ID{}); err != nil {
		return hub.Token{}, err
	}
	return hub.ConnectionString{HostName: "contoso.azure-devices.net", Policy: "iothubowner", Key: hub.NewKey("cG9saWN5IHNlY3JldA==")}.Token(expires)
}
