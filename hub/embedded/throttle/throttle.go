// Package throttle holds clients to the quotas of a tier of the service (Azure docs:
// iot-hub-devguide-quotas-throttling, "Operation throttles"). As there, traffic is shaped: what
// comes too fast waits for its turn, and is refused only when that would take too long.
package throttle

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"twindeck/hub/embedded/registry"
)

// Class is a kind of operations that share a quota.
type Class string

// The classes, by the names that refusals have for them.
const (
	Registry       Class = "IdentityOperations"
	Queries        Class = "Query"
	TwinReads      Class = "TwinReads"
	TwinUpdates    Class = "TwinUpdates"
	DirectMethods  Class = "DirectMethods" // its cost is in bytes, see MethodCost
	Jobs           Class = "JobOperations"
	Configurations Class = "ConfigurationOperations"
	CloudToDevice  Class = "CloudToDeviceSends"
	FileUploads    Class = "FileUploadInitiations"
	Connections    Class = "DeviceConnections"
)

// quota is what one unit of a tier allows.
type quota struct {
	n   float64
	per time.Duration
}

func perMinute(n float64) quota { return quota{n, time.Minute} }
func perSecond(n float64) quota { return quota{n, time.Second} }

const kilobyte = 1024

// tiers are the quotas of one unit.
var tiers = map[string]map[Class]quota{
	"F1": small(perSecond(160 * kilobyte)),
	"S1": small(perSecond(160 * kilobyte)),
	"S2": with(small(perSecond(480*kilobyte)), map[Class]quota{Connections: perSecond(120)}),
	"S3": {
		Registry:       perMinute(5000),
		Queries:        perMinute(1000),
		TwinReads:      perSecond(500),
		TwinUpdates:    perSecond(250),
		DirectMethods:  perSecond(24 * 1024 * kilobyte),
		Jobs:           perMinute(5000),
		Configurations: perMinute(20),
		CloudToDevice:  perMinute(5000),
		FileUploads:    perMinute(5000),
		Connections:    perSecond(6000),
	},
}

// small are the quotas of all tiers but the largest.
func small(methods quota) map[Class]quota {
	return map[Class]quota{
		Registry:       perMinute(100),
		Queries:        perMinute(20),
		TwinReads:      perSecond(100),
		TwinUpdates:    perSecond(50),
		DirectMethods:  methods,
		Jobs:           perMinute(100),
		Configurations: perMinute(20),
		CloudToDevice:  perMinute(100),
		FileUploads:    perMinute(100),
		Connections:    perSecond(100),
	}
}

func with(base, changes map[Class]quota) map[Class]quota {
	maps.Copy(base, changes)
	return base
}

// Patience is how long an operation waits for its turn before it is refused, unless Options say
// otherwise.
const Patience = 10 * time.Second

// Options are for tests. The zero value is what a hub works with.
type Options struct {
	Now      func() time.Time // nil: time.Now
	Patience time.Duration    // 0: Patience; negative: nothing ever waits
	// Wait waits for d or until done is closed and reports whether it waited for all of d; nil
	// waits in real time.
	Wait func(d time.Duration, done <-chan struct{}) bool
}

// Throttle counts the operations of one hub. It is made by New. A nil *Throttle has no quotas.
// Its methods may be called concurrently.
type Throttle struct {
	tier     string
	opts     Options
	limiters map[Class]*rate.Limiter
}

// Tiers returns the names of the tiers.
func Tiers() []string { return slices.Sorted(maps.Keys(tiers)) }

// New returns the throttle of a tier, in any case, with one unit. An empty tier has no quotas:
// then it is nil. The error is one sentence.
func New(tier string, opts Options) (*Throttle, error) {
	if tier == "" {
		return nil, nil
	}
	quotas, ok := tiers[strings.ToUpper(tier)]
	if !ok {
		return nil, fmt.Errorf("there is no tier %q: choose one of %s", tier, strings.Join(Tiers(), ", "))
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Wait == nil {
		opts.Wait = wait
	}
	opts.Patience = cmp.Or(opts.Patience, Patience)
	t := &Throttle{strings.ToUpper(tier), opts, map[Class]*rate.Limiter{}}
	for class, q := range quotas {
		// A client may use at once what it has for a minute, or a second.
		t.limiters[class] = rate.NewLimiter(rate.Limit(q.n/q.per.Seconds()), int(q.n))
	}
	return t, nil
}

// Tier returns the name of the tier whose quotas are enforced, "none" when there are none.
func (t *Throttle) Tier() string {
	if t == nil {
		return "none"
	}
	return t.tier
}

func wait(d time.Duration, done <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-done:
		return false
	}
}

// MethodCost is what a direct method with a payload of n bytes costs: it is metered in pieces of
// 4 KB.
func MethodCost(n int) int {
	const piece = 4 * kilobyte
	return max(1, (n+piece-1)/piece) * piece
}

// Admit lets an operation through, at once or after a wait, until done is closed. It returns an
// *registry.Error with status 429 when the wait would be too long, and context.Canceled when
// done was closed before the operation's turn. cost is 1 for all classes but DirectMethods.
func (t *Throttle) Admit(done <-chan struct{}, class Class, cost int) error {
	if t == nil || t.limiters[class] == nil {
		return nil
	}
	limiter, now := t.limiters[class], t.opts.Now()
	turn := limiter.ReserveN(now, min(cost, limiter.Burst()))
	delay := turn.DelayFrom(now)
	switch {
	case delay <= 0:
		return nil
	case delay > t.opts.Patience:
		turn.CancelAt(now)
		return throttled(class)
	case !t.opts.Wait(delay, done):
		turn.CancelAt(t.opts.Now())
		return context.Canceled
	}
	return nil
}

func throttled(class Class) error {
	return &registry.Error{
		Status: 429, Number: 429003, Name: "ThrottlingBacklogTimeout",
		Message: "The request has been throttled. Wait 10 seconds and try again. Operation type: " + string(class),
	}
}
