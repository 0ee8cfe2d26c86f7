package query

import (
	"math"
	"strconv"

	"twindeck/hub/embedded/ordered"
)

// maxGroups bounds what an aggregating query keeps and returns: its results are one page.
const maxGroups = 10_000

// grouping collects the rows of an aggregating query.
type grouping struct {
	query  *Query
	groups map[string]*group
	order  []*group // as they were first seen
}

type group struct {
	keys    []ordered.Value
	has     []bool // which keys are defined
	results []accumulator
}

func newGrouping(q *Query) *grouping {
	g := &grouping{query: q, groups: map[string]*group{}}
	if len(q.groups) == 0 {
		// Without GROUP BY there is one result even over nothing.
		g.order = append(g.order, &group{results: make([]accumulator, len(q.columns))})
		g.groups[""] = g.order[0]
	}
	return g
}

// add takes one matching row in. The error is ErrTooManyGroups.
func (g *grouping) add(row Row) error {
	var key []byte
	keys, has := make([]ordered.Value, len(g.query.groups)), make([]bool, len(g.query.groups))
	for i, path := range g.query.groups {
		if keys[i], has[i] = path.eval(row); has[i] {
			key = appendKey(key, keys[i])
		}
		key = append(key, 0) // in no JSON text
	}
	into := g.groups[string(key)]
	if into == nil {
		if len(g.order) >= maxGroups {
			return ErrTooManyGroups
		}
		into = &group{keys, has, make([]accumulator, len(g.query.columns))}
		g.groups[string(key)] = into
		g.order = append(g.order, into)
	}
	for i, c := range g.query.columns {
		if c.function == "" {
			continue
		}
		if len(c.path) == 0 {
			into.results[i].count++
		} else if v, ok := c.path.eval(row); ok {
			into.results[i].add(v)
		}
	}
	return nil
}

// appendKey writes equal values the same: 1 and 1.0 are one group.
func appendKey(dst []byte, v ordered.Value) []byte {
	if v.Kind() == ordered.Number {
		return strconv.AppendFloat(dst, float(v)+0, 'g', -1, 64) // + 0 makes -0 and 0 the same
	}
	return v.Append(dst)
}

// rows renders one result per group.
func (g *grouping) rows() [][]byte {
	rows := make([][]byte, 0, len(g.order))
	for _, group := range g.order {
		var members []ordered.Member
		for i, c := range g.query.columns {
			var v ordered.Value
			var ok bool
			if c.function == "" {
				v, ok = group.keys[c.group], group.has[c.group]
			} else {
				v, ok = group.results[i].result(c.function)
			}
			if ok {
				members = place(members, c.place(), v)
			}
		}
		rows = append(rows, ordered.NewObject(members...).Append(nil))
	}
	return rows
}

// accumulator is one aggregate of one group. Sums and averages are over numbers, the least and
// the greatest over numbers, texts and booleans; other values are only counted.
type accumulator struct {
	count    int // values that are defined
	numbers  int
	sum      float64
	min, max ordered.Value // null: none yet
}

func (a *accumulator) add(v ordered.Value) {
	a.count++
	switch v.Kind() {
	case ordered.Number:
		a.numbers++
		a.sum += float(v)
	case ordered.Null, ordered.Object, ordered.Array:
		return
	}
	if a.min.Kind() == ordered.Null || before(v, a.min) {
		a.min = v
	}
	if a.max.Kind() == ordered.Null || before(a.max, v) {
		a.max = v
	}
}

// before orders primitives of all types: booleans, numbers, texts.
func before(a, b ordered.Value) bool {
	if a.Kind() != b.Kind() {
		return a.Kind() < b.Kind()
	}
	return compare(a, b) < 0
}

// result is undefined when there was nothing to aggregate.
func (a *accumulator) result(function string) (v ordered.Value, ok bool) {
	number := func(f float64) (ordered.Value, bool) {
		return ordered.NewNumber(formatNumber(f)), a.numbers > 0 && !math.IsInf(f, 0) && !math.IsNaN(f)
	}
	switch function {
	case "COUNT":
		return ordered.NewNumber(strconv.Itoa(a.count)), true
	case "SUM":
		return number(a.sum)
	case "AVG":
		return number(a.sum / float64(a.numbers))
	case "MIN":
		return a.min, a.min.Kind() != ordered.Null
	default:
		return a.max, a.max.Kind() != ordered.Null
	}
}
