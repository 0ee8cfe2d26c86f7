package hub

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"twindeck/hub/patch"
)

// exchange is one request as a hub saw it.
type exchange struct {
	method, uri, body string
	header            http.Header
}

// listener is an HTTPS server that answers as it is told and keeps what it was asked.
type listener struct {
	server *httptest.Server
	log    bytes.Buffer
	client *Client

	mu   sync.Mutex
	seen []exchange
}

func listen(t *testing.T, answer http.HandlerFunc) *listener {
	t.Helper()
	l := &listener{}
	l.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		l.mu.Lock()
		l.seen = append(l.seen, exchange{r.Method, r.URL.EscapedPath() + "?" + r.URL.RawQuery, string(body), r.Header})
		l.mu.Unlock()
		answer(w, r)
	}))
	l.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	l.server.StartTLS()
	roots := x509.NewCertPool()
	roots.AddCert(l.server.Certificate())
	host := strings.TrimPrefix(l.server.URL, "https://")
	cs, err := ParseConnectionString("HostName=" + host + ";SharedAccessKeyName=iothubowner;SharedAccessKey=" + secret)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&l.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if l.client, err = NewClient(cs, Options{RootCAs: roots, Log: log, Tier: TierNone}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.client.Close(); err != nil {
			t.Error(err)
		}
		l.server.Close()
		if text := l.log.String(); leaks(text) || strings.Contains(text, "SharedAccessSignature") {
			t.Errorf("the log shows a secret:\n%s", text)
		}
	})
	return l
}

func (l *listener) last() exchange {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen[len(l.seen)-1]
}

