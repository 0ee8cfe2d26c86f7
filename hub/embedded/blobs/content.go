package blobs

import (
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"strconv"

	"twindeck/hub/embedded/storage"
)

// extentSize is how much of a blob is stored at once, and what a client that uploads or downloads
// takes of the hub's memory.
const extentSize = 1 << 20

// received is content that a client has sent.
type received struct {
	extents []extent
	md5     [md5.Size]byte
}

// piece is how much is read at once.
const piece = 64 << 10

// receive stores size bytes of body, which have been reserved. After an error nothing is left of
// them.
func (s *Store) receive(body io.Reader, size int64) (r received, err error) {
	defer func() {
		if err != nil {
			s.release(size)
			s.discard(r.extents)
		}
	}()
	sum := md5.New()
	var buffer []byte
	for left := size; left > 0; {
		from := len(buffer)
		n := int(min(left, piece, int64(extentSize-from)))
		// The buffer grows with what has come, not with what was announced.
		buffer = append(buffer, make([]byte, n)...)
		if _, err := io.ReadFull(body, buffer[from:]); err != nil {
			return r, fmt.Errorf("%w: %w", errBody, err)
		}
		left -= int64(n)
		if len(buffer) == extentSize || left == 0 {
			sum.Write(buffer)
			e, err := s.store(buffer)
			if err != nil {
				return r, err
			}
			r.extents = append(r.extents, e)
			buffer = nil
		}
	}
	copy(r.md5[:], sum.Sum(nil))
	return r, nil
}

var errBody = errors.New("the body of the request breaks off")

// store makes an extent of data, which is not to be changed any more.
func (s *Store) store(data []byte) (extent, error) {
	s.mu.Lock()
	s.extents++
	e := extent{Number: s.extents, Size: len(data)}
	s.mu.Unlock()
	if s.opts.Content == nil {
		e.data = append(make([]byte, 0, len(data)), data...) // without room to grow
		return e, nil
	}
	return e, s.opts.Content.Put(contentKey(e.Number), data)
}

func (s *Store) load(e extent) ([]byte, error) {
	if s.opts.Content == nil {
		return e.data, nil
	}
	data, err := s.opts.Content.Get(contentKey(e.Number))
	if err == nil && len(data) != e.Size {
		err = errGone
	}
	return data, err
}

var errGone = errors.New("the content has been replaced meanwhile")

// discard removes content that nothing refers to. What stays behind when that fails is removed by
// the next Load.
func (s *Store) discard(extents []extent) {
	if s.opts.Content == nil || len(extents) == 0 {
		return
	}
	var changes []storage.Change
	for _, e := range extents {
		changes = append(changes, storage.Change{Key: contentKey(e.Number), Delete: true})
	}
	_ = s.opts.Content.Write(changes...)()
}

func (s *Store) discarding(gone map[uint64]extent) func() error {
	return func() error {
		var extents []extent
		for _, e := range gone {
			extents = append(extents, e)
		}
		s.discard(extents)
		return nil
	}
}

func contentKey(number uint64) string { return fmt.Sprintf("%020d", number) }

func contentNumber(key string) (uint64, error) { return strconv.ParseUint(key, 10, 64) }

// reader reads a blob; it holds one extent in memory at a time.
type reader struct {
	store   *Store
	extents []extent
	size    int64
	at      int64

	current []byte // of the extent that begins at start
	start   int64
}

func (s *Store) reader(b *blob) *reader {
	return &reader{store: s, extents: b.extents(), size: b.size(), start: -1}
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if r.start < 0 || r.at < r.start || r.at >= r.start+int64(len(r.current)) {
		var begin int64
		for _, e := range r.extents {
			if r.at < begin+int64(e.Size) {
				data, err := r.store.load(e)
				if err != nil {
					return 0, err
				}
				r.current, r.start = data, begin
				break
			}
			begin += int64(e.Size)
		}
	}
	n := copy(p, r.current[r.at-r.start:])
	r.at += int64(n)
	return n, nil
}

// Seek implements io.Seeker.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("blobs: seek before the beginning")
	}
	r.at = offset
	return offset, nil
}
