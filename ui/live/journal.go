package live

import (
	"time"

	"twindeck/hub"
	"twindeck/hub/patch"
)

// The bounds of what is kept, and once more of what waits while the list is paused. An event that
// is let go is counted, never silently lost.
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

// entry is one event as the pane keeps it. The event itself never changes, so that it may be read
// from other goroutines.
type entry struct {
	hub.Event
	weight  int
	missing uint64 // events let go right before this one because the screen was too slow

	ours    bool          // the patch was written here
	latency time.Duration // from sending the PATCH to its arrival, when ours
	answer  answer
	skipped int64 // Observed: versions of the desired properties since the one before
	again   bool  // a Synced after the first: what changed unseen
	detail  detail
}

// journal is the bounded record of events. Each has a number: they rise by one, and those from
// first on are kept.
type journal struct {
	entries []*entry
	first   uint64
	weight  int
	letGo   uint64
}

func (j *journal) len() int { return len(j.entries) }

// end is the number that the next event will have.
func (j *journal) end() uint64 { return j.first + uint64(len(j.entries)) }

// at returns the event of a number that is kept.
func (j *journal) at(n uint64) *entry { return j.entries[n-j.first] }

// newest returns the i-th entry from the newest, 0 <= i < len.
func (j *journal) newest(i int) *entry { return j.entries[len(j.entries)-1-i] }

// add appends an event and lets go of the oldest that have no room any more.
func (j *journal) add(e *entry) {
	j.entries = append(j.entries, e)
	j.weight += e.weight
	for len(j.entries) > maxEvents || j.weight > maxWeight && len(j.entries) > 1 {
		j.weight -= j.entries[0].weight
		j.entries[0] = nil
		j.entries = j.entries[1:]
		j.first++
		j.letGo++
	}
}

// take appends all that another journal holds, and empties that. What the other had let go was let
// go between the two.
func (j *journal) take(from *journal) {
	if from.letGo > 0 && from.len() > 0 {
		from.entries[0].missing += from.letGo
	}
	j.letGo += from.letGo
	for _, e := range from.entries {
		j.add(e)
	}
	*from = journal{}
}

// newEntry weighs an event.
func newEntry(ev hub.Event) *entry {
	e := &entry{Event: ev, weight: 512 + 4*len(ev.Raw) + 64*(len(ev.Changes)+len(ev.Reported))}
	if ev.Raw == nil && ev.Value.Len() > 0 {
		e.weight += 4 * patch.Size(ev.Value)
	}
	if ev.Answer != nil {
		e.weight += 4 * patch.Size(ev.Answer.Payload)
	}
	return e
}
