package query

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"twindeck/hub/patch"
)

// arrangement is which rows are shown, and in which order. Sorting and filtering a long result takes
// a while, so both are done outside of Update, on rows that no longer change.
type arrangement struct {
	terms   []string // that a row has to contain; with a ! in front, must not
	column  Column   // sorted by, when sorted
	sorted  bool
	reverse bool

	order   []int32   // rows by number; nil: all of them as they came
	keys    []sortKey // by row, when sorted
	covered int       // rows that have been looked at
	gen     uint64    // of the terms and the column
	stop    *atomic.Bool
	working bool
}

// plain reports whether all rows are shown as they came.
func (a *arrangement) plain() bool { return len(a.terms) == 0 && !a.sorted }

// Done is what has come of a [Work].
type Done struct {
	gen     uint64
	order   []int32
	keys    []sortKey
	covered int
}

// change makes what is under way stale.
func (a *arrangement) change() {
	a.gen++
	a.covered, a.keys = 0, nil
	a.working = false
	if a.stop != nil {
		a.stop.Store(true)
	}
	if a.plain() {
		a.order = nil
	}
}

// small is how many rows are so soon arranged that nobody waits for it.
const small = 200

// work returns the work there is for rows, nil when there is none or it is under way. A page or two
// it does at once, so that nothing is seen in the wrong place.
func (a *arrangement) work(rows []row) Action {
	if a.working || a.plain() || a.covered == len(rows) && a.order != nil {
		return nil
	}
	a.stop = &atomic.Bool{}
	job := *a
	if job.covered == 0 {
		job.order = nil
	}
	if len(rows) <= small {
		a.done(job.run(rows))
		return nil
	}
	a.working = true
	return Work{func() Done { return job.run(rows) }}
}

// done takes the outcome of work and reports whether it is current.
func (a *arrangement) done(d Done) bool {
	if d.gen != a.gen {
		return false
	}
	a.working = false
	a.order, a.keys, a.covered = d.order, d.keys, d.covered
	return true
}

// glance is how many rows are looked at between two looks at whether the work is still wanted.
const glance = 1000

// run arranges the rows that have not been yet, and puts them among the others.
func (a *arrangement) run(rows []row) Done {
	fresh := []int32{}
	for i := a.covered; i < len(rows); i++ {
		if i%glance == 0 && a.stop.Load() {
			return Done{gen: a.gen - 1}
		}
		if a.sorted {
			a.keys = append(a.keys, keyOf(a.column, &rows[i]))
		}
		if matches(rows[i].search, a.terms) {
			fresh = append(fresh, int32(i)) //nolint:gosec // rows are fewer than an int32 counts
		}
	}
	order := append(slices.Clip(a.order), fresh...)
	if a.sorted {
		slices.SortFunc(fresh, a.compare)
		order = a.mergeOrders(a.order, fresh)
	}
	if order == nil {
		order = []int32{}
	}
	return Done{gen: a.gen, order: order, keys: a.keys, covered: len(rows)}
}

// matches reports whether a text has all the terms that it must and none that it must not.
func matches(text string, terms []string) bool {
	for _, t := range terms {
		if not, found := strings.CutPrefix(t, "!"); found && not != "" {
			if strings.Contains(text, not) {
				return false
			}
		} else if !strings.Contains(text, t) {
			return false
		}
	}
	return true
}

// mergeOrders puts two sorted orders together.
func (a *arrangement) mergeOrders(left, right []int32) []int32 {
	all := make([]int32, 0, len(left)+len(right))
	for len(left) > 0 && len(right) > 0 {
		if a.compare(left[0], right[0]) <= 0 {
			all, left = append(all, left[0]), left[1:]
		} else {
			all, right = append(all, right[0]), right[1:]
		}
	}
	return append(append(all, left...), right...)
}

// compare orders two rows by their keys and otherwise as they came. Rows without a value are the
// last, whichever way.
func (a *arrangement) compare(i, j int32) int {
	x, y := &a.keys[i], &a.keys[j]
	if x.class == absentKey || y.class == absentKey {
		return cmp.Or(cmp.Compare(x.class, y.class), cmp.Compare(i, j))
	}
	c := x.compare(y)
	if a.reverse {
		c = -c
	}
	return cmp.Or(c, cmp.Compare(i, j))
}

// class orders values of different types.
type class uint8

const (
	boolKey class = iota
	numberKey
	textKey
	nestedKey
	absentKey // also null
)

// sortKey is what a row is sorted by.
type sortKey struct {
	class class
	whole bool // a number that n holds
	n     int64
	big   *big.Float // any other number, with more digits than a twin has
	text  string     // in lower case
}

// keyPrecision keeps apart numbers of up to 75 digits.
const keyPrecision = 256

func keyOf(c Column, r *row) sortKey {
	v, ok := c.Value(r.value())
	if !ok {
		return sortKey{class: absentKey}
	}
	switch v.Kind() {
	case patch.KindBool:
		k := sortKey{class: boolKey, whole: true}
		if v.AsBool() {
			k.n = 1
		}
		return k
	case patch.KindNumber:
		if n, err := strconv.ParseInt(v.Text(), 10, 64); err == nil {
			return sortKey{class: numberKey, whole: true, n: n}
		}
		f, _, err := big.ParseFloat(v.Text(), 10, keyPrecision, big.ToNearestEven)
		if err != nil && f == nil {
			return sortKey{class: textKey, text: v.Text()}
		}
		return sortKey{class: numberKey, big: f}
	case patch.KindString:
		return sortKey{class: textKey, text: strings.ToLower(v.Text())}
	case patch.KindNull:
		return sortKey{class: absentKey}
	case patch.KindArray, patch.KindObject:
	}
	return sortKey{class: nestedKey, text: string(compact(nil, v))}
}

func (k *sortKey) compare(l *sortKey) int {
	switch {
	case k.class != l.class:
		return cmp.Compare(k.class, l.class)
	case k.class == textKey || k.class == nestedKey:
		return cmp.Compare(k.text, l.text)
	case k.whole && l.whole:
		return cmp.Compare(k.n, l.n)
	}
	return k.number().Cmp(l.number())
}

func (k *sortKey) number() *big.Float {
	if k.big != nil {
		return k.big
	}
	return new(big.Float).SetPrec(keyPrecision).SetInt64(k.n)
}
