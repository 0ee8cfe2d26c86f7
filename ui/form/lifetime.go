package form

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	day = 24 * time.Hour
	// maxLifetime bounds a typed lifetime; a hub sets no bound, and ten years is for ever.
	maxLifetime = 3650 * day
)

// lifetimes are those that are offered.
var lifetimes = []time.Duration{15 * time.Minute, time.Hour, 24 * time.Hour, 7 * day, 30 * day, 365 * day}

var (
	errLifetime = errors.New("a lifetime is a number with a unit, such as 36h, 90m or 2d12h")
	errTooLong  = fmt.Errorf("a lifetime is at most %d days", maxLifetime/day)
	errTooShort = errors.New("a lifetime is at least a second")
)

// parseLifetime reads how long a token is to be good: numbers with the units w, d, h, m and s,
// one after the other.
func parseLifetime(text string) (time.Duration, error) {
	units := map[byte]time.Duration{'w': 7 * day, 'd': day, 'h': time.Hour, 'm': time.Minute, 's': time.Second}
	rest := strings.ReplaceAll(text, " ", "")
	if rest == "" {
		return 0, errLifetime
	}
	var sum float64
	for rest != "" {
		n := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if n < 1 || n > 12 {
			return 0, errLifetime
		}
		number, err := strconv.ParseFloat(rest[:n], 64)
		unit, known := units[rest[n]]
		if err != nil || !known {
			return 0, errLifetime
		}
		sum += number * float64(unit)
		rest = rest[n+1:]
	}
	switch {
	case sum > float64(maxLifetime):
		return 0, errTooLong
	case sum < float64(time.Second):
		return 0, errTooShort
	}
	return time.Duration(sum), nil
}

// lifetimeText writes a lifetime as people say it.
func lifetimeText(d time.Duration) string {
	switch {
	case d > 24*time.Hour && d%day == 0:
		return count(int(d/day), "day")
	case d%time.Hour == 0:
		return count(int(d/time.Hour), "hour")
	case d%time.Minute == 0:
		return count(int(d/time.Minute), "minute")
	}
	return d.Round(time.Second).String()
}
