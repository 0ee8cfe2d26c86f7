package roster

import (
	"bytes"
	"slices"
	"strings"
)

// find returns those of order that the filter lets through, and the rows below those that are there
// for their modules alone.
func (j *Job) find(order []Slot) ([]Slot, []extra) {
	hits := &hits{view: j.view, match: j.match}
	if j.match.ranked() {
		return j.findRanked(order, hits)
	}
	if j.narrow && !j.ranked {
		order = j.within
	}
	if len(order) < j.view.size()/few {
		return j.findAmong(order, hits)
	}
	hits.share()
	shown, through := newBitmap(j.view.size()+blockSize), newBitmap(j.view.size()+blockSize)
	each(len(j.view.blocks), j.canceled.Load, func(at int) { hits.scan(at, shown, through) })
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

// few is the part of all devices, one in so many, up to which those in question are looked at one by
// one; more of them are found sooner by searching all texts from end to end.
const few = 16

// findAmong looks at few devices one by one.
func (j *Job) findAmong(order []Slot, hits *hits) ([]Slot, []extra) {
	const n = 2048
	pieces := make([]struct{ shown, through []Slot }, (len(order)+n-1)/n)
	eachWith(len(pieces), j.canceled.Load, func(sc *scorer, at int) {
		p := &pieces[at]
		for _, s := range order[at*n : min(at*n+n, len(order))] {
			if j.view.flagOf(s)&gone != 0 {
				continue
			}
			v := j.view.judge(j.match, s, sc)
			if v.shown {
				p.shown = append(p.shown, s)
			}
			if v.shown && v.through {
				p.through = append(p.through, s)
			}
		}
	})
	var found []Slot
	var through bitmap
	for _, p := range pieces {
		found = append(found, p.shown...)
		for _, s := range p.through {
			through = through.with(s)
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

// hits are what a filter finds.
type hits struct {
	view  *view
	match *matcher
	terms []termHits // nil until shared
}

// termHits are what a term is found in of what devices share: sets of tags, and modules.

type termHits struct {
	tags    bitmap // sets of tags; nil: none
	modules bitmap // devices, by the names of their modules; nil: none
}

// share looks for the terms in what devices share.
func (h *hits) share() {
	h.terms = make([]termHits, len(h.match.terms))
	for i := range h.match.terms {
		h.terms[i] = termHits{h.tagHits(&h.match.terms[i]), h.moduleHits(&h.match.terms[i])}
	}
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
