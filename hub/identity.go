package hub

import "time"

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
	DeviceScope                string
	ParentScopes               []string
}

// NewIdentity is what a user decides about an identity to create. The zero value of
// everything but ID creates an enabled identity with keys assigned by the hub.
type NewIdentity struct {
	ID
	Disabled     bool
	Auth         AuthType // empty means AuthSAS
	PrimaryKey   Key      // both keys or neither; neither means the hub assigns them
	SecondaryKey Key
	Edge         bool // devices only

	// The SHA-1 or SHA-256 thumbprints of the certificates of a self-signed identity, in hex.
	PrimaryThumbprint   string
	SecondaryThumbprint string
}
