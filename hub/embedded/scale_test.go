package embedded_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"twindeck/hub/embedded"
)

// million is the largest hub: a million devices and, with the fleet's modules, a third more
// identities.
const million = 1_000_000

// heap is the memory in use, without garbage: what it is when it no longer changes, because a hub
// that has started still looks through its twins.
func heap() uint64 {
	var m runtime.MemStats
	for before, deadline := uint64(0), time.Now().Add(time.Minute); ; {
		runtime.GC()
		runtime.ReadMemStats(&m)
		now := m.HeapAlloc + m.StackInuse
		if max(now, before)-min(now, before) <= now/100 || time.Now().After(deadline) {
			return now
		}
		before = now
	}
}

// BenchmarkStartMillion starts a hub with the million devices that are in its data file.
func BenchmarkStartMillion(b *testing.B) {
	opts := embedded.Options{DataFile: filepath.Join(b.TempDir(), "hub.data")}
	before := heap()
	hub := start(b, opts)
	if err := hub.SeedFleet(million); err != nil {
		b.Fatal(err)
	}
	if err := hub.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(opts.DataFile)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if hub, err = embedded.Start(context.Background(), opts); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		b.ReportMetric(float64(heap()-before)/million, "heap-B/device")
		if err := hub.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(info.Size())/million, "file-B/device")
}

// sizes are fleets between which nothing that users wait for may get dearer.
var sizes = []int{10, million}

// BenchmarkListPages reads pages from the middle of a listing.
func BenchmarkListPages(b *testing.B) {
	for _, n := range []int{1000, million} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			hub := start(b, embedded.Options{})
			if err := hub.SeedFleet(n); err != nil {
				b.Fatal(err)
			}
			c := newClient(b, hub)
			// A token is good for any page; going there one by one is not what is measured.
			const all = `{"query":"SELECT * FROM devices"}`
			token := ""
			for range 5 {
				token = c.must(b, 200, "POST", "/devices/query", all, "x-ms-continuation", token).header.Get("x-ms-continuation")
			}
			for b.Loop() {
				c.must(b, 200, "POST", "/devices/query", all, "x-ms-continuation", token)
			}
			b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "twins/s")
		})
	}
}

// BenchmarkPatchToNotification goes from a PATCH over HTTPS to the module that has it over MQTT.
func BenchmarkPatchToNotification(b *testing.B) {
	for _, kept := range []string{"memory", "file"} {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/%d", kept, n), func(b *testing.B) {
				var opts embedded.Options
				if kept == "file" {
					opts.DataFile = filepath.Join(b.TempDir(), "hub.data")
				}
				hub := start(b, opts)
				if err := hub.SeedFleet(n); err != nil {
					b.Fatal(err)
				}
				c := newClient(b, hub)
				c.must(b, 200, "PUT", "/devices/d", `{}`)
				_, messages := connect(b, hub, embedded.ID{Device: "d"}, desiredTopic)
				for b.Loop() {
					c.must(b, 200, "PATCH", "/twins/d", `{"properties":{"desired":{"telemetryInterval":122}}}`)
					receive(b, messages)
				}
			})
		}
	}
}

// BenchmarkNotifications writes to all modules in turn, with as many writers as a busy service
// has, and waits until every module has every patch.
func BenchmarkNotifications(b *testing.B) {
	const writers = 16
	for _, n := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			hub := start(b, embedded.Options{})
			c := newClient(b, hub)
			c.http.Transport.(*http.Transport).MaxIdleConnsPerHost = writers
			ids := modules(b, c, n)
			before := heap()
			crowd := connectCrowd(b, hub, ids, b.N)
			each := float64(heap()-before) / float64(n)
			b.ResetTimer()
			var group sync.WaitGroup
			for w := range writers {
				group.Go(func() {
					for i := w; i < b.N; i += writers {
						id := ids[i%n]
						a, err := c.try("PATCH", "/twins/"+id.Device+"/modules/"+id.Module, `{"properties":{"desired":{"telemetryInterval":122}}}`)
						if err != nil || a.status != 200 {
							b.Errorf("patch: %v %s", err, a.body)
							return
						}
					}
				})
			}
			group.Wait()
			crowd.wait("received")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "notifications/s")
			b.ReportMetric(each, "B/connection")
		})
	}
}

// modules creates n modules, fifty to a device.
func modules(b testing.TB, c *client, n int) (ids []embedded.ID) {
	b.Helper()
	for i := range n {
		id := embedded.ID{Device: fmt.Sprintf("d%d", i/50), Module: fmt.Sprintf("m%d", i%50)}
		if i%50 == 0 {
			c.must(b, 200, "PUT", "/devices/"+id.Device, `{}`)
		}
		c.must(b, 200, "PUT", "/devices/"+id.Device+"/modules/"+id.Module, `{}`)
		ids = append(ids, id)
	}
	return ids
}