func say(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const oddTwin = `{"deviceId":"d#1","moduleId":"m%1","etag":"AAAAAAAAAAE=","deviceEtag":"\"NTgw\"","status":"enabled","connectionState":"Connected",
"lastActivityTime":"2026-11-02T09:07:36.7576697","modelId":"","version":7,"authenticationType":"sas","capabilities":{"iotEdge":true},"x509Thumbprint":{"primaryThumbprint":null},
"tags":{"z":1.0,"a":{"b":4503599627370495}},"properties":{"desired":{"z":1.50,"a":9007199254740993,"$metadata":{"$lastUpdated":"x"},"$version":3},"reported":{"$version":2}}}`

func TestATwinKeepsDigitsAndOrder(t *testing.T) {
	l := listen(t, say(200, oddTwin))
	id := ID{Device: "d#1", Module: "m%1"}
	twin, err := l.client.Twin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if twin.ID != id || twin.ETag != "AAAAAAAAAAE=" || twin.DeviceETag != "NTgw" || twin.Version != 7 || !twin.Connected || !twin.Edge || twin.Status != Enabled || twin.Auth != AuthSAS {
		t.Errorf("got %+v", twin)
	}
	if got := twin.Tags.JSON() + twin.Desired.Value.JSON() + twin.Desired.Metadata.JSON() + twin.Reported.Value.JSON(); got != `{"z":1.0,"a":{"b":4503599627370495}}{"z":1.50,"a":9007199254740993}{"$lastUpdated":"x"}{}` {
		t.Errorf("sections are %s", got)
	}
	if twin.Desired.Version != 3 || twin.Reported.Version != 2 || !twin.Reported.Metadata.IsNull() {
		t.Errorf("versions are %d and %d", twin.Desired.Version, twin.Reported.Version)
	}
	if want := time.Date(2026, 11, 2, 9, 7, 36, 757669700, time.UTC); !twin.LastActivityTime.Equal(want) {
		t.Errorf("last active at %v", twin.LastActivityTime)
	}
	if want := mustParse(t, oddTwin); !patch.Equal(twin.Document, want) {
		t.Error("the document is another one")
	}
	if got := l.last(); got.uri != "/twins/d%231/modules/m%251?api-version=2021-04-12" || got.header.Get("If-Match") != "" || !strings.HasPrefix(got.header.Get("Authorization"), "SharedAccessSignature sr=") {
		t.Errorf("asked %s %v", got.uri, got.header)
	}
}

func TestAWriteIsConditional(t *testing.T) {
	l := listen(t, say(200, oddTwin))
	id := ID{Device: "d#1", Module: "m%1"}
	desired, tags := mustParse(t, `{"telemetryInterval":122.0,"old":null}`), mustParse(t, `{"site":"ist"}`)
	for _, etag := range []string{"", AnyETag, `"*"`, `W/"*"`, `""`} {
		if _, _, err := l.client.PatchTwin(t.Context(), id, TwinPatch{Desired: &desired}, etag); err == nil || len(l.seen) != 0 {
			t.Errorf("the etag %q: %v after %d requests", etag, err, len(l.seen))
		}
	}
	if _, _, err := l.client.PatchTwin(t.Context(), id, TwinPatch{}, "e"); err == nil || len(l.seen) != 0 {
		t.Errorf("an empty patch: %v after %d requests", err, len(l.seen))
	}
	if err := l.client.DeleteIdentity(t.Context(), id, ""); err == nil || len(l.seen) != 0 {
		t.Errorf("an empty etag: %v after %d requests", err, len(l.seen))
	}
	before := time.Now()
	_, receipt, err := l.client.PatchTwin(t.Context(), id, TwinPatch{Desired: &desired}, `"AAAAAAAAAAE="`)
	if err != nil {
		t.Fatal(err)
	}
	if got := l.last(); got.method != "PATCH" || got.body != `{"properties":{"desired":{"telemetryInterval":122.0,"old":null}}}` || got.header.Get("If-Match") != `"AAAAAAAAAAE="` {
		t.Errorf("sent %s %s under %s", got.method, got.body, got.header.Get("If-Match"))
	}
	if receipt.ID != id || receipt.DesiredVersion != 3 || receipt.SentAt.Before(before) || receipt.AnsweredAt.Before(receipt.SentAt) {
		t.Errorf("the receipt is %+v", receipt)
	}
	if _, _, err := l.client.ReplaceTwin(t.Context(), id, TwinPatch{Tags: &tags, Desired: &desired}, "AAAAAAAAAAI="); err != nil {
		t.Fatal(err)
	}
	if got := l.last(); got.method != "PUT" || !strings.HasPrefix(got.body, `{"tags":{"site":"ist"},"properties"`) || got.header.Get("If-Match") != `"AAAAAAAAAAI="` {
		t.Errorf("sent %s %s under %s", got.method, got.body, got.header.Get("If-Match"))
	}
}

func TestAQueryFollowsItsContinuation(t *testing.T) {
	l := listen(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("x-ms-continuation") {
		case "":
			w.Header().Set("x-ms-continuation", "two")
			_, _ = io.WriteString(w, `[{"deviceId":"a","tags":{"only":"a"}},{"deviceId":"b"}]`)
		case "two":
			_, _ = io.WriteString(w, `[{"deviceId":"c"}]`)
		}
	})
	first, err := l.client.Devices(t.Context(), "", 2)
	if err != nil || len(first.Twins) != 2 || first.Continuation != "two" {
		t.Fatalf("%d twins, then %q, %v", len(first.Twins), first.Continuation, err)
	}
	if got := l.last(); got.method != "POST" || got.uri != "/devices/query?api-version=2021-04-12" || got.body != `{"query":"SELECT * FROM devices"}` || got.header.Get("x-ms-max-item-count") != "2" {
		t.Errorf("asked %+v", got)
	}
	second, err := l.client.Devices(t.Context(), first.Continuation, 2)
	if err != nil || len(second.Twins) != 1 || second.Continuation != "" || second.Twins[0].Tags.Len() != 0 {
		t.Errorf("%+v, %v", second, err)
	}
	if first.Twins[0].Tags.Len() != 1 {
		t.Error("the first page changed")
	}
}

func TestAQueryThatReturnsNoTwinsSaysSo(t *testing.T) {
	l := listen(t, say(200, `[{"count":3}]`))
	if _, err := l.client.Query(t.Context(), "SELECT COUNT() AS count FROM devices", "", 0); err == nil || !strings.Contains(err.Error(), "SELECT *") {
		t.Errorf("got %v", err)
	}
}

