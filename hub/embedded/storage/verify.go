package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
	"os"
)

// bbolt trusts its files, and panics or faults on damaged ones, partly on goroutines of its own.
// So the structure is verified here first, by reading alone: the two meta pages, and every page
// that the newer of them reaches. The layout is that of bbolt's file format version 2, in the
// byte order of the machine.
const (
	metaMagic      = 0xED0CDAED
	metaVersion    = 2
	metaOffset     = pageHeaderSize
	metaSize       = 64
	pageHeaderSize = 16
	elementSize    = 16 // of branch and leaf pages alike
	branchFlag     = 0x01
	leafFlag       = 0x02
	bucketFlag     = 0x01 // of a leaf's element
	bucketSize     = 16
	smallestPage   = 1 << 10
	largestPage    = 1 << 24
	maxTreeDepth   = 40
	firstDataPage  = 2
)

var native = binary.NativeEndian

// meta is what a meta page says.
type meta struct {
	pageSize int64
	root     uint64 // page of the root bucket
	pages    uint64 // pages below this are in use
	tx       uint64
}

// parseMeta reads the meta page that begins with page.
func parseMeta(page []byte) (m meta, ok bool) {
	if len(page) < metaOffset+metaSize {
		return meta{}, false
	}
	b := page[metaOffset : metaOffset+metaSize]
	sum := fnv.New64a()
	_, _ = sum.Write(b[:56]) // never fails
	if native.Uint32(b) != metaMagic || native.Uint32(b[4:]) != metaVersion || native.Uint64(b[56:]) != sum.Sum64() {
		return meta{}, false
	}
	m = meta{
		pageSize: int64(native.Uint32(b[8:])),
		root:     native.Uint64(b[16:]), pages: native.Uint64(b[40:]), tx: native.Uint64(b[48:]),
	}
	return m, m.pageSize >= smallestPage && m.pageSize <= largestPage && m.pageSize&(m.pageSize-1) == 0
}

// readMeta returns the newer meta page. A crash can spoil one of them, never both.
func readMeta(file *os.File) (meta, error) {
	page := make([]byte, pageHeaderSize+metaSize)
	readAt := func(offset int64) (meta, bool) {
		n, err := file.ReadAt(page, offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return meta{}, false
		}
		return parseMeta(page[:n])
	}
	newest, found := readAt(0)
	if found {
		if second, ok := readAt(newest.pageSize); ok && second.tx > newest.tx {
			newest = second
		}
		return newest, nil
	}
	looksLikeOne := native.Uint32(page[metaOffset:]) == metaMagic
	for size := int64(smallestPage); size <= largestPage; size <<= 1 {
		if second, ok := readAt(size); ok && second.pageSize == size {
			return second, nil
		}
		looksLikeOne = looksLikeOne || native.Uint32(page[metaOffset:]) == metaMagic
	}
	if looksLikeOne {
		return meta{}, ErrDamaged
	}
	return meta{}, ErrForeign
}

// complete refuses a torn file, which has fewer pages than m says.
func complete(file *os.File, m meta) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if size := info.Size(); m.pages > uint64(size/m.pageSize) || size < firstDataPage*m.pageSize {
		return ErrDamaged
	}
	return nil
}

// verify refuses a file whose tree bbolt could not walk.
func verify(file *os.File) error {
	m, err := readMeta(file)
	if err != nil {
		return err
	}
	if err := complete(file, m); err != nil {
		return err
	}
	v := verifier{file: file, meta: m, seen: make([]uint64, m.pages/64+1)}
	return v.tree(m.root, nil, nil, 0)
}

// verifier walks a tree of pages.
type verifier struct {
	file *os.File
	meta meta
	seen []uint64 // a bit per page
}

// mark notes that a page has been reached, and says whether it was for the first time.
func (v *verifier) mark(page uint64) bool {
	if page < firstDataPage || page >= v.meta.pages || v.seen[page/64]&(1<<(page%64)) != 0 {
		return false
	}
	v.seen[page/64] |= 1 << (page % 64)
	return true
}

