package blobs

import (
	"encoding/json"
	"errors"
	"strings"

	"twindeck/hub/embedded/storage"
)

// Keys of the index are "b/" and the name of a blob, or "s/", the name of one, a zero byte and the
// id of a block that waits for its commit.
const (
	blobPrefix   = "b/"
	stagedPrefix = "s/"
)

func stagedKey(name, id string) string { return stagedPrefix + name + "\x00" + id }

// record takes changes of the index in their order; the function that it returns waits until they
// are durable. The caller holds mu.
func (s *Store) record(changes ...storage.Change) func() error {
	if s.opts.Index == nil || len(changes) == 0 {
		return func() error { return nil }
	}
	return s.opts.Index.Write(changes...)
}

func (s *Store) keepBlob(name string, b *blob) func() error {
	value, err := json.Marshal(b)
	if err != nil {
		return func() error { return err }
	}
	return s.record(storage.Change{Key: blobPrefix + name, Value: value})
}

func (s *Store) forgetBlob(name string) func() error {
	return s.record(storage.Change{Key: blobPrefix + name, Delete: true})
}

func (s *Store) keepBlock(name string, b block) func() error {
	value, err := json.Marshal(b)
	if err != nil {
		return func() error { return err }
	}
	return s.record(storage.Change{Key: stagedKey(name, b.ID), Value: value})
}

func (s *Store) forgetBlocks(name string, staged *staging) func() error {
	var changes []storage.Change
	for id := range staged.blocks {
		changes = append(changes, storage.Change{Key: stagedKey(name, id), Delete: true})
	}
	return s.record(changes...)
}

var errStored = errors.New("what the data file says of files is not understood")

// Load reads what the data file has, and removes content from it that a crash has left over. It
// is to be called once, before anything else.
func (s *Store) Load() error {
	if s.opts.Index == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := map[uint64]bool{}
	refer := func(extents []extent) {
		for _, e := range extents {
			known[e.Number] = true
			s.extents = max(s.extents, e.Number)
		}
	}
	err := s.opts.Index.Each(func(key string, value []byte) error {
		if name, ok := strings.CutPrefix(key, blobPrefix); ok {
			b := &blob{}
			if json.Unmarshal(value, b) != nil {
				return errStored
			}
			s.blobs[name] = b
			s.used += b.cost()
			s.etag = max(s.etag, b.ETag)
			refer(b.extents())
			return nil
		}
		name, id, ok := strings.Cut(strings.TrimPrefix(key, stagedPrefix), "\x00")
		b := block{}
		if !ok || json.Unmarshal(value, &b) != nil || b.ID != id {
			return errStored
		}
		staged := s.staged[name]
		if staged == nil {
			staged = &staging{blocks: map[string]block{}, touched: s.opts.Now()}
			s.staged[name] = staged
		}
		staged.blocks[id] = b
		staged.size += b.size()
		s.used += b.cost()
		refer(b.Extents)
		return nil
	})
	if err != nil {
		return err
	}
	return s.removeLeftovers(known)
}

func (s *Store) removeLeftovers(known map[uint64]bool) error {
	keys, err := s.opts.Content.Keys()
	if err != nil {
		return err
	}
	var changes []storage.Change
	for _, key := range keys {
		number, err := contentNumber(key)
		if err != nil {
			return errStored
		}
		if !known[number] {
			changes = append(changes, storage.Change{Key: key, Delete: true})
		}
		s.extents = max(s.extents, number)
	}
	if len(changes) == 0 {
		return nil
	}
	return s.opts.Content.Write(changes...)()
}
