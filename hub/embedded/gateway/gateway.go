// Package gateway is the device side of an IoT Hub: what a device or module
// sees of it over MQTT. It authenticates connections, answers twin requests,
// sends desired-property notifications, carries direct methods and takes
// telemetry. The state it works on belongs to the registry.
//
// Topics, payloads and rules are those of the Azure docs
// (iot-mqtt-connect-to-iot-hub, iot-hub-devguide-device-twins and
// iot-hub-devguide-direct-methods) unless a comment says otherwise.
package gateway

import (
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"twindeck/hub/embedded/messages"
	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
	"twindeck/hub/embedded/throttle"
)

// Registry is the hub's state, as far as connected devices touch it. Credentials,
// SetConnected and SetModelID are called while other devices wait to connect or
// disconnect, so they must be brief, and no method may wait for the gateway.
// Errors that are a *registry.Error reach the device as their status.
type Registry interface {
	// Credentials returns what an identity authenticates with; ok is false
	// when it does not exist.
	Credentials(id registry.ID) (c registry.Credentials, ok bool)
	// DeviceSideTwin is the twin document a device gets.
	DeviceSideTwin(id registry.ID) ([]byte, error)
	// PatchReported merges into the reported properties, when their version
	// is ifVersion or ifVersion is nil, and returns the new version.
	PatchReported(id registry.ID, patch []byte, ifVersion *int64) (version int64, err error)
	// SetConnected records that an identity connected or disconnected.
	SetConnected(id registry.ID, connected bool)
	// Touch records activity of an identity.
	Touch(id registry.ID)
	// SetModelID records the model an identity announced.
	SetModelID(id registry.ID, model string)
}

// Authenticator judges the SAS token that an identity offers as its password. It
// refuses disabled identities. The expiry of an accepted token is after now.
// Errors must not show the token.
type Authenticator interface {
	VerifyIdentity(token string, id registry.ID, creds registry.Credentials, now time.Time) (expiry time.Time, err error)
}

// Certificates judges the chain of certificates that an identity offers instead
// of a password, its own first; it is never empty, and the client has proved that
// it holds the key of the first. Certificates refuses disabled identities. The
// expiry of an accepted chain is after now, or zero.
type Certificates interface {
	VerifyCertificate(chain []*x509.Certificate, id registry.ID, creds registry.Credentials, now time.Time) (expiry time.Time, err error)
}

// Options are what a Gateway can do without. The zero value behaves as the
// service does.
type Options struct {
	// Log takes refusals and violations; nil discards them.
	Log *slog.Logger
	// Now is the clock that token expiry is measured with; nil is time.Now.
	Now func() time.Time
	// Faults are failures on demand; nil is none.
	Faults Faults
	// Throttle holds devices to quotas of connections, twin reads and twin
	// updates; nil has none. The embedded hub holds its services to it too.
	Throttle *throttle.Throttle
	// AnswerUnsubscribed answers twin requests also while the device has no
	// subscription to the answers. MQTT forbids it and the service's gateways
	// do not do it, but some device SDKs send a request before they subscribe
	// and would take the answer.
	AnswerUnsubscribed bool
	// IgnoreUnknownTopics acknowledges a PUBLISH or SUBSCRIBE to a topic that
	// the hub does not have, or that belongs to another identity, instead of
	// closing the connection.
	IgnoreUnknownTopics bool
	// KeepConnections lets the connections of an identity that is deleted or
	// disabled go on until they end by themselves; it cannot connect again, and
	// a deleted one finds no twin. The docs say no more than that a disabled
	// device cannot connect (iot-hub-devguide-identity-registry, "Disable
	// devices"). Otherwise they are closed at once.
	KeepConnections bool
	// UnknownIdentityCode is the code with which CONNECT of an identity that
	// does not exist or is disabled is refused; 0 is mqtt.NotAuthorized, as for
	// a wrong token.
	UnknownIdentityCode mqtt.ReturnCode
	// AcknowledgedNotifications sends desired-property notifications with QoS 1
	// to devices that have subscribed with it, where otherwise they have QoS 0.
	// A notification that is not acknowledged is not sent again, because the docs
	// have devices read the twin when they come back.
	AcknowledgedNotifications bool
	// Certificates judges devices that identify themselves with a client
	// certificate; nil refuses them.
	Certificates Certificates
	// Commands are the cloud-to-device messages; nil is none.
	Commands Commands
	// Telemetry takes what devices send; nil counts it.
	Telemetry *messages.Log
	// MQTT are the limits of the endpoint; its Log is replaced by Log.
	MQTT mqtt.Options
}

