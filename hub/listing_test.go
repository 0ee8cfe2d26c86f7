package hub_test

import (
	"errors"
	"testing"
	"time"

	"twindeck/hub"
	"twindeck/hub/embedded"
	"twindeck/hub/embedded/faults"
	"twindeck/hub/embedded/rest"
)

// startFleet runs an embedded hub with n devices and returns a client of it.
func startFleet(tb testing.TB, n int, opts embedded.Options, client hub.Options) *hub.Client {
	tb.Helper()
	server, err := embedded.Start(tb.Context(), opts)
	if err != nil {
		tb.Fatal(err)
	}
	if err := server.SeedFleet(n); err != nil {
		tb.Fatal(err)
	}
	cs, err := hub.ParseConnectionString(server.ConnectionString("iothubowner"))
	if err != nil {
		tb.Fatal(err)
	}
	client.RootCAs = server.CertPool()
	c, err := hub.NewClient(cs, client)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(c.Close(), server.Close()); err != nil {
			tb.Error(err)
		}
	})
	return c
}

// A hub that holds clients to a tier need never refuse a listing, and one without is read at full speed.
func TestAListingIsHeldToTheTierThatTheHubNames(t *testing.T) {
	for tier, want := range map[string]int{"S1": 11, "": 30} {
		c := startFleet(t, 3000, embedded.Options{Tier: tier}, hub.Options{})
		page, err := c.List(t.Context(), hub.Listing{}, "", 100)
		if err != nil || len(page.Rows) != 100 {
			t.Fatalf("%d rows, %v", len(page.Rows), err)
		}
		pages, began := 1, time.Now()
		ctx := hub.AtOnce(hub.Background(t.Context()))
		for page.Continuation != "" {
			if page, err = c.List(ctx, hub.Listing{}, page.Continuation, 100); err != nil {
				break
			}
			pages++
		}
		u := c.Usage()
		if pages != want || u.Queries != want || (tier == "S1") != hub.Throttled(err) {
			t.Errorf("tier %q: %d pages, %+v, %v", tier, pages, u, err)
		}
		if tier == "S1" && (u.Tier != "S1" || !u.Known || u.NextQuery.Before(began.Add(50*time.Second))) {
			t.Errorf("%+v", u)
		}
		if _, err := c.List(t.Context(), hub.Listing{Where: "deviceId = 'none'"}, "", 0); err != nil {
			t.Errorf("a query of the user has to wait: %v", err)
		}
	}
}

// What a hub refuses in spite of all comes later, and nothing of it is lost.
func TestAListingGoesOnAfterRefusals(t *testing.T) {
	f := &faults.Faults{}
	c := startFleet(t, 500, embedded.Options{Faults: f}, hub.Options{})
	f.OnRequest("POST", "/devices/query", 1, rest.Fault{Status: 429})
	began := time.Now()
	seen := map[string]bool{}
	for continuation, first := "", true; first || continuation != ""; first = false {
		page, err := c.List(hub.Background(t.Context()), hub.Listing{}, continuation, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Rows {
			seen[row.Device] = true
		}
		continuation = page.Continuation
	}
	if len(seen) != 500 || time.Since(began) < 9*time.Second {
		t.Errorf("%d devices after %v", len(seen), time.Since(began))
	}
}

func TestStatisticsOfAHub(t *testing.T) {
	c := startFleet(t, 25, embedded.Options{}, hub.Options{})
	if s, err := c.Statistics(t.Context()); err != nil || s.Devices != 25 || s.Enabled+s.Disabled != 25 {
		t.Errorf("%+v %v", s, err)
	}
}

// BenchmarkListing lists a fleet over the wire: ns/row is what a row costs both sides.
func BenchmarkListing(b *testing.B) {
	const n = 100_000
	for name, size := range map[string]int{"pages of 100": 100, "pages of 1000": 1000} {
		b.Run(name, func(b *testing.B) {
			c := startFleet(b, n, embedded.Options{Queries: rest.QueryOptions{MaxPageSize: 1000}}, hub.Options{})
			b.ReportAllocs()
			for b.Loop() {
				rows := 0
				for continuation, first := "", true; first || continuation != ""; first = false {
					page, err := c.List(hub.Background(b.Context()), hub.Listing{}, continuation, size)
					if err != nil {
						b.Fatal(err)
					}
					rows += len(page.Rows)
					continuation = page.Continuation
				}
				if rows != n {
					b.Fatal(rows)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
