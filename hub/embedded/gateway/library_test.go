package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/amenzhinsky/iothub/iotdevice"
	"github.com/amenzhinsky/iothub/iotdevice/transport"
	iotmqtt "github.com/amenzhinsky/iothub/iotdevice/transport/mqtt"
	"github.com/amenzhinsky/iothub/logger"
	paho "github.com/eclipse/paho.mqtt.golang"

	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/rest"
)

// patches takes what a device library dispatches.
type patches chan []byte

func (p patches) Dispatch(b []byte) { p <- b }

// echo answers every method with its name and payload.
type echo struct{}

func (echo) Dispatch(name string, payload []byte) (int, []byte, error) {
	return 200, fmt.Appendf(nil, `{"method":%q,"payload":%s}`, name, payload), nil
}

// library connects id with a device library that nobody wrote for this hub.
func (s *site) library(id registry.ID) transport.Transport {
	s.t.Helper()
	creds, _ := s.store.Credentials(id)
	text := "HostName=localhost;DeviceId=" + id.Device + ";SharedAccessKey=" + creds.Primary
	quiet := iotmqtt.WithLogger(logger.New(logger.LevelOff, nil))
	options := iotmqtt.WithClientOptionsConfig(func(o *paho.ClientOptions) {
		o.Servers = nil
		o.AddBroker("ssl://" + s.address).SetTLSConfig(s.client).SetProtocolVersion(4)
	})
	var tr transport.Transport
	var credentials transport.Credentials
	if id.Module == "" {
		c, err := iotdevice.ParseConnectionString(text)
		if err != nil {
			s.t.Fatal(err)
		}
		tr, credentials = iotmqtt.New(quiet, options), c
	} else {
		c, err := iotdevice.ParseModuleConnectionString(text + ";ModuleId=" + id.Module)
		if err != nil {
			s.t.Fatal(err)
		}
		tr, credentials = iotmqtt.NewModuleTransport(quiet, options), c
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if err := tr.Connect(ctx, credentials); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = tr.Close() })
	return tr
}

// TestLibrary takes a device and a module through everything a library does
// with its hub: the twin, a patch, notifications, a method and a message.
func TestLibrary(t *testing.T) {
	for _, id := range []registry.ID{pump, valve} {
		t.Run(id.String(), func(t *testing.T) {
			s := serve(t, Options{})
			tr := s.library(id)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()

			got := make(patches, 10)
			if err := tr.SubscribeTwinUpdates(ctx, got); err != nil {
				t.Fatal(err)
			}
			s.desire(id, `{"telemetryInterval":122}`)
			if patch := string(<-got); patch != `{"telemetryInterval":122,"$version":2}` {
				t.Errorf("patch %s", patch)
			}

			version, err := tr.UpdateTwinProperties(ctx, []byte(`{"telemetryInterval":122}`))
			if err != nil || version != 2 {
				t.Errorf("version %d, %v", version, err)
			}
			twin, err := tr.RetrieveTwinProperties(ctx)
			if want := `{"desired":{"telemetryInterval":122,"$version":2},"reported":{"telemetryInterval":122,"$version":2}}`; err != nil || string(twin) != want {
				t.Errorf("twin %s, %v", twin, err)
			}

			if err := tr.RegisterDirectMethods(ctx, echo{}); err != nil {
				t.Fatal(err)
			}
			r, err := s.Invoke(ctx, id, rest.MethodRequest{Name: "reboot", Payload: json.RawMessage(`{"in":5}`), ResponseTimeout: patience})
			if want := `{"method":"reboot","payload":{"in":5}}`; err != nil || r.Status != 200 || string(r.Payload) != want {
				t.Errorf("answer %d %s, %v", r.Status, r.Payload, err)
			}
		})
	}
}
