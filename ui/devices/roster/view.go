package roster

import "slices"

// view is what filters and sorts read: the roster as it is, or as it was when a snapshot was taken.
type view struct {
	blocks    []*block
	tags      tagView
	lists     []moduleList
	pool      []module
	nameFolds []string
}

// now returns the roster as it is, to be read before the next change.
func (r *Roster) now() *view {
	r.current = view{
		blocks: r.blocks, tags: r.tags.view(), lists: r.modules.lists, pool: r.modules.pool,
		nameFolds: r.modules.names.folds,
	}
	return &r.current
}

// snapshot returns the roster as it is, and stays so.
func (r *Roster) snapshot() *view {
	r.epoch++
	r.tags.epoch = r.epoch
	r.modules.shared = true
	v := *r.now()
	v.blocks, v.tags = slices.Clone(v.blocks), slices.Clone(v.tags)
	return &v
}

// size is the number of slots.
func (v *view) size() int {
	n := len(v.blocks)
	if n == 0 {
		return 0
	}
	return (n-1)*blockSize + v.blocks[n-1].n
}

func (v *view) flagOf(s Slot) flag { return v.blocks[s/blockSize].flag[s%blockSize] }

func (v *view) listOf(s Slot) uint32 {
	b := v.blocks[s/blockSize]
	if b.kids == nil {
		return 0
	}
	return b.kids[s%blockSize]
}

func (v *view) modulesOf(s Slot) []module {
	l := v.lists[v.listOf(s)]
	return v.pool[l.from : l.from+l.n]
}
