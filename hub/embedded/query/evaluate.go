package query

import (
	"cmp"
	"math/big"
	"strings"

	"twindeck/hub/embedded/ordered"
)

// Row is what a condition is evaluated over.
type Row interface {
	// Attribute returns the value at a path; ok is false when there is none.
	Attribute(path []string) (v ordered.Value, ok bool)
}

// Matches says whether the row satisfies the query's condition.
func (q *Query) Matches(row Row) bool { return q.Where == nil || q.Where.holds(row) }

func (e *Expression) holds(row Row) bool {
	for _, t := range e.Terms {
		if t.holds(row) {
			return true
		}
	}
	return false
}

func (c *Conjunction) holds(row Row) bool {
	for _, f := range c.Factors {
		if !f.holds(row) {
			return false
		}
	}
	return true
}

func (f *Factor) holds(row Row) bool {
	var held bool
	if f.Group != nil {
		held = f.Group.holds(row)
	} else {
		held = f.Comparison.holds(row)
	}
	return held != (len(f.Nots)%2 == 1)
}

// holds is false for whatever is not boolean true: undefined, null, strings, objects.
func (c *Comparison) holds(row Row) bool {
	left, ok := c.Left.value(row)
	if !ok {
		return false
	}
	if c.Right == nil {
		return left.Kind() == ordered.Bool && left.Text() == "true"
	}
	right, ok := c.Right.value(row)
	if !ok {
		return false
	}
	order, comparable := compare(left, right)
	switch c.Operator {
	case "=":
		return comparable && order == 0
	case "!=", "<>":
		return !comparable || order != 0
	case "<":
		return comparable && order < 0
	case "<=":
		return comparable && order <= 0
	case ">":
		return comparable && order > 0
	default:
		return comparable && order >= 0
	}
}

// compare orders primitives of the same type; types are never converted.
func compare(a, b ordered.Value) (order int, comparable bool) {
	if a.Kind() != b.Kind() {
		return 0, false
	}
	switch a.Kind() {
	case ordered.Null:
		return 0, true
	case ordered.String, ordered.Bool: // false orders before true, also as text
		return strings.Compare(a.Text(), b.Text()), true
	case ordered.Number:
		return compareNumbers(a.Text(), b.Text())
	}
	return 0, false
}

// precision holds every integer and double that a twin can have exactly.
const precision = 128

func compareNumbers(a, b string) (order int, comparable bool) {
	x, _, errX := big.ParseFloat(a, 0, precision, big.ToNearestEven)
	y, _, errY := big.ParseFloat(b, 0, precision, big.ToNearestEven)
	if errX != nil || errY != nil {
		return cmp.Compare(a, b), a == b
	}
	return x.Cmp(y), true
}

// value returns what the operand stands for; ok is false when that is undefined.
func (o *Operand) value(row Row) (v ordered.Value, ok bool) {
	if o.Attribute != nil {
		return row.Attribute(o.Attribute.path())
	}
	switch l := o.Literal; {
	case l.String != nil:
		return ordered.NewString(string(*l.String)), true
	case l.Number != nil:
		return ordered.NewNumber(*l.Number), true
	case l.Bool != nil:
		return ordered.NewBool(bool(*l.Bool)), true
	case l.Null:
		return ordered.Value{}, true
	}
	return ordered.Value{}, false
}

// path returns the steps without the name of the collection, which may stand before them.
func (a *Attribute) path() []string {
	steps := make([]string, len(a.Path))
	for i, n := range a.Path {
		steps[i] = string(n)
	}
	if len(steps) > 1 && strings.EqualFold(steps[0], "devices") {
		steps = steps[1:]
		if len(steps) > 1 && strings.EqualFold(steps[0], "modules") {
			steps = steps[1:]
		}
	}
	return steps
}

// device returns the device id that every result must have, when the condition says so.
func (q *Query) device() (id string, ok bool) {
	if q.Where == nil || len(q.Where.Terms) != 1 {
		return "", false
	}
	for _, f := range q.Where.Terms[0].Factors {
		c := f.Comparison
		if c == nil || len(f.Nots) > 0 || c.Operator != "=" || c.Left.Attribute == nil || c.Right.Literal == nil {
			continue
		}
		path := c.Left.Attribute.path()
		if len(path) == 1 && strings.EqualFold(path[0], "deviceId") && c.Right.Literal.String != nil {
			return string(*c.Right.Literal.String), true
		}
	}
	return "", false
}