func TestADirectMethodTakesAnyJSON(t *testing.T) {
	l := listen(t, say(200, `{"status":207,"payload":["pong",1.0]}`))
	result, err := l.client.CallMethod(t.Context(), ID{Device: "d", Module: "m"}, MethodCall{Name: "ping", Payload: patch.String("x"), ConnectTimeout: 1500 * time.Millisecond})
	if err != nil || result.Status != 207 || result.Payload.JSON() != `["pong",1.0]` || result.Took <= 0 {
		t.Errorf("got %+v, %v", result, err)
	}
	if got := l.last(); got.uri != "/twins/d/modules/m/methods?api-version=2021-04-12" || got.body != `{"methodName":"ping","responseTimeoutInSeconds":30,"connectTimeoutInSeconds":2,"payload":"x"}` {
		t.Errorf("asked %s %s", got.uri, got.body)
	}
	if _, err := l.client.CallMethod(t.Context(), ID{Device: "d"}, MethodCall{Name: "ping"}); err != nil || strings.Contains(l.last().body, "payload") {
		t.Errorf("no payload: %s, %v", l.last().body, err)
	}
}

func TestIdentitiesAreReadWhole(t *testing.T) {
	l := listen(t, say(200, `{"deviceId":"d","generationId":"637394137160664574","etag":"NTgw","connectionState":"Connected","status":"disabled","statusReason":null,
"connectionStateUpdatedTime":"2022-12-28T19:37:28.5271067Z","statusUpdatedTime":"0001-01-01T00:00:00Z","lastActivityTime":"0001-01-01T00:00:00Z","cloudToDeviceMessageCount":2,
"authentication":{"symmetricKey":{"primaryKey":"`+secret+`","secondaryKey":"AAAA"},"x509Thumbprint":{"primaryThumbprint":null,"secondaryThumbprint":null},"type":"sas"},
"capabilities":{"iotEdge":true},"deviceScope":"ms-azure-iot-edge://d-1","parentScopes":["p"]}`))
	got, err := l.client.Identity(t.Context(), ID{Device: "d"})
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != (ID{Device: "d"}) || got.ETag != "NTgw" || got.GenerationID != "637394137160664574" || !got.Connected || got.Status != Disabled ||
		!got.StatusUpdatedTime.IsZero() || got.ConnectionStateUpdatedTime.Year() != 2022 || got.CloudToDeviceMessageCount != 2 || got.Auth != AuthSAS ||
		got.PrimaryKey.Reveal() != secret || got.SecondaryKey.Reveal() != "AAAA" || !got.Edge || got.DeviceScope != "ms-azure-iot-edge://d-1" || len(got.ParentScopes) != 1 {
		t.Errorf("got %+v", got)
	}
	credentials, err := l.client.Credentials(got)
	if err != nil || credentials.DeviceID != "d" || credentials.HostName != l.client.Host() || credentials.Key != got.PrimaryKey {
		t.Errorf("its credentials are %v, %v", credentials, err)
	}
	for auth, says := range map[AuthType]string{AuthSelfSigned: "X.509", AuthCA: "X.509", AuthSAS: "right to read the registry"} {
		if _, err := l.client.Credentials(Identity{ID: got.ID, Auth: auth}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s without a key: %v", auth, err)
		}
	}
}

