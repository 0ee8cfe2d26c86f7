package embedded_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/amenzhinsky/iothub/iotdevice"
	httptransport "github.com/amenzhinsky/iothub/iotdevice/transport/http"
	"github.com/amenzhinsky/iothub/iotservice"

	"twindeck/hub/embedded"
	"twindeck/hub/embedded/messages"
)

// tokenOf signs for an identity with its own key.
func tokenOf(t *testing.T, hub *embedded.Server, id embedded.ID) string {
	t.Helper()
	cs, err := hub.IdentityConnectionString(id)
	if err != nil {
		t.Fatal(err)
	}
	resource := "localhost/devices/" + id.Device
	if id.Module != "" {
		resource += "/modules/" + id.Module
	}
	return sign(resource, value(cs, "SharedAccessKey"), "")
}

func TestMessagesOverHTTPS(t *testing.T) {
	hub := start(t, embedded.Options{})
	service := newClient(t, hub)
	service.must(t, 200, "PUT", "/devices/d", `{"deviceId":"d"}`)
	token := tokenOf(t, hub, embedded.ID{Device: "d"})
	const inbox = "/devices/d/messages/deviceBound"
	service.must(t, 204, "GET", inbox, "", "Authorization", token)

	service.must(t, 204, "POST", "/devices/d/messages/devicebound", "take me", "Content-Type", "text/plain",
		"iothub-messageid", "m1", "iothub-correlationid", "c", "iothub-ack", "full", "iothub-expiry", "2999-01-02T03:04:05Z",
		"iothub-app-k", "v", "iothub-app-latin", "20\xb0", "iothub-app-text", "20°")
	got := service.must(t, 200, "GET", inbox, "", "Authorization", token)
	for name, want := range map[string]string{
		"Content-Type": "text/plain", "iothub-messageid": "m1", "iothub-correlationid": "c", "iothub-ack": "full",
		"iothub-to": "/devices/d/messages/deviceBound", "iothub-sequencenumber": "1", "iothub-deliverycount": "0",
		"iothub-app-k": "v", "iothub-app-latin": "20°", "iothub-app-text": "20°",
	} {
		if have := got.header.Get(name); have != want {
			t.Errorf("%s is %q, want %q", name, have, want)
		}
	}
	if got.body != "take me" || got.header.Get("iothub-expiry") == "" || got.header.Get("iothub-enqueuedtime") == "" {
		t.Errorf("got %q, %v", got.body, got.header)
	}
	lock := strings.Trim(got.header.Get("ETag"), `"`)
	service.must(t, 204, "GET", inbox, "", "Authorization", token) // it is locked
	service.must(t, 204, "POST", inbox+"/"+lock+"/abandon", "", "Authorization", token)
	lost := service.must(t, 412, "DELETE", inbox+"/"+lock, "", "Authorization", token)
	if lost.header.Get("iothub-errorcode") != "DeviceMessageLockLost" {
		t.Errorf("a lost lock is %s", lost.body)
	}
	again := service.must(t, 200, "GET", "/devices/d/messages/devicebound", "", "Authorization", token, "IotHub-MessageLockTimeout", "300")
	if again.header.Get("iothub-deliverycount") != "1" {
		t.Errorf("the delivery count is %s", again.header.Get("iothub-deliverycount"))
	}
	service.must(t, 204, "DELETE", inbox+"/"+strings.Trim(again.header.Get("ETag"), `"`), "", "Authorization", token)
	waiting(t, service, 0)

	service.must(t, 204, "POST", inbox, "no", "iothub-messageid", "m2", "iothub-ack", "negative")
	refused := service.must(t, 200, "GET", inbox, "", "Authorization", token)
	service.must(t, 204, "DELETE", inbox+"/"+strings.Trim(refused.header.Get("ETag"), `"`)+"?api-version=2021-04-12&reject", "", "Authorization", token)

	const feedback = "/messages/serviceBound/feedback"
	report := service.must(t, 200, "GET", feedback, "")
	var records []iotservice.Feedback
	if err := json.Unmarshal([]byte(report.body), &records); err != nil || len(records) != 2 {
		t.Fatalf("feedback is %s, %v", report.body, err)
	}
	for i, want := range []struct{ id, status string }{{"m1", "Success"}, {"m2", "Rejected"}} {
		if r := records[i]; r.OriginalMessageID != want.id || r.StatusCode != want.status || r.DeviceID != "d" || r.DeviceGenerationID == "" || r.EnqueuedTimeUTC.IsZero() {
			t.Errorf("record %d is %+v", i, r)
		}
	}
	receipt := feedback + "/" + strings.Trim(report.header.Get("ETag"), `"`)
	service.must(t, 204, "POST", receipt+"/abandon", "")
	receipt = feedback + "/" + strings.Trim(service.must(t, 200, "GET", feedback, "").header.Get("ETag"), `"`)
	service.must(t, 204, "DELETE", receipt, "")
	service.must(t, 204, "GET", feedback, "")

	service.must(t, 204, "POST", inbox, "x")
	if purged := service.must(t, 200, "DELETE", "/devices/d/commands", ""); purged.body != `{"totalMessagesPurged":1,"deviceId":"d","moduleId":null}` {
		t.Errorf("purged %s", purged.body)
	}
}

