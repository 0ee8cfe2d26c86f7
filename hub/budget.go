package hub

import (
	"context"
	"math"
	"sync"
	"time"
)

// budget holds the calls of one client to the quotas of its hub, so that the hub need not refuse
// any. A quota is kept in every period of its length: a bucket that fills up again would let twice
// of it through in the first. Its methods may be called concurrently.
type budget struct {
	mu       sync.Mutex
	tier     string
	fixed    bool // the tier was given, and what the hub says of it makes no difference
	said     bool // the hub has said its tier
	accounts [classCount]account
	requests counter // of all classes
	queries  counter
	waiting  int
	changed  chan struct{} // closed, and another put in its place, when a call may go earlier than it thought
}

// account is what a class has used of its quota.
type account struct {
	quota      quota
	all        window // what was sent
	background window // what of it was sent in the background
	// spread says that background calls have used up their half, and come evenly until they pause.
	spread  bool
	latest  time.Time // when the last background call was sent
	own     int       // calls of the user that wait for their turn; those in the background wait behind them
	until   time.Time // nothing is sent before, because the hub refused
	refused time.Time // when it last did
	share   float64   // of the quota that was used when it did so
}

// reserve is what part of a quota background calls leave to the user.
const reserve = 2

// The share of a quota that is used falls to half with each refusal, down to leastShare, and rises
// to the whole of it again in as long as recovery.
const (
	leastShare = 1.0 / 8
	recovery   = 5 * time.Minute
)

func newBudget(tier string) *budget {
	b := &budget{fixed: tier != "", changed: make(chan struct{})}
	if tier == "" {
		tier = TierUsual
	}
	b.set(tier)
	return b
}

// set takes the quotas of a tier, which must be known. The caller holds mu or is alone.
func (b *budget) set(tier string) {
	b.tier = tier
	for c := range b.accounts {
		a := &b.accounts[c]
		a.quota = tiers[tier][c]
		if a.share == 0 {
			a.share = 1
		}
	}
}

// told takes what the hub says its tier is, empty when it says nothing.
func (b *budget) told(tier string) {
	if _, known := tiers[tier]; !known || b.fixed {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = true
	if tier != b.tier {
		b.set(tier)
		b.wake()
	}
}

// wake lets those who wait look again. The caller holds mu.
func (b *budget) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// take waits for the turn of a call. Those in the background wait as long as ctx allows, those of
// the user at most as long as patience. It returns a *spentError at once when the turn would come too
// late, or when ctx is [AtOnce] and it has not come; and the error of ctx when that ends.
func (b *budget) take(ctx context.Context, c class, cost int, patience time.Duration) error {
	m := manners(ctx)
	last, bounded := ctx.Deadline()
	if !bounded && !m.background {
		last, bounded = time.Now().Add(patience), true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	a := &b.accounts[c]
	waits := false
	defer func() {
		if !waits {
			return
		}
		b.waiting--
		if !m.background {
			a.own--
			b.wake()
		}
	}()
	for {
		now := time.Now()
		if err := ctx.Err(); err != nil {
			return err
		}
		at := a.turn(now, cost, m.background)
		behind := m.background && a.own > 0
		if !at.After(now) && !behind {
			a.spend(now, cost, m.background)
			b.requests.add(now)
			if c == classQueries {
				b.queries.add(now)
			}
			return nil
		}
		if m.atOnce || bounded && at.After(last) {
			return &spentError{quota: a.quota.of(c), refused: a.until.After(now), wait: max(at.Sub(now), time.Second)}
		}
		if !waits {
			waits = true
			b.waiting++
			if !m.background {
				a.own++
			}
		}
		b.rest(ctx, at.Sub(now), behind)
	}
}

// rest lets go of mu until d has passed, something has changed, or ctx ends.
func (b *budget) rest(ctx context.Context, d time.Duration, behind bool) {
	changed := b.changed
	b.mu.Unlock()
	defer b.mu.Lock()
	if behind {
		d = math.MaxInt64
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-ctx.Done():
	}
}

// turn returns when a call may be sent, which is in the past when it may be now.
func (a *account) turn(now time.Time, cost int, background bool) time.Time {
	at := a.until
	later := func(t time.Time) {
		if t.After(at) {
			at = t
		}
	}
	if a.quota.n == 0 {
		return at
	}
	allowed := max(int(float64(a.quota.n)*a.shareAt(now)), 1)
	later(a.all.room(now, a.quota.per, min(cost, allowed), allowed))
	if !background {
		return at
	}
	half := max(allowed/reserve, 1)
	if room := a.background.room(now, a.quota.per, min(cost, half), half); room.After(now) {
		a.spread = true
		later(room)
	}
	gap := a.quota.per / time.Duration(half)
	if a.spread = a.spread && now.Sub(a.latest) < a.quota.per+gap; a.spread {
		later(a.latest.Add(gap))
	}
	return at
}

// spend notes that a call is sent.
func (a *account) spend(now time.Time, cost int, background bool) {
	if a.quota.n == 0 {
		return
	}
	a.all.add(now, cost)
	if background {
		a.background.add(now, cost)
		a.latest = now
	}
}

// shareAt returns how much of its quota a class uses.
func (a *account) shareAt(now time.Time) float64 {
	return min(1, a.share+max(0, float64(now.Sub(a.until))/float64(recovery)))
}

// refuse takes a refusal of a call that was sent at sent: the class stands still for as long as
// the hub asks and uses less of its quota afterwards. Refusals of what was sent before the first
// of them was known are the same one.
func (b *budget) refuse(c class, sent time.Time, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a, now := &b.accounts[c], time.Now()
	share := a.shareAt(now)
	if sent.After(a.refused) {
		share = max(share/2, leastShare)
	} else {
		share = a.share
	}
	a.share, a.refused = share, now
	if until := now.Add(wait); until.After(a.until) {
		a.until = until
	}
}

// window is what was sent in the last period of a quota, the oldest first.
type window struct {
	sent []sent
	used int // sum of the costs
}

type sent struct {
	at   time.Time
	cost int
}

// room forgets what is older than per and returns when there will be room for cost within allowed.
func (w *window) room(now time.Time, per time.Duration, cost, allowed int) time.Time {
	old := 0
	for old < len(w.sent) && !now.Before(w.sent[old].at.Add(per)) {
		w.used -= w.sent[old].cost
		old++
	}
	if old > 0 {
		w.sent = append(w.sent[:0], w.sent[old:]...)
	}
	over := w.used + cost - allowed
	if over <= 0 {
		return time.Time{}
	}
	for _, s := range w.sent {
		if over -= s.cost; over <= 0 {
			return s.at.Add(per)
		}
	}
	return now.Add(per)
}

func (w *window) add(now time.Time, cost int) {
	w.sent = append(w.sent, sent{now, cost})
	w.used += cost
}
