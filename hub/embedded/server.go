// Package embedded is an IoT Hub in this process, on loopback: a real server, with HTTPS and
// MQTT over TLS on real sockets, that the SDKs for Azure IoT Hub work against unmodified. It is
// for trying things out, for demonstrations and for tests; it lives in memory, or in one file that
// survives a crash.
//
// The parts: registry is its state, sas is who may do what, rest is the service side, gateway
// over mqtt is the device side, storage is the file, query is the query language, jobs runs what is
// scheduled, configurations manages devices automatically, uploads and blobs are the files of
// devices, throttle holds clients to quotas, ordered is the JSON, and faults makes all of it fail on
// demand. None of them shares code with the client side, so that a mistake in one cannot hide a
// mistake in the other.
package embedded

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"

	"twindeck/hub/embedded/blobs"
	"twindeck/hub/embedded/configurations"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/embedded/gateway"
	"twindeck/hub/embedded/jobs"
	"twindeck/hub/embedded/messages"
	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
	"twindeck/hub/embedded/sas"
	"twindeck/hub/embedded/throttle"
	"twindeck/hub/embedded/uploads"
)

// ID names a device, or a module on a device.
type ID = registry.ID

// Options say how a hub starts. The zero value is a hub on free ports.
type Options struct {
	HTTPSPort int              // 0: any free port
	MQTTSPort int              // 0: any free port
	HubName   string           // the host in connection strings, see ValidHubName; empty: localhost
	Log       *slog.Logger     // nil: discarded; it never sees keys or tokens
	Now       func() time.Time // the hub's clock; nil: time.Now
	Faults    *faults.Faults   // nil: none, ever

	// DataFile is the file that the hub lives in: identities, twins, keys, sessions and the
	// certificates that clients trust are there again at the next start with it, and a write is
	// durable before it is answered. It is created with mode 0600 when there is none. It holds
	// keys. A start in the last month of the certificates' year, or under another HubName, makes
	// new certificates. Empty: the hub lives in memory and is gone with Close.
	DataFile string

	// DeviceCAs are the authorities that sign the certificates of devices of the type
	// certificateAuthority, as PEM; empty: none. See Server.AddDeviceCA.
	DeviceCAs []byte
	// TelemetryKept is how many of the latest messages of devices are kept, of at most 64 MiB
	// together; 0: 1000, negative: none.
	TelemetryKept int
	// CloseOnNewKeys ends the connection of a device or module whose keys or thumbprints change,
	// and not only when the token ends that it was made with.
	CloseOnNewKeys bool
	// CloudToDevice are the limits of messages to devices; the zero value: those of the service.
	CloudToDevice messages.Limits

	// FileUploads are the limits of uploads of files and of the notifications of them; the zero value:
	// those of the service.
	FileUploads uploads.Limits
	// FileStorage is how much may be uploaded; the zero value: files of up to 256 MiB, and 256 MiB
	// together in memory, 1 GiB in a DataFile.
	FileStorage blobs.Limits

	// MaxActiveJobs is how many scheduled jobs may wait or run at once; 0: as many as the Tier
	// allows, or as are kept.
	MaxActiveJobs int

	// IndexLag makes queries see the hub as it was that long ago, as those of the service do, which
	// lag by seconds; 0: as it is.
	IndexLag time.Duration

	// Tier holds clients to the quotas of one unit of a tier of the service: F1, S1, S2 or S3;
	// empty: there are none. It also says how many jobs there can be, unless MaxActiveJobs does.
	Tier string

	// What the public documents of the service leave open, or answer in two ways, is an option of
	// the part that it is about. The zero value suits every SDK. Assume sets them by name.

	Twins    registry.Assumptions // writes and documents of twins, and ids
	Queries  rest.QueryOptions    // page sizes and dialect of queries
	Protocol rest.ProtocolOptions // versions, and the form of answers
	Gateway  gateway.Options      // switches of the device side; what it works with is set from the above
}

// Server is a running hub. Its methods may be called concurrently.
type Server struct {
	hubName   string
	httpsPort int
	mqttsPort int
	state
	deviceSide
	blobs       *blobs.Store
	uploads     *uploads.Uploads
	managed     *configurations.Manager
	authority   *sas.Authority
	gateway     *gateway.Gateway
	jobs        *jobs.Scheduler // nil: they could not be loaded
	http        *http.Server
	base        context.Context    // of all requests
	stop        context.CancelFunc // ends it
	ports       []*port
	restarting  sync.Mutex     // held by Restart
	running     sync.WaitGroup // listeners
	requests    sync.RWMutex   // read-locked by every request under way
	closeOnce   sync.Once
	closeResult error
}

var hubNames = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)

