package registry

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"twindeck/hub/embedded/storage"
)

// journal remembers what the write under way changes. It is guarded by Store.mu.
type journal struct {
	data     *storage.Keeper // nil: nothing is stored
	writes   uint64          // the number of the write that is under way or comes next
	dirty    []*record
	dropped  []uint64     // sequence numbers of removed records
	counters []byte       // as they are stored
	last     func() error // waits for all writes so far; nil when there were none
	failed   error        // of the first write that could not be stored

	watch func(device string) // nil: nobody watches
}

// changed notes that r is to be stored.
func (j *journal) changed(r *record) {
	if j.watch != nil {
		j.watch(r.id.Device)
	}
	if j.data != nil {
		j.dirty = append(j.dirty, r)
	}
}

// removed notes that r and its modules are to be forgotten.
func (j *journal) removed(r *record) {
	if j.watch != nil {
		j.watch(r.id.Device)
	}
	if j.data == nil {
		return
	}
	j.dropped = append(j.dropped, r.seq)
	for _, m := range r.modules {
		j.dropped = append(j.dropped, m.seq)
	}
}

// write carries out one write: change is called with mu locked, and what it changed is stored as
// a whole, in the order of writes. When write returns, the change is durable and the Listener
// has been told. change must check everything before it changes anything.
func (s *Store) write(change func() error) error {
	s.mu.Lock()
	if err := s.journal.failed; err != nil {
		s.mu.Unlock()
		return err
	}
	err := change()
	number := s.journal.writes
	s.journal.writes++
	s.commit()
	// A write that is refused, or changes nothing, waits too, for what made it so.
	wait := s.journal.last
	s.mu.Unlock()
	if wait != nil {
		if failed := wait(); failed != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.journal.failed == nil {
				s.journal.failed = fmt.Errorf("the registry can no longer be stored: %w", failed)
			}
			return s.journal.failed
		}
	}
	s.deliver(number)
	return err
}

// commit hands over what the write under way changed. The caller holds mu.
func (s *Store) commit() {
	j := &s.journal
	if len(j.dirty)+len(j.dropped) == 0 {
		return
	}
	changes := make([]storage.Change, 0, len(j.dirty)+len(j.dropped)+1)
	var previous *record
	for _, r := range j.dirty {
		// A record that was created is changed again at once.
		if r != previous {
			changes = append(changes, storage.Change{Key: recordKey(r.seq), Value: encodeRecord(r)})
		}
		previous = r
	}
	// Whatever else happened to a record that is gone, it stays gone.
	for _, seq := range j.dropped {
		changes = append(changes, storage.Change{Key: recordKey(seq), Delete: true})
	}
	if counters := s.encodeCounters(); !bytes.Equal(counters, j.counters) {
		changes = append(changes, storage.Change{Key: countersKey, Value: counters})
		j.counters = counters
	}
	j.dirty, j.dropped = nil, nil
	j.last = j.data.Write(changes...)
}

// Settle waits until everything that reads have shown so far is durable. Whoever tells others
// of what he read calls it first, so that nobody learns what a crash could take back. Without a
// data file it does nothing.
func (s *Store) Settle() {
	s.mu.RLock()
	wait := s.journal.last
	s.mu.RUnlock()
	if wait != nil {
		_ = wait() // the writer is told
	}
}

// Keys in the data file. Records sort by sequence number, so that a device comes before its
// modules, and new ones go to the end.
const (
	countersKey  = "counters"
	secretKey    = "secret"
	recordPrefix = "r"
)

func recordKey(seq uint64) string {
	return string(binary.BigEndian.AppendUint64([]byte(recordPrefix), seq))
}

// errStored is the error of a part of the data file that does not make sense.
var errStored = errors.New("the registry in the data file does not make sense")

// Open returns the store that data holds, or a new one that is to be kept there. It blocks while
// it reads all of it: two to three seconds for a million identities.
func Open(data *storage.Keeper, opts Options) (*Store, error) {
	s := New(opts)
	s.journal.data = data
	l := loader{store: s, sections: map[string]*section{}, texts: map[string]string{}}
	if err := data.Each(l.take); err != nil {
		return nil, err
	}
	if !l.known {
		if s.lastSeq != 0 || len(s.devices) != 0 {
			return nil, errStored
		}
		if err := data.Put(secretKey, s.secret[:]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// loader fills a store from its data file.
type loader struct {
	store    *Store
	known    bool                // the secret has been found
	sections map[string]*section // by their encoding: identities with equal ones share them
	texts    map[string]string   // likewise
}

func (l *loader) take(key string, value []byte) error {
	s := l.store
	switch {
	case key == countersKey:
		return s.decodeCounters(value)
	case key == secretKey:
		if copy(s.secret[:], value) != len(s.secret) {
			return errStored
		}
		l.known = true
		return nil
	case len(key) != len(recordPrefix)+8 || key[:len(recordPrefix)] != recordPrefix:
		return errStored
	}
	r, err := l.decodeRecord(value)
	if err != nil {
		return err
	}
	r.seq = binary.BigEndian.Uint64([]byte(key[len(recordPrefix):]))
	return l.add(r)
}

func (l *loader) add(r *record) error {
	s := l.store
	if r.id.Module != "" {
		device := s.devices[r.id.Device]
		if device == nil || device.module(r.id.Module) != nil {
			return errStored
		}
		r.id.Device = device.id.Device // one copy of the text
		device.modules = append(device.modules, r)
		s.moduleSeq.add(r)
		return nil
	}
	if s.devices[r.id.Device] != nil {
		return errStored
	}
	s.devices[r.id.Device] = r
	s.deviceSeq.add(r)
	if r.disabled {
		s.counts.disabled++
	}
	return nil
}