// load reads the page with the number id and what it continues in.
func (v *verifier) load(id uint64) ([]byte, error) {
	if !v.mark(id) {
		return nil, ErrDamaged
	}
	page := make([]byte, v.meta.pageSize)
	if _, err := v.file.ReadAt(page, int64(id)*v.meta.pageSize); err != nil {
		return nil, err
	}
	overflow := uint64(native.Uint32(page[12:]))
	if native.Uint64(page) != id || overflow >= v.meta.pages-id {
		return nil, ErrDamaged
	}
	if overflow == 0 {
		return page, nil
	}
	for more := id + 1; more <= id+overflow; more++ {
		if !v.mark(more) {
			return nil, ErrDamaged
		}
	}
	page = make([]byte, int64(overflow+1)*v.meta.pageSize)
	_, err := v.file.ReadAt(page, int64(id)*v.meta.pageSize)
	return page, err
}

// tree verifies the pages under id, whose keys must lie from first (nil: any) to below end (nil:
// any).
func (v *verifier) tree(id uint64, first, end []byte, depth int) error {
	if depth > maxTreeDepth {
		return ErrDamaged
	}
	page, err := v.load(id)
	if err != nil {
		return err
	}
	return v.page(page, first, end, depth)
}

// page verifies one page, which is in memory whole, and what is under it.
func (v *verifier) page(page, first, end []byte, depth int) error {
	if len(page) < pageHeaderSize {
		return ErrDamaged
	}
	flags, count := native.Uint16(page[8:]), int(native.Uint16(page[10:]))
	if flags != branchFlag && flags != leafFlag || flags == branchFlag && count == 0 ||
		pageHeaderSize+count*elementSize > len(page) {
		return ErrDamaged
	}
	var previous element
	for i := range count {
		e, ok := readElement(page, i, flags == leafFlag)
		if !ok || i > 0 && bytes.Compare(previous.key, e.key) >= 0 ||
			end != nil && bytes.Compare(e.key, end) >= 0 || first != nil && bytes.Compare(e.key, first) < 0 {
			return ErrDamaged
		}
		if flags == branchFlag && i > 0 {
			if err := v.tree(previous.child, previous.key, e.key, depth+1); err != nil {
				return err
			}
		}
		if e.bucket {
			if err := v.bucket(e.value, depth+1); err != nil {
				return err
			}
		}
		previous = e
	}
	if flags == branchFlag {
		return v.tree(previous.child, previous.key, end, depth+1)
	}
	return nil
}

// bucket verifies a nested tree, which is inside its value when it is small.
func (v *verifier) bucket(value []byte, depth int) error {
	if len(value) < bucketSize || depth > maxTreeDepth {
		return ErrDamaged
	}
	if root := native.Uint64(value); root != 0 {
		return v.tree(root, nil, nil, depth)
	}
	return v.page(value[bucketSize:], nil, nil, depth)
}

// element is one entry of a page.
type element struct {
	key, value []byte
	child      uint64 // of a branch
	bucket     bool   // of a leaf
}

// readElement reads the entry i; ok is false when it leaves the page.
func readElement(page []byte, i int, leaf bool) (e element, ok bool) {
	at := pageHeaderSize + i*elementSize
	b := page[at : at+elementSize]
	if !leaf {
		from, size := uint64(at)+uint64(native.Uint32(b)), uint64(native.Uint32(b[4:]))
		if from+size > uint64(len(page)) {
			return element{}, false
		}
		return element{key: page[from : from+size], child: native.Uint64(b[8:])}, true
	}
	from := uint64(at) + uint64(native.Uint32(b[4:]))
	keySize, valueSize := uint64(native.Uint32(b[8:])), uint64(native.Uint32(b[12:]))
	if from+keySize+valueSize > uint64(len(page)) {
		return element{}, false
	}
	return element{
		key: page[from : from+keySize], value: page[from+keySize : from+keySize+valueSize],
		bucket: native.Uint32(b)&bucketFlag != 0,
	}, true
}
