package query

import (
	"context"
	"fmt"
	"testing"
	"time"

	"twindeck/hub/embedded/registry"
)

// BenchmarkMillion runs queries over a million twins; ns/twin is what looking at one costs.
func BenchmarkMillion(b *testing.B) {
	const n = 1_000_000
	s := registry.New(registry.Options{})
	if err := s.Seed(n, func(i int) registry.Seed {
		return registry.Seed{
			Device:  fmt.Sprintf("device-%07d", i),
			Tags:    [...]string{`{"site":"ist","floor":1,"ring":"stable"}`, `{"site":"ams","floor":2,"ring":"early"}`}[i%2],
			Desired: `{"telemetryInterval":60,"speed":{"rpm":1450,"ramp":5}}`,
		}
	}); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		rows       int // that it has to look at
	}{
		{"page", `SELECT * FROM devices`, 0},
		{"page of columns", `SELECT deviceId, status, connectionState, authenticationType, lastActivityTime, capabilities, deviceScope, parentScopes, tags FROM devices`, 0},
		{"device", `SELECT * FROM devices WHERE deviceId = 'device-0999999'`, 0},
		{"devices", `SELECT * FROM devices WHERE deviceId IN ['device-0000001', 'device-0500000', 'device-0999999', 'none']`, 0},
		{"nothing by id", `SELECT * FROM devices WHERE STARTSWITH(deviceId, 'x')`, n},
		{"nothing by tag", `SELECT * FROM devices WHERE tags.site = 'x' OR tags.missing.at.all = 1`, n},
		{"nothing by desired", `SELECT * FROM devices WHERE properties.desired.speed.rpm > 2000`, n},
		{"nothing by reported", `SELECT * FROM devices WHERE properties.reported.firmware = '1'`, n},
		{"count", `SELECT COUNT() AS n FROM devices WHERE status = 'enabled'`, n},
		{"group", `SELECT tags.site, COUNT() AS n, AVG(tags.floor) AS f FROM devices GROUP BY tags.site`, n},
	} {
		b.Run(c.name, func(b *testing.B) {
			q := mustParse(b, c.text)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := q.Run(context.Background(), Sources{Twins: s}, "", DefaultPage); err != nil {
					b.Fatal(err)
				}
			}
			if c.rows > 0 {
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.rows), "ns/twin")
			}
		})
	}
	b.Run("cancelled", func(b *testing.B) {
		q := mustParse(b, `SELECT * FROM devices WHERE tags.site = 'x'`)
		for b.Loop() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			if _, err := q.Run(ctx, Sources{Twins: s}, "", DefaultPage); err == nil {
				b.Error("a search through a million twins took no time")
			}
			cancel()
		}
	})
}
