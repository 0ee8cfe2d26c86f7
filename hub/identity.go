package hub

import (
	"errors"
	"strings"
	"time"

	"twindeck/hub/patch"
)

// ID names one identity of a hub: a device, or a module on a device.
// Identities are case-sensitive. ID is comparable and may be a map key.
type ID struct {
	Device string // never empty
	Module string // empty for the device itself
}

// IsModule reports whether the identity is a module.
func (id ID) IsModule() bool { return id.Module != "" }

// String returns "device" or "device/module". The parts are as the hub sent them and
// must be made safe before they are shown.
func (id ID) String() string {
	if id.Module == "" {
		return id.Device
	}
	return id.Device + "/" + id.Module
}

// ParseID reads what [ID.String] writes of an id that the identity registry could hold.
func ParseID(text string) (ID, error) {
	device, module, isModule := strings.Cut(text, "/")
	switch {
	case strings.Contains(strings.ToLower(text), "sharedaccess"):
		return ID{}, errors.New("the name of a device or module is wanted, not a connection string")
	case !validID(device) || isModule && !validID(module):
		return ID{}, errors.New(printable(text) + " names no device and no module; write DEVICE or DEVICE/MODULE")
	}
	return ID{Device: device, Module: module}, nil
}

// Describe names an identity for a sentence, fit for any terminal.
func Describe(id ID) string { return describe(id) }

// IsSystem reports whether the identity is one of the modules that the hub itself gives to an
// edge device and that nobody may change or delete: $edgeAgent and $edgeHub.
func (id ID) IsSystem() bool { return strings.HasPrefix(id.Module, "$") }

// Parent returns the device that a module belongs to, and a device itself.
func (id ID) Parent() ID { return ID{Device: id.Device} }

// AuthType is how an identity proves who it is, in the hub's own words.
type AuthType string

// The authentication types of the identity registry.
const (
	AuthSAS        AuthType = "sas"
	AuthSelfSigned AuthType = "selfSigned"
	AuthCA         AuthType = "certificateAuthority"
	AuthNone       AuthType = "none"
)

// Status says whether an identity may connect, in the hub's own words.
type Status string

// The two states of an identity. Module identities have none of their own: theirs is empty.
const (
	Enabled  Status = "enabled"
	Disabled Status = "disabled"
)

// Identity is an entry of the identity registry as a read of it returned it.
type Identity struct {
	ID
	ETag                       string // unquoted; changes with every write of the identity
	GenerationID               string // distinguishes an identity deleted and created again
	Status                     Status
	StatusReason               string
	StatusUpdatedTime          time.Time // zero when it never changed
	Connected                  bool
	ConnectionStateUpdatedTime time.Time // zero when it never connected
	LastActivityTime           time.Time // zero when there was none; a real hub lags minutes
	CloudToDeviceMessageCount  int
	Auth                       AuthType
	PrimaryKey                 Key // zero when the identity has no symmetric key or the policy may not read it
	SecondaryKey               Key
	PrimaryThumbprint          string
	SecondaryThumbprint        string
	ManagedBy                  string // modules only: "iotEdge" for system modules
	Edge                       bool   // devices only
	DeviceScope                string // of an edge device its own; of another the one it is in, which is that of its parent
	ParentScopes               []string
}

// Parents returns the edge devices that a device is connected through, usually one at most.
func (i Identity) Parents() []string {
	var ids []string
	for _, scope := range i.ParentScopes {
		if id, ok := scopeDevice(scope); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// scopeDevice returns the edge device that a scope is of. A scope is written
// ms-azure-iot-edge://{device}-{ticks} (Azure docs: iot-edge, "Understand how IoT Edge uses
// parent-child relationships").
func scopeDevice(scope string) (id string, ok bool) {
	name, ok := strings.CutPrefix(scope, "ms-azure-iot-edge://")
	dash := strings.LastIndexByte(name, '-')
	if !ok || dash < 1 {
		return "", false
	}
	return name[:dash], true
}

// MaxStatusReason is how many characters the reason of a status may have (Azure docs:
// iot-hub-devguide-identity-registry, "Device identity properties").
const MaxStatusReason = 128

// NewIdentity is what a user decides about an identity to create. The zero value of
// everything but ID creates an enabled identity with keys assigned by the hub.
type NewIdentity struct {
	ID
	Authentication
	Disabled     bool   // devices only
	StatusReason string // devices only; at most MaxStatusReason characters
	Edge         bool   // devices only
	Parent       string // devices only: the edge device to connect through; empty for none

	// The first tags and desired properties; nil for none. They are checked against the hub's
	// limits before anything is sent.
	Tags, Desired *patch.Value
}

// Authentication is how an identity is to prove who it is. The zero value is symmetric keys that
// the hub assigns.
type Authentication struct {
	Auth         AuthType // empty means AuthSAS
	PrimaryKey   Key      // of AuthSAS: both keys or neither; neither means the hub assigns them
	SecondaryKey Key

	// The SHA-1 or SHA-256 thumbprints of the certificates of AuthSelfSigned, as
	// [ParseThumbprint] returns them; the second may be empty.
	PrimaryThumbprint   string
	SecondaryThumbprint string
}
