package live

import (
	"time"

	"twindeck/hub"
)

// The bounds of what is kept. An event that is let go is counted, never silently lost.
const (
	maxEvents   = 10_000
	maxWeight   = 64 << 20 // bytes of payload, roughly, with what was parsed from them
	maxReceipts = 256
)

// detail says how much of an event is shown.
type detail uint8

const (
	brief detail = iota // a few changes, and the payload when it is short
	folded
	full
)

// entry is one event as the pane keeps it.
type entry struct {
	hub.Event
	ours    bool          // the patch was written here
	latency time.Duration // from sending the PATCH to its arrival, when ours
	detail  detail
}

func (e *entry) weight() int { return 512 + 4*len(e.Raw) }

// write identifies a write to a twin: the module sees the same version arrive.
type write struct {
	id      hub.ID
	version int64
}

// journal is the bounded record of events, and the writes that are waited for. An answer to
// a PATCH and the patch itself travel on two connections and arrive in either order.
type journal struct {
	ring     []entry
	start    int // of the oldest
	weight   int
	letGo    uint64
	receipts map[write]hub.Receipt
	order    []write // receipts by age
}

func newJournal() journal { return journal{receipts: map[write]hub.Receipt{}} }

func (j *journal) len() int { return len(j.ring) }

// newest returns the i-th entry from the newest, 0 <= i < len.
func (j *journal) newest(i int) *entry {
	return &j.ring[(j.start+len(j.ring)-1-i)%len(j.ring)]
}

// add appends an event and reports how many of the oldest were let go for it.
func (j *journal) add(ev hub.Event) (dropped int) {
	e := entry{Event: ev}
	if ev.Kind == hub.EventPatch {
		if r, ok := j.receipts[write{ev.ID, ev.Version}]; ok {
			e.recognise(r)
		}
	}
	j.weight += e.weight()
	if len(j.ring) == maxEvents {
		j.weight -= j.ring[j.start].weight()
		j.ring[j.start] = e
		j.start = (j.start + 1) % len(j.ring)
		dropped++
	} else {
		j.unroll()
		j.ring = append(j.ring, e)
	}
	for j.weight > maxWeight && len(j.ring) > 1 {
		j.unroll()
		half := len(j.ring) / 2
		for i := range half {
			j.weight -= j.ring[i].weight()
		}
		j.ring = append([]entry(nil), j.ring[half:]...)
		dropped += half
	}
	j.letGo += uint64(dropped)
	return dropped
}

// unroll puts the oldest entry first in memory, so that the ring may grow or shrink.
func (j *journal) unroll() {
	if j.start == 0 {
		return
	}
	j.ring = append(append(make([]entry, 0, len(j.ring)+1), j.ring[j.start:]...), j.ring[:j.start]...)
	j.start = 0
}

// remember takes the receipt of a write, for the event that is still to come or for the
// one that was faster than the answer.
func (j *journal) remember(r hub.Receipt) {
	w := write{r.ID, r.DesiredVersion}
	if _, known := j.receipts[w]; !known {
		j.order = append(j.order, w)
	}
	j.receipts[w] = r
	if len(j.order) > maxReceipts {
		delete(j.receipts, j.order[0])
		j.order = j.order[1:]
	}
	for i := range min(j.len(), maxReceipts) {
		if e := j.newest(i); e.Kind == hub.EventPatch && e.ID == r.ID && e.Version == r.DesiredVersion {
			e.recognise(r)
			return
		}
	}
}

func (e *entry) recognise(r hub.Receipt) {
	e.ours = true
	e.latency = max(e.At.Sub(r.SentAt), 0)
}
