package iothub

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/amenzhinsky/iothub/common"
	"github.com/amenzhinsky/iothub/iotdevice"
	"github.com/amenzhinsky/iothub/iotdevice/transport"
	"github.com/amenzhinsky/iothub/iotdevice/transport/mqtt"
	"github.com/amenzhinsky/iothub/logger"
	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

const (
	// writeTimeout bounds how long a publish to a peer that does not read may take.
	writeTimeout = 2 * time.Second
	// connectTimeout bounds the CONNECT handshake after the TLS one.
	connectTimeout = 20 * time.Second
	// keepAlive is how long a connection may be silent before the peer is asked for a sign of
	// life, and pingTimeout how long it has for that: a peer that has gone without a word is
	// found out within half a minute.
	keepAlive   = 15 * time.Second
	pingTimeout = 5 * time.Second
	// farewell is how long a DISCONNECT may take before the socket is closed under it.
	farewell = 250 * time.Millisecond
)

// ErrClosed is why a link ended when its owner closed it.
var ErrClosed = errors.New("the connection was closed")

// Config says whose connection a [Link] is and where what it receives goes.
type Config struct {
	HostName string // the hub's name, without a port
	Address  string // HOST:PORT to dial
	Device   string
	Module   string           // empty for a device
	Key      string           // base64
	Identity *tls.Certificate // proves who connects in the place of Key; nil: Key does
	TLS      *tls.Config
	Log      *slog.Logger

	WebSocket   bool          // MQTT over WebSocket; Address is then that of HTTPS
	Proxy       Proxy         // nil: that of the environment
	DialTimeout time.Duration // for everything before CONNECT, beside the context; 0: none
	TokenLife   time.Duration // how long the SAS token is valid; 0: an hour

	// OnDesired gets each desired patch as it arrived, in order. OnMethod gets each call
	// of a direct method. Both run in the connection's read loop: they must return at once.
	OnDesired func(payload []byte)
	OnMethod  func(Method)

	Observe Observe // told of every exchange; may be nil
}

// Link is one MQTT connection of a device or module, from CONNECT until it breaks or is
// closed. It never reconnects. Its methods are safe for concurrent use.
type Link struct {
	cfg    Config
	client paho.Client

	done chan struct{} // closed when the link has ended
	once sync.Once
	err  error // set before done is closed

	mu        sync.Mutex
	conn      net.Conn // the socket, so that closing never depends on paho
	undialled error    // why there is none
	closed    bool
	up        bool      // CONNECT was accepted
	expires   time.Time // of the SAS token; zero with a certificate
	rid       uint64
	pending   map[string]func(Response)
}

// Dial connects, subscribes to desired patches, twin answers and direct methods, and
// returns when all of it is confirmed. Ending ctx ends the attempt and leaves nothing
// behind. [Refused] tells whether an error means that the credentials are not accepted.
func Dial(ctx context.Context, cfg Config) (*Link, error) {
	l := &Link{cfg: cfg, done: make(chan struct{}), pending: map[string]func(Response){}}
	connected := make(chan paho.Client, 1)
	options := []mqtt.TransportOption{
		mqtt.WithLogger(logger.New(logger.LevelOff, func(logger.Level, string) {})),
		mqtt.WithClientOptionsConfig(func(o *paho.ClientOptions) {
			o.Servers = nil
			o.AddBroker("tls://" + cfg.Address)
			o.SetAutoReconnect(false)
			o.SetConnectRetry(false)
			o.SetConnectTimeout(connectTimeout)
			o.SetWriteTimeout(writeTimeout)
			o.SetKeepAlive(keepAlive)
			o.SetPingTimeout(pingTimeout)
			o.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return l.dial(ctx) })
			o.SetOnConnectHandler(func(c paho.Client) { connected <- c })
			o.SetConnectionLostHandler(func(_ paho.Client, err error) { l.end(err) })
		}),
	}
	var tr interface {
		Connect(ctx context.Context, creds transport.Credentials) error
		SubscribeTwinUpdates(ctx context.Context, mux transport.TwinStateDispatcher) error
	}
	if cfg.Module == "" {
		tr = mqtt.New(options...)
	} else {
		tr = mqtt.NewModuleTransport(options...)
	}
	at := time.Now()
	err := tr.Connect(ctx, l.credentials())
	if err == nil {
		select {
		case l.client = <-connected:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err != nil {
		err = l.cause(ctx, err)
	}
	l.connected(at, err)
	if err != nil {
		l.Close()
		return nil, err
	}
	at = time.Now()
	err = tr.SubscribeTwinUpdates(ctx, dispatcher(l.onDesired))
	l.subscribed(at, desiredPatch+"#", 1, err)
	if err == nil {
		err = l.subscribe(ctx, twinAnswers, l.onTwinAnswer)
	}
	if err == nil {
		err = l.subscribe(ctx, methodCalls, l.onMethodCall)
	}
	if err != nil {
		l.Close()
		return nil, l.cause(ctx, err)
	}
	return l, nil
}

// credentials are those of a module in both cases: the device transport reads the same fields.
type credentials struct {
	*iotdevice.ModuleSharedAccessKeyCredentials
	link *Link
}

func (l *Link) credentials() transport.Credentials {
	return credentials{&iotdevice.ModuleSharedAccessKeyCredentials{
		SharedAccessKeyCredentials: iotdevice.SharedAccessKeyCredentials{
			DeviceID:        l.cfg.Device,
			SharedAccessKey: common.SharedAccessKey{HostName: l.cfg.HostName, SharedAccessKey: l.cfg.Key},
		},
		ModuleID: l.cfg.Module,
	}, l}
}

// GetCertificate returns the certificate with which CONNECT needs no password, or nil.
func (c credentials) GetCertificate() *tls.Certificate { return c.link.cfg.Identity }

// Token signs a token that is valid for as long as the link's owner wants.
func (c credentials) Token(resource string, lifetime time.Duration) (*common.SharedAccessSignature, error) {
	if c.link.cfg.TokenLife > 0 {
		lifetime = c.link.cfg.TokenLife
	}
	c.link.mu.Lock()
	// In whole seconds, as the token says it, and so without the monotonic clock, which stands
	// still while a machine sleeps.
	c.link.expires = time.Now().Add(lifetime).Truncate(time.Second).Round(0)
	c.link.mu.Unlock()
	return c.ModuleSharedAccessKeyCredentials.Token(resource, lifetime)
}

// Expires returns when the token of the connection runs out; the zero time with a certificate.
func (l *Link) Expires() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.expires
}

