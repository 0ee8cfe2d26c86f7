package live

import (
	"slices"
	"sort"
)

// sieve is the events that fit some terms, by their numbers. What is kept already is gone through
// by work on another goroutine when there is much of it, and each event that arrives is looked at
// once.
type sieve struct {
	terms []term // of found; none: all events fit
	found []uint64
	next  []term // asked for by the work under way
	busy  bool
	gen   uint64
}

// Sifted is the outcome of [Work].
type Sifted struct {
	of    *sieve
	gen   uint64
	found []uint64
	end   uint64 // the first event that was not looked at
}

// quick bounds what is gone through at once; more would be noticed by whoever types.
const (
	quickEvents = 300
	quickWeight = 1 << 20
)

// on reports whether anything is sifted out.
func (s *sieve) on() bool { return len(s.terms) > 0 }

// wanted are the terms asked for last.
func (s *sieve) wanted() []term {
	if s.busy {
		return s.next
	}
	return s.terms
}

// set asks for other terms. It returns work when that takes a while; until then what was found
// before stands.
func (s *sieve) set(terms []term, j *journal) Action {
	if slices.Equal(terms, s.wanted()) {
		return nil
	}
	s.gen++
	s.busy = false
	if len(terms) == 0 {
		s.terms, s.found = nil, nil
		return nil
	}
	entries, first, gen := slices.Clone(j.entries), j.first, s.gen
	run := func() Sifted {
		done := Sifted{of: s, gen: gen, end: first + uint64(len(entries))}
		for i, e := range entries {
			if fits(terms, e) {
				done.found = append(done.found, first+uint64(i))
			}
		}
		return done
	}
	s.busy, s.next = true, terms
	if len(entries) <= quickEvents && j.weight <= quickWeight {
		s.take(run(), j)
		return nil
	}
	return Work{run}
}

// take takes the outcome of work, and reports whether it was the one that is waited for.
func (s *sieve) take(done Sifted, j *journal) bool {
	if done.gen != s.gen {
		return false
	}
	s.terms, s.found, s.busy = s.next, done.found, false
	for n := max(done.end, j.first); n < j.end(); n++ {
		s.see(n, j.at(n))
	}
	s.trim(j.first)
	return true
}

// see looks at an event that has arrived, and reports whether it fits.
func (s *sieve) see(n uint64, e *entry) bool {
	if !s.on() {
		return true
	}
	if !fits(s.terms, e) {
		return false
	}
	s.found = append(s.found, n)
	return true
}

// trim forgets what is not kept any more.
func (s *sieve) trim(first uint64) {
	s.found = s.found[s.place(first):]
}

// place returns how many of what was found come before number n.
func (s *sieve) place(n uint64) int {
	return sort.Search(len(s.found), func(i int) bool { return s.found[i] >= n })
}

// has reports whether number n was found.
func (s *sieve) has(n uint64) bool {
	i := s.place(n)
	return i < len(s.found) && s.found[i] == n
}