// TestHeadersAreSpelledAsTheServiceSpellsThem, because there is an SDK that minds.
func TestHeadersAreSpelledAsTheServiceSpellsThem(t *testing.T) {
	hub := start(t, embedded.Options{})
	service := newClient(t, hub)
	service.must(t, 200, "PUT", "/devices/d", `{"deviceId":"d"}`)
	service.must(t, 204, "POST", "/devices/d/messages/devicebound", "x", "iothub-messageid", "m", "iothub-correlationid", "c", "iothub-app-k", "v", "Content-Type", "text/plain")
	conn, err := tls.Dial("tcp", hub.HTTPSAddress(), &tls.Config{RootCAs: hub.CertPool()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := fmt.Fprintf(conn, "GET /devices/d/messages/deviceBound?api-version=2021-04-12 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: %s\r\n\r\n", tokenOf(t, hub, embedded.ID{Device: "d"})); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nETag: \"", "\niothub-messageid: m", "\niothub-correlationid: c", "\niothub-app-k: v", "\niothub-sequencenumber: 1", "\nContent-Type: text/plain"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
}

func TestMessagesThatHTTPSRefuses(t *testing.T) {
	hub := start(t, embedded.Options{})
	service := newClient(t, hub)
	service.must(t, 200, "PUT", "/devices/d", `{"deviceId":"d"}`)
	const inbox = "/devices/d/messages/devicebound"
	service.must(t, 404, "POST", "/devices/nobody/messages/devicebound", "x")
	service.must(t, 404, "DELETE", "/devices/nobody/commands", "")
	service.must(t, 400, "POST", inbox, "x", "iothub-expiry", "soon")
	service.must(t, 400, "POST", inbox, "x", "iothub-ack", "always")
	service.must(t, 413, "POST", inbox, strings.Repeat("x", 64<<10+1))
	token := tokenOf(t, hub, embedded.ID{Device: "d"})
	service.must(t, 400, "GET", inbox, "", "Authorization", token, "IotHub-MessageLockTimeout", "301")
	service.must(t, 413, "POST", "/devices/d/messages/events", strings.Repeat("x", 256<<10+1), "Authorization", token)
	for range 50 {
		service.must(t, 204, "POST", inbox, "x")
	}
	if full := service.must(t, 403, "POST", inbox, "x"); full.header.Get("iothub-errorcode") != "DeviceMaximumQueueDepthExceeded" {
		t.Errorf("a full queue is %s", full.body)
	}
}

func TestTelemetryOverHTTPS(t *testing.T) {
	hub := start(t, embedded.Options{})
	service := newClient(t, hub)
	service.must(t, 200, "PUT", "/devices/d", `{"deviceId":"d"}`)
	token := tokenOf(t, hub, embedded.ID{Device: "d"})
	const events = "/devices/d/messages/events"
	service.must(t, 204, "POST", events, `{"t":1}`, "Authorization", token, "Content-Type", "application/json", "iothub-app-level", "info", "iothub-messageid", "m")
	service.must(t, 204, "POST", events, `[{"body":"aGk=","properties":{"iothub-app-K":"v","iothub-messageid":"b"}},{"body":"text","base64Encoded":false}]`,
		"Authorization", token, "Content-Type", "application/vnd.microsoft.iothub.json")
	service.must(t, 400, "POST", events, `[{"body":"not base64"}]`, "Authorization", token, "Content-Type", "application/vnd.microsoft.iothub.json")
	kept := hub.TelemetrySince(0)
	if len(kept) != 3 {
		t.Fatalf("%d messages are kept", len(kept))
	}
	if m := kept[0]; m.ID != "m" || m.ContentType != "application/json" || string(m.Body) != `{"t":1}` || !slices.Equal(m.Properties, []messages.Property{{Name: "level", Value: "info"}}) {
		t.Errorf("got %+v", m)
	}
	if m := kept[1]; m.ID != "b" || string(m.Body) != "hi" || !slices.Equal(m.Properties, []messages.Property{{Name: "K", Value: "v"}}) {
		t.Errorf("got %+v", m)
	}
	if m := kept[2]; string(m.Body) != "text" || m.Identity != (embedded.ID{Device: "d"}) || m.Enqueued.IsZero() {
		t.Errorf("got %+v", m)
	}
}

// TestDevicesMayDoLittleOverHTTPS: their own messages and modules, and nothing else.
func TestDevicesMayDoLittleOverHTTPS(t *testing.T) {
	hub := start(t, embedded.Options{})
	service := newClient(t, hub)
	for _, id := range []string{"d", "other", "off"} {
		service.must(t, 200, "PUT", "/devices/"+id, `{"deviceId":"`+id+`"}`)
	}
	service.must(t, 200, "PUT", "/devices/d/modules/m", `{"deviceId":"d","moduleId":"m"}`)
	off := tokenOf(t, hub, embedded.ID{Device: "off"})
	service.must(t, 200, "PUT", "/devices/off", `{"deviceId":"off","status":"disabled","authentication":{"symmetricKey":`+keysOf(t, service, "off")+`}}`, "If-Match", "*")
	own, other, module := tokenOf(t, hub, embedded.ID{Device: "d"}), tokenOf(t, hub, embedded.ID{Device: "other"}), tokenOf(t, hub, embedded.ID{Device: "d", Module: "m"})
	policy := func(name string) string {
		return sign("localhost", value(hub.ConnectionString(name), "SharedAccessKey"), name)
	}
	for _, c := range []struct {
		name, method, path, token string
		want                      int
	}{
		{"its messages", "GET", "/devices/d/messages/deviceBound", own, 204},
		{"its messages, by policy", "GET", "/devices/d/messages/deviceBound", policy("device"), 204},
		{"its events", "POST", "/devices/d/messages/events", own, 204},
		{"its modules", "GET", "/devices/d/modules", own, 200},
		{"one module", "GET", "/devices/d/modules/m", own, 200},
		{"events of a module", "POST", "/devices/d/modules/m/messages/events", module, 204},

		{"messages of another", "GET", "/devices/other/messages/deviceBound", own, 401},
		{"messages of nobody", "GET", "/devices/nobody/messages/deviceBound", own, 401},
		{"messages when disabled", "GET", "/devices/off/messages/deviceBound", off, 401},
		{"messages, by another policy", "GET", "/devices/d/messages/deviceBound", policy("service"), 401},
		{"events of another", "POST", "/devices/d/messages/events", other, 401},
		{"events, by another policy", "POST", "/devices/d/messages/events", policy("registryReadWrite"), 401},
		{"events of its module", "POST", "/devices/d/modules/m/messages/events", own, 401},
		{"events of a module's device", "POST", "/devices/d/messages/events", module, 401},
		{"modules of another", "GET", "/devices/other/modules", own, 401},
		{"modules, by a module", "GET", "/devices/d/modules", module, 401},
		{"modules, by the device policy", "GET", "/devices/d/modules", policy("service"), 401},
		{"a message to itself", "POST", "/devices/d/messages/deviceBound", own, 401},
		{"its twin", "GET", "/twins/d", own, 401},
		{"its identity", "GET", "/devices/d", own, 401},
		{"no token", "GET", "/devices/d/messages/deviceBound", "", 401},
		{"no token for events", "POST", "/devices/d/messages/events", "", 401},
		{"nonsense", "GET", "/devices/d/messages/deviceBound", "SharedAccessSignature nonsense", 401},
	} {
		a := service.must(t, c.want, c.method, c.path, "", "Authorization", c.token)
		if c.want == 401 && (!strings.Contains(a.body, "ErrorCode:IotHubUnauthorized") || !strings.HasPrefix(a.header.Get("iothub-errorcode"), "IotHubUnauthorized")) {
			t.Errorf("%s: the refusal is %s", c.name, a.body)
		}
	}
}

// keysOf returns the keys of a device as they stand in its document.
func keysOf(t *testing.T, service *client, device string) string {
	t.Helper()
	var identity struct {
		Authentication struct{ SymmetricKey json.RawMessage }
	}
	if err := json.Unmarshal([]byte(service.must(t, 200, "GET", "/devices/"+device, "").body), &identity); err != nil {
		t.Fatal(err)
	}
	return string(identity.Authentication.SymmetricKey)
}

// TestGoDeviceManagesItsModules: a library written against the real service, whose tokens name
// the device without the word devices.
func TestGoDeviceManagesItsModules(t *testing.T) {
	hub := start(t, embedded.Options{})
	newClient(t, hub).must(t, 200, "PUT", "/devices/d%231", `{"deviceId":"d#1"}`)
	cs, err := hub.IdentityConnectionString(embedded.ID{Device: "d#1"})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: hub.CertPool()}, DisableKeepAlives: true}
	c, err := iotdevice.NewFromConnectionString(httptransport.New(httptransport.WithClient(&http.Client{Transport: transport}), httptransport.WithLogger(quiet)), cs, iotdevice.WithLogger(quiet))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	made, err := c.CreateModule(ctx, &iotservice.Module{DeviceID: "d#1", ModuleID: "m%1"})
	if err != nil || made.Authentication.SymmetricKey.PrimaryKey == "" {
		t.Fatalf("created %+v, %v", made, err)
	}
	made.ManagedBy = "me"
	if _, err := c.UpdateModule(ctx, made); err != nil {
		t.Fatal(err)
	}
	found, err := c.GetModule(ctx, "m%1")
	if err != nil || found.ManagedBy != "me" {
		t.Errorf("found %+v, %v", found, err)
	}
	if all, err := c.ListModules(ctx); err != nil || len(all) != 1 {
		t.Errorf("listed %v, %v", all, err)
	}
	if err := c.DeleteModule(ctx, found); err != nil {
		t.Fatal(err)
	}
	if all, err := c.ListModules(ctx); err != nil || len(all) != 0 {
		t.Errorf("listed %v, %v", all, err)
	}
}
