package draft

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gofrs/flock"
)

// Folder is a [Store] in a folder that only the user can read: one file for a draft, and another one
// for its rows when it is of several. Several
// programs may work in one folder. Each holds a lock as long as it runs, which the system takes
// from it at its end, and by which the others know whose drafts are being worked on.
type Folder struct {
	dir      string
	instance string // unique among the programs that use the folder
	count    atomic.Uint64

	mu   sync.Mutex
	lock *flock.Flock    // nil until there is something to hold
	rows map[string]bool // the drafts whose rows are written
}

const (
	draftSuffix = ".json"
	lockSuffix  = ".lock"
)

// Open returns the store in dir. Nothing is written before the first draft is, and dir is created
// with it when it is missing. The caller must Close the store.
func Open(dir string) *Folder {
	return &Folder{dir: dir, instance: strings.ToLower(rand.Text()), rows: map[string]bool{}}
}

// hold says to the others that this program works in the folder.
func (f *Folder) hold() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lock != nil {
		return nil
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(f.dir, f.instance+lockSuffix)
	lock := flock.New(path, flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil || !locked {
		return fmt.Errorf("%s cannot be locked: %w", path, errors.Join(err, lock.Close()))
	}
	f.lock = lock
	return nil
}

// Close lets others take over the drafts that are left. A folder that is empty then goes.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer os.Remove(f.dir) // fails where there is something in it
	if f.lock == nil {
		return nil
	}
	// The lock goes before its file: were it the other way round, another program could find the
	// drafts of nobody while this one still holds them.
	err := errors.Join(f.lock.Unlock(), ignoreMissing(os.Remove(f.lock.Path())))
	f.lock = nil
	return err
}

// Name implements [Store].
func (f *Folder) Name() string { return fmt.Sprintf("%s-%d", f.instance, f.count.Add(1)) }

// List implements [Store]. A file that cannot be understood is left alone and not listed.
func (f *Folder) List(hub string) ([]Draft, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	abandoned := map[string]bool{f.instance: false}
	var drafts []Draft
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), draftSuffix)
		rows := false
		if !ok {
			name, rows = strings.CutSuffix(e.Name(), rowsSuffix)
		}
		instance, _, whole := strings.Cut(name, "-")
		if !ok && !rows || !whole || strings.HasPrefix(name, ".") {
			continue
		}
		free, known := abandoned[instance]
		if !known {
			free = f.abandoned(instance)
			abandoned[instance] = free
		}
		if !free {
			continue
		}
		if rows {
			f.sweepRows(name)
			continue
		}
		d, err := f.read(name)
		if err == nil && d.Hub == hub {
			drafts = append(drafts, d)
		}
	}
	slices.SortFunc(drafts, func(a, b Draft) int { return b.At.Compare(a.At) })
	return drafts, nil
}

// abandoned reports whether a program that worked in the folder has ended.
func (f *Folder) abandoned(instance string) bool {
	path := filepath.Join(f.dir, instance+lockSuffix)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return true
	}
	lock := flock.New(path)
	locked, err := lock.TryLock()
	if err != nil || !locked {
		return false
	}
	return errors.Join(lock.Unlock(), ignoreMissing(os.Remove(path))) == nil
}

func (f *Folder) path(name string) string { return filepath.Join(f.dir, name+draftSuffix) }

func (f *Folder) read(name string) (Draft, error) {
	text, err := os.ReadFile(f.path(name))
	if err != nil {
		return Draft{}, err
	}
	var w written
	if err := json.Unmarshal(text, &w); err != nil {
		return Draft{}, err
	}
	w.Name = name
	if w.RowCount > 0 {
		w.Rows, err = f.readRows(name, w.RowCount)
	}
	return w.Draft, err
}

// written is a draft as its file has it.
type written struct {
	Draft
	RowCount int `json:"rows,omitempty"`
}

// Save implements [Store]. The file is replaced at once, so that a kill leaves the old draft or the
// new one. Only a failure of the power may lose the last moments.
func (f *Folder) Save(d Draft) error {
	text, err := json.Marshal(written{d, len(d.Rows)})
	if err != nil {
		return err
	}
	if err := f.hold(); err != nil {
		return err
	}
	if err := f.saveRows(d); err != nil {
		return err
	}
	return f.replace(f.path(d.Name), d.Name, text)
}

// replace writes a file of the folder, by way of a temporary one.
func (f *Folder) replace(path, name string, text []byte) error {
	temporary := filepath.Join(f.dir, "."+name+".tmp")
	if err := os.WriteFile(temporary, text, 0o600); err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(temporary)))
	}
	return os.Rename(temporary, path)
}

// Remove implements [Store].
func (f *Folder) Remove(name string) error {
	if err := ignoreMissing(os.Remove(f.path(name))); err != nil {
		return err
	}
	return f.removeRows(name)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
