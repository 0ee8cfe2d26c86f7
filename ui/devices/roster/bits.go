package roster

import "math/bits"

// bitmap is a set of small numbers.
type bitmap []uint64

func newBitmap(n int) bitmap { return make(bitmap, (n+63)/64) }

func (b bitmap) has(i uint32) bool {
	w := int(i / 64)
	return w < len(b) && b[w]>>(i%64)&1 != 0
}

// set adds i, which must be below the size the bitmap was made for.
func (b bitmap) set(i uint32) { b[i/64] |= 1 << (i % 64) }

func (b bitmap) unset(i uint32) {
	if w := int(i / 64); w < len(b) {
		b[w] &^= 1 << (i % 64)
	}
}

// with returns b with i in it, enlarged when necessary.
func (b bitmap) with(i uint32) bitmap {
	for int(i/64) >= len(b) {
		b = append(b, 0)
	}
	b.set(i)
	return b
}

func (b bitmap) count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}
