package messages

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"twindeck/hub/embedded/registry"
)

// Keys are "m/", the identity, a zero byte and a sequence number for messages, and "f/" with a
// sequence number for feedback; numbers have as many digits as the largest, so that keys are in
// their order.
const (
	messagePrefix = "m/"
	recordPrefix  = "f/"
)

func messageKey(id registry.ID, sequence uint64) string {
	return messagePrefix + id.String() + "\x00" + fmt.Sprintf("%020d", sequence)
}

func recordKey(sequence uint64) string { return recordPrefix + fmt.Sprintf("%020d", sequence) }

// kept is a message as it is stored.
type kept struct {
	Generation      string     `json:"generation"`
	ID              string     `json:"id,omitempty"`
	CorrelationID   string     `json:"correlationId,omitempty"`
	UserID          string     `json:"userId,omitempty"`
	To              string     `json:"to,omitempty"`
	ContentType     string     `json:"contentType,omitempty"`
	ContentEncoding string     `json:"contentEncoding,omitempty"`
	Expiry          time.Time  `json:"expiry"`
	Ack             Ack        `json:"ack,omitempty"`
	Properties      []Property `json:"properties,omitempty"`
	Body            []byte     `json:"body,omitempty"`
	Enqueued        time.Time  `json:"enqueued"`
}

func (q *Queues) put(id registry.ID, generation string, m *Message) error {
	if q.opts.Keeper == nil {
		return nil
	}
	value, err := json.Marshal(kept{
		generation, m.ID, m.CorrelationID, m.UserID, m.To, m.ContentType, m.ContentEncoding,
		m.Expiry, m.Ack, m.Properties, m.Body, m.Enqueued,
	})
	if err != nil {
		return err
	}
	return q.opts.Keeper.Put(messageKey(id, m.Sequence), value)
}

func (q *Queues) putRecord(r record) error {
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return q.opts.Keeper.Put(recordKey(r.sequence), value)
}

var errStored = errors.New("what the data file says of messages is not understood")

// Load reads what the Keeper has, and removes from it what belongs to identities that are no
// more. It is to be called once, before anything else and when Generation knows all identities.
// What was locked is not any more, and deliveries are counted anew.
func (q *Queues) Load() error {
	if q.opts.Keeper == nil {
		return nil
	}
	fx := effects{}
	q.mu.Lock()
	err := q.opts.Keeper.Each(func(key string, value []byte) error {
		if rest, ok := strings.CutPrefix(key, recordPrefix); ok {
			return q.loadRecord(rest, value)
		}
		return q.loadMessage(key, value, &fx)
	})
	for id, own := range q.queues {
		q.count(id, own)
		for _, e := range own.entries {
			q.wakeAt(e.Expiry)
		}
	}
	q.mu.Unlock()
	if err != nil {
		return err
	}
	return q.apply(fx)
}

func (q *Queues) loadRecord(sequence string, value []byte) error {
	var r record
	n, err := strconv.ParseUint(sequence, 10, 64)
	if err != nil || json.Unmarshal(value, &r) != nil {
		return errStored
	}
	r.sequence = n
	q.feedback.last = n
	q.feedback.records = append(q.feedback.records, r)
	return nil
}

func (q *Queues) loadMessage(key string, value []byte, fx *effects) error {
	name, number, ok := strings.Cut(strings.TrimPrefix(key, messagePrefix), "\x00")
	sequence, err := strconv.ParseUint(number, 10, 64)
	var k kept
	if !ok || err != nil || json.Unmarshal(value, &k) != nil {
		return errStored
	}
	var id registry.ID
	id.Device, id.Module, _ = strings.Cut(name, "/")
	if generation, exists := q.opts.Generation(id); !exists || generation != k.Generation {
		fx.gone = append(fx.gone, key)
		return nil
	}
	own := q.queues[id]
	if own == nil {
		own = &queue{generation: k.Generation}
		q.queues[id] = own
	}
	m := Message{
		ID: k.ID, CorrelationID: k.CorrelationID, UserID: k.UserID, To: k.To,
		ContentType: k.ContentType, ContentEncoding: k.ContentEncoding,
		Expiry: k.Expiry, Ack: k.Ack, Properties: k.Properties, Body: k.Body,
		Sequence: sequence, Enqueued: k.Enqueued,
	}
	own.last = sequence
	own.entries = append(own.entries, &entry{Message: m, recovered: true})
	q.bytes += m.size()
	return nil
}
