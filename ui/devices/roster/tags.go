package roster

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"

	"twindeck/hub/patch"
)

// A fleet has far fewer different tags than devices, so each different text is held once and
// counted. Those that nobody has any more go chunk by chunk: devices that were listed together
// change together, so a chunk empties as a whole.

// setID names the tags of a device; noTags are none.
type setID = uint32

const noTags setID = 0

const chunkSize = 1024

// chunk holds the texts of chunkSize sets of tags.
type chunk struct {
	epoch uint64
	n     int
	json  []byte // one after the other, as the hub would write them
	ends  [chunkSize]uint32
	fold  []byte // what a filter searches: path=value, a line each, folded
	folds [chunkSize]uint32
}

func part(text []byte, ends *[chunkSize]uint32, i uint32) []byte {
	from := uint32(0)
	if i > 0 {
		from = ends[i-1]
	}
	return text[from:ends[i]]
}

// tagSets are all sets of tags that devices and modules have. The first is the empty one.
type tagSets struct {
	epoch  uint64
	chunks []*chunk
	refs   []*chunkRefs
	fill   int   // the chunk that takes what is new
	free   []int // chunks to be filled anew
	index  index
	seed   maphash.Seed
	buf    []byte
}

type chunkRefs struct {
	of   [chunkSize]uint32
	live int // sets that somebody has
}

func newTagSets() tagSets {
	t := tagSets{seed: maphash.MakeSeed(), chunks: []*chunk{{}}, refs: []*chunkRefs{{}}}
	t.add([]byte("{}"), patch.Object())
	t.refs[0].of[0] = 1 // it never goes
	return t
}

// tagView is what can be read of sets of tags; a copy of it stays as it is.
type tagView []*chunk

func (v tagView) json(id setID) []byte {
	c := v[id/chunkSize]
	return part(c.json, &c.ends, id%chunkSize)
}

func (v tagView) fold(id setID) []byte {
	c := v[id/chunkSize]
	return part(c.fold, &c.folds, id%chunkSize)
}

func (t *tagSets) view() tagView { return t.chunks }

// intern returns the set that is a value and counts one more who has it.
func (t *tagSets) intern(v patch.Value) setID {
	if v.Len() == 0 {
		return noTags
	}
	id, known := t.lookup(v)
	if !known {
		id = t.add(t.buf, v)
	}
	refs := t.refs[id/chunkSize]
	if refs.of[id%chunkSize]++; refs.of[id%chunkSize] == 1 {
		refs.live++
	}
	return id
}

// lookup returns the set that is a value, and false when there is none.
func (t *tagSets) lookup(v patch.Value) (setID, bool) {
	if v.Len() == 0 {
		return noTags, true
	}
	t.buf = v.AppendJSON(t.buf[:0])
	return t.index.find(maphash.Bytes(t.seed, t.buf), func(n uint32) bool { return bytes.Equal(t.view().json(n), t.buf) })
}

// release says that one less has a set.
func (t *tagSets) release(id setID) {
	if id == noTags {
		return
	}
	at := int(id / chunkSize)
	refs := t.refs[at]
	if refs.of[id%chunkSize]--; refs.of[id%chunkSize] > 0 {
		return
	}
	if refs.live--; refs.live == 0 && at != t.fill {
		t.drop(at)
	}
}

// drop empties a chunk. Snapshots keep the one that was there.
func (t *tagSets) drop(at int) {
	if at == 0 {
		return // it has the empty set
	}
	for i := range uint32(chunkSize) {
		id := uint32(at)*chunkSize + i
		t.index.remove(t.hash(id), id)
	}
	t.chunks[at] = &chunk{epoch: t.epoch}
	t.free = append(t.free, at)
}

// next turns to a chunk that has room.
func (t *tagSets) next() {
	if last := len(t.free) - 1; last >= 0 {
		t.fill, t.free = t.free[last], t.free[:last]
		return
	}
	t.fill = len(t.chunks)
	t.chunks = append(t.chunks, &chunk{epoch: t.epoch})
	t.refs = append(t.refs, &chunkRefs{})
}

func (t *tagSets) hash(id setID) uint64 { return maphash.Bytes(t.seed, t.view().json(id)) }

