package embedded_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"

	"twindeck/hub/embedded"
)

func TestPortInUseIsOneClearSentence(t *testing.T) {
	hub := start(t, embedded.Options{})
	_, port, _ := net.SplitHostPort(hub.HTTPSAddress())
	var number int
	if _, err := fmt.Sscan(port, &number); err != nil {
		t.Fatal(err)
	}
	for _, opts := range []embedded.Options{{HTTPSPort: number}, {MQTTSPort: number}} {
		_, err := embedded.Start(context.Background(), opts)
		if err == nil {
			t.Fatal("two hubs on one port")
		}
		if text := err.Error(); !strings.Contains(text, "port "+port+" is already in use") || strings.Contains(text, "\n") {
			t.Errorf("error %q", text)
		}
	}
	if _, err := embedded.Start(context.Background(), embedded.Options{HTTPSPort: 70000}); err == nil {
		t.Error("port 70000 was accepted")
	}
}

func TestCloseFreesThePorts(t *testing.T) {
	first, err := embedded.Start(context.Background(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	addresses := []string{first.HTTPSAddress(), first.MQTTSAddress()}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Errorf("a second close: %v", err)
	}
	for _, address := range addresses {
		_, port, _ := net.SplitHostPort(address)
		l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			t.Fatalf("the port is not free: %v", err)
		}
		l.Close()
	}
}

func TestTLSVersionsAndNames(t *testing.T) {
	hub := start(t, embedded.Options{})
	block, rest := pem.Decode(hub.CACertificate())
	if block == nil || len(rest) != 0 {
		t.Fatal("the CA is not one PEM block")
	}
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil || !ca.IsCA {
		t.Fatalf("not a CA: %v", err)
	}
	for _, address := range []string{hub.HTTPSAddress(), hub.MQTTSAddress()} {
		_, port, _ := net.SplitHostPort(address)
		hosts := []string{"localhost", "127.0.0.1"}
		if l, err := net.Listen("tcp6", "[::1]:0"); err == nil {
			l.Close()
			hosts = append(hosts, "::1")
		}
		for _, host := range hosts {
			for version, accepted := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
				conn, err := tls.Dial("tcp", net.JoinHostPort(host, port), &tls.Config{
					RootCAs: hub.CertPool(), MinVersion: version, MaxVersion: version,
				})
				if accepted != (err == nil) {
					t.Errorf("%s:%s with %s: %v", host, port, tls.VersionName(version), err)
				}
				if err == nil {
					conn.Close()
				}
			}
		}
	}
}

func TestConnectionStrings(t *testing.T) {
	hub := start(t, embedded.Options{})
	want := []string{"iothubowner", "service", "device", "registryRead", "registryReadWrite"}
	if got := hub.Policies(); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("policies %v, want %v", got, want)
	}
	cs := hub.ConnectionString("service")
	if value(cs, "HostName") != hub.HTTPSAddress() || value(cs, "SharedAccessKeyName") != "service" || len(value(cs, "SharedAccessKey")) != 44 {
		t.Error("the service policy's connection string has other parts")
	}
	if hub.ConnectionString("nobody") != "" {
		t.Error("a policy that does not exist has a connection string")
	}
	if _, err := hub.IdentityConnectionString(embedded.ID{Device: "d"}); err == nil {
		t.Error("a device that does not exist has a connection string")
	}
	newClient(t, hub).must(t, 200, "PUT", "/devices/d", `{"authentication":{"type":"certificateAuthority"}}`)
	if _, err := hub.IdentityConnectionString(embedded.ID{Device: "d"}); err == nil {
		t.Error("a device without keys has a connection string")
	}
}

func TestRightsPerOperation(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	operations := []struct{ name, method, path, body string }{
		{"read identity", "GET", "/devices/d", ""},
		{"list", "GET", "/devices", ""},
		{"device statistics", "GET", "/statistics/devices", ""},
		{"write identity", "PUT", "/devices/d", "{}"},
		{"read twin", "GET", "/twins/d", ""},
		{"write twin", "PATCH", "/twins/d", "{}"},
		{"query", "POST", "/devices/query", `{"query":"SELECT * FROM devices"}`},
		{"service statistics", "GET", "/statistics/service", ""},
	}
	allowed := map[string]string{
		"iothubowner":       "11111111",
		"service":           "00001111",
		"device":            "00000000",
		"registryRead":      "11100000",
		"registryReadWrite": "11110000",
	}
	for policy, want := range allowed {
		c.policy = policy
		got := ""
		for _, op := range operations {
			a, err := c.try(op.method, op.path, op.body, "If-Match", "*")
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case a.status == 200:
				got += "1"
			case a.status == 401 && a.header.Get("iothub-errorcode") == "IotHubUnauthorizedAccess":
				got += "0"
			default:
				t.Errorf("%s with %s: %d %s", op.name, policy, a.status, a.body)
			}
		}
		if got != want {
			t.Errorf("%s may do %s, want %s", policy, got, want)
		}
	}
}

