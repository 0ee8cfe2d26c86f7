package messages

import (
	"slices"
	"time"

	"twindeck/hub/embedded/registry"
)

// outcome is how a message ends, as feedback names it.
type outcome string

const (
	success           outcome = "Success"
	expired           outcome = "Expired"
	deliveriesReached outcome = "DeliveryCountExceeded"
	rejected          outcome = "Rejected"
	purged            outcome = "Purged"
	dropped           outcome = "" // nobody is told
)

// effects are what follows from a change of the queues once mu is free.
type effects struct {
	records []record      // to be stored
	gone    []string      // keys to be deleted
	ready   []registry.ID // who has messages to take
}

// apply stores what has changed and tells who is ready. It returns the first error.
func (q *Queues) apply(fx effects) error {
	var failed error
	note := func(err error) {
		if failed == nil {
			failed = err
		}
	}
	if q.opts.Keeper != nil {
		for _, r := range fx.records {
			note(q.putRecord(r))
		}
		for _, key := range fx.gone {
			note(q.opts.Keeper.Delete(key))
		}
	}
	for _, id := range fx.ready {
		q.opts.Ready(id)
	}
	return failed
}

// count tells how many messages wait. The caller holds mu.
func (q *Queues) count(id registry.ID, own *queue) { q.opts.Counted(id, len(own.entries)) }

// remove ends a message. The caller holds mu.
func (q *Queues) remove(id registry.ID, own *queue, e *entry, how outcome, fx *effects) {
	own.entries = slices.DeleteFunc(own.entries, func(other *entry) bool { return other == e })
	q.bytes -= e.size()
	q.count(id, own)
	if how != dropped && e.Ack.wants(how == success) {
		q.report(id, own.generation, e, how, fx)
	}
	fx.gone = append(fx.gone, messageKey(id, e.Sequence))
}

// unlock gives a message back unless it has been handed out as often as it may. The caller
// holds mu.
func (q *Queues) unlock(id registry.ID, own *queue, e *entry, fx *effects) {
	e.token, e.until = "", time.Time{}
	if e.Deliveries >= q.opts.MaxDelivery {
		q.remove(id, own, e, deliveriesReached, fx)
		return
	}
	q.wakeAt(e.Expiry)
	fx.ready = append(fx.ready, id)
}

// expire ends the locks and messages of a queue whose time has come. What is locked does not
// expire. The caller holds mu.
func (q *Queues) expire(id registry.ID, own *queue, fx *effects) {
	now := q.opts.Now()
	for _, e := range slices.Clone(own.entries) {
		if e.token != "" && !e.until.IsZero() && !now.Before(e.until) {
			q.unlock(id, own, e, fx)
		}
	}
	for _, e := range slices.Clone(own.entries) {
		if e.token == "" && !now.Before(e.Expiry) {
			q.remove(id, own, e, expired, fx)
		}
	}
}

// minPause is the least time between two rounds of the sweeper, which looks at every queue.
const minPause = time.Second

// wakeAt sees to it that the sweeper runs when something ends at t; the zero time is never. The
// caller holds mu.
func (q *Queues) wakeAt(t time.Time) {
	if t.IsZero() || q.closed || !q.due.IsZero() && !t.Before(q.due) {
		return
	}
	if q.sweeper != nil && q.sweeper.Stop() {
		q.sweeping.Done()
	}
	q.due = t
	q.sweeping.Add(1)
	q.sweeper = time.AfterFunc(max(t.Sub(q.opts.Now()), minPause), func() {
		defer q.sweeping.Done()
		q.sweep()
	})
}

// sweep ends what is due in all queues, also where nobody looks.
func (q *Queues) sweep() {
	fx := effects{}
	q.mu.Lock()
	q.due = time.Time{}
	var next time.Time
	for id, own := range q.queues {
		q.expire(id, own, &fx)
		for _, e := range own.entries {
			ends := e.Expiry
			if e.token != "" {
				ends = e.until
			}
			if next.IsZero() || !ends.IsZero() && ends.Before(next) {
				next = ends
			}
		}
	}
	q.wakeAt(next)
	q.mu.Unlock()
	_ = q.apply(fx) // what could not be stored ends again after a restart
}
