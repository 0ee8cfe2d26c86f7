package iothub

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/net/proxy"
)

// webSocketPath is where a hub speaks MQTT over WebSocket (Azure docs: iot-mqtt-connect-to-iot-hub,
// "Using the MQTT protocol directly", and the SDKs, which say when they have no certificate).
const webSocketPath = "/$iothub/websocket"

// Proxy says through which proxy a request goes; nil for none. Its URL is http, https or socks5.
type Proxy func(*http.Request) (*url.URL, error)

// dialError is a failure before the peer has proved who it is.
type dialError struct{ error }

func (e dialError) Unwrap() error { return e.error }

// Blocked reports whether an error of [Dial] looks as if the port cannot be reached from here,
// while another port of the same hub may be: nobody listens, nothing answers, or a proxy refuses.
func Blocked(err error) bool {
	if _, dialling := errors.AsType[dialError](err); !dialling {
		return false
	}
	if dialled, ok := errors.AsType[*net.OpError](err); ok && dialled.Op == "proxyconnect" {
		return true
	}
	network, _ := errors.AsType[net.Error](err)
	return network != nil && network.Timeout() || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, syscall.ECONNREFUSED) ||
		errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)
}

// dial opens the stream that MQTT is spoken on: TLS, or a WebSocket over it.
func (l *Link) dial(ctx context.Context) (net.Conn, error) {
	socket, err := l.open(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.undialled = err
		return nil, err
	case l.closed:
		_ = socket.Close()
		return nil, ErrClosed
	}
	l.conn = socket
	return conn{socket}, nil
}

func (l *Link) open(ctx context.Context) (net.Conn, error) {
	dialing := ctx
	if l.cfg.DialTimeout > 0 {
		var cancel context.CancelFunc
		dialing, cancel = context.WithTimeout(ctx, l.cfg.DialTimeout)
		defer cancel()
	}
	raw, err := l.reach(dialing)
	if err != nil {
		return nil, dialError{err}
	}
	config := l.cfg.TLS.Clone()
	if config.ServerName == "" {
		config.ServerName = l.cfg.HostName
	}
	if l.cfg.Identity != nil {
		config.Certificates = []tls.Certificate{*l.cfg.Identity}
	}
	secure := tls.Client(raw, config)
	if err := secure.HandshakeContext(dialing); err != nil {
		_ = raw.Close()
		return nil, dialError{err}
	}
	if !l.cfg.WebSocket {
		return secure, nil
	}
	return l.upgrade(ctx, secure)
}

// upgrade makes a WebSocket of a connection.
func (l *Link) upgrade(ctx context.Context, secure net.Conn) (net.Conn, error) {
	dialer := websocket.Dialer{
		NetDialTLSContext: func(context.Context, string, string) (net.Conn, error) { return secure, nil },
		HandshakeTimeout:  connectTimeout,
		Subprotocols:      []string{"mqtt"},
	}
	target := url.URL{Scheme: "wss", Host: l.cfg.Address, Path: webSocketPath}
	if l.cfg.Identity == nil {
		target.RawQuery = "iothub-no-client-cert=true"
	}
	ws, res, err := dialer.DialContext(ctx, target.String(), nil) //nolint:bodyclose // documented: it need not be closed, and there is none of a WebSocket
	if err != nil {
		_ = secure.Close()
		if res != nil {
			err = fmt.Errorf("it answers %s where MQTT over WebSocket is expected", res.Status)
		}
		return nil, err
	}
	return &webSocket{Conn: ws}, nil
}

// reach connects to the address, through the proxy that there is for it.
func (l *Link) reach(ctx context.Context) (net.Conn, error) {
	direct := &net.Dialer{KeepAlive: 15 * time.Second}
	find := l.cfg.Proxy
	if find == nil {
		find = http.ProxyFromEnvironment // which leaves loopback addresses alone
	}
	via, err := find(&http.Request{URL: &url.URL{Scheme: "https", Host: l.cfg.Address}})
	if err != nil || via == nil {
		if err != nil {
			return nil, &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err}
		}
		return direct.DialContext(ctx, "tcp", l.cfg.Address)
	}
	through, err := connectThrough(ctx, direct, via, l.cfg.Address)
	if err != nil {
		return nil, &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err}
	}
	return through, nil
}

func connectThrough(ctx context.Context, direct *net.Dialer, via *url.URL, address string) (net.Conn, error) {
	ports := map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}
	port, known := ports[via.Scheme]
	if !known {
		return nil, fmt.Errorf("a proxy of the kind %q is not known; use http, https or socks5", via.Scheme)
	}
	if via.Port() != "" {
		port = via.Port()
	}
	at := net.JoinHostPort(via.Hostname(), port)
	if via.Scheme == "socks5" || via.Scheme == "socks5h" {
		var auth *proxy.Auth
		if via.User != nil {
			password, _ := via.User.Password()
			auth = &proxy.Auth{User: via.User.Username(), Password: password}
		}
		socks, err := proxy.SOCKS5("tcp", at, auth, direct)
		if err != nil {
			return nil, err
		}
		return socks.(proxy.ContextDialer).DialContext(ctx, "tcp", address) //nolint:forcetypeassert // documented: every SOCKS5 dialer is one
	}
	raw, err := direct.DialContext(ctx, "tcp", at)
	if err != nil {
		return nil, err
	}
	if via.Scheme == "https" {
		secure := tls.Client(raw, &tls.Config{ServerName: via.Hostname(), MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, err
		}
		raw = secure
	}
	if err := tunnel(ctx, raw, via, address); err != nil {
		_ = raw.Close()
		return nil, err
	}
	return raw, nil
}

// tunnel asks a proxy to connect (RFC 9110 §9.3.6).
func tunnel(ctx context.Context, raw net.Conn, via *url.URL, address string) error {
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if via.User != nil {
		password, _ := via.User.Password()
		req.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(via.User.Username()+":"+password)))
	}
	err := req.Write(raw)
	var res *http.Response
	if err == nil {
		// The peer says nothing before we do, so nothing of its is read ahead.
		res, err = http.ReadResponse(bufio.NewReaderSize(raw, 1<<10), req) //nolint:bodyclose // what follows is the tunnel
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("it answers %s", res.Status)
	}
	if !stop() {
		return ctx.Err() // the deadline has been touched
	}
	return nil
}
