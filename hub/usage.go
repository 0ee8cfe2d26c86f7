package hub

import (
	"context"
	"fmt"
	"time"
)

// Usage is what the calls of a [Client] have cost lately.
type Usage struct {
	Tier       string    // whose quotas are kept: F1, S1, S2, S3, or none
	Known      bool      // the hub said so, or [Options]; otherwise it is a cautious guess
	Requests   int       // sent in the last minute
	Queries    int       // of them, queries
	QueryQuota int       // queries that the tier allows in a minute; 0: any number
	Waiting    int       // calls that wait for their turn now
	Throttled  time.Time // when calls go on that stand still because the hub refused one; zero when none do
	NextQuery  time.Time // when the next query in the background may be sent; zero: now
}

// PerHour returns how many queries the tier allows in an hour; 0: any number.
func (u Usage) PerHour() int { return 60 * u.QueryQuota }

// Usage returns what the calls of the client have cost lately. It does no I/O and never blocks for long.
func (c *Client) Usage() Usage { return c.budget.usage() }

func (b *budget) usage() Usage {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	queries := &b.accounts[classQueries]
	u := Usage{
		Tier: b.tier, Known: b.fixed || b.said, Requests: b.requests.sum(now), Queries: b.queries.sum(now),
		QueryQuota: queries.quota.n, Waiting: b.waiting,
	}
	for i := range b.accounts {
		if until := b.accounts[i].until; until.After(now) && until.After(u.Throttled) {
			u.Throttled = until
		}
	}
	if at := queries.turn(now, 1, true); at.After(now) {
		u.NextQuery = at
	}
	return u
}

// counter counts what happened in the last minute, second by second.
type counter [60]struct {
	second int64
	n      int
}

func (c *counter) add(now time.Time) {
	s := now.Unix()
	at := &c[s%int64(len(c))]
	if at.second != s {
		at.second, at.n = s, 0
	}
	at.n++
}

func (c *counter) sum(now time.Time) int {
	oldest, n := now.Unix()-int64(len(c)), 0
	for _, at := range c {
		if at.second > oldest {
			n += at.n
		}
	}
	return n
}

// behaviour is how a call takes its turn.
type behaviour struct{ background, atOnce, routine bool }

type behaviourKey struct{}

func manners(ctx context.Context) behaviour {
	b, _ := ctx.Value(behaviourKey{}).(behaviour)
	return b
}

// Background marks calls that nobody is waiting for, such as the further pages of a listing or the
// rows of a bulk change. They use half of a quota at most and yield to the user's own. They wait for
// their turn as long as ctx allows, and the time allowed for the exchange itself begins after
// that. When the hub throttles them, they wait and go on, writes as well: what is throttled is not
// carried out.
func Background(ctx context.Context) context.Context {
	b := manners(ctx)
	b.background = true
	return context.WithValue(ctx, behaviourKey{}, b)
}

// AtOnce marks calls that are rather not made than made later: one whose turn has not come fails with an
// error that [Throttled] knows, and one that the hub throttles is not repeated.
func AtOnce(ctx context.Context) context.Context {
	b := manners(ctx)
	b.atOnce = true
	return context.WithValue(ctx, behaviourKey{}, b)
}

// Routine marks calls that a program makes by itself, over and over, as opposed to what somebody did: the
// call log has them as such.
func Routine(ctx context.Context) context.Context {
	b := manners(ctx)
	b.routine = true
	return context.WithValue(ctx, behaviourKey{}, b)
}

// spentError is why a call did not leave: it would have been one too many for the hub.
type spentError struct {
	op      string
	quota   string // "20 queries a minute"
	refused bool   // the hub said so itself
	wait    time.Duration
}

// Error says what happened and when to try again.
func (e *spentError) Error() string {
	why := "the hub's " + e.quota + " are spent"
	if e.refused {
		why = "the hub is throttling"
	}
	return fmt.Sprintf("cannot %s: %s; try again in %d s", e.op, why, int(e.wait.Seconds())+1)
}

// RetryAfter returns how long to wait before what failed can be tried again, 0 when err is not about the
// pace of calls.
func RetryAfter(err error) time.Duration {
	if spent, ok := asSpent(err); ok {
		return spent.wait
	}
	var wait time.Duration
	is(err, func(e *Error) bool {
		wait = e.RetryAfter
		return true
	})
	return wait
}
