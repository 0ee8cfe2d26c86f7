package ui

import (
	"fmt"
	"testing"
	"time"

	"twindeck/hub"
)

// large fills a hub with n devices, of which it hands out so many at once.
func large(n, page int) func(*fakeHub) {
	return func(f *fakeHub) {
		f.pageSize = page
		for i := range n {
			f.add(hub.ID{Device: fmt.Sprintf("device-%04d", i)}, fmt.Sprintf(`{"site":"s%d","serial":"n%04d"}`, i%4, i), `{}`, `{}`)
		}
	}
}

// listed returns what listings were asked for: continuation and size of each page.
func (f *fakeHub) listed() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, a := range f.asked {
		if a.Where == "" {
			all = append(all, fmt.Sprintf("%s:%d", a.continuation, a.size))
		}
	}
	return all
}

func (f *fakeHub) spends(u hub.Usage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.usage = u
}

func throttled(wait time.Duration) error {
	return &hub.Error{Op: "list the devices", Status: 429, Code: hub.CodeThrottled, RetryAfter: wait}
}

// The first page comes alone and is shown at once; the rest comes behind it.
func TestTheFirstRowsDoNotWaitForTheRest(t *testing.T) {
	inBubble(t, Options{}, 120, 36, large(2000, 100), func(p *pump) {
		p.sees("device-0000")
		p.wait(10 * time.Second)
		p.sees("2,000 devices", "loaded 2,000 of 2,000")
		asked := p.hub.listed()
		if len(asked) != 20 || asked[0] != ":100" || asked[1] != "100:1000" {
			t.Errorf("%v", asked)
		}
	})
	slow := func(f *fakeHub) {
		large(2000, 100)(f)
		f.delay = late(3*time.Second, "List")
	}
	inBubble(t, Options{}, 120, 36, slow, func(p *pump) {
		p.wait(3500 * time.Millisecond)
		p.sees("device-0000", "loading 100 of 2,000", "loaded 100 of 2,000…")
		p.wait(3 * time.Second)
		p.sees("loading 200 of 2,000")
	})
}

func TestAHubThatRefusesLargePagesIsAskedForSmallOnes(t *testing.T) {
	inBubble(t, Options{}, 120, 36, func(f *fakeHub) {
		large(500, 100)(f)
		f.largest = 100
	}, func(p *pump) {
		p.wait(time.Second)
		p.sees("500 devices")
		if asked := p.hub.listed(); len(asked) != 6 || asked[1] != "100:1000" || asked[2] != "100:100" || asked[3] != "200:100" {
			t.Errorf("%v", asked)
		}
		before := len(p.hub.listed())
		p.Press("r")
		p.wait(time.Second)
		if asked := p.hub.listed()[before:]; len(asked) != 5 {
			t.Errorf("it is not remembered: %v", asked)
		}
	})
}

func TestLoadingIsPausedAndGoesOnFromThere(t *testing.T) {
	inBubble(t, Options{}, 120, 36, large(1000, 100), func(p *pump) {
		p.wait(time.Second)
		p.hub.slow(late(time.Second, "List"))
		p.Press("r")
		p.wait(3500 * time.Millisecond)
		p.Press("p")
		p.sees("loading is paused", "paused at 1,000")
		p.wait(10 * time.Second)
		p.sees("p go on")
		before := len(p.hub.listed())
		p.wait(time.Minute)
		if asked := p.hub.listed()[before:]; len(asked) != 0 {
			t.Errorf("while paused: %v", asked)
		}
		p.Press("p")
		p.wait(500 * time.Millisecond)
		if asked := p.hub.listed()[before:]; len(asked) != 1 || asked[0] != "300:1000" {
			t.Errorf("it goes on with %v", asked)
		}
		p.seesNot("paused at")
		p.wait(10 * time.Second)
		p.sees("loaded 1,000 of 1,000")
		p.Press("p")
		p.sees("all devices are loaded")

		p.Press("r")
		p.wait(1500 * time.Millisecond)
		p.Press("esc")
		p.sees("loading is paused")
		p.Press("r") // anew
		p.wait(100 * time.Millisecond)
		if asked := p.hub.listed(); asked[len(asked)-1] != ":100" {
			t.Errorf("r goes on with %v", asked[len(asked)-1])
		}
	})
}

// What is on its way while the user pauses does not arrive any more, nor what belongs to a listing given up.
func TestStalePagesAreDropped(t *testing.T) {
	inBubble(t, Options{}, 120, 36, large(1000, 100), func(p *pump) {
		p.wait(time.Second)
		old := p.m.listing.gen
		p.Press("r")
		p.Send(pagesMsg{gen: old, entries: []hub.Entry{{ID: hub.ID{Device: "aaa-stale"}}}, err: errUnplugged})
		p.seesNot("aaa-stale", "✗")
		p.hub.slow(late(time.Second, "List"))
		p.Press("r", "p")
		p.Send(resumeMsg{p.m.listing.gen}, resumeMsg{old})
		p.wait(5 * time.Second)
		p.sees("paused at")
	})
}