func (t *tagSets) add(json []byte, v patch.Value) setID {
	if t.chunks[t.fill].n == chunkSize {
		t.next()
	}
	at := t.fill
	c := t.chunks[at]
	if c.epoch != t.epoch {
		clone := *c
		clone.epoch = t.epoch
		c = &clone
		t.chunks[at] = c
	}
	c.json = append(c.json, json...)
	c.ends[c.n] = uint32(len(c.json))
	c.fold = appendFlat(c.fold, nil, v, 0, len(c.fold)+maxSearched)
	c.folds[c.n] = uint32(len(c.fold))
	id := uint32(at*chunkSize + c.n)
	if c.n++; c.n == chunkSize {
		c.json, c.fold = bytes.Clone(c.json), bytes.Clone(c.fold) // without what they could have grown by
	}
	t.index.add(t.hash(id), id, t.hash)
	return id
}

// maxSearched bounds how much of one device's tags is searched, and maxDepth how deep.
const (
	maxSearched = 4096
	maxDepth    = 8
)

// appendFlat appends the tags as lines path=value, folded.
func appendFlat(dst, path []byte, v patch.Value, depth, limit int) []byte {
	if len(dst) > limit || depth > maxDepth {
		return dst
	}
	if v.Kind() == patch.KindObject {
		for _, m := range v.Members() {
			inner := path
			if len(path) > 0 {
				inner = append(inner, '.')
			}
			dst = appendFlat(dst, append(inner, m.Key...), m.Value, depth+1, limit)
		}
		return dst
	}
	from := len(dst)
	dst = appendFold(dst, path)
	dst = append(dst, '=')
	dst = appendFold(dst, Scalar(v))
	for i := from; i < len(dst); i++ {
		if dst[i] == '\n' {
			dst[i] = ' '
		}
	}
	return append(dst, '\n')
}

// Scalar returns a tag's value as it is shown and searched: strings as they are, everything else
// as JSON. It is untrusted.
func Scalar(v patch.Value) string {
	if v.Kind() == patch.KindString || v.Kind() == patch.KindNumber {
		return v.Text()
	}
	return v.JSON()
}

// Tag is one leaf of the tags of a device: its path with dots, and its value as [Scalar] has it.
type Tag struct{ Path, Value string }

// FlatTags returns the leaves of tags in their order.
func FlatTags(tags patch.Value) []Tag { return appendTags(nil, "", tags, 0) }

func appendTags(dst []Tag, path string, v patch.Value, depth int) []Tag {
	if depth > maxDepth {
		return dst
	}
	if v.Kind() != patch.KindObject {
		return append(dst, Tag{path, Scalar(v)})
	}
	for _, m := range v.Members() {
		inner := m.Key
		if path != "" {
			inner = path + "." + m.Key
		}
		dst = appendTags(dst, inner, m.Value, depth+1)
	}
	return dst
}

// valueOf returns the value at a folded path, folded, from tags that are flat.
func valueOf(flat []byte, path string) (string, bool) {
	for len(flat) > 0 {
		line := flat
		if i := bytes.IndexByte(flat, '\n'); i >= 0 {
			line, flat = flat[:i], flat[i+1:]
		} else {
			flat = nil
		}
		if len(line) > len(path) && line[len(path)] == '=' && string(line[:len(path)]) == path {
			return string(line[len(path)+1:]), true
		}
	}
	return "", false
}

// sampledSets bounds how many sets of tags are looked at to learn which paths there are.
const sampledSets = 2000

// paths returns the most frequent paths, at most max of them, the most frequent first.
func (t *tagSets) paths(max int) []string {
	count := map[string]int{}
	total := len(t.chunks) * chunkSize
	step := total/sampledSets + 1
	for n := 1; n < total; n += step {
		id := uint32(n)
		if int(id%chunkSize) >= t.chunks[id/chunkSize].n {
			continue
		}
		refs := int(t.refs[id/chunkSize].of[id%chunkSize])
		if refs == 0 {
			continue
		}
		v, err := patch.Parse(t.view().json(id))
		if err != nil {
			continue
		}
		for _, tag := range FlatTags(v) {
			count[tag.Path] += refs
		}
	}
	return mostFrequent(count, max)
}

func mostFrequent(count map[string]int, max int) []string {
	paths := make([]string, 0, len(count))
	for p := range count {
		paths = append(paths, p)
	}
	slices.SortFunc(paths, func(a, b string) int {
		if d := count[b] - count[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return paths[:min(len(paths), max)]
}