// Gateway serves devices and modules. It is made by New. All methods may be
// called concurrently.
//
// A Gateway is a registry.Listener, and has to be made the registry's for
// devices to hear of anything, and a rest.Invoker.
type Gateway struct {
	registry Registry
	auth     Authenticator
	opts     Options
	server   *mqtt.Server

	calls  calls
	outbox outbox
}

var (
	_ registry.Listener = (*Gateway)(nil)
	_ rest.Invoker      = (*Gateway)(nil)
	_ Registry          = (*registry.Store)(nil)
	_ Commands          = (*messages.Queues)(nil)
)

// New makes a gateway over a registry. It serves nothing until Serve.
func New(r Registry, auth Authenticator, opts Options) *Gateway {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Telemetry == nil {
		opts.Telemetry = messages.NewLog(0, 0)
	}
	if opts.UnknownIdentityCode == mqtt.Accepted {
		opts.UnknownIdentityCode = mqtt.NotAuthorized
	}
	opts.MQTT.Log = opts.Log
	g := &Gateway{registry: r, auth: auth, opts: opts}
	g.calls.init()
	if opts.Faults != nil {
		opts.MQTT.Tamper = g.tamper
	}
	g.server = mqtt.New(devices{g}, opts.MQTT)
	g.outbox.publish = func(id registry.ID, topic string, payload []byte) {
		if c := g.server.Client(id.String()); c != nil {
			g.notify(c, topic, payload)
		}
	}
	return g
}

// Load reads the sessions that the endpoint has stored, see mqtt.Options. It is
// to be called once and before anything is served; the registry is to be complete.
func (g *Gateway) Load() error {
	return g.server.Load(func(client string) bool {
		device, module, _ := strings.Cut(client, "/")
		_, exists := g.registry.Credentials(registry.ID{Device: device, Module: module})
		return exists
	})
}

// Serve serves devices that connect to l until Close and then returns
// mqtt.ErrServerClosed, or until l fails. For MQTT over TLS, l is a
// tls.Listener.
func (g *Gateway) Serve(l net.Listener) error { return g.server.Serve(l) }

// ServeConn serves one device over any stream of bytes and blocks until it has
// gone.
func (g *Gateway) ServeConn(conn net.Conn) { g.server.ServeConn(conn) }

// ServeWebSocket serves one device that connects with MQTT over WebSocket and
// blocks until it has gone.
func (g *Gateway) ServeWebSocket(w http.ResponseWriter, r *http.Request) {
	g.server.ServeWebSocket(w, r)
}

// Close closes all listeners and connections, ends method calls that wait, and
// returns when all have ended.
func (g *Gateway) Close() {
	g.calls.shut()
	g.outbox.shut()
	g.server.Close()
}

// Telemetry is the number of device-to-cloud messages taken so far, last wills
// included.
func (g *Gateway) Telemetry() uint64 { return g.opts.Telemetry.Count() }

// IdentityClosed closes the connection of an identity that was deleted or
// disabled, unless those are kept, or whose keys changed. What a deleted one had
// subscribed to is forgotten, and what waited for it too.
func (g *Gateway) IdentityClosed(id registry.ID) {
	creds, exists := g.registry.Credentials(id)
	if !exists {
		err := g.server.Forget(id.String())
		if g.opts.Commands != nil {
			err = errors.Join(err, g.opts.Commands.Drop(id))
		}
		if err != nil {
			// It is forgotten when the data file is opened the next time.
			g.opts.Log.Warn("gateway: a deleted identity", "identity", id, "error", err)
		}
	}
	if g.opts.KeepConnections && (!exists || !creds.Enabled) {
		return
	}
	g.server.Disconnect(id.String(), errIdentityClosed)
}