// ValidHubName says whether a hub can have a name: one of DNS, or an IPv4 address, without a port.
// For clients to find the hub, it has to lead to this machine. SDKs for C, C# and Java want a dot in
// it.
func ValidHubName(name string) bool { return hubNames.MatchString(name) }

// headerTimeout is how long a client may take to send the head of a request, TLS included.
const headerTimeout = 10 * time.Second

// headerBytes is how much of the hub's memory the head of a request may take: the properties of the
// largest message fit into it.
const headerBytes = 128 << 10

// idleTimeout is how long an HTTPS connection is kept for the next request.
const idleTimeout = 2 * time.Minute

// webSocketPath is where devices find MQTT on the HTTPS port (Azure docs:
// iot-mqtt-connect-to-iot-hub, "Using the MQTT protocol over a WebSocket"). Queries after it,
// such as those of SDKs that have no client certificate, make no difference.
const webSocketPath = "/$iothub/websocket"

// Start starts a hub, empty and with new random keys, in a few milliseconds, or the one that is
// in opts.DataFile, in a second or two for a million identities; when it returns, clients can
// connect. ctx bounds the start alone: the hub runs until Close. A port that is in
// use is an error that names it.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if opts.HubName == "" {
		opts.HubName = "localhost"
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if !ValidHubName(opts.HubName) {
		return nil, fmt.Errorf("a hub cannot be called %q: choose a host name or an IPv4 address, without a port", opts.HubName)
	}
	quotas, err := throttle.New(opts.Tier, throttle.Options{})
	if err != nil {
		return nil, err
	}
	if quotas != nil {
		opts.Gateway.Throttle = quotas
	}
	https, httpsPort, err := listenLoopback(ctx, "HTTPS", opts.HTTPSPort)
	if err != nil {
		return nil, err
	}
	mqtts, mqttsPort, err := listenLoopback(ctx, "MQTT", opts.MQTTSPort)
	if err != nil {
		return nil, errors.Join(err, closeAll(https))
	}
	st, err := newState(opts)
	if err != nil {
		return nil, errors.Join(err, closeAll(https), closeAll(mqtts))
	}
	managed, err := configurations.New(configurations.Options{
		Registry: st.registry, Keeper: st.keeper("configurations"), Now: opts.Now, Log: opts.Log,
	})
	if err != nil {
		return nil, errors.Join(err, closeAll(https), closeAll(mqtts), st.close())
	}
	s := &Server{
		hubName:   opts.HubName,
		httpsPort: httpsPort,
		mqttsPort: mqttsPort,
		state:     st,
		managed:   managed,
		authority: sas.NewAuthority([]string{opts.HubName, "localhost", "127.0.0.1", "[::1]"}, st.policies),
	}
	if err := s.assemble(opts); err != nil {
		return nil, errors.Join(err, closeAll(https), closeAll(mqtts), s.Close())
	}
	if err := errors.Join(s.loadDevices(opts), s.loadFiles(opts)); err != nil {
		return nil, errors.Join(err, closeAll(https), closeAll(mqtts), s.Close())
	}
	s.serve(https, mqtts, opts)
	return s, nil
}

// assemble builds both sides over the registry. Close works after an error too.
func (s *Server) assemble(opts Options) error {
	opts.Gateway.Log, opts.Gateway.Now, opts.Gateway.Faults = opts.Log, opts.Now, opts.Faults
	s.prepareDevices(&opts)
	s.prepareFiles(opts)
	s.gateway = gateway.New(s.registry, s.authority, opts.Gateway)
	s.registry.Listen(s.gateway)
	scheduled, err := s.newJobs(opts)
	service := rest.New(rest.Options{
		Messages: s.messages, Telemetry: s.telemetry, Files: s.uploads, Certs: opts.Gateway.Certificates,
		Registry: s.registry, Authority: s.authority, Invoker: s.gateway, Jobs: scheduled, Managed: s.managed, Throttle: opts.Gateway.Throttle,
		Faults: opts.Faults, Queries: opts.Queries, Protocol: opts.Protocol, Now: opts.Now, Log: opts.Log,
	})
	files := s.storage(opts)
	requests := paced(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.blobs.Serves(r) {
			files.ServeHTTP(w, r)
			return
		}
		service.ServeHTTP(w, r)
	}), patience)
	base, stop := context.WithCancel(context.Background())
	s.base, s.stop = base, stop
	s.http = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.requests.RLock()
			defer s.requests.RUnlock()
			if base.Err() != nil {
				panic(http.ErrAbortHandler)
			}
			if r.URL.Path == webSocketPath {
				s.gateway.ServeWebSocket(w, r)
				return
			}
			requests.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: headerTimeout,
		MaxHeaderBytes:    headerBytes,
		IdleTimeout:       idleTimeout,
		// Handshakes that fail are the clients' doing, and nothing may reach a terminal.
		ErrorLog:    slog.NewLogLogger(opts.Log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return base },
	}
	return err
}