func TestAuthorizationHeader(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	missing := c.must(t, 401, "GET", "/devices", "", "Authorization", "")
	if missing.header.Get("iothub-errorcode") != "IotHubUnauthorized" || !strings.Contains(missing.body, "Authorization header missing") {
		t.Errorf("without a header: %v", missing)
	}
	key := value(hub.ConnectionString("iothubowner"), "SharedAccessKey")
	for name, token := range map[string]string{
		"garbage":   "x",
		"wrong key": sign("localhost", "AAAA", "iothubowner"),
		"a device":  sign("localhost/devices/d", key, "iothubowner"),
	} {
		a := c.must(t, 401, "GET", "/devices", "", "Authorization", token)
		if a.header.Get("iothub-errorcode") != "IotHubUnauthorizedAccess" || strings.Contains(a.body, "sig=") {
			t.Errorf("%s: %v", name, a)
		}
	}
	c.must(t, 200, "GET", "/devices", "", "Authorization", sign("localhost", key, "iothubowner"))
}

func TestSeedFleet(t *testing.T) {
	const n = 1000
	hubs := [2]*embedded.Server{start(t, embedded.Options{}), start(t, embedded.Options{})}
	var lists [2]string
	for i, hub := range hubs {
		if err := hub.SeedFleet(n); err != nil {
			t.Fatal(err)
		}
		c := newClient(t, hub)
		seen := 0
		for continuation := ""; ; {
			a := c.must(t, 200, "POST", "/devices/query", `{"query":"SELECT * FROM devices"}`, "x-ms-continuation", continuation)
			seen += strings.Count(a.body, `"deviceId"`)
			lists[i] += strings.Join(idsOf(a.body), " ")
			if continuation = a.header.Get("x-ms-continuation"); continuation == "" {
				break
			}
		}
		if seen != n {
			t.Errorf("%d devices, want %d", seen, n)
		}
		modules := c.must(t, 200, "POST", "/devices/query", `{"query":"SELECT * FROM devices.modules"}`)
		if modules.header.Get("x-ms-item-type") != "Twin" || !strings.Contains(modules.body, `"moduleId":"sensors"`) {
			t.Error("no modules")
		}
		some := c.must(t, 200, "POST", "/devices/query", `{"query":"SELECT * FROM devices WHERE tags.site = 'ist' AND tags.ring = 'canary'"}`)
		if got := strings.Count(some.body, `"site":"ist"`); got == 0 || got != strings.Count(some.body, `"deviceId"`) {
			t.Errorf("%d of %d have the tag", got, strings.Count(some.body, `"deviceId"`))
		}
		// A seeded twin is a twin like any other.
		a := c.must(t, 200, "PATCH", "/twins/thermostat-0000001/modules/controller", `{"properties":{"desired":{"telemetryInterval":61}}}`, "If-Match", `"AAAAAAAAAAI="`)
		if !strings.Contains(a.body, `"telemetryInterval":61`) || !strings.Contains(a.body, `"version":4`) {
			t.Errorf("after a patch: %s", a.body)
		}
		if err := hub.SeedFleet(n); err != nil {
			t.Errorf("once more: %v", err)
		}
		if again := c.must(t, 200, "GET", "/twins/thermostat-0000001/modules/controller", ""); again.body != a.body {
			t.Errorf("a fleet that is there was seeded again: %s", again.body)
		}
	}
	if lists[0] != lists[1] {
		t.Error("two fleets differ")
	}
}

// idsOf returns what tells one device from another in a page.
func idsOf(body string) []string {
	var ids []string
	for _, part := range strings.Split(body, `{"deviceId":"`)[1:] {
		id, rest, _ := strings.Cut(part, `"`)
		_, tags, _ := strings.Cut(rest, `"tags":`)
		tags, _, _ = strings.Cut(tags, "}")
		ids = append(ids, id+tags)
	}
	return ids
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		hub, err := embedded.Start(context.Background(), embedded.Options{})
		if err != nil {
			b.Fatal(err)
		}
		hub.Close()
	}
}

// BenchmarkQueryPage is what a dashboard does while it loads a large fleet.
func BenchmarkQueryPage(b *testing.B) {
	hub, err := embedded.Start(context.Background(), embedded.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer hub.Close()
	if err := hub.SeedFleet(10_000); err != nil {
		b.Fatal(err)
	}
	c := newClient(b, hub)
	for b.Loop() {
		c.must(b, 200, "POST", "/devices/query", `{"query":"SELECT * FROM devices"}`)
	}
}

// BenchmarkSeedMillion also measures what a device with its twin takes while nobody asks for it.
func BenchmarkSeedMillion(b *testing.B) {
	const n = 1_000_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		hub, err := embedded.Start(context.Background(), embedded.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := hub.SeedFleet(n); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "heap-B/device")
		hub.Close()
		b.StartTimer()
	}
}
