package gateway

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/throttle"
)

// Reasons for which the gateway closes connections.
var (
	errIdentityClosed = errors.New("the identity was deleted or disabled, or its keys changed")
	errUnknownTopic   = errors.New("a topic the hub does not have for this identity")
)

// devices is the gateway as the handler of its endpoint.
type devices struct{ *Gateway }

var _ mqtt.Handler = devices{}

// link is the tag of an accepted client.
type link struct {
	id     registry.ID
	model  string
	window window

	notified atomic.Uint32 // notifications sent with QoS 1
}

func identity(c *mqtt.Client) registry.ID { return c.Tag().(*link).id }

// Connect authenticates a device. Whatever is wrong with its claim gets the
// same answer, not authorized, unless the options have another for identities
// that cannot connect at all, and only the log says what it was.
func (g devices) Connect(c *mqtt.Client, info mqtt.ConnectInfo) (mqtt.Admission, mqtt.ReturnCode) {
	id, model, err := parseIdentity(info.ClientID, info.Username)
	if err != nil {
		return g.refuse(info, mqtt.NotAuthorized, err)
	}
	fault := g.fault(Connect, id)
	if !pause(fault.Delay, c.Done()) {
		return mqtt.Admission{}, mqtt.ServerUnavailable
	}
	if fault.Drop {
		c.Close(errFault)
		return mqtt.Admission{}, mqtt.ServerUnavailable
	}
	if fault.Code != mqtt.Accepted {
		return mqtt.Admission{}, fault.Code
	}
	if err := g.opts.Throttle.Admit(c.Done(), throttle.Connections, 1); err != nil {
		g.opts.Log.Warn("gateway: connection throttled", "client", info.ClientID)
		return mqtt.Admission{}, mqtt.ServerUnavailable
	}
	creds, exists := g.registry.Credentials(id)
	if !exists {
		return g.refuse(info, g.opts.UnknownIdentityCode, errors.New("there is no such identity"))
	}
	now := g.opts.Now()
	expiry, err := g.authenticate(info, id, creds, now)
	switch {
	case err != nil && !creds.Enabled:
		return g.refuse(info, g.opts.UnknownIdentityCode, err)
	case err != nil:
		return g.refuse(info, mqtt.NotAuthorized, err)
	}
	if info.Will != nil && parseTopic(id, info.Will.Topic).kind != event {
		return g.refuse(info, mqtt.NotAuthorized, fmt.Errorf("last will: %w", errUnknownTopic))
	}
	admission := mqtt.Admission{Tag: &link{id: id, model: model}}
	if !expiry.IsZero() {
		admission.Lifetime = expiry.Sub(now)
	}
	return admission, mqtt.Accepted
}

// authenticate judges the password, or the certificate of who has none.
func (g devices) authenticate(info mqtt.ConnectInfo, id registry.ID, creds registry.Credentials, now time.Time) (expiry time.Time, err error) {
	if len(info.Password) > 0 || len(info.Certificates) == 0 || g.opts.Certificates == nil {
		return g.auth.VerifyIdentity(string(info.Password), id, creds, now)
	}
	return g.opts.Certificates.VerifyCertificate(info.Certificates, id, creds, now)
}

func (g devices) refuse(info mqtt.ConnectInfo, code mqtt.ReturnCode, reason error) (mqtt.Admission, mqtt.ReturnCode) {
	g.opts.Log.Warn("gateway: connection refused", "client", info.ClientID, "reason", reason)
	return mqtt.Admission{}, code
}

// Connected makes the device visible as connected. An identity that was deleted
// or disabled while its device connected is turned away here: from now on
// IdentityClosed finds the client, before it could not.
func (g devices) Connected(c *mqtt.Client) {
	l := c.Tag().(*link)
	if creds, exists := g.registry.Credentials(l.id); !exists || !creds.Enabled {
		c.Close(errIdentityClosed)
		if !exists {
			// Its session began after the identity had gone.
			_ = g.server.Forget(c.ID())
		}
		return
	}
	g.registry.SetConnected(l.id, true)
	if l.model != "" {
		g.registry.SetModelID(l.id, l.model)
	}
	g.calls.reachable(l.id)
}

// Disconnected records that the device has gone, unless a newer connection of
// the same identity is what ended this one.
func (g devices) Disconnected(c *mqtt.Client, reason error) {
	g.release(c)
	if !errors.Is(reason, mqtt.ErrTakenOver) {
		g.registry.SetConnected(identity(c), false)
	}
}

// Subscribe grants what the service supports for the identity. The service
// drops the connection for anything else.
func (g devices) Subscribe(c *mqtt.Client, filter string) error {
	if allowedFilter(identity(c), filter) {
		return nil
	}
	return g.stray("subscribe", c, filter)
}

// Subscribed lets method calls go that wait for the device to come online, and
// messages.
func (g devices) Subscribed(c *mqtt.Client) {
	g.calls.reachable(identity(c))
	g.pump(c)
}

// Publish does what the topic of a device's message asks for.
func (g devices) Publish(c *mqtt.Client, m mqtt.Message) error {
	id := identity(c)
	switch in := parseTopic(id, m.Topic); in.kind {
	case getTwin:
		return g.request(c, GetTwin, in.request, func() ([]byte, string, error) { return g.twin(id) })
	case reported:
		return g.request(c, PatchReported, in.request, func() ([]byte, string, error) { return g.patchReported(id, m.Payload, in.version) })
	case answer:
		if !g.calls.answer(id, in, m.Payload) {
			g.opts.Log.Debug("gateway: answer to no method call, or not JSON", "client", c.ID(), "topic", m.Topic)
		}
		return nil
	case event:
		fault := g.fault(SendTelemetry, id)
		if !pause(fault.Delay, c.Done()) || fault.Drop {
			return errFault
		}
		if !fault.Lose {
			g.record(id, m)
		}
		return nil
	case unused:
		return nil
	default:
		return g.stray("publish", c, m.Topic)
	}
}

// stray deals with a topic the hub does not have.
func (g devices) stray(what string, c *mqtt.Client, topic string) error {
	g.opts.Log.Warn("gateway: unknown topic", "what", what, "client", c.ID(), "topic", topic, "closed", !g.opts.IgnoreUnknownTopics)
	if g.opts.IgnoreUnknownTopics {
		return nil
	}
	return errUnknownTopic
}