// serve serves every listener on a goroutine of its own, until Close.
func (s *Server) serve(https, mqtts []net.Listener, opts Options) {
	config := &tls.Config{
		Certificates: []tls.Certificate{s.certs.server},
		MinVersion:   tls.VersionTLS12, // some device SDKs speak nothing newer
		// Whoever has a certificate shows it; it is judged where the identity is known.
		ClientAuth: tls.RequestClientCert,
	}
	run := func(what string, listeners []net.Listener, serve func(net.Listener) error, expected error) {
		for _, l := range listeners {
			p := newPort(l, opts.Faults)
			s.ports = append(s.ports, p)
			s.running.Go(func() {
				err := serve(tls.NewListener(p, config))
				if !errors.Is(err, expected) {
					opts.Log.Error("embedded hub: a listener failed", "protocol", what, "error", err)
				}
			})
		}
	}
	run("HTTPS", https, s.http.Serve, http.ErrServerClosed)
	run("MQTT", mqtts, s.gateway.Serve, mqtt.ErrServerClosed)
	if every := opts.Faults.RestartEvery(); every > 0 {
		s.running.Go(func() { s.restartEvery(every, opts.Log) })
	}
}

// Restored says whether the hub was in its data file already when it started.
func (s *Server) Restored() bool { return s.restored }

// Close closes all connections, frees the ports and the data file, and returns when everything
// that the hub started has ended. Later calls do nothing and return the same.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		s.managed.Close()
		s.registry.Listen(nil)
		s.stop()
		if s.jobs != nil {
			s.jobs.Close()
		}
		s.gateway.Close()
		s.closeResult = s.http.Close()
		s.running.Wait()
		// Requests that begin now give up at once; those under way have been told to.
		s.requests.Lock()
		defer s.requests.Unlock()
		s.messages.Close()
		if s.data != nil {
			s.closeResult = errors.Join(s.closeResult, s.data.Close())
		}
	})
	return s.closeResult
}

func closeAll(listeners []net.Listener) error {
	var errs []error
	for _, l := range listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// hostName is the hub as connection strings name it, with the port unless it is the usual one.
func (s *Server) hostName() string {
	if s.httpsPort == 443 {
		return s.hubName
	}
	return net.JoinHostPort(s.hubName, strconv.Itoa(s.httpsPort))
}

// Policies returns the names of the shared access policies, the owner's first.
func (s *Server) Policies() []string {
	var names []string
	for _, p := range s.authority.Policies() {
		names = append(names, p.Name)
	}
	return names
}

// ConnectionString returns the connection string of a policy, with its key, or nothing when
// there is no such policy.
func (s *Server) ConnectionString(policy string) string {
	p, ok := s.authority.Policy(policy)
	if !ok {
		return ""
	}
	return fmt.Sprintf("HostName=%s;SharedAccessKeyName=%s;SharedAccessKey=%s", s.hostName(), p.Name, p.Primary)
}

// IdentityConnectionString returns the connection string of a device or module, with its key.
// It fails when there is no such identity or when it does not authenticate by key.
func (s *Server) IdentityConnectionString(id ID) (string, error) {
	creds, ok := s.registry.Credentials(id)
	if !ok {
		return "", fmt.Errorf("the hub has no identity %s", id)
	}
	if creds.Primary == "" {
		return "", fmt.Errorf("%s does not authenticate by key", id)
	}
	module := ""
	if id.Module != "" {
		module = ";ModuleId=" + id.Module
	}
	return fmt.Sprintf("HostName=%s;DeviceId=%s%s;SharedAccessKey=%s", s.hostName(), id.Device, module, creds.Primary), nil
}

// CACertificate returns the certificate of the authority that clients must trust, as PEM.
func (s *Server) CACertificate() []byte { return append([]byte(nil), s.certs.authority...) }

// CertPool returns a pool with that certificate alone.
func (s *Server) CertPool() *x509.CertPool { return s.certs.pool.Clone() }

// HTTPSAddress returns host:port of the service side, for example localhost:8443.
func (s *Server) HTTPSAddress() string {
	return net.JoinHostPort(s.hubName, strconv.Itoa(s.httpsPort))
}

// MQTTSAddress returns host:port of the device side, for example localhost:8883.
func (s *Server) MQTTSAddress() string {
	return net.JoinHostPort(s.hubName, strconv.Itoa(s.mqttsPort))
}
