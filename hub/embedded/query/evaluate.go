package query

import (
	"math"
	"strconv"
	"strings"

	"twindeck/hub/embedded/ordered"
)

// node is an operator of a condition. ok is false when its value is undefined.
type node interface {
	eval(row Row) (v ordered.Value, ok bool)
}

// isTrue is what a condition counts as: undefined, null, texts, numbers and objects do not hold.
func isTrue(v ordered.Value, ok bool) bool {
	return ok && v.Kind() == ordered.Bool && v.Text() == "true"
}

type constant struct {
	v  ordered.Value
	ok bool
}

func (c constant) eval(Row) (ordered.Value, bool) { return c.v, c.ok }

// attribute is a path; its first step is in canonical case.
type attribute []string

func (a attribute) eval(row Row) (ordered.Value, bool) { return row.Attribute(a) }

// junction is OR when any is set, AND otherwise. It is undefined only when that decides.
type junction struct {
	operands []node
	any      bool
}

func (j junction) eval(row Row) (ordered.Value, bool) {
	undefined := false
	for _, operand := range j.operands {
		v, ok := operand.eval(row)
		if ok && isTrue(v, ok) == j.any {
			return ordered.NewBool(j.any), true
		}
		undefined = undefined || !ok
	}
	return ordered.NewBool(!j.any), !undefined
}

// not is an odd number of negations, or an even one. Unless strict, undefined counts as false.
type not struct {
	operand node
	twice   bool
	strict  bool
}

func (n not) eval(row Row) (ordered.Value, bool) {
	v, ok := n.operand.eval(row)
	if !ok && n.strict {
		return ordered.Value{}, false
	}
	return ordered.NewBool(isTrue(v, ok) == n.twice), true
}

// compared relates primitives. With an operand that is undefined or none it is undefined, and so
// is the order of different types; types are never converted.
type compared struct {
	operator    string
	left, right node
}

func (c compared) eval(row Row) (ordered.Value, bool) {
	left, okLeft := c.left.eval(row)
	right, okRight := c.right.eval(row)
	if !okLeft || !okRight || !primitive(left) || !primitive(right) {
		return ordered.Value{}, false
	}
	if left.Kind() != right.Kind() {
		switch c.operator {
		case "=":
			return ordered.NewBool(false), true
		case "!=", "<>":
			return ordered.NewBool(true), true
		}
		return ordered.Value{}, false
	}
	order := compare(left, right)
	var holds bool
	switch c.operator {
	case "=":
		holds = order == 0
	case "!=", "<>":
		holds = order != 0
	case "<":
		holds = order < 0
	case "<=":
		holds = order <= 0
	case ">":
		holds = order > 0
	default:
		holds = order >= 0
	}
	return ordered.NewBool(holds), true
}

func primitive(v ordered.Value) bool { return v.Kind() != ordered.Object && v.Kind() != ordered.Array }

// compare orders primitives of one type; false comes before true.
func compare(a, b ordered.Value) int {
	if a.Kind() != ordered.Number {
		return strings.Compare(a.Text(), b.Text())
	}
	x, y := float(a), float(b)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// float reads a number as the service does, which keeps doubles. What is too large is infinite.
func float(v ordered.Value) float64 {
	f, _ := strconv.ParseFloat(v.Text(), 64)
	return f
}

// in says whether a primitive is in a list of constants, or with not that it is in none of them.
type in struct {
	operand node
	list    []ordered.Value
	not     bool
}

func (i in) eval(row Row) (ordered.Value, bool) {
	v, ok := i.operand.eval(row)
	if !ok || !primitive(v) {
		return ordered.Value{}, false
	}
	return ordered.NewBool(contains(i.list, v) != i.not), true
}

func contains(list []ordered.Value, v ordered.Value) bool {
	for _, item := range list {
		if item.Kind() == v.Kind() && primitive(v) && compare(item, v) == 0 {
			return true
		}
	}
	return false
}

// arithmetic calculates with numbers; anything else, and what has no finite result, is undefined.
type arithmetic struct {
	operator    byte
	left, right node
}

func (a arithmetic) eval(row Row) (ordered.Value, bool) {
	left, okLeft := a.left.eval(row)
	right, okRight := a.right.eval(row)
	if !okLeft || !okRight || left.Kind() != ordered.Number || right.Kind() != ordered.Number {
		return ordered.Value{}, false
	}
	x, y := float(left), float(right)
	var result float64
	switch a.operator {
	case '+':
		result = x + y
	case '-':
		result = x - y
	case '*':
		result = x * y
	case '/':
		result = x / y
	default:
		result = math.Mod(x, y)
	}
	if math.IsInf(result, 0) || math.IsNaN(result) {
		return ordered.Value{}, false
	}
	return ordered.NewNumber(formatNumber(result)), true
}

// defined is IS_DEFINED: null is a value too.
type defined struct{ path attribute }

func (d defined) eval(row Row) (ordered.Value, bool) {
	_, ok := d.path.eval(row)
	return ordered.NewBool(ok), true
}

// textual is a relation of two texts, undefined for anything else.
type textual struct {
	relation    func(s, part string) bool
	text, other node
}

func (t textual) eval(row Row) (ordered.Value, bool) {
	s, okText := t.text.eval(row)
	part, okOther := t.other.eval(row)
	if !okText || !okOther || s.Kind() != ordered.String || part.Kind() != ordered.String {
		return ordered.Value{}, false
	}
	return ordered.NewBool(t.relation(s.Text(), part.Text())), true
}

// arrayContains is ARRAY_CONTAINS, undefined for what is not an array.
type arrayContains struct{ array, element node }

func (a arrayContains) eval(row Row) (ordered.Value, bool) {
	array, okArray := a.array.eval(row)
	element, okElement := a.element.eval(row)
	if !okArray || !okElement || array.Kind() != ordered.Array {
		return ordered.Value{}, false
	}
	return ordered.NewBool(contains(array.Items(), element)), true
}