func TestIdentitiesAreCreatedNotOverwritten(t *testing.T) {
	l := listen(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("iothub-errorcode", "ModuleAlreadyExistsOnDevice")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"errorCode":409301,"message":"there","trackingId":"t-1"}`)
	})
	_, err := l.client.CreateIdentity(t.Context(), NewIdentity{ID: ID{Device: "d 1", Module: "m"}})
	if err == nil || len(l.seen) != 0 {
		t.Errorf("an impossible id: %v after %d requests", err, len(l.seen))
	}
	if _, err = l.client.CreateIdentity(t.Context(), NewIdentity{ID: ID{Device: "d"}, Authentication: Authentication{PrimaryKey: NewKey(secret)}}); err == nil || len(l.seen) != 0 {
		t.Errorf("one key of two: %v after %d requests", err, len(l.seen))
	}
	_, err = l.client.CreateIdentity(t.Context(), NewIdentity{ID: ID{Device: "d(1)", Module: "m"}})
	var refused *Error
	if !AlreadyExists(err) || !errors.As(err, &refused) || refused.TrackingID != "t-1" || refused.Op != "create module d(1)/m" {
		t.Errorf("got %v, %+v", err, refused)
	}
	if got := l.last(); got.method != "PUT" || got.header.Get("If-Match") != "" || !strings.HasPrefix(got.uri, "/devices/d%281%29/modules/m?") && !strings.HasPrefix(got.uri, "/devices/d(1)/modules/m?") {
		t.Errorf("asked %s %s under %q", got.method, got.uri, got.header.Get("If-Match"))
	}
}

func TestIdentitiesAreDeletedUnderTheirETag(t *testing.T) {
	l := listen(t, say(200, "")) // 204 is what a hub answers; this one is sloppy
	for etag, want := range map[string]string{"abc": `"abc"`, `"abc"`: `"abc"`, AnyETag: `"*"`} {
		if err := l.client.DeleteIdentity(t.Context(), ID{Device: "d", Module: "m"}, etag); err != nil {
			t.Error(err)
		}
		if got := l.last(); got.method != "DELETE" || got.header.Get("If-Match") != want {
			t.Errorf("%s %s under %s, want %s", got.method, got.uri, got.header.Get("If-Match"), want)
		}
	}
}

func TestManyCallsShareConnections(t *testing.T) {
	var connections sync.Map
	l := listen(t, func(w http.ResponseWriter, r *http.Request) {
		connections.Store(r.RemoteAddr, true)
		if strings.HasSuffix(r.URL.Path, "/modules") {
			_, _ = io.WriteString(w, "[]")
		} else {
			_, _ = io.WriteString(w, oddTwin)
		}
	})
	const workers = 16
	var calls sync.WaitGroup
	for range workers {
		calls.Go(func() {
			for range 20 {
				if _, err := l.client.Twin(t.Context(), ID{Device: "d#1", Module: "m%1"}); err != nil {
					t.Error(err)
				}
				if _, err := l.client.Modules(t.Context(), "d"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	calls.Wait()
	opened := 0
	connections.Range(func(any, any) bool { opened++; return true })
	if len(l.seen) != 2*20*workers || opened > 2*workers {
		t.Errorf("%d calls on %d connections", len(l.seen), opened)
	}
}

func TestNewClientWantsAPolicy(t *testing.T) {
	device := ConnectionString{HostName: "localhost", DeviceID: "d", Key: NewKey(secret)}
	policy := ConnectionString{HostName: "localhost", Policy: "p", Key: NewKey(secret)}
	if _, err := NewClient(device, Options{}); err == nil || !strings.Contains(err.Error(), "iothubowner") {
		t.Errorf("a device's connection string: %v", err)
	}
	if _, err := NewClient(ConnectionString{}, Options{}); err == nil {
		t.Error("no connection string is accepted")
	}
	if _, err := NewClient(policy, Options{MQTTAddress: "localhost"}); err == nil || !strings.Contains(err.Error(), "HOST:PORT") {
		t.Errorf("an MQTT address without a port: %v", err)
	}
	client, err := NewClient(policy, Options{})
	if err != nil || client.Host() != "localhost" || client.Policy() != "p" {
		t.Errorf("a policy's connection string: %v", err)
	}
	if leaks(fmt.Sprintf("%+v", *client)) {
		t.Error("a client prints its key")
	}
}

func FuzzTwin(f *testing.F) {
	f.Add([]byte(oddTwin))
	f.Add([]byte(`{"deviceId":"d","properties":{"desired":[1],"reported":null},"tags":"x","version":1e9}`))
	f.Add([]byte(`{"deviceId":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		twin, err := parseTwin(answer{body: body})
		if err != nil {
			if strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("%q holds control characters", err)
			}
			return
		}
		for _, object := range []patch.Value{twin.Tags, twin.Desired.Value, twin.Reported.Value} {
			if object.Kind() != patch.KindObject {
				t.Errorf("%q has a section that is no object", body)
			}
			if _, there := object.Get("$version"); there && object.Kind() == patch.KindObject && !patch.Equal(object, twin.Tags) {
				t.Errorf("%q keeps $version in a section", body)
			}
		}
		if twin.Device == "" {
			t.Errorf("%q is the twin of nobody", body)
		}
	})
}

// BenchmarkPage is what a page of a hundred twins costs once it has arrived.
func BenchmarkPage(b *testing.B) {
	body := []byte("[" + strings.Repeat(oddTwin+",", 99) + oddTwin + "]")
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		rows, err := patch.Parse(body)
		if err != nil {
			b.Fatal(err)
		}
		for _, row := range rows.Elems() {
			if _, err := twinOf(row, time.Time{}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
