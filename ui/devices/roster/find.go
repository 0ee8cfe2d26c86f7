package roster

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// find returns those of order that the filter lets through, and the rows below those that are there
// for their modules alone.
func (j *Job) find(order []Slot) ([]Slot, []extra) {
	hits := newHits(j.view, j.match)
	if j.match.ranked() {
		return j.findRanked(order, hits)
	}
	if j.narrow && !j.ranked {
		order = j.within
	}
	shown, through := newBitmap(j.view.size()+blockSize), newBitmap(j.view.size()+blockSize)
	if len(order) < j.view.size()/16 {
		j.judgeEach(order, hits, shown, through)
	} else {
		each(len(j.view.blocks), j.canceled.Load, func(at int) { hits.scan(at, shown, through) })
	}
	if j.canceled.Load() {
		return nil, nil
	}
	found := make([]Slot, 0, min(shown.count(), len(order)))
	for _, s := range order {
		if shown.has(s) {
			found = append(found, s)
		}
	}
	return found, hits.below(found, through)
}

// below returns the rows below those of found that are there for their modules alone.
func (h *hits) below(found []Slot, through bitmap) []extra {
	if !slices.ContainsFunc(through, func(w uint64) bool { return w != 0 }) {
		return nil
	}
	picks := make([]bool, len(h.view.nameFolds))
	for i, name := range h.view.nameFolds {
		picks[i] = h.match.picks(name)
	}
	var below []extra
	for at, s := range found {
		if !through.has(s) {
			continue
		}
		n := 0
		for _, m := range h.view.modulesOf(s) {
			if picks[m.name] {
				n++
			}
		}
		below = append(below, extra{at: at, n: n})
	}
	return below
}

// judgeEach looks at few devices one by one.
func (j *Job) judgeEach(slots []Slot, hits *hits, shown, through bitmap) {
	for i, s := range slots {
		if i%1024 == 0 && j.canceled.Load() {
			return
		}
		v := hits.judge(s)
		if v.shown {
			shown.set(s)
		}
		if v.shown && v.through {
			through.set(s)
		}
	}
}

// hits are what each term of a filter is found in of what devices share: sets of tags, and modules.
type hits struct {
	view  *view
	match *matcher
	terms []termHits
}

type termHits struct {
	tags    bitmap // sets of tags; nil: none
	modules bitmap // devices, by the names of their modules; nil: none
}

func newHits(v *view, m *matcher) *hits {
	h := &hits{view: v, match: m, terms: make([]termHits, len(m.terms))}
	for i := range m.terms {
		h.terms[i] = termHits{h.tagHits(&m.terms[i]), h.moduleHits(&m.terms[i])}
	}
	return h
}

func (h *hits) tagHits(t *term) bitmap {
	var found bitmap
	for at, c := range h.view.tags {
		scan(c.fold, c.folds[:c.n], t.bytes, func(i int) {
			if found == nil {
				found = newBitmap(len(h.view.tags) * chunkSize)
			}
			found.set(uint32(at*chunkSize + i))
		})
	}
	return found
}

func (h *hits) moduleHits(t *term) bitmap {
	names := make([]bool, len(h.view.nameFolds))
	any := false
	for i, name := range h.view.nameFolds {
		names[i] = strings.Contains(name, t.Text)
		any = any || names[i]
	}
	if !any {
		return nil
	}
	found := newBitmap(h.view.size())
	for _, l := range h.view.lists {
		for _, m := range h.view.pool[l.from : l.from+l.n] {
			if names[m.name] {
				found.set(l.owner)
			}
		}
	}
	return found
}

// scan calls hit for each of the texts, which stand one after the other and end at ends, that
// contains a term.
func scan(texts []byte, ends []uint32, term []byte, hit func(i int)) {
	i := 0
	for from := 0; i < len(ends); {
		at := bytes.Index(texts[from:ends[len(ends)-1]], term)
		if at < 0 {
			return
		}
		at += from
		for int(ends[i]) <= at {
			i++
		}
		hit(i)
		from = int(ends[i])
		i++
	}
}

const blockWords = blockSize / 64

// scan judges the devices of a block, all at once.
func (h *hits) scan(at int, shown, byModule bitmap) {
	b := h.view.blocks[at]
	var through [blockWords]uint64
	live := b.liveBits()
	base := at * blockWords
	for i := range h.match.terms {
		t, of := &h.match.terms[i], h.terms[i]
		var self [blockWords]uint64
		ids, ends := b.searched()
		scan(ids, ends[:b.n], t.bytes, func(k int) { self[k/64] |= 1 << (k % 64) })
		if of.tags != nil {
			for k, set := range b.tags[:b.n] {
				self[k/64] |= of.tags[set/64] >> (set % 64) & 1 << (k % 64)
			}
		}
		for w := range live {
			var mods uint64
			if base+w < len(of.modules) {
				mods = of.modules[base+w]
			}
			if t.Not {
				live[w] &^= self[w] | mods
				continue
			}
			live[w] &= self[w] | mods
			through[w] |= mods &^ self[w]
		}
	}
	copy(shown[base:base+blockWords], live[:])
	for w := range through {
		byModule[base+w] = through[w] & live[w]
	}
}

