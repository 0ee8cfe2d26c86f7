package hub

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/amenzhinsky/iothub/iotservice"

	"twindeck/hub/internal/iothub"
)

// Identity reads one identity. Its keys are there when the policy may see them.
func (c *Client) Identity(ctx context.Context, id ID) (Identity, error) {
	if err := checkID(id); err != nil {
		return Identity{}, err
	}
	var identity Identity
	err := c.attempt(ctx, call{op: "read " + describe(id)}, func(ctx context.Context) error {
		if id.IsModule() {
			module, err := c.registry.GetModule(ctx, id.Device, id.Module)
			if err != nil {
				return err
			}
			identity = moduleIdentity(module)
			return isAbout(id, identity.ID)
		}
		var body []byte
		device, err := c.registry.GetDevice(iothub.WithBody(ctx, &body), id.Device)
		if err != nil {
			return err
		}
		identity = deviceIdentity(device, body)
		return isAbout(id, identity.ID)
	})
	if err != nil {
		return Identity{}, err
	}
	return identity, nil
}

// Modules returns the module identities of a device, in the order of the hub. The registry
// answers only to a policy that may read it, and for no disabled device; otherwise they come
// from a query of the module twins, without keys, generation and whoever manages them.
func (c *Client) Modules(ctx context.Context, device string) ([]Identity, error) {
	id := ID{Device: device}
	if err := checkID(id); err != nil {
		return nil, err
	}
	var identities []Identity
	err := c.attempt(ctx, call{op: "list the modules of " + describe(id)}, func(ctx context.Context) error {
		modules, err := c.registry.ListModules(ctx, device)
		if err != nil {
			return err
		}
		for _, module := range modules {
			identity := moduleIdentity(module)
			if identity.Device != device || !identity.IsModule() {
				return errors.New("it lists what is no module of the device")
			}
			identities = append(identities, identity)
		}
		return nil
	})
	if Unauthorized(err) {
		if queried, queryErr := c.queryModules(ctx, device); queryErr == nil {
			return queried, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return identities, nil
}

// queryModules asks the twins of a device's modules who there is.
func (c *Client) queryModules(ctx context.Context, device string) ([]Identity, error) {
	query := "SELECT * FROM devices.modules WHERE deviceId = " + Literal(device)
	ctx, cancel := withDeadline(ctx, callTimeout)
	defer cancel()
	var identities []Identity
	for continuation := ""; ; {
		page, err := c.Query(ctx, query, continuation, 0)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Twins {
			identities = append(identities, Identity{
				ID: t.ID, ETag: t.DeviceETag, Status: t.Status, StatusReason: t.StatusReason,
				Connected: t.Connected, LastActivityTime: t.LastActivityTime, Auth: t.Auth,
			})
		}
		if continuation = page.Continuation; continuation == "" {
			return identities, nil
		}
	}
}

// DeleteIdentity deletes a device with its modules and twins, or a module with its twin,
// when etag is still the identity's; a stale one is a [Conflict] error, an empty one an
// error without asking the hub, [AnyETag] deletes in any case. A system module is refused, too.
func (c *Client) DeleteIdentity(ctx context.Context, id ID, etag string) error {
	if err := checkWritable("delete", id); err != nil {
		return err
	}
	if etag == "" {
		return errNoETag
	}
	etag = unquoteETag(etag) // the library puts the quotes
	return c.attempt(ctx, call{op: "delete " + describe(id), writes: true}, func(ctx context.Context) error {
		if id.IsModule() {
			return c.registry.DeleteModule(ctx, &iotservice.Module{DeviceID: id.Device, ModuleID: id.Module, ETag: etag})
		}
		return c.registry.DeleteDevice(ctx, &iotservice.Device{DeviceID: id.Device, ETag: etag})
	})
}

// checkWritable refuses what nobody may write before the hub is asked.
func checkWritable(do string, id ID) error {
	if err := checkID(id); err != nil {
		return err
	}
	if id.IsSystem() {
		return errors.New("cannot " + do + " " + describe(id) + ": it belongs to IoT Edge; make its device one without IoT Edge to remove it")
	}
	return nil
}

// checkID refuses an id that no identity can have before it becomes part of a path, where
// a dot or two would lead elsewhere.
func checkID(id ID) error {
	fits := func(s string) bool { return validID(s) && s != "." && s != ".." }
	if fits(id.Device) && (!id.IsModule() || fits(id.Module)) {
		return nil
	}
	return errors.New("an id has 1 to 128 letters, digits and the characters - : . + % _ # * ? ! ( ) , = @ ; $ ' and is more than dots; correct it")
}

// identityOf reads the identity document of id.
func identityOf(id ID, body []byte) (identity Identity, err error) {
	if id.IsModule() {
		var module *iotservice.Module
		if err = json.Unmarshal(body, &module); err == nil {
			identity = moduleIdentity(module)
		}
	} else {
		var device *iotservice.Device
		if err = json.Unmarshal(body, &device); err == nil {
			identity = deviceIdentity(device, body)
		}
	}
	if err != nil {
		return Identity{}, err
	}
	return identity, isAbout(id, identity.ID)
}

// deviceIdentity converts the library's device. body is the same device as the hub wrote
// it, for the edge scopes that the library leaves out.
func deviceIdentity(d *iotservice.Device, body []byte) Identity {
	if d == nil {
		return Identity{}
	}
	identity := Identity{
		ID:                         ID{Device: d.DeviceID},
		ETag:                       unquoteETag(d.ETag),
		GenerationID:               d.GenerationID,
		Status:                     Status(d.Status),
		StatusReason:               d.StatusReason,
		StatusUpdatedTime:          registryTime(d.StatusUpdatedTime),
		Connected:                  d.ConnectionState == iotservice.Connected,
		ConnectionStateUpdatedTime: registryTime(d.ConnectionStateUpdatedTime),
		LastActivityTime:           registryTime(d.LastActivityTime),
		CloudToDeviceMessageCount:  int(d.CloudToDeviceMessageCount),
	}
	identity.Edge, _ = d.Capabilities["iotEdge"].(bool)
	identity.authenticate(d.Authentication)
	var scopes struct {
		DeviceScope  string   `json:"deviceScope"`
		ParentScopes []string `json:"parentScopes"`
	}
	if json.Unmarshal(body, &scopes) == nil {
		identity.DeviceScope, identity.ParentScopes = scopes.DeviceScope, scopes.ParentScopes
	}
	return identity
}

func moduleIdentity(m *iotservice.Module) Identity {
	if m == nil {
		return Identity{}
	}
	identity := Identity{
		ID:                         ID{Device: m.DeviceID, Module: m.ModuleID},
		ETag:                       unquoteETag(m.ETag),
		GenerationID:               m.GenerationID,
		Connected:                  m.ConnectionState == iotservice.Connected,
		ConnectionStateUpdatedTime: registryTime(m.ConnectionStateUpdatedTime),
		LastActivityTime:           registryTime(m.LastActivityTime),
		CloudToDeviceMessageCount:  int(m.CloudToDeviceMessageCount),
		ManagedBy:                  m.ManagedBy,
	}
	identity.authenticate(m.Authentication)
	return identity
}

func (i *Identity) authenticate(a *iotservice.Authentication) {
	if a == nil {
		return
	}
	i.Auth = AuthType(a.Type)
	if keys := a.SymmetricKey; keys != nil {
		i.PrimaryKey, i.SecondaryKey = NewKey(keys.PrimaryKey), NewKey(keys.SecondaryKey)
	}
	if prints := a.X509Thumbprint; prints != nil {
		i.PrimaryThumbprint, i.SecondaryThumbprint = prints.PrimaryThumbprint, prints.SecondaryThumbprint
	}
}

// registryTime turns "never", which the hub writes as the first second of year 1, into
// the zero time.
func registryTime(t *iotservice.MicrosoftTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}
