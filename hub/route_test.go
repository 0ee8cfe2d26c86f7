package hub_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/embedded"
)

// clientOf returns a client of an embedded hub with options of its own.
func clientOf(t *testing.T, server *embedded.Server, change func(*hub.Options)) *hub.Client {
	t.Helper()
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		t.Fatal(err)
	}
	opts := hub.Options{RootCAs: server.CertPool(), MQTTAddress: server.MQTTSAddress()}
	change(&opts)
	client, err := hub.NewClient(cs, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func setDesired(t *testing.T, client *hub.Client, id hub.ID, text string) {
	t.Helper()
	desired := parse(t, text)
	write(t, client, id, hub.TwinPatch{Desired: &desired})
}

func TestABlockedPortIsGoneAroundAndRemembered(t *testing.T) {
	server, owner := start(t, nil)
	client := clientOf(t, server, func(o *hub.Options) { o.MQTTAddress = "127.0.0.1:1" })
	monitor, next := watch(t, client)
	for i, id := range []hub.ID{{Device: "first"}, {Device: "second"}} {
		create(t, owner, id)
		if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
			t.Fatal(err)
		}
		e := next(hub.EventConnecting)
		if i == 0 {
			if e.Via != hub.ViaMQTT || e.Err != nil {
				t.Errorf("the first way is %v, %v", e.Via, e.Err)
			}
			if e = next(hub.EventConnecting); e.Err == nil || !strings.Contains(e.Err.Error(), "127.0.0.1:1: connection refused") {
				t.Errorf("the second way because of %v", e.Err)
			}
		}
		if e.Via != hub.ViaWebSocket || e.Wait != 0 {
			t.Errorf("device %d goes by %v", i, e.Via)
		}
		if e = next(hub.EventConnected); e.Via != hub.ViaWebSocket {
			t.Errorf("device %d is connected by %v", i, e.Via)
		}
		next(hub.EventSynced)
		big := `{"text":"` + strings.Repeat("x", 4000) + `","more":"` + strings.Repeat("y", 4000) + `"}`
		setDesired(t, owner, id, big)
		if e := next(hub.EventPatch); e.Value.JSON() != big {
			t.Errorf("a large patch arrived as %d bytes", len(e.Raw))
		}
		if _, err := monitor.Report(t.Context(), id, parse(t, big)); err != nil {
			t.Error(err)
		}
	}
}

func TestWebSocketOnDemand(t *testing.T) {
	server, owner := start(t, nil)
	id := hub.ID{Device: "d", Module: "m"}
	create(t, owner, hub.ID{Device: "d"})
	create(t, owner, id)
	monitor, next := watch(t, clientOf(t, server, func(o *hub.Options) { o.WebSocket = true }))
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	if e := next(hub.EventConnecting); e.Via != hub.ViaWebSocket {
		t.Errorf("it goes by %v", e.Via)
	}
	next(hub.EventSynced)
	began := time.Now()
	if err := monitor.Close(); err != nil || time.Since(began) > 2*time.Second {
		t.Errorf("closed after %v, %v", time.Since(began), err)
	}
}

// connectProxy is an HTTP proxy that knows CONNECT alone, and who asked for what.
type connectProxy struct {
	listener net.Listener
	refuse   string // an address that it does not connect to

	mu      sync.Mutex
	asked   []string
	auth    string
	serving sync.WaitGroup
}

func startConnectProxy(t *testing.T, refuse string) *connectProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &connectProxy{listener: listener, refuse: refuse}
	ctx, cancel := context.WithCancel(context.Background())
	p.serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.serving.Go(func() { p.serve(ctx, conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		cancel()
		p.serving.Wait()
	})
	return p
}

func (p *connectProxy) serve(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, req.Method+" "+req.Host)
	p.auth = req.Header.Get("Proxy-Authorization")
	p.mu.Unlock()
	if req.Host == p.refuse {
		_, _ = io.WriteString(conn, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
		return
	}
	to, err := net.Dial("tcp", req.Host)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	stop := context.AfterFunc(ctx, func() { _, _ = conn.Close(), to.Close() })
	defer stop()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	var copying sync.WaitGroup
	copying.Go(func() { _, _ = io.Copy(to, conn); _ = to.Close() })
	_, _ = io.Copy(conn, to)
	_ = conn.Close()
	copying.Wait()
}

