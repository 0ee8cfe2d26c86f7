package hub

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// busy takes n turns and returns when each came, since the first was asked for.
func busy(t *testing.T, b *budget, ctx context.Context, c class, n int) []time.Duration {
	t.Helper()
	began := time.Now()
	var turns []time.Duration
	for range n {
		if err := b.take(ctx, c, 1, time.Hour); err != nil {
			t.Fatal(err)
		}
		turns = append(turns, time.Since(began))
	}
	return turns
}

func TestAQuotaIsKeptInEveryMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget("")
		turns := busy(t, b, t.Context(), classQueries, 100)
		if turns[19] != 0 || turns[20] != time.Minute {
			t.Errorf("what the quota allows is not had at once: %v", turns[:21])
		}
		for i := 20; i < len(turns); i++ {
			if turns[i]-turns[i-20] < time.Minute {
				t.Fatalf("21 queries in %v", turns[i]-turns[i-20])
			}
		}
		if turns := busy(t, b, t.Context(), classTwinReads, 101); turns[99] != 0 || turns[100] != time.Second {
			t.Errorf("twin reads are not apart, 100 a second: %v", turns[98:])
		}
	})
}

func TestTheBackgroundLeavesHalfToTheUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget("S1")
		turns := busy(t, b, Background(t.Context()), classQueries, 40)
		if turns[9] != 0 || turns[10] != time.Minute || turns[11] != turns[10]+6*time.Second {
			t.Errorf("first all it may have at once, then evenly: %v", turns)
		}
		for i := 10; i < len(turns); i++ {
			if turns[i]-turns[i-10] < time.Minute {
				t.Fatalf("11 in %v", turns[i]-turns[i-10])
			}
		}
		if turns := busy(t, b, t.Context(), classQueries, 10); turns[9] != 0 {
			t.Errorf("the user waits for the background: %v", turns)
		}
	})
}

func TestTheBackgroundYieldsToWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget("S1")
		busy(t, b, t.Context(), classQueries, 20)
		var order []string
		var mu sync.Mutex
		call := func(name string, ctx context.Context) {
			if err := b.take(ctx, classQueries, 1, time.Hour); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			order = append(order, name)
		}
		var calls sync.WaitGroup
		for range 2 {
			calls.Go(func() { call("background", Background(t.Context())) })
		}
		synctest.Wait()
		for range 3 {
			calls.Go(func() { call("own", t.Context()) })
		}
		synctest.Wait()
		if u := b.usage(); u.Waiting != 5 || u.Queries != 20 || time.Until(u.NextQuery) != time.Minute {
			t.Errorf("%+v", u)
		}
		calls.Wait()
		if got := strings.Join(order, " "); got != "own own own background background" {
			t.Error(got)
		}
		if u := b.usage(); u.Waiting != 0 {
			t.Errorf("%+v", u)
		}
	})
}

func TestACallThatWouldComeTooLateIsNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget("S1")
		busy(t, b, t.Context(), classQueries, 20)
		time.Sleep(20 * time.Second)
		began := time.Now()
		soon, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		for name, err := range map[string]error{
			"deadline": b.take(soon, classQueries, 1, time.Hour),
			"patience": b.take(t.Context(), classQueries, 1, 30*time.Second),
			"at once":  b.take(AtOnce(Background(t.Context())), classQueries, 1, time.Hour),
		} {
			spent, ok := asSpent(err)
			if !ok || !Throttled(err) || RetryAfter(err) != 40*time.Second || time.Since(began) != 0 {
				t.Fatalf("%s: %v after %v", name, err, time.Since(began))
			}
			spent.op = "run the query"
			if spent.Error() != "cannot run the query: the hub's 20 queries a minute are spent; try again in 41 s" {
				t.Error(spent)
			}
		}
		late, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := b.take(Background(late), classQueries, 1, 0); !errors.Is(err, context.Canceled) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestWhatAHubSaysOfItsTierHoldsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget("")
		busy(t, b, t.Context(), classQueries, 20)
		time.AfterFunc(time.Second, func() { b.told(TierNone) })
		turns := busy(t, b, Background(t.Context()), classQueries, 5000)
		if turns[0] != time.Second || turns[4999] != time.Second {
			t.Errorf("%v to %v", turns[0], turns[4999])
		}
		if u := b.usage(); u.Tier != TierNone || !u.Known || u.QueryQuota != 0 || u.Queries != 5020 {
			t.Errorf("%+v", u)
		}
		b.told("S3")
		b.told("P7") // which nobody knows
		if u := b.usage(); u.Tier != "S3" || u.PerHour() != 60_000 {
			t.Errorf("%+v", u)
		}
		fixed := newBudget("S2")
		fixed.told(TierNone)
		if u := fixed.usage(); u.Tier != "S2" {
			t.Errorf("the hub overrules who knows better: %+v", u)
		}
	})
}

