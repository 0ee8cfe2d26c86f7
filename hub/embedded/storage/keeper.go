package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"
)

// Keeper is one part of a DB with keys of its own. Its methods may be called concurrently.
type Keeper struct {
	db     *DB
	bucket []byte
}

// Keeper returns the part called bucket; it need not exist yet. The name must not be empty.
func (db *DB) Keeper(bucket string) *Keeper { return &Keeper{db, []byte(bucket)} }

// Change is one key to store or, with Delete, to remove. A key has 1 to 32768 bytes.
type Change struct {
	Key    string
	Value  []byte
	Delete bool
}

// maxKey is what the tree can hold.
const maxKey = bolt.MaxKeySize

// Put stores value under key and returns when that is durable.
func (k *Keeper) Put(key string, value []byte) error {
	return k.Write(Change{Key: key, Value: value})()
}

// Delete removes key and returns when that is durable. A missing key is no error.
func (k *Keeper) Delete(key string) error {
	return k.Write(Change{Key: key, Delete: true})()
}

// Write takes changes that are to be stored all or none, after all that was taken before. It
// does not block; wait does, until they are durable, and returns why they are not if they cannot
// be. Everything must be waited for: the disk is written by those who wait, and by Close. Values
// must not be changed any more. After a failure everything that follows fails too, so that
// nothing is ever stored without what came before it.
func (k *Keeper) Write(changes ...Change) (wait func() error) {
	db := k.db
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.failed != nil {
		err := db.failed
		return func() error { return err }
	}
	for _, c := range changes {
		if c.Key == "" || len(c.Key) > maxKey {
			return func() error { return fmt.Errorf("a key has 1 to %d bytes, not %d", maxKey, len(c.Key)) }
		}
	}
	if db.pending == nil {
		db.pending = &batch{done: make(chan struct{})}
	}
	b := db.pending
	b.writes = append(b.writes, write{k.bucket, changes})
	return func() error { return db.wait(b) }
}

// Each calls f with every key and its value, in the order of keys, until f returns an error,
// which Each returns; ErrDamaged when what is stored is not what was. It may see writes that come meanwhile, or not; f may write. value is f's
// only until it returns.
func (k *Keeper) Each(f func(key string, value []byte) error) error {
	for after := []byte(nil); ; {
		chunk, err := k.read(after)
		if err != nil || len(chunk) == 0 {
			return err
		}
		for _, e := range chunk {
			if err := f(string(e.key), e.value); err != nil {
				return err
			}
		}
		after = chunk[len(chunk)-1].key
	}
}

// Get returns the value under key, nil when there is none; ErrDamaged when it is not what was
// stored. It sees what Put and Delete have returned from.
func (k *Keeper) Get(key string) (value []byte, err error) {
	err = guarded(func() error {
		return k.db.bolt.View(func(tx *bolt.Tx) error {
			bucket := tx.Bucket(k.bucket)
			if bucket == nil {
				return nil
			}
			sealed := bucket.Get([]byte(key))
			if sealed == nil {
				return nil
			}
			value, err = unseal([]byte(key), append([]byte(nil), sealed...))
			return err
		})
	})
	return value, err
}

// Keys returns all keys in their order, without reading values.
func (k *Keeper) Keys() (keys []string, err error) {
	err = guarded(func() error {
		return k.db.bolt.View(func(tx *bolt.Tx) error {
			bucket := tx.Bucket(k.bucket)
			if bucket == nil {
				return nil
			}
			c := bucket.Cursor()
			for key, _ := c.First(); key != nil; key, _ = c.Next() {
				keys = append(keys, string(key))
			}
			return nil
		})
	})
	return keys, err
}

type entry struct{ key, value []byte }

// chunkSize is how much is copied at once, so that reading never holds up writing for long.
const chunkSize = 256 << 10

// read returns some entries behind a key, none at the end.
func (k *Keeper) read(after []byte) (chunk []entry, err error) {
	err = guarded(func() error {
		return k.db.bolt.View(func(tx *bolt.Tx) error {
			bucket := tx.Bucket(k.bucket)
			if bucket == nil {
				return nil
			}
			c := bucket.Cursor()
			key, sealed := c.Seek(after)
			if after != nil && string(key) == string(after) {
				key, sealed = c.Next()
			}
			arena := make([]byte, 0, chunkSize)
			for ; key != nil; key, sealed = c.Next() {
				size := len(key) + len(sealed)
				if len(arena)+size > cap(arena) {
					if len(chunk) > 0 {
						return nil
					}
					arena = make([]byte, 0, size)
				}
				from := len(arena)
				arena = append(append(arena, key...), sealed...)
				value, err := unseal(arena[from:from+len(key)], arena[from+len(key):])
				if err != nil {
					return err
				}
				chunk = append(chunk, entry{arena[from : from+len(key) : from+len(key)], value})
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return chunk, nil
}

// Values carry a checksum, so that a disk that changed one is noticed.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(key, value []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}

func seal(key, value []byte) []byte {
	sealed := make([]byte, 4, 4+len(value))
	binary.LittleEndian.PutUint32(sealed, checksum(key, value))
	return append(sealed, value...)
}

func unseal(key, sealed []byte) (value []byte, err error) {
	if len(sealed) < 4 {
		return nil, ErrDamaged
	}
	value = sealed[4:len(sealed):len(sealed)]
	if binary.LittleEndian.Uint32(sealed) != checksum(key, value) {
		return nil, ErrDamaged
	}
	return value, nil
}

// batch is what one commit stores.
type batch struct {
	writes []write
	done   chan struct{} // closed when err counts
	err    error
}

type write struct {
	bucket  []byte
	changes []Change
}

// wait returns when b is durable. Whoever comes first stores it, for all who wait for it.
func (db *DB) wait(b *batch) error {
	select {
	case <-b.done:
		return b.err
	case db.commit <- struct{}{}:
	}
	defer func() { <-db.commit }()
	select {
	case <-b.done:
		return b.err
	default:
	}
	// Nothing older is open: there is one pending batch, and it is taken with the token.
	db.mu.Lock()
	db.pending = nil
	failed := db.failed
	db.mu.Unlock()
	if b.err = failed; b.err == nil {
		b.err = db.store(b)
	}
	b.writes = nil // whoever still holds b need not hold these
	close(b.done)
	return b.err
}

// store commits b. Whoever calls it holds the token.
func (db *DB) store(b *batch) error {
	err := guarded(func() error {
		return db.bolt.Update(func(tx *bolt.Tx) error {
			for _, w := range b.writes {
				if err := apply(tx, w); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err == nil {
		return nil
	}
	err = fmt.Errorf("cannot write the data file %s: %w", db.path, err)
	db.mu.Lock()
	db.failed = errors.Join(db.failed, err)
	db.mu.Unlock()
	return err
}

// fill is how full pages get that only grow at their end; it leaves room for values that grow.
const fill = 0.9

func apply(tx *bolt.Tx, w write) error {
	bucket := tx.Bucket(w.bucket)
	if bucket == nil {
		var err error
		if bucket, err = tx.CreateBucket(w.bucket); err != nil {
			return err
		}
	}
	bucket.FillPercent = fill
	for _, c := range w.changes {
		key := []byte(c.Key)
		if c.Delete {
			if err := bucket.Delete(key); err != nil {
				return err
			}
			continue
		}
		if err := bucket.Put(key, seal(key, c.Value)); err != nil {
			return err
		}
	}
	return nil
}
