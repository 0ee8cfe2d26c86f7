package hub_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/mqtt"
	"twindeck/hub/patch"
	"twindeck/hub/record"
)

var flood = flag.Duration("flood", time.Second, "how long patches flood in")

// torrent is a hub that knows one client and sends it desired patches, ten thousand a second.
type torrent struct {
	patches int
	sending sync.WaitGroup
}

func (f *torrent) Connect(*mqtt.Client, mqtt.ConnectInfo) (mqtt.Admission, mqtt.ReturnCode) {
	return mqtt.Admission{}, mqtt.Accepted
}
func (f *torrent) Connected(*mqtt.Client)               {}
func (f *torrent) Subscribe(*mqtt.Client, string) error { return nil }
func (f *torrent) Subscribed(*mqtt.Client)              {}
func (f *torrent) Acknowledged(*mqtt.Client, uint16)    {}
func (f *torrent) Disconnected(_ *mqtt.Client, _ error) {}
func (f *torrent) Publish(c *mqtt.Client, m mqtt.Message) error {
	_, rid, isGet := strings.Cut(m.Topic, "$iothub/twin/GET/?$rid=")
	if !isGet {
		return nil
	}
	c.Publish("$iothub/twin/res/200/?$rid="+rid, []byte(`{"desired":{"$version":1},"reported":{"$version":1}}`))
	f.sending.Go(func() {
		began := time.Now()
		for i := range f.patches {
			c.Publish(fmt.Sprintf("$iothub/twin/PATCH/properties/desired/?$version=%d", i+2),
				fmt.Appendf(nil, `{"telemetryInterval":%d,"nested":{"a":%d},"$version":%d}`, i, i%10, i+2))
			if i%100 != 0 {
				continue
			}
			if ahead := time.Duration(i)*time.Second/floodRate - time.Since(began); ahead > 0 {
				time.Sleep(ahead)
			}
		}
	})
	return nil
}

const floodRate = 10_000

// TestAFloodIsRecordedWhole has a client receive 10,000 patches a second over real MQTT while
// nobody looks at its events, and then holds the record against what was sent.
func TestAFloodIsRecordedWhole(t *testing.T) {
	f := &torrent{patches: int(flood.Seconds() * floodRate)}
	https := httptest.NewTLSServer(http.NotFoundHandler())
	roots := x509.NewCertPool()
	roots.AddCert(https.Certificate())
	config := https.TLS.Clone()
	config.NextProtos = nil
	https.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	server := mqtt.New(f, mqtt.Options{})
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	defer func() { server.Close(); serving.Wait(); f.sending.Wait() }()

	name := filepath.Join(t.TempDir(), "events.jsonl")
	rec, err := record.Open(name, record.Options{Hub: "h"})
	if err != nil {
		t.Fatal(err)
	}
	monitor := hub.NewDeviceMonitor(hub.Options{RootCAs: roots, MQTTAddress: listener.Addr().String()})
	monitor.Record(rec)
	id := hub.ID{Device: "d", Module: "m"}
	cs := hub.ConnectionString{HostName: "127.0.0.1", DeviceID: "d", ModuleID: "m", Key: hub.NewKey("c2VjcmV0")}
	began, spent := time.Now(), processorTime(t)
	if err := monitor.Attach(t.Context(), id, hub.AttachOptions{ConnectionString: &cs}); err != nil {
		t.Fatal(err)
	}
	var early, late runtime.MemStats
	deadline := time.Now().Add(3**flood + time.Minute)
	for last, size := time.Now(), int64(-1); ; {
		<-time.After(200 * time.Millisecond)
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if early.HeapAlloc == 0 && time.Since(began) > *flood/4 {
			runtime.ReadMemStats(&early)
		}
		if info.Size() != size {
			last, size = time.Now(), info.Size()
		}
		if time.Since(last) > 2*time.Second || time.Now().After(deadline) {
			break // nothing more comes
		}
		if time.Since(began) < *flood {
			runtime.ReadMemStats(&late)
		}
	}
	t.Logf("%d patches; heap %d MB a quarter through and %d MB at the end; %v of processor time for both sides",
		f.patches, early.HeapAlloc>>20, late.HeapAlloc>>20, (processorTime(t) - spent).Round(time.Millisecond))
	if err := monitor.Close(); err != nil {
		t.Error(err)
	}
	if err := rec.Close(); err != nil {
		t.Error(err)
	}
	checkRecord(t, name, f.patches, rec.State().LetGo)
}

