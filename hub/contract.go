// Package hub is an IoT Hub as a dashboard sees it: identities and twins as values, a
// client for the service side, and sessions that connect as a module or a device and
// report what they receive. It knows no terminal.
package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"twindeck/hub/patch"
)

// This file is the surface that is being written; each part moves to a file of its own.

var errTODO = errors.New("not written yet")

type ConnectionString struct {
	HostName string // as given, with the port when there is one
	Policy   string // SharedAccessKeyName; empty for a device or module
	DeviceID string
	ModuleID string
	Key      Key
}

func ParseConnectionString(s string) (ConnectionString, error) { return ConnectionString{}, errTODO }

// Error codes, as the hub names them (iothub-errorcode).
type Code string

const (
	CodeDeviceAlreadyExists Code = "DeviceAlreadyExists"
	CodeModuleAlreadyExists Code = "ModuleAlreadyExistsOnDevice"
	CodeDeviceNotFound      Code = "DeviceNotFound"
	CodeModuleNotFound      Code = "ModuleNotFound"
	CodePreconditionFailed  Code = "PreconditionFailed"
	CodeUnauthorized        Code = "IotHubUnauthorizedAccess"
	CodeThrottled           Code = "ThrottlingBacklogTimeout"
)

// Error is a refusal by the hub. Error() is one sentence for a user, without keys.
type Error struct {
	Op         string // what was tried, for example "create device myFirstDevice"
	Status     int    // HTTP status
	Code       Code   // may be a name not listed above
	Number     int    // 409001; 0 when the hub named none
	Message    string // the hub's own words, untrusted
	TrackingID string
	RetryAfter time.Duration
}

func (e *Error) Error() string { return "" }

// AlreadyExists, NotFound, Conflict (412), Throttled (429), Unauthorized say of what sort an error is.
func AlreadyExists(err error) bool { return false }
func NotFound(err error) bool      { return false }
func Conflict(err error) bool      { return false }
func Throttled(err error) bool     { return false }
func Unauthorized(err error) bool  { return false }

type Options struct {
	RootCAs     *x509.CertPool // nil: the system's roots
	MQTTAddress string         // HOST:PORT; empty: the host of the connection string and 8883
	HTTPClient  *http.Client   // nil: one of our own
	Log         *slog.Logger   // nil: discarded
	TLS         *tls.Config
}

type Client struct{}

func NewClient(cs ConnectionString, opts Options) (*Client, error) { return nil, errTODO }
func (c *Client) Close() error                                     { return nil }
func (c *Client) Host() string                                     { return "" }
func (c *Client) Policy() string                                   { return "" }
func (c *Client) Devices(ctx context.Context, continuation string, size int) (Page, error) {
	return Page{}, errTODO
}

// Query runs any query that returns twins (SELECT * FROM devices…, devices.modules…).
func (c *Client) Query(ctx context.Context, query, continuation string, size int) (Page, error) {
	return Page{}, errTODO
}

func (c *Client) Modules(ctx context.Context, device string) ([]Identity, error) { return nil, errTODO }

func (c *Client) Identity(ctx context.Context, id ID) (Identity, error) { return Identity{}, errTODO }

// CreateIdentity never overwrites: an identity that exists is an AlreadyExists error.
func (c *Client) CreateIdentity(ctx context.Context, n NewIdentity) (Identity, error) {
	return Identity{}, errTODO
}
func (c *Client) DeleteIdentity(ctx context.Context, id ID, etag string) error { return errTODO }
func (c *Client) Twin(ctx context.Context, id ID) (Twin, error)                { return Twin{}, errTODO }

// PatchTwin writes under etag, which must not be empty; a stale one is a Conflict error.
func (c *Client) PatchTwin(ctx context.Context, id ID, p TwinPatch, etag string) (Twin, Receipt, error) {
	return Twin{}, Receipt{}, errTODO
}

// ReplaceTwin is PUT.
func (c *Client) ReplaceTwin(ctx context.Context, id ID, p TwinPatch, etag string) (Twin, Receipt, error) {
	return Twin{}, Receipt{}, errTODO
}

type MethodCall struct {
	Name            string
	Payload         patch.Value
	ResponseTimeout time.Duration
	ConnectTimeout  time.Duration
}
type MethodResult struct {
	Status  int
	Payload patch.Value
	Took    time.Duration
}

func (c *Client) CallMethod(ctx context.Context, id ID, call MethodCall) (MethodResult, error) {
	return MethodResult{}, errTODO
}

// Session is one MQTT client that connects as an identity, again and again until closed.
type Session struct{}

type SessionOptions struct {
	Credentials ConnectionString // of the device or module
	RootCAs     *x509.CertPool
	MQTTAddress string
	Log         *slog.Logger
	// OnEvent is called from one goroutine, in order; it must return at once.
	OnEvent func(Event)
	// OnMethod answers direct methods; nil answers 404. Called on its own goroutine.
	OnMethod func(ctx context.Context, name string, payload patch.Value) (status int, response patch.Value)
	// BeforeConnect, when set, is waited for before each attempt to reconnect.
	BeforeConnect func(ctx context.Context) error
}

func StartSession(opts SessionOptions) (*Session, error)                           { return nil, errTODO }
func (s *Session) ID() ID                                                          { return ID{} }
func (s *Session) Report(ctx context.Context, reported patch.Value) (int64, error) { return 0, errTODO }
func (s *Session) Close() error                                                    { return nil }

// Monitor owns the sessions of a dashboard and merges their events into one batched stream.
type Monitor struct{}

func NewMonitor(c *Client) *Monitor { return nil }

// Attach reads the identity's key through the client and starts a session; it blocks for that read only.
func (m *Monitor) Attach(ctx context.Context, id ID) error { return errTODO }
func (m *Monitor) Detach(ctx context.Context, id ID) error { return errTODO }

// Batch is what happened since the last one.
type Batch struct {
	Events  []Event
	Dropped uint64 // events let go since the last batch because the reader was too slow
}

// Next blocks until something happened or ctx ends; bursts are coalesced within a frame.
func (m *Monitor) Next(ctx context.Context) (Batch, error) { return Batch{}, errTODO }
func (m *Monitor) Close() error                            { return nil }
