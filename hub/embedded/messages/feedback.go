package messages

import (
	"crypto/rand"
	"encoding/json"
	"time"

	"twindeck/hub/embedded/registry"
)

// record is what became of one message, as the service writes it (Azure docs:
// iot-hub-devguide-messages-c2d, "Message feedback").
type record struct {
	Original    string    `json:"originalMessageId"`
	Description outcome   `json:"description"`
	Status      outcome   `json:"statusCode"`
	Device      string    `json:"deviceId"`
	Module      string    `json:"moduleId,omitempty"`
	Generation  string    `json:"deviceGenerationId"`
	Time        time.Time `json:"enqueuedTimeUtc"`

	sequence uint64
}

// feedback is the queue of records that wait for a service to take them.
type feedback struct {
	last    uint64
	records []record
	locked  int // the first so many are locked
	token   string
	until   time.Time
}

const (
	// maxRecords bounds the feedback that nobody takes; the oldest goes first.
	maxRecords = 10_000
	// maxBatch is the number of records in one message of feedback.
	maxBatch = 64
)

// report adds a record. The caller holds mu.
func (q *Queues) report(id registry.ID, generation string, e *entry, how outcome, fx *effects) {
	f := &q.feedback
	if len(f.records) >= maxRecords {
		q.forget(1, fx)
		f.locked = max(f.locked-1, 0)
	}
	f.last++
	r := record{e.ID, how, how, id.Device, id.Module, generation, q.opts.Now().UTC().Truncate(100), f.last}
	f.records = append(f.records, r)
	fx.records = append(fx.records, r)
}

// ReceiveFeedback locks the next records, as one JSON array; ok is false when there are none.
// What somebody else has locked is handed out when the lock is over.
func (q *Queues) ReceiveFeedback() (body []byte, token string, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f := &q.feedback
	now := q.opts.Now()
	if f.token != "" && now.Before(f.until) {
		return nil, "", false
	}
	f.locked = min(len(f.records), maxBatch)
	if f.locked == 0 {
		return nil, "", false
	}
	f.token, f.until = rand.Text(), now.Add(q.opts.Lock)
	body, err := json.Marshal(f.records[:f.locked])
	return body, f.token, err == nil
}

// CompleteFeedback removes the records locked under a token. It fails with ErrLockLost.
func (q *Queues) CompleteFeedback(token string) error { return q.settleFeedback(token, true) }

// AbandonFeedback gives the records locked under a token back. It fails with ErrLockLost.
func (q *Queues) AbandonFeedback(token string) error { return q.settleFeedback(token, false) }

func (q *Queues) settleFeedback(token string, remove bool) error {
	fx := effects{}
	q.mu.Lock()
	f := &q.feedback
	if token == "" || f.token != token || !q.opts.Now().Before(f.until) {
		q.mu.Unlock()
		return ErrLockLost
	}
	f.token = ""
	if remove {
		q.forget(f.locked, &fx)
	}
	q.mu.Unlock()
	return q.apply(fx)
}

// forget removes the oldest records. The caller holds mu.
func (q *Queues) forget(n int, fx *effects) {
	for _, r := range q.feedback.records[:n] {
		fx.gone = append(fx.gone, recordKey(r.sequence))
	}
	clear(q.feedback.records[:n])
	q.feedback.records = q.feedback.records[n:]
}
