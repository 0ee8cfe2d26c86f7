package roster

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
)

// findRanked rates devices by every term and returns those that match, the best first.
func (j *Job) findRanked(order []Slot, hits *hits) ([]Slot, []extra) {
	v := j.view
	if j.narrow && len(j.within) < v.size()/few {
		return j.rankAmong(order, hits)
	}
	var among bitmap
	if j.narrow {
		among = newBitmap(v.size())
		for _, s := range j.within {
			among.set(s)
		}
	}
	r := newRater(v, j.match, v.size())
	keys, through := make([]uint32, v.size()), newBitmap(v.size()+blockSize)
	eachWith(len(v.blocks), j.canceled.Load, func(sc *scorer, at int) {
		for i := range v.blocks[at].n {
			s := Slot(at*blockSize + i)
			keys[s] = absent
			if among != nil && !among.has(s) || v.flagOf(s)&gone != 0 {
				continue
			}
			if got := r.rate(s, sc); got.shown {
				keys[s] = got.rank
				if got.through {
					through.set(s)
				}
			}
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

// rated is a device with its rank.
type rated struct {
	slot Slot
	verdict
}

// rankAmong rates few devices one by one.
func (j *Job) rankAmong(order []Slot, hits *hits) ([]Slot, []extra) {
	const n = 512
	r := newRater(j.view, j.match, len(j.within))
	pieces := make([][]rated, (len(j.within)+n-1)/n)
	eachWith(len(pieces), j.canceled.Load, func(sc *scorer, at int) {
		for _, s := range j.within[at*n : min(at*n+n, len(j.within))] {
			if j.view.flagOf(s)&gone != 0 {
				continue
			}
			if v := r.rate(s, sc); v.shown {
				pieces[at] = append(pieces[at], rated{s, v})
			}
		}
	})
	if j.canceled.Load() {
		return nil, nil
	}
	all := slices.Concat(pieces...)
	var through bitmap
	for _, r := range all {
		if r.through {
			through = through.with(r.slot)
		}
	}
	found := j.best(order, all)
	return found, hits.below(found, through)
}

// best returns devices with the best first, and those of equal rank in their order.
func (j *Job) best(order []Slot, all []rated) []Slot {
	const sortable = 4096 // more are sooner picked out of the order than compared with one another
	if len(all) < sortable {
		slices.SortFunc(all, func(a, b rated) int {
			return cmp.Or(cmp.Compare(a.rank, b.rank), j.view.compare(j.show.Sort, a.slot, b.slot))
		})
		found := make([]Slot, len(all))
		for i, r := range all {
			found[i] = r.slot
		}
		return found
	}
	keys := make([]uint32, j.view.size()) // plus one: 0 is for those that are not among them
	for _, r := range all {
		keys[r.slot] = r.rank + 1
	}
	kept := make([]Slot, 0, len(all))
	for _, s := range order {
		if keys[s] != 0 {
			kept = append(kept, s)
		}
	}
	return stable(kept, keys)
}

// rater rates devices by a filter. It remembers how well each term matches what devices share, sets
// of tags and names of modules, and may be used by several goroutines.
type rater struct {
	view  *view
	match *matcher
	tags  []memo // by term
	names []memo
}

// newRater returns one for about n devices.
func newRater(v *view, m *matcher, n int) *rater {
	r := &rater{view: v, match: m, tags: make([]memo, len(m.terms)), names: make([]memo, len(m.terms))}
	for i := range m.terms {
		r.tags[i], r.names[i] = newMemo(len(v.tags)*chunkSize, n), newMemo(len(v.nameFolds), n)
	}
	return r
}

// memo holds scores, plus one; 0 stands for those that are not known. It may be nil: then nothing is
// remembered.
type memo []atomic.Uint32

// newMemo returns one for as many texts, when so many devices make it worth while.
func newMemo(texts, devices int) memo {
	const each = 64 // as many texts are cleared in the time that one is rated
	if texts > devices*each {
		return nil
	}
	return make(memo, texts)
}

func (m memo) get(i uint32, score func() int) int {
	if m == nil {
		return score()
	}
	if known := m[i].Load(); known != 0 {
		return int(known - 1)
	}
	n := score()
	m[i].Store(uint32(n + 1))
	return n
}

// rate is what [matcher.judge] says of a device, which is one that is not gone.
func (r *rater) rate(s Slot, sc *scorer) verdict {
	b, i := r.view.blocks[s/blockSize], s%blockSize
	id, tags := b.searchedID(i), b.tags[i]
	modules := r.view.modulesOf(s)
	v := verdict{shown: true}
	total := 0
	for k := range r.match.terms {
		t := &r.match.terms[k]
		if t.Not {
			if r.has(t, id, tags, modules) {
				return verdict{}
			}
			continue
		}
		self := r.tags[k].get(tags, func() int { return sc.scoreLines(t, r.view.tags.fold(tags)) })
		if within(t.bytes, id) {
			self = max(self, sc.score(t, b.id(int(i))))
		}
		mods := 0
		for _, m := range modules {
			mods = max(mods, r.names[k].get(m.name, func() int { return sc.score(t, []byte(r.view.nameFolds[m.name])) }))
		}
		if self == 0 && mods == 0 {
			return verdict{}
		}
		v.through = v.through || self == 0
		total += max(self, mods)
	}
	v.rank = rank(total, len(b.id(int(i))))
	return v
}

// has reports whether a term is in any text of a device.
func (r *rater) has(t *term, id []byte, tags setID, modules []module) bool {
	if bytes.Contains(id, t.bytes) || bytes.Contains(r.view.tags.fold(tags), t.bytes) {
		return true
	}
	return slices.ContainsFunc(modules, func(m module) bool { return strings.Contains(r.view.nameFolds[m.name], t.Text) })
}
