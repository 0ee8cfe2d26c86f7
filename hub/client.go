package hub

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/amenzhinsky/iothub/iotservice"

	"twindeck/hub/internal/iothub"
)

// Options of a [Client]. The zero value is right for a hub in Azure.
type Options struct {
	RootCAs     *x509.CertPool // nil: the system's roots
	MQTTAddress string         // HOST:PORT for sessions; empty: the host of the connection string and 8883
	WebSocket   bool           // sessions speak MQTT over WebSocket alone, on the port of HTTPS; false: when MQTT's own is blocked
	AMQPAddress string         // HOST:PORT for messages to devices; empty: the host of the connection string and 5671
	HTTPClient  *http.Client   // only its Transport is used; nil: one of our own, with RootCAs and TLS
	Log         *slog.Logger   // a debug line for each call, without secrets; nil: discarded
	TLS         *tls.Config    // base of every TLS connection, not changed; nil: the defaults
	// Proxy says through which proxy requests and sessions go. Nil: that of HTTPS_PROXY, HTTP_PROXY and
	// NO_PROXY in the environment, which leaves loopback addresses alone. HTTPClient has its own.
	Proxy func(*http.Request) (*url.URL, error)
	// TokenLife is how long the tokens of sessions are valid, which are renewed before; 0: an hour.
	TokenLife time.Duration
	// Tier is whose quotas calls are held to, one of [Tiers]. Empty: what the hub says, as an embedded
	// one does, and otherwise S1.
	Tier string
}

// Client speaks to the service side of one hub with the rights of one policy. Its methods
// block until the hub has answered, their context ends, or half a minute has passed on a
// context without a deadline; they are safe for concurrent use.
//
// Every call takes its turn under the quotas of the hub's tier, each kind of calls under its
// own, so that the hub has no cause to refuse any. What the user asked for waits only when a quota
// is really spent, and fails at once, saying when to try again, where it would have to wait longer than its
// context allows. A read that the hub throttles all the same is repeated once, after the wait that the hub asks for.
// Nothing else is repeated by itself, see [Background] for the exception, so a write happens once or,
// when an error says so, perhaps.
type Client struct {
	credentials ConnectionString
	options     Options
	log         *slog.Logger
	tokens      *iothub.Tokens
	transport   *iothub.Transport
	mailer      *iothub.Mailer
	calls       *callLog
	peer        *peer
	registry    *iotservice.Client
	budget      *budget
	entries     *entryReader
	route       *route
	idle        func() // closes connections that are kept for later
}

// maxAnswer bounds an answer of the hub: a page of a hundred full twins with their
// metadata stays well below.
const maxAnswer = 64 << 20

// NewClient returns a client for the policy that cs names. It opens no connection. It
// fails when cs is of a device or module, or was not made by [ParseConnectionString].
func NewClient(cs ConnectionString, opts Options) (*Client, error) {
	if err := cs.check(); err != nil {
		return nil, err
	}
	if cs.Policy == "" {
		return nil, errors.New("this is the connection string of a device or module; use one of a shared access policy, such as iothubowner")
	}
	if opts.MQTTAddress != "" {
		if _, _, err := net.SplitHostPort(opts.MQTTAddress); err != nil {
			return nil, errors.New("the MQTT address must be HOST:PORT, such as localhost:8883")
		}
	}
	if _, known := tiers[opts.Tier]; !known && opts.Tier != "" {
		return nil, errors.New("there is no tier " + strconv.Quote(opts.Tier) + ": choose one of " + strings.Join(Tiers(), ", "))
	}
	if opts.AMQPAddress == "" {
		opts.AMQPAddress = net.JoinHostPort(cs.Host(), "5671")
	}
	c := &Client{credentials: cs, options: opts, log: opts.Log, idle: func() {}, budget: newBudget(opts.Tier), entries: &entryReader{}, calls: newCallLog(), peer: &peer{}, route: newRoute(opts.WebSocket)}
	c.calls.secrets.Hide(cs.Key.Reveal())
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	tokens, err := iothub.NewTokens(cs.HostName, cs.Policy, cs.Key.Reveal(), nil)
	if err != nil {
		return nil, err
	}
	c.tokens = tokens
	c.transport = &iothub.Transport{
		Base:    tierReader{c.roundTripper(), c.budget, c.peer},
		Limit:   maxAnswer,
		Refused: func(res *http.Response, body []byte) error { return refusal(res, body) },
		Observe: c.calls.observer(ID{}),
	}
	c.mailer = &iothub.Mailer{
		HostName: cs.Host(), Address: opts.AMQPAddress, TLS: tlsConfig(opts.TLS, opts.RootCAs), Tokens: tokens, Observe: c.calls.observer(ID{}),
	}
	if c.registry, err = tokens.Registry(c.transport); err != nil {
		return nil, err
	}
	return c, nil
}

