// Package blobs is the storage that devices upload their files to: one container of block blobs,
// with as much of Azure Blob Storage as its SDKs need to upload, look at, download, list and
// delete them (REST reference: storageservices/blob-service-rest-api).
package blobs

import (
	"errors"
	"maps"
	"sync"
	"time"

	"twindeck/hub/embedded/storage"
)

// Limits bound what is kept. The zero value is what a hub works with.
type Limits struct {
	// Blob is the most bytes of one blob, committed or not; 0: 256 MiB.
	Blob int64
	// Total is the most bytes of all blobs together, with some for each blob and block; 0: 256 MiB
	// in memory, 1 GiB in a data file.
	Total int64
}

const (
	maxBlob     = 256 << 20
	maxInMemory = 256 << 20
	maxInFile   = 1 << 30
)

// Options are what a Store works with.
type Options struct {
	// Container and Account name the storage in addresses and signatures.
	Container, Account string
	// Key signs the tokens that let a client at a blob.
	Key []byte
	// Service says whether an Authorization header may read, list and delete every blob; nil: none
	// may. A refusal is an error.
	Service func(authorization string) error
	// Index and Content are the parts of a data file that blobs are kept in; nil: in memory.
	Index, Content *storage.Keeper
	Now            func() time.Time // nil: time.Now
	Limits         Limits
}

// Store holds the container. It is made by New; its methods may be called concurrently.
type Store struct {
	opts Options

	mu      sync.Mutex
	blobs   map[string]*blob
	staged  map[string]*staging
	used    int64 // of Limits.Total
	extents uint64
	etag    uint64
}

// New returns an empty container. Load fills it from a data file.
func New(opts Options) *Store {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Limits.Blob <= 0 {
		opts.Limits.Blob = maxBlob
	}
	if opts.Limits.Total <= 0 {
		opts.Limits.Total = maxInMemory
		if opts.Content != nil {
			opts.Limits.Total = maxInFile
		}
	}
	return &Store{opts: opts, blobs: map[string]*blob{}, staged: map[string]*staging{}}
}

// blob is what the last commit made. It never changes: another commit makes another one.
type blob struct {
	Created, Modified time.Time
	ETag              uint64
	Headers           map[string]string // those of content, as readers get them
	Metadata          map[string]string // by the names of their headers
	Blocks            []block
}

// block is a piece of a blob with the name that its writer gave it, empty for a blob that was
// written in one go.
type block struct {
	ID      string `json:",omitempty"`
	Extents []extent
}

// extent is a piece of content as it is stored.
type extent struct {
	Number uint64 // its key among the content
	Size   int
	data   []byte // when there is no data file
}

func (b block) size() (n int64) {
	for _, e := range b.Extents {
		n += int64(e.Size)
	}
	return n
}

func (b *blob) size() (n int64) {
	for _, each := range b.Blocks {
		n += each.size()
	}
	return n
}

// staging are the blocks that have been written for a blob and not been committed.
type staging struct {
	blocks  map[string]block // of ids of the same length
	size    int64
	touched time.Time
}

// What blobs and blocks take besides their content.
const (
	blobOverhead  = 4 << 10
	blockOverhead = 1 << 10
)

// cost is what a blob counts of Limits.Total. A block that is in it twice is stored once.
func (b *blob) cost() int64 {
	n := int64(blobOverhead)
	seen := map[uint64]bool{}
	for _, each := range b.Blocks {
		n += blockOverhead
		for _, e := range each.Extents {
			if !seen[e.Number] {
				seen[e.Number] = true
				n += int64(e.Size)
			}
		}
	}
	return n
}

func (b block) cost() int64 { return blockOverhead + b.size() }

func (s *staging) cost() int64 { return s.size + int64(len(s.blocks))*blockOverhead }

var (
	errFull     = errors.New("the container is full")
	errTooLarge = errors.New("the blob is too large")
)

// staleAfter is how long blocks wait for their commit when their room is wanted: longer than the
// tokens last that devices get by default.
const staleAfter = 2 * time.Hour

// reserve takes n of Limits.Total, and for that forgets blocks that nobody has committed.
func (s *Store) reserve(n int64) error {
	s.mu.Lock()
	var stale follow
	if s.used+n > s.opts.Limits.Total {
		for name, staged := range maps.Clone(s.staged) {
			if s.opts.Now().Sub(staged.touched) > staleAfter {
				stale = append(stale, s.unstage(name, staged)...)
			}
		}
	}
	full := s.used+n > s.opts.Limits.Total
	if !full {
		s.used += n
	}
	s.mu.Unlock()
	if err := stale.through(); err != nil {
		return err
	}
	if full {
		return errFull
	}
	return nil
}

func (s *Store) release(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used -= n
}

// Stat returns the size of a committed blob and when it was written; ok is false when there is
// none.
func (s *Store) Stat(name string) (size int64, modified time.Time, ok bool) {
	b := s.find(name)
	if b == nil {
		return 0, time.Time{}, false
	}
	return b.size(), b.Modified, true
}

func (s *Store) find(name string) *blob {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.blobs[name]
}