func (b *block) liveBits() (live [blockWords]uint64) {
	for k, f := range b.flag[:b.n] {
		if f&gone == 0 {
			live[k/64] |= 1 << (k % 64)
		}
	}
	return live
}

// judge judges one device.
func (h *hits) judge(s Slot) verdict {
	b, i := h.view.blocks[s/blockSize], s%blockSize
	ids, ends := b.searched()
	from := uint32(0)
	if i > 0 {
		from = ends[i-1]
	}
	v := verdict{shown: b.flag[i]&gone == 0}
	for k := range h.match.terms {
		t, of := &h.match.terms[k], h.terms[k]
		self := of.tags.has(b.tags[i]) || bytes.Contains(ids[from:ends[i]-1], t.bytes)
		mods := of.modules.has(s)
		if t.Not && (self || mods) || !t.Not && !self && !mods {
			return verdict{}
		}
		v.through = v.through || !t.Not && !self
	}
	return v
}

// findRanked rates devices by every term and returns those that match, the best first.
func (j *Job) findRanked(order []Slot, hits *hits) ([]Slot, []extra) {
	v := j.view
	through := newBitmap(v.size() + blockSize)
	cache := hits.scores(j.canceled.Load)
	rate := func(sc *scorer, s Slot) uint32 {
		if v.blocks[s/blockSize].flag[s%blockSize]&gone != 0 {
			return absent
		}
		got := hits.rate(s, cache, sc)
		switch {
		case !got.shown:
			return absent
		case got.through:
			through.set(s)
		}
		return got.rank
	}
	if j.narrow && len(j.within) < v.size()/4 {
		return j.rankWithin(rate, hits, through)
	}
	keys := make([]uint32, v.size())
	eachWith(len(v.blocks), j.canceled.Load, func(sc *scorer, at int) {
		for i := range v.blocks[at].n {
			keys[at*blockSize+i] = rate(sc, Slot(at*blockSize+i))
		}
	})
	if j.canceled.Load() {
		return nil, nil
	}
	kept := make([]Slot, 0, len(order)/4)
	for _, s := range order {
		if keys[s] != absent {
			kept = append(kept, s)
		}
	}
	found := stable(kept, keys)
	return found, hits.below(found, through)
}

// rankWithin rates few devices.
func (j *Job) rankWithin(rate func(*scorer, Slot) uint32, hits *hits, through bitmap) ([]Slot, []extra) {
	type rated struct {
		rank uint32
		slot Slot
	}
	all := make([]rated, 0, len(j.within))
	sc := &scorer{}
	for i, s := range j.within {
		if i%1024 == 0 && j.canceled.Load() {
			return nil, nil
		}
		if rank := rate(sc, s); rank != absent {
			all = append(all, rated{rank, s})
		}
	}
	slices.SortFunc(all, func(a, b rated) int {
		if d := cmp.Compare(a.rank, b.rank); d != 0 {
			return d
		}
		return j.view.compare(j.show.Sort, a.slot, b.slot)
	})
	found := make([]Slot, len(all))
	for i, r := range all {
		found[i] = r.slot
	}
	return found, hits.below(found, through)
}

// scores rates what devices share once: for each term each set of tags and each name of a module.
type scores struct {
	tags  [][]uint16
	names [][]uint16
}

func (h *hits) scores(canceled func() bool) scores {
	var of scores
	for i := range h.match.terms {
		t := &h.match.terms[i]
		tags, names := make([]uint16, len(h.view.tags)*chunkSize), make([]uint16, len(h.view.nameFolds))
		if !t.Not {
			eachWith(len(h.view.tags), canceled, func(sc *scorer, at int) {
				for k := range h.view.tags[at].n {
					id := setID(at*chunkSize + k)
					tags[id] = uint16(sc.scoreLines(t, h.view.tags.fold(id)))
				}
			})
			var sc scorer
			for k, name := range h.view.nameFolds {
				names[k] = uint16(sc.score(t, []byte(name)))
			}
		}
		of.tags, of.names = append(of.tags, tags), append(of.names, names)
	}
	return of
}

// rate is what [matcher.judge] says of a device, from what is known of what it shares.
func (h *hits) rate(s Slot, of scores, sc *scorer) verdict {
	b, i := h.view.blocks[s/blockSize], s%blockSize
	id := b.id(int(i))
	v := verdict{shown: true}
	total := 0
	for k := range h.match.terms {
		t := &h.match.terms[k]
		if t.Not {
			ids, ends := b.searched()
			from := uint32(0)
			if i > 0 {
				from = ends[i-1]
			}
			if h.terms[k].tags.has(b.tags[i]) || h.terms[k].modules.has(s) || bytes.Contains(ids[from:ends[i]-1], t.bytes) {
				return verdict{}
			}
			continue
		}
		self := max(sc.score(t, id), int(of.tags[k][b.tags[i]]))
		mods := 0
		for _, m := range h.view.modulesOf(s) {
			mods = max(mods, int(of.names[k][m.name]))
		}
		if self == 0 && mods == 0 {
			return verdict{}
		}
		v.through = v.through || self == 0
		total += max(self, mods)
	}
	v.rank = rank(total, len(id))
	return v
}