// tierReader reads beside each answer whose quotas the hub keeps. The service does not say; an
// embedded hub does.
type tierReader struct {
	http.RoundTripper
	budget *budget
	peer   *peer
}

// RoundTrip implements http.RoundTripper.
func (t tierReader) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.RoundTripper.RoundTrip(req)
	if err == nil {
		t.budget.told(res.Header.Get(embeddedHeader))
		t.peer.answered(res.Header)
	}
	return res, err
}

func (c *Client) roundTripper() http.RoundTripper {
	if c.options.HTTPClient != nil {
		if c.options.HTTPClient.Transport != nil {
			return c.options.HTTPClient.Transport
		}
		return http.DefaultTransport
	}
	proxy := c.options.Proxy
	if proxy == nil {
		proxy = http.ProxyFromEnvironment
	}
	t := &http.Transport{
		Proxy:                 proxy,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       tlsConfig(c.options.TLS, c.options.RootCAs),
		TLSHandshakeTimeout:   10 * time.Second,
		MaxIdleConns:          64,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
	c.idle = t.CloseIdleConnections
	return t
}

// tlsConfig returns a configuration of its own, from base when there is one.
func tlsConfig(base *tls.Config, roots *x509.CertPool) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if base != nil {
		config = base.Clone()
	}
	if roots != nil {
		config.RootCAs = roots
	}
	return config
}

// Close lets go of the connections kept for later. Calls under way go on.
func (c *Client) Close() error {
	c.idle()
	return c.registry.Close()
}

// Host returns the hub's host name as the connection string gave it, with the port when
// there was one.
func (c *Client) Host() string { return c.credentials.HostName }

// Policy returns the name of the shared access policy.
func (c *Client) Policy() string { return c.credentials.Policy }

// Credentials returns the connection string of an identity as [Client.Identity] read it.
// The error wraps [ErrCertificate] when the identity has no symmetric key, and [ErrKeysHidden]
// when the policy may not see it.
func (c *Client) Credentials(identity Identity) (ConnectionString, error) {
	switch {
	case identity.Auth == AuthSelfSigned || identity.Auth == AuthCA:
		return ConnectionString{}, &networkError{
			describe(identity.ID) + " authenticates with an X.509 certificate", "name the files of its certificate and private key", ErrCertificate,
		}
	case identity.PrimaryKey.IsZero():
		return ConnectionString{}, keysHidden(identity.ID, ErrKeysHidden)
	}
	return ConnectionString{
		HostName: c.credentials.HostName,
		DeviceID: identity.Device,
		ModuleID: identity.Module,
		Key:      identity.PrimaryKey,
	}, nil
}

// Session starts a session with an identity's own credentials, as [StartSession] does,
// with the roots, the address and the logger of the client where opts names none. What it exchanges
// with the hub is in the client's call log.
func (c *Client) Session(opts SessionOptions) (*Session, error) {
	if opts.RootCAs == nil {
		opts.RootCAs = c.options.RootCAs
	}
	if opts.TLS == nil {
		opts.TLS = c.options.TLS
	}
	if opts.MQTTAddress == "" {
		opts.MQTTAddress = c.options.MQTTAddress
	}
	if opts.Log == nil {
		opts.Log = c.log
	}
	if !opts.WebSocket {
		opts.route = c.route
	}
	opts.proxy, opts.tokenLife = c.options.Proxy, c.options.TokenLife
	c.calls.secrets.Hide(opts.Credentials.Key.Reveal())
	opts.observe = c.calls.observer(opts.Credentials.ID())
	return StartSession(opts)
}
