package embedded_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/amenzhinsky/iothub/iotdevice"
	mqtttransport "github.com/amenzhinsky/iothub/iotdevice/transport/mqtt"
	"github.com/amenzhinsky/iothub/iotservice"
	"github.com/amenzhinsky/iothub/logger"
	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub/embedded"
)

// quiet keeps the library's log off the terminal.
var quiet = logger.New(logger.LevelOff, nil)

// goService returns the service client of github.com/amenzhinsky/iothub.
func goService(t *testing.T, hub *embedded.Server) *iotservice.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: hub.CertPool()}}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := iotservice.NewFromConnectionString(hub.ConnectionString("iothubowner"),
		iotservice.WithHTTPClient(&http.Client{Transport: transport}), iotservice.WithLogger(quiet))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// TestGoServiceSDK shows that a library written against the real service works unmodified.
func TestGoServiceSDK(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := goService(t, hub)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()

	device, err := c.CreateDevice(ctx, &iotservice.Device{DeviceID: "d#1"})
	if err != nil {
		t.Fatal(err)
	}
	if device.Authentication.SymmetricKey.PrimaryKey == "" || device.Status != iotservice.Enabled {
		t.Errorf("created without a key or not enabled, status %s", device.Status)
	}
	var exists *iotservice.RequestError
	if _, err := c.CreateDevice(ctx, &iotservice.Device{DeviceID: "d#1"}); !errors.As(err, &exists) || exists.Code != 409 {
		t.Errorf("created twice: %v", err)
	}
	if _, err := c.CreateModule(ctx, &iotservice.Module{DeviceID: "d#1", ModuleID: "m 1"}); err == nil {
		t.Error("a module id with a space was accepted")
	}
	if _, err := c.CreateModule(ctx, &iotservice.Module{DeviceID: "d#1", ModuleID: "m%1"}); err != nil {
		t.Fatal(err)
	}
	device.StatusReason = "because"
	if device, err = c.UpdateDevice(ctx, device); err != nil || device.StatusReason != "because" {
		t.Fatalf("update: %v, reason %q", err, device.StatusReason)
	}
	twin, err := c.GetModuleTwin(ctx, "d#1", "m%1")
	if err != nil {
		t.Fatal(err)
	}
	stale := *twin
	twin.Properties.Desired["telemetryInterval"] = 122
	if twin, err = c.UpdateModuleTwin(ctx, twin); err != nil || twin.Properties.Desired["telemetryInterval"] != 122.0 {
		t.Fatalf("update twin: %v, %v", err, twin)
	}
	var conflict *iotservice.RequestError
	if _, err := c.UpdateModuleTwin(ctx, &stale); !errors.As(err, &conflict) || conflict.Code != 412 {
		t.Errorf("a stale etag: %v", err)
	}
	found := 0
	if err := c.QueryDevices(ctx, "SELECT * FROM devices WHERE deviceId = 'd#1'", func(map[string]any) error { found++; return nil }); err != nil || found != 1 {
		t.Errorf("query: %d found, %v", found, err)
	}
	if devices, err := c.ListDevices(ctx); err != nil || len(devices) != 1 {
		t.Errorf("list: %d devices, %v", len(devices), err)
	}
	if stats, err := c.DeviceStats(ctx); err != nil || stats.TotalDeviceCount != 1 {
		t.Errorf("statistics: %v", err)
	}
	if err := c.DeleteDevice(ctx, device); err != nil {
		t.Errorf("delete: %v", err)
	}
}

// TestGoDeviceSDK connects the library's device and module clients, which write user names and
// resources in ways of their own.
func TestGoDeviceSDK(t *testing.T) {
	hub := start(t, embedded.Options{})
	c := newClient(t, hub)
	c.must(t, 200, "PUT", "/devices/d", `{}`)
	c.must(t, 200, "PUT", "/devices/d/modules/m", `{}`)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	here := mqtttransport.WithClientOptionsConfig(func(o *paho.ClientOptions) {
		o.Servers = nil
		o.AddBroker("tls://" + hub.MQTTSAddress())
		o.SetTLSConfig(&tls.Config{RootCAs: hub.CertPool()})
		o.SetProtocolVersion(4)
	})
	connectionString := func(id embedded.ID) string {
		cs, err := hub.IdentityConnectionString(id)
		if err != nil {
			t.Fatal(err)
		}
		return cs
	}

	device, err := iotdevice.NewFromConnectionString(mqtttransport.New(here, mqtttransport.WithLogger(quiet)), connectionString(embedded.ID{Device: "d"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := device.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	if version, err := device.UpdateTwinState(ctx, iotdevice.TwinState{"x": 1}); err != nil || version != 2 {
		t.Errorf("device reported: version %d, %v", version, err)
	}
	if err := device.SendEvent(ctx, []byte("hello")); err != nil {
		t.Errorf("telemetry: %v", err)
	}
	if hub.Telemetry() != 1 {
		t.Errorf("%d messages counted, want 1", hub.Telemetry())
	}

	module, err := iotdevice.NewModuleFromConnectionString(
		mqtttransport.NewModuleTransport(here, mqtttransport.WithLogger(quiet)), connectionString(embedded.ID{Device: "d", Module: "m"}), "", "", "", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := module.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	defer module.Close()
	updates, err := module.SubscribeTwinUpdates(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c.must(t, 200, "PATCH", "/twins/d/modules/m", `{"properties":{"desired":{"telemetryInterval":122}}}`)
	select {
	case patch := <-updates.C():
		if patch["telemetryInterval"] != 122.0 || patch.Version() != 2 {
			t.Errorf("the module received %v", patch)
		}
	case <-ctx.Done():
		t.Error("the module received nothing")
	}
	desired, _, err := module.RetrieveTwinState(ctx)
	if err != nil || desired["telemetryInterval"] != 122.0 {
		t.Errorf("the module reads %v, %v", desired, err)
	}
}