// dispatcher is the library's view of OnDesired.
type dispatcher func(payload []byte)

// Dispatch hands a patch on.
func (d dispatcher) Dispatch(payload []byte) { d(payload) }

// cause prefers the reason a context ended over what its end looked like.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// cause prefers also why there is no socket over what that looked like to paho.
func (l *Link) cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.undialled != nil {
		return l.undialled
	}
	return err
}

// Refused reports whether the hub answered CONNECT with a refusal of these credentials
// (MQTT 3.1.1 §3.2.2.3, return codes 2, 4 and 5), which another attempt cannot change.
func Refused(err error) bool {
	return errors.Is(err, packets.ErrorRefusedIDRejected) ||
		errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) ||
		errors.Is(err, packets.ErrorRefusedNotAuthorised)
}

// Silent reports whether a link ended because the peer gave no sign of life.
func Silent(err error) bool {
	// paho has no value for it (ping.go:72).
	return err != nil && strings.Contains(err.Error(), "pingresp not received")
}

// Done is closed when the connection has ended, for whatever reason.
func (l *Link) Done() <-chan struct{} { return l.done }

// Err returns why the connection ended. It may be called once Done is closed.
func (l *Link) Err() error { return l.err }

// end settles the link's fate once and answers whoever still waits.
func (l *Link) end(err error) {
	l.once.Do(func() {
		l.mu.Lock()
		l.closed = true
		socket, pending, up := l.conn, l.pending, l.up
		l.pending = nil
		l.mu.Unlock()
		if socket != nil {
			_ = socket.Close()
		}
		if err == nil {
			err = ErrClosed
		}
		l.err = err
		for _, then := range pending {
			then(Response{Err: err})
		}
		if up {
			l.left(err)
		}
		close(l.done)
	})
}

// Close says goodbye when the peer still listens and ends the connection in any case,
// within a quarter of a second. It may be called twice.
func (l *Link) Close() {
	select {
	case <-l.done:
		return
	default:
	}
	if l.client != nil {
		l.client.Disconnect(uint(farewell.Milliseconds()))
	}
	l.end(ErrClosed)
}

// subscribe waits until the hub has granted a filter.
func (l *Link) subscribe(ctx context.Context, filter string, handle paho.MessageHandler) error {
	at := time.Now()
	granted, err := l.ask(ctx, filter, handle)
	l.subscribed(at, filter, granted, err)
	return err
}

func (l *Link) ask(ctx context.Context, filter string, handle paho.MessageHandler) (granted byte, err error) {
	token := l.client.Subscribe(filter, 1, handle)
	select {
	case <-token.Done():
	case <-l.done:
		return 0, l.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	if err := token.Error(); err != nil {
		return 0, err
	}
	if sub, ok := token.(*paho.SubscribeToken); ok {
		granted = sub.Result()[filter]
	}
	if granted == 0x80 {
		return granted, errors.New("the hub refuses the subscription " + filter)
	}
	return granted, nil
}

// publish sends a message at QoS 1 without waiting for its acknowledgement: the answer to
// a request is the better proof, and a lost connection fails whoever waits for one.
func (l *Link) publish(topic string, payload []byte) error {
	select {
	case <-l.done:
		return l.err
	default:
	}
	token := l.client.Publish(topic, 1, false, payload)
	select {
	case <-token.Done():
		return token.Error()
	default:
		return nil
	}
}