func TestAListingGoesOnByItselfAfterAnError(t *testing.T) {
	for name, err := range map[string]error{
		"network":  errUnplugged,
		"hub":      &hub.Error{Op: "list the devices", Status: 503},
		"throttle": throttled(10 * time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Options{}, 200, 60, large(1000, 100), func(p *pump) {
				p.wait(time.Second)
				p.hub.slow(late(time.Second, "List"))
				p.Press("r")
				p.wait(2500 * time.Millisecond)
				p.hub.failing("List", err)
				before := len(p.hub.listed())
				p.wait(2 * time.Second)
				if hub.Throttled(err) {
					p.sees("goes on in")
				} else {
					p.sees("✗ cannot", "starts anew)")
				}
				p.wait(20 * time.Second)
				p.hub.failing("List", nil)
				p.wait(3 * time.Minute)
				p.sees("loaded 1,000 of 1,000", "● connected")
				p.seesNot("✗", "goes on in")
				asked := p.hub.listed()[before:]
				for _, a := range asked {
					if a == ":100" {
						t.Fatalf("it starts anew: %v", asked)
					}
				}
				if asked[len(asked)-1] != "900:1000" || len(asked) > 16 {
					t.Errorf("%d requests: %v", len(asked), asked)
				}
			})
		})
	}
}

func TestAnErrorThatWaitingDoesNotHelpEndsTheListing(t *testing.T) {
	for name, err := range map[string]error{
		"policy": &hub.Error{Op: "list the devices", Status: 401, Code: hub.CodeUnauthorized},
		"query":  &hub.Error{Op: "list the devices", Status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Options{}, 200, 60, large(300, 100), func(p *pump) {
				p.wait(time.Second)
				p.hub.failing("List", err)
				p.Press("r")
				p.wait(time.Second)
				p.sees("✗ cannot list the devices")
				before := len(p.hub.listed())
				p.wait(10 * time.Minute)
				if n := len(p.hub.listed()) - before; n != 0 {
					t.Errorf("%d requests in vain", n)
				}
			})
		})
	}
}

// A page that comes with others is shown although the one after it fails.
func TestWhatCameBeforeAnErrorIsKept(t *testing.T) {
	inBubble(t, Options{}, 120, 36, large(0, 100), func(p *pump) {
		p.wait(time.Second)
		p.m.list()
		p.Send(pagesMsg{gen: p.m.listing.gen, entries: []hub.Entry{{ID: hub.ID{Device: "one"}}}, more: "1", err: errUnplugged})
		p.sees("one", "✗ cannot reach")
		if p.m.listing.more != "1" {
			t.Errorf("it would go on at %q", p.m.listing.more)
		}
	})
}

func TestTheHeaderShowsWhatTheHubIsAsked(t *testing.T) {
	inBubble(t, Options{Policy: "iothubowner"}, 140, 36, demo, func(p *pump) {
		p.hub.spends(hub.Usage{Tier: "S1", Requests: 1012, Queries: 7, QueryQuota: 20})
		p.wait(time.Second)
		p.sees("4 devices   REQ 1,012/min  queries 7/20", "iothubowner")
		p.Resize(90, 36)
		p.sees("4 devices   REQ 1,012/min")
		p.Resize(60, 36)
		p.sees("4 devices")
		p.Resize(140, 36)
		p.hub.spends(hub.Usage{Tier: "S1", Requests: 12, QueryQuota: 20, Throttled: time.Now().UTC().Add(9 * time.Second)})
		p.wait(time.Second)
		p.sees("throttled, goes on in")
		p.hub.spends(hub.Usage{Tier: "none", Requests: 12, Queries: 7})
		p.wait(time.Second)
		p.sees("REQ 12/min")
		p.seesNot("queries", "throttled")
	})
}

func TestWhatTheNextPageWaitsForIsSaid(t *testing.T) {
	halfLoaded(t, func(p *pump) {
		p.hub.spends(hub.Usage{Tier: "S1", QueryQuota: 20, NextQuery: time.Now().UTC().Add(9 * time.Second)})
		p.wait(time.Second)
		p.sees("loading 100 of 1,000", "next page in")
	})
}

// Another policy may not count; nothing else is the worse for it.
func TestADeviceCountThatIsNotPermittedIsNoProblem(t *testing.T) {
	refuse := func(f *fakeHub) {
		large(1000, 100)(f)
		f.fail["Statistics"] = &hub.Error{Op: "count the devices", Status: 401, Code: hub.CodeUnauthorized}
		f.delay = late(time.Second, "List")
	}
	inBubble(t, Options{}, 120, 36, refuse, func(p *pump) {
		p.wait(1500 * time.Millisecond)
		p.sees("● connected", "loaded 100…")
		p.seesNot("✗")
	})
}

func TestTheDevicesAreReadAgainByThemselves(t *testing.T) {
	inBubble(t, Options{}, 120, 36, large(1000, 100), func(p *pump) {
		p.hub.spends(hub.Usage{Tier: "S1", QueryQuota: 20})
		p.wait(2 * time.Second)
		p.Press("R")
		p.sees("Read the devices again by themselves", "every 30 s       10 queries each, which takes 60 s", "every 1 min      10 queries each, 600 of S1's 1,200/h")
		p.Press("j", "j", "j", "enter")
		p.sees("read again every 5 min")
		if s, err := p.m.prefs.keeper.store.Load(); err != nil || s.Refresh != 5*time.Minute {
			t.Errorf("it is not kept: %v %v", s, err)
		}
		before := len(p.hub.listed())
		p.Press("G")
		selected, _ := p.m.selected()
		p.wait(4 * time.Minute)
		if n := len(p.hub.listed()) - before; n != 0 {
			t.Errorf("%d requests before it was time", n)
		}
		p.wait(12 * time.Minute)
		if n := len(p.hub.listed()) - before; n != 30 {
			t.Errorf("%d requests in a quarter of an hour", n)
		}
		if now, _ := p.m.selected(); now != selected {
			t.Errorf("the selection moved to %v", now)
		}
		p.Press("R", "g", "enter")
		p.wait(time.Second)
		before = len(p.hub.listed())
		p.wait(time.Hour)
		if n := len(p.hub.listed()) - before; n != 0 {
			t.Errorf("%d requests after it was switched off", n)
		}
	})
}
