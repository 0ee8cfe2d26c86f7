package hub

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// class is a kind of calls that share a quota of the hub (Azure docs:
// iot-hub-devguide-quotas-throttling, "Operation throttles"). The zero class is the registry's,
// which is what every call through the library counts against.
type class uint8

const (
	classRegistry class = iota
	classQueries
	classTwinReads
	classTwinUpdates
	classMethods // its cost is in pieces of 4 KB
	classJobs
	classConfigurations
	classCloudToDevice
	classCount
)

// name is what the calls of a class are called in a sentence.
func (c class) name() string {
	return [classCount]string{
		"registry operations", "queries", "twin reads", "twin updates", "pieces of 4 KB for direct methods",
		"job operations", "configuration operations", "messages to devices",
	}[c]
}

// classOf returns what a request counts against. path is escaped and has no leading slash.
func classOf(method, path string) class {
	switch {
	case path == "devices/query":
		return classQueries
	case strings.HasPrefix(path, "configurations"), strings.HasSuffix(path, "/applyConfigurationContent"):
		return classConfigurations
	case strings.HasSuffix(strings.ToLower(path), "/messages/devicebound"):
		return classCloudToDevice
	case strings.HasPrefix(path, "twins/") && method == http.MethodPost:
		return classMethods
	case strings.HasPrefix(path, "twins/") && method == http.MethodGet:
		return classTwinReads
	case strings.HasPrefix(path, "twins/"):
		return classTwinUpdates
	case strings.HasPrefix(path, "jobs/"):
		return classJobs
	}
	return classRegistry
}

// methodPiece is what direct methods are metered in.
const methodPiece = 4 << 10

// costOf returns how much of its class's quota a call with a body of n bytes uses up.
func costOf(c class, n int) int {
	if c == classMethods {
		return max(1, (n+methodPiece-1)/methodPiece)
	}
	return 1
}

// quota is what one unit of a tier allows: n in any period as long as per. n is 0 where there is
// no limit.
type quota struct {
	n   int
	per time.Duration
}

// of returns "20 queries a minute", for the quota of a class.
func (q quota) of(c class) string {
	period := "minute"
	if q.per == time.Second {
		period = "second"
	}
	return fmt.Sprintf("%d %s a %s", q.n, c.name(), period)
}

// The names of the tiers that have a meaning of their own here.
const (
	TierNone  = "none" // no quotas
	TierUsual = "S1"   // what a hub is taken for that says nothing
)

// tiers are the quotas of one unit, in the order of the classes (the same docs).
var tiers = map[string][classCount]quota{
	"F1": small(40),
	"S1": small(40),
	"S2": small(120),
	"S3": {
		{5000, time.Minute},
		{1000, time.Minute},
		{500, time.Second},
		{250, time.Second},
		{6144, time.Second},
		{5000, time.Minute},
		{20, time.Minute},
		{5000, time.Minute},
	},
	TierNone: {},
}

// small are the quotas of all tiers but the largest.
func small(methodPieces int) [classCount]quota {
	return [classCount]quota{
		{100, time.Minute},
		{20, time.Minute},
		{100, time.Second},
		{50, time.Second},
		{methodPieces, time.Second},
		{100, time.Minute},
		{20, time.Minute},
		{100, time.Minute},
	}
}

// Tiers returns the names that [Options] may have as Tier.
func Tiers() []string { return slices.Sorted(maps.Keys(tiers)) }
