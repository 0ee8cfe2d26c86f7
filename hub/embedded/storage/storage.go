// Package storage keeps the state of an embedded hub in one file, so that it survives the end of
// the process, orderly or not: what a write says it has stored is there after the next Open.
//
// The file is a B+tree of go.etcd.io/bbolt. One process at a time has it open. Writers that come
// while the disk is busy are stored together, so that a thousand of them cost little more than
// one. A file that is not such a file, or is damaged, is refused before anything is written to it.
package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// What Open refuses. The errors that wrap these are whole sentences with the path.
var (
	ErrInUse   = errors.New("another process has it open: stop that one or choose another file")
	ErrForeign = errors.New("it is not a data file of the embedded hub: choose another file")
	ErrDamaged = errors.New("it is damaged: restore a copy of it or choose another file")
	ErrNewer   = errors.New("a newer version wrote it: use that version or choose another file")
)

// ErrClosed is what a write to a closed DB ends with.
var ErrClosed = errors.New("the data file has been closed")

// The mark that tells a data file of the hub from others, and says how it is laid out.
var (
	markBucket = []byte("twindeck embedded hub")
	markKey    = []byte("format")
)

const format = "1"

// lockTimeout is how long another process may take to let go of the file.
const lockTimeout = 500 * time.Millisecond

// DB is an open data file. Its methods may be called concurrently.
type DB struct {
	bolt   *bolt.DB
	path   string
	commit chan struct{} // holds one token while a batch is being stored

	mu      sync.Mutex
	pending *batch // what the next commit stores; nil for nothing
	failed  error  // why nothing can be stored any more
}

// Open opens the data file at path, and creates it with mode 0600 when there is none. It blocks
// while it reads the whole file once, to refuse what is damaged, and up to half a second while
// another process has it open. The errors are one sentence each; errors.Is knows ErrInUse,
// ErrForeign, ErrDamaged and ErrNewer. A file that is refused is left as it was.
func Open(path string) (*DB, error) {
	if err := ensure(path); err != nil {
		return nil, openError(path, err)
	}
	if err := check(path); err != nil {
		return nil, openError(path, err)
	}
	file, err := openBolt(path, false)
	if err != nil {
		return nil, openError(path, err)
	}
	return &DB{bolt: file, path: path, commit: make(chan struct{}, 1)}, nil
}

func openError(path string, err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err // the path is in the sentence already
	}
	return fmt.Errorf("cannot use the data file %s: %w", path, err)
}

// ensure creates a data file unless there is one. It appears whole or not at all.
func ensure(path string) error {
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return ErrForeign
		}
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(fresh.Name())
	if err := fresh.Close(); err != nil {
		return err
	}
	if err := initialize(fresh.Name()); err != nil {
		return err
	}
	// Unlike a rename, a link does not replace what another process has put there meanwhile.
	if err := os.Link(fresh.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return os.Rename(fresh.Name(), path) // a file system without links
	}
	return syncDirectory(filepath.Dir(path))
}

func initialize(path string) error {
	file, err := openBolt(path, false)
	if err != nil {
		return err
	}
	err = file.Update(func(tx *bolt.Tx) error {
		mark, err := tx.CreateBucket(markBucket)
		if err != nil {
			return err
		}
		return mark.Put(markKey, []byte(format))
	})
	return errors.Join(err, file.Close())
}

// check refuses a file that is not a whole data file. It only reads.
func check(path string) error {
	if info, err := os.Stat(path); err != nil {
		return err
	} else if info.Size() == 0 {
		return ErrForeign // bbolt would wait for it to become one
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	m, err := readMeta(file)
	if err != nil {
		return err
	}
	if err := complete(file, m); err != nil {
		return err
	}
	// The lock keeps the file from changing while it is looked at.
	locked, err := openBolt(path, true)
	if err != nil {
		return err
	}
	defer locked.Close()
	if err := verify(file); err != nil {
		return err
	}
	return locked.View(func(tx *bolt.Tx) error {
		mark := tx.Bucket(markBucket)
		if mark == nil {
			return ErrForeign
		}
		if string(mark.Get(markKey)) != format {
			return ErrNewer
		}
		return nil
	})
}

func openBolt(path string, readOnly bool) (*bolt.DB, error) {
	var file *bolt.DB
	err := guarded(func() (err error) {
		file, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout: lockTimeout, ReadOnly: readOnly,
			// The list of free pages is found again when the file is opened. Storing it would
			// make every commit dearer after a fleet has been deleted.
			NoFreelistSync: true, FreelistType: bolt.FreelistMapType,
		})
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrInUse
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum):
		return nil, ErrDamaged
	}
	return file, err
}

// guarded turns a panic over a file that cannot be read, or is not what it seems, into an error.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			err = ErrDamaged
		}
	}()
	return f()
}

// Close stores what is still waiting and lets go of the file. Later calls do nothing.
func (db *DB) Close() error {
	db.mu.Lock()
	last := db.pending
	db.mu.Unlock()
	var err error
	if last != nil {
		err = db.wait(last)
	}
	db.commit <- struct{}{}
	defer func() { <-db.commit }()
	db.mu.Lock()
	if db.failed == nil {
		db.failed = ErrClosed
	}
	db.mu.Unlock()
	return errors.Join(err, db.bolt.Close())
}