func (p *connectProxy) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

func TestEverythingGoesThroughTheProxy(t *testing.T) {
	server, owner := start(t, nil)
	id := hub.ID{Device: "d"}
	create(t, owner, id)
	proxied := func(p *connectProxy) func(*hub.Options) {
		return func(o *hub.Options) {
			o.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: p.listener.Addr().String(), User: url.UserPassword("u", "secret-word")})
		}
	}
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		t.Fatal(err)
	}
	rest, mqtt := "CONNECT "+cs.HostName, "CONNECT "+server.MQTTSAddress()

	open := startConnectProxy(t, "")
	monitor, next := watch(t, clientOf(t, server, proxied(open)))
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	if e := next(hub.EventConnected); e.Via != hub.ViaMQTT {
		t.Errorf("through an open proxy it goes by %v", e.Via)
	}
	if got := open.requests(); !slices.Contains(got, rest) || !slices.Contains(got, mqtt) || open.auth != "Basic dTpzZWNyZXQtd29yZA==" {
		t.Errorf("the proxy was asked for %v with %q", got, open.auth)
	}
	if err := monitor.Close(); err != nil {
		t.Error(err)
	}

	narrow := startConnectProxy(t, server.MQTTSAddress())
	monitor, next = watch(t, clientOf(t, server, proxied(narrow)))
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	next(hub.EventConnecting)
	if e := next(hub.EventConnecting); e.Err == nil || !strings.Contains(e.Err.Error(), "403") || strings.Contains(e.Err.Error(), "secret-word") {
		t.Errorf("another way because of %v", e.Err)
	}
	if e := next(hub.EventConnected); e.Via != hub.ViaWebSocket {
		t.Errorf("through a narrow proxy it goes by %v", e.Via)
	}
	if err := monitor.Close(); err != nil {
		t.Error(err)
	}

	none := startConnectProxy(t, "")
	_ = none.listener.Close()
	client := clientOf(t, server, proxied(none))
	credentials, err := owner.Credentials(mustIdentity(t, owner, id))
	if err != nil {
		t.Fatal(err)
	}
	monitor, next = watch(t, client)
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{ConnectionString: &credentials}); err != nil {
		t.Fatal(err)
	}
	if e := next(hub.EventLost); !strings.Contains(e.Err.Error(), "check HTTPS_PROXY") {
		t.Errorf("without the proxy: %v", e.Err)
	}
}

func mustIdentity(t *testing.T, client *hub.Client, id hub.ID) hub.Identity {
	t.Helper()
	identity, err := client.Identity(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func TestATokenIsRenewedBeforeItExpires(t *testing.T) {
	server, owner := start(t, nil)
	id := hub.ID{Device: "d"}
	create(t, owner, id)
	monitor, next := watch(t, clientOf(t, server, func(o *hub.Options) { o.TokenLife = 4 * time.Second }))
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{}); err != nil {
		t.Fatal(err)
	}
	next(hub.EventSynced)
	var seen []hub.EventKind
	l := &ledger{events: make(chan hub.Event, 1000)}
	monitor.Record(l)
	defer func() {
		for len(l.events) > 0 {
			e := <-l.events
			t.Logf("%v %s v%d %v", e.At, e.Kind, e.Version, e.Err)
		}
	}()
	for i := range 2 {
		e := next(hub.EventRenewed)
		if e.Via != hub.ViaMQTT || e.Err != nil {
			t.Errorf("renewed by %v, %v", e.Via, e.Err)
		}
		next(hub.EventSynced)
		setDesired(t, owner, id, `{"n":`+string(rune('1'+i))+`}`)
		if e := next(hub.EventPatch); e.Version != int64(i+2) {
			t.Errorf("then comes v%d", e.Version)
		}
	}
	for len(l.events) > 0 {
		seen = append(seen, (<-l.events).Kind)
	}
	if slices.Contains(seen, hub.EventLost) || slices.Contains(seen, hub.EventTakenOver) {
		t.Errorf("told %v", seen)
	}
}
