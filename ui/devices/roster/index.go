package roster

// index finds numbers by the hash of what they stand for. It holds no texts and no pointers: who
// asks compares. It grows shard by shard, so that no single insertion moves a million of them.
type index struct {
	shards [shardCount]shard
}

const shardCount = 256

// shard is an open hash table of numbers, each raised by firstValue.
type shard struct {
	table []uint32 // its length is a power of two
	used  int      // entries that are not free, removed ones included
}

// What an entry of a table holds beside numbers.
const (
	freeEntry    = 0
	removedEntry = 1
	firstValue   = 2
)

// find returns the number under a hash that is the one looked for.
func (x *index) find(hash uint64, is func(uint32) bool) (uint32, bool) {
	s := &x.shards[hash%shardCount]
	if len(s.table) == 0 {
		return 0, false
	}
	mask := len(s.table) - 1
	for i := int(hash/shardCount) & mask; ; i = (i + 1) & mask {
		switch v := s.table[i]; {
		case v == freeEntry:
			return 0, false
		case v != removedEntry && is(v-firstValue):
			return v - firstValue, true
		}
	}
}

// add puts in a number that is not there yet. hashOf tells the hash of those that are.
func (x *index) add(hash uint64, n uint32, hashOf func(uint32) uint64) {
	s := &x.shards[hash%shardCount]
	if 4*(s.used+1) > 3*len(s.table) {
		s.grow(hashOf)
	}
	s.put(hash, n+firstValue)
}

func (s *shard) put(hash uint64, v uint32) {
	mask := len(s.table) - 1
	i := int(hash/shardCount) & mask
	for s.table[i] != freeEntry {
		i = (i + 1) & mask
	}
	s.table[i] = v
	s.used++
}

func (s *shard) grow(hashOf func(uint32) uint64) {
	old := s.table
	live := 0
	for _, v := range old {
		if v >= firstValue {
			live++
		}
	}
	size := 8
	for size < 2*(live+1) {
		size *= 2
	}
	s.table, s.used = make([]uint32, size), 0
	for _, v := range old {
		if v >= firstValue {
			s.put(hashOf(v-firstValue), v)
		}
	}
}

// remove takes a number out.
func (x *index) remove(hash uint64, n uint32) {
	s := &x.shards[hash%shardCount]
	if len(s.table) == 0 {
		return
	}
	mask := len(s.table) - 1
	for i := int(hash/shardCount) & mask; s.table[i] != freeEntry; i = (i + 1) & mask {
		if s.table[i] == n+firstValue {
			s.table[i] = removedEntry
			return
		}
	}
}
