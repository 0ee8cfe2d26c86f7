package blobs

import (
	"time"
)

// follow are the steps that a change of the container leads to once mu is free.
type follow []func() error

// through takes all steps and returns the first error.
func (f follow) through() (first error) {
	for _, step := range f {
		if err := step(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// condition says whether a blob, nil for none, may be replaced or removed. It is called with the
// blob as it is when that happens.
type condition func(*blob) *problem

// builder makes a blob from the one that it is to replace, nil for none, and from the blocks that
// wait for it. What it leaves out is forgotten.
type builder func(old *blob, staged map[string]block) (*blob, error)

// put makes content the blob called name. Its size has been reserved.
func (s *Store) put(name string, content []extent, next blob, allowed condition) (*blob, error) {
	whole := block{Extents: content}
	next.Blocks = []block{whole}
	made, err := s.commit(name, allowed, whole.size(), func(*blob, map[string]block) (*blob, error) { return &next, nil })
	if made == nil {
		s.release(whole.size())
		s.discard(content)
	}
	return made, err
}

// choice is one entry of a block list: where a block is looked for, and its name.
type choice struct {
	committed, staged bool
	id                string
}

// commitList makes the chosen blocks the blob called name.
func (s *Store) commitList(name string, list []choice, next blob, allowed condition) (*blob, error) {
	return s.commit(name, allowed, 0, func(old *blob, staged map[string]block) (*blob, error) {
		committed := map[string]block{}
		if old != nil {
			for _, b := range old.Blocks {
				committed[b.ID] = b
			}
		}
		for _, c := range list {
			b, ok := staged[c.id]
			if !ok || !c.staged {
				b, ok = committed[c.id]
				ok = ok && c.committed
			}
			if !ok || c.id == "" {
				return nil, problemOf("InvalidBlockList")
			}
			next.Blocks = append(next.Blocks, b)
		}
		if next.size() > s.opts.Limits.Blob {
			return nil, errTooLarge
		}
		return &next, nil
	})
}

// commit puts a blob in the place of the one that was there, and of all blocks that wait for it.
// reserved is how much of its cost has been. It returns no blob when nothing has changed, and one
// beside an error when that could not be stored.
func (s *Store) commit(name string, allowed condition, reserved int64, build builder) (*blob, error) {
	s.mu.Lock()
	old, staged := s.blobs[name], s.staged[name]
	next, err := s.replacement(old, staged, allowed, reserved, build)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	gone := map[uint64]extent{}
	if old != nil {
		s.used -= old.cost()
		add(gone, old.extents())
	}
	var after follow
	if staged != nil {
		add(gone, staged.extents())
		after = s.unstage(name, staged)[:1] // its content is looked after here
	}
	for _, e := range next.extents() {
		delete(gone, e.Number)
	}
	s.used += next.cost() - reserved
	s.blobs[name] = next
	after = append(follow{s.keepBlob(name, next)}, after...)
	after = append(after, s.discarding(gone))
	s.mu.Unlock()
	return next, after.through()
}

// replacement builds a blob and checks it. The caller holds mu.
func (s *Store) replacement(old *blob, staged *staging, allowed condition, reserved int64, build builder) (*blob, error) {
	if p := allowed(old); p != nil {
		return nil, p
	}
	var blocks map[string]block
	free := s.opts.Limits.Total - s.used
	if staged != nil {
		blocks = staged.blocks
		free += staged.cost()
	}
	next, err := build(old, blocks)
	if err != nil {
		return nil, err
	}
	next.Modified = s.opts.Now().UTC()
	next.Created = next.Modified
	if old != nil {
		free += old.cost()
		next.Created = old.Created
	}
	if next.cost()-reserved > free {
		return nil, errFull
	}
	s.etag = max(s.etag+1, ticks(next.Modified))
	next.ETag = s.etag
	return next, nil
}

// maxStaged is the most blocks that wait for a commit, and maxListed the most that one takes
// (Azure docs: storageservices/put-block-list).
const (
	maxStaged = 100_000
	maxListed = 50_000
)

// stage keeps content as a block of the blob called name, in the place of one with the same id.
// Its size has been reserved.
func (s *Store) stage(name, id string, content []extent) error {
	b := block{id, content}
	s.mu.Lock()
	staged := s.staged[name]
	if staged == nil {
		staged = &staging{blocks: map[string]block{}}
	}
	old, replaces := staged.blocks[id]
	if p := s.stageable(staged, b, replaces); p != nil {
		s.used -= b.size()
		s.mu.Unlock()
		s.discard(content)
		return p
	}
	if replaces {
		s.used -= old.cost()
		staged.size -= old.size()
	}
	staged.blocks[id], staged.touched = b, s.opts.Now()
	staged.size += b.size()
	s.staged[name] = staged
	s.used += blockOverhead // its content has been reserved
	after := follow{s.keepBlock(name, b), func() error { s.discard(old.Extents); return nil }}
	s.mu.Unlock()
	return after.through()
}

// stageable says what keeps a block from the others of its blob. The caller holds mu.
func (s *Store) stageable(staged *staging, b block, replaces bool) *problem {
	for other := range staged.blocks {
		if len(other) != len(b.ID) {
			return problemOf("InvalidBlobOrBlock")
		}
		break // all have the same length
	}
	switch {
	case !replaces && len(staged.blocks) >= maxStaged:
		return problemOf("BlockCountExceedsLimit")
	case s.used+blockOverhead > s.opts.Limits.Total:
		return problemOf("RequestBodyTooLarge")
	}
	return nil
}

// Abandon forgets the blocks that wait for a commit of name. It blocks until that is durable.
func (s *Store) Abandon(name string) error {
	s.mu.Lock()
	var after follow
	if staged := s.staged[name]; staged != nil {
		after = s.unstage(name, staged)
	}
	s.mu.Unlock()
	return after.through()
}

// unstage forgets the blocks that wait for a commit of name. The caller holds mu. The first step
// is about the blocks, the second about their content.
func (s *Store) unstage(name string, staged *staging) follow {
	delete(s.staged, name)
	s.used -= staged.cost()
	gone := map[uint64]extent{}
	add(gone, staged.extents())
	return follow{s.forgetBlocks(name, staged), s.discarding(gone)}
}

// remove deletes a blob and what waits for it; ok is false when there is none.
func (s *Store) remove(name string, allowed condition) (ok bool, err error) {
	s.mu.Lock()
	old := s.blobs[name]
	if old == nil {
		s.mu.Unlock()
		return false, nil
	}
	if p := allowed(old); p != nil {
		s.mu.Unlock()
		return true, p
	}
	delete(s.blobs, name)
	s.used -= old.cost()
	gone := map[uint64]extent{}
	add(gone, old.extents())
	after := follow{s.forgetBlob(name)}
	if staged := s.staged[name]; staged != nil {
		add(gone, staged.extents())
		after = append(after, s.unstage(name, staged)[0])
	}
	after = append(after, s.discarding(gone))
	s.mu.Unlock()
	return true, after.through()
}

func (b *blob) extents() (all []extent) {
	for _, each := range b.Blocks {
		all = append(all, each.Extents...)
	}
	return all
}

func (s *staging) extents() (all []extent) {
	for _, each := range s.blocks {
		all = append(all, each.Extents...)
	}
	return all
}

func add(set map[uint64]extent, extents []extent) {
	for _, e := range extents {
		set[e.Number] = e
	}
}

// ticks counts as etags do: in 100 ns since the year 1.
func ticks(t time.Time) uint64 { return uint64(t.UnixNano()/100 + 621355968000000000) }