func TestAClassThatTheHubRefusesSlowsDownAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget("S1")
		busy(t, b, Background(t.Context()), classQueries, 3)
		sent := time.Now()
		time.Sleep(time.Second)
		for range 3 { // all of them were on their way when the first came back
			b.refuse(classQueries, sent, 10*time.Second)
		}
		if u := b.usage(); time.Until(u.Throttled) != 10*time.Second {
			t.Errorf("%+v", u)
		}
		if turns := busy(t, b, t.Context(), classTwinReads, 1); turns[0] != 0 {
			t.Error("another class stands still too")
		}
		turns := busy(t, b, Background(t.Context()), classQueries, 4)
		if turns[0] != 10*time.Second || turns[1] != 10*time.Second || turns[2] < 59*time.Second {
			t.Errorf("half of the half are 5: %v", turns)
		}
		time.Sleep(recovery)
		if turns := busy(t, b, t.Context(), classQueries, 20); turns[19] != 0 {
			t.Errorf("it never recovers: %v", turns)
		}
		for range 20 {
			time.Sleep(time.Millisecond)
			b.refuse(classQueries, time.Now(), time.Second)
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		if err := b.take(t.Context(), classQueries, 1, time.Second); err != nil {
			t.Errorf("nothing is left: %v", err)
		}
	})
}

// However calls come, no period has more of them than the quota, and none more background calls than half.
func TestNoPeriodHasMoreThanTheQuota(t *testing.T) {
	type call struct {
		at         time.Time
		cost       int
		background bool
	}
	rapid.Check(t, func(rt *rapid.T) {
		pauses := rapid.SliceOfN(rapid.IntRange(0, 20_000), 1, 80).Draw(rt, "pauses")
		kinds := rapid.SliceOfN(rapid.IntRange(0, 5), len(pauses), len(pauses)).Draw(rt, "kinds")
		synctest.Test(t, func(t *testing.T) {
			const class = classQueries
			b := newBudget("S1")
			var calls []call
			for i, pause := range pauses {
				time.Sleep(time.Duration(pause) * time.Millisecond)
				ctx, background := t.Context(), kinds[i] < 4
				if background {
					ctx = Background(ctx)
				}
				if kinds[i] == 5 {
					ctx = AtOnce(ctx)
				}
				if b.take(ctx, class, 1, time.Hour) == nil {
					calls = append(calls, call{time.Now(), 1, background})
				}
			}
			for i := range calls {
				all, background := 0, 0
				for _, c := range calls[i:] {
					if c.at.Sub(calls[i].at) >= time.Minute {
						break
					}
					all += c.cost
					if c.background {
						background++
					}
				}
				if all > 20 || background > 10 {
					t.Fatalf("%d in a minute, %d of them in the background", all, background)
				}
			}
		})
	})
}

func TestClasses(t *testing.T) {
	for request, want := range map[string]class{
		"POST devices/query":                            classQueries,
		"GET devices/d":                                 classRegistry,
		"PUT devices/query/modules/methods":             classRegistry,
		"GET statistics/devices":                        classRegistry,
		"GET twins/d":                                   classTwinReads,
		"GET twins/d/modules/m":                         classTwinReads,
		"PATCH twins/methods":                           classTwinUpdates,
		"PUT twins/d/modules/m":                         classTwinUpdates,
		"POST twins/d/methods":                          classMethods,
		"POST twins/d/modules/m/methods":                classMethods,
		"GET jobs/v2/j":                                 classJobs,
		"GET configurations":                            classConfigurations,
		"POST configurations/testQueries":               classConfigurations,
		"POST devices/d/applyConfigurationContent":      classConfigurations,
		"POST devices/d/messages/deviceBound":           classCloudToDevice,
		"POST devices/d/modules/m/messages/deviceBound": classCloudToDevice,
	} {
		method, path, _ := strings.Cut(request, " ")
		if got := classOf(method, path); got != want {
			t.Errorf("%s counts as %s, want %s", request, got.name(), want.name())
		}
	}
	if costOf(classMethods, 0) != 1 || costOf(classMethods, 4097) != 2 || costOf(classTwinReads, 9000) != 1 {
		t.Error("costs")
	}
	if classOf(http.MethodGet, "twins/x/modules/methods") != classTwinReads {
		t.Error("a module may be called methods")
	}
}