// BenchmarkBelowMQTT shows how many patches a second one client takes in, tells, records and
// hands to a reader, beneath the sockets. 100,000 are wanted.
func BenchmarkBelowMQTT(b *testing.B) {
	monitor := hub.NewDeviceMonitor(hub.Options{})
	name := filepath.Join(b.TempDir(), "events.jsonl")
	rec, err := record.Open(name, record.Options{})
	if err != nil {
		b.Fatal(err)
	}
	monitor.Record(rec)
	var reading sync.WaitGroup
	var read, dropped uint64
	reading.Go(func() {
		for {
			batch, err := monitor.Next(context.Background())
			if err != nil {
				return
			}
			read += uint64(len(batch.Events))
			dropped += batch.Dropped
		}
	})
	arrive, settle := hub.Feed(monitor, hub.ID{Device: "d", Module: "m"})
	const rate = 100_000
	b.ReportAllocs()
	b.ResetTimer()
	began, spent := time.Now(), processorTime(b)
	for i := range b.N {
		arrive(fmt.Appendf(nil, `{"telemetryInterval":%d,"nested":{"a":%d},"$version":%d}`, i, i%10, i+2))
		if i%1000 == 0 { // no faster than the rate that is asked for
			if ahead := time.Duration(i)*time.Second/rate - time.Since(began); ahead > time.Millisecond {
				time.Sleep(ahead)
			}
		}
	}
	settle()
	if err := monitor.Close(); err != nil {
		b.Fatal(err)
	}
	reading.Wait()
	if err := rec.Close(); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "patches/s")
	b.ReportMetric(float64((processorTime(b)-spent).Nanoseconds())/float64(b.N), "cpu-ns/op")
	if got := read + dropped; got != uint64(b.N)+1 {
		b.Errorf("%d events were told of %d", got, b.N+1)
	}
	checkRecord(b, name, b.N, rec.State().LetGo)
}

// processorTime is what this process has had of the processors, whoever else wanted them.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// checkRecord wants every patch in a record, each once and in order.
func checkRecord(t testing.TB, name string, patches int, letGo uint64) {
	t.Helper()
	if letGo > 0 {
		t.Errorf("%d events were let go", letGo)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	reader, version := record.NewReader(file), int64(1)
	for {
		l, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if l.Kind != "patch" {
			continue
		}
		if version++; l.Version != version {
			t.Fatalf("v%d is followed by v%d", version-1, l.Version)
		}
	}
	if int(version-1) != patches || reader.Skipped() > 0 {
		t.Errorf("%d patches of %d are in the record, and %d lines cannot be read", version-1, patches, reader.Skipped())
	}
}

// BenchmarkPatchToEvent shows how long after the hub's answer to a PATCH its event is there, in
// one process with the hub; negative when the event was first.
func BenchmarkPatchToEvent(b *testing.B) {
	server, err := embedded.Start(context.Background(), embedded.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		b.Fatal(err)
	}
	client, err := hub.NewClient(cs, hub.Options{RootCAs: server.CertPool(), MQTTAddress: server.MQTTSAddress(), Tier: "none"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	id := hub.ID{Device: "d"}
	if _, err := client.CreateIdentity(context.Background(), hub.NewIdentity{ID: id}); err != nil {
		b.Fatal(err)
	}
	twin, err := client.Twin(context.Background(), id)
	if err != nil {
		b.Fatal(err)
	}
	monitor := hub.NewMonitor(client)
	defer func() { _ = monitor.Close() }()
	if err := monitor.Attach(context.Background(), id, hub.AttachOptions{}); err != nil {
		b.Fatal(err)
	}
	seen := make(chan time.Time, 16)
	ready := make(chan struct{})
	var reading sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	defer func() { cancel(); reading.Wait() }()
	reading.Go(func() {
		for {
			batch, err := monitor.Next(ctx)
			if err != nil {
				return
			}
			for _, e := range batch.Events {
				switch e.Kind {
				case hub.EventSynced:
					close(ready)
				case hub.EventPatch:
					seen <- time.Now()
				}
			}
		}
	})
	<-ready
	var waits []time.Duration
	b.ResetTimer()
	for i := range b.N {
		desired := patch.Object(patch.Member{Key: "n", Value: patch.Int(int64(i))})
		after, receipt, err := client.PatchTwin(context.Background(), id, hub.TwinPatch{Desired: &desired}, twin.ETag)
		if err != nil {
			b.Fatal(err)
		}
		twin = after
		waits = append(waits, (<-seen).Sub(receipt.AnsweredAt))
	}
	b.StopTimer()
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "µs-median")
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds()), "µs-p99")
}
