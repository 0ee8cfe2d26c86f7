package query

import (
	"fmt"
	"math"
	"strings"
)

// The reference says what a condition means by the shortest way there is: values as
// encoding/json decodes them, one case per kind of expression, and nothing shared with the code
// that it checks. It writes its own text, so that no parser is shared either.

// undefined is the value of what is not there.
type undefined struct{}

// expr is a condition, or a part of one.
type expr interface {
	text() string
	value(document map[string]any) any
}

type lit struct {
	written string
	v       any
}

func (l lit) text() string             { return l.written }
func (l lit) value(map[string]any) any { return l.v }

type path []string

func (p path) text() string {
	steps := make([]string, len(p))
	for i, s := range p {
		if steps[i] = s; strings.ContainsAny(s, " -") || s == "group" {
			steps[i] = "[[" + s + "]]"
		}
	}
	return strings.Join(steps, ".")
}

func (p path) value(document map[string]any) any {
	var v any = document
	for _, step := range p {
		object, ok := v.(map[string]any)
		if !ok {
			return undefined{}
		}
		if v, ok = object[step]; !ok {
			return undefined{}
		}
	}
	return v
}

type binary struct {
	operator    string
	left, right expr
}

func (b binary) text() string {
	return "(" + b.left.text() + " " + b.operator + " " + b.right.text() + ")"
}

func (b binary) value(document map[string]any) any {
	l, r := b.left.value(document), b.right.value(document)
	switch b.operator {
	case "AND":
		return both(l, r)
	case "OR":
		return either(l, r)
	case "+", "-", "*", "/", "%":
		return calculate(b.operator, l, r)
	}
	if !simple(l) || !simple(r) {
		return undefined{}
	}
	sameType := fmt.Sprintf("%T", l) == fmt.Sprintf("%T", r)
	switch {
	case b.operator == "=":
		return l == r
	case b.operator == "!=", b.operator == "<>":
		return l != r
	case !sameType:
		return undefined{}
	case b.operator == "<":
		return less(l, r)
	case b.operator == ">":
		return less(r, l)
	case b.operator == "<=":
		return !less(r, l)
	default:
		return !less(l, r)
	}
}

// both and either decide as soon as one side does, whatever the other is.
func both(l, r any) any {
	switch missing := (undefined{}); {
	case l != any(missing) && l != true, r != any(missing) && r != true:
		return false
	case l == true && r == true:
		return true
	default:
		return missing
	}
}

func either(l, r any) any {
	switch missing := (undefined{}); {
	case l == true || r == true:
		return true
	case l == any(missing) || r == any(missing):
		return missing
	default:
		return false
	}
}

func calculate(operator string, l, r any) any {
	x, okX := l.(float64)
	y, okY := r.(float64)
	if !okX || !okY {
		return undefined{}
	}
	z := map[string]float64{"+": x + y, "-": x - y, "*": x * y, "/": x / y, "%": math.Mod(x, y)}[operator]
	if math.IsNaN(z) || math.IsInf(z, 0) {
		return undefined{}
	}
	return z
}

func simple(v any) bool {
	switch v.(type) {
	case nil, bool, float64, string:
		return true
	}
	return false
}

func less(a, b any) bool {
	switch a := a.(type) {
	case float64:
		return a < b.(float64)
	case string:
		return a < b.(string)
	case bool:
		return !a && b.(bool)
	}
	return false
}

type unary struct{ operand expr }

func (u unary) text() string                      { return "(NOT " + u.operand.text() + ")" }
func (u unary) value(document map[string]any) any { return u.operand.value(document) != true }

type listed struct {
	operand expr
	nin     bool
	list    []lit
}

func (l listed) text() string {
	written := make([]string, len(l.list))
	for i, item := range l.list {
		written[i] = item.written
	}
	operator := "IN"
	if l.nin {
		operator = "NIN"
	}
	return "(" + l.operand.text() + " " + operator + " [" + strings.Join(written, ",") + "])"
}

func (l listed) value(document map[string]any) any {
	v := l.operand.value(document)
	if !simple(v) {
		return undefined{}
	}
	for _, item := range l.list {
		if item.v == v {
			return !l.nin
		}
	}
	return l.nin
}

type function struct {
	name      string
	arguments []expr
}

func (f function) text() string {
	written := make([]string, len(f.arguments))
	for i, a := range f.arguments {
		written[i] = a.text()
	}
	return f.name + "(" + strings.Join(written, ", ") + ")"
}

func (f function) value(document map[string]any) any {
	first := f.arguments[0].value(document)
	if f.name == "IS_DEFINED" {
		_, missing := first.(undefined)
		return !missing
	}
	second := f.arguments[1].value(document)
	if f.name == "ARRAY_CONTAINS" {
		items, array := first.([]any)
		if _, missing := second.(undefined); missing || !array {
			return undefined{}
		}
		for _, item := range items {
			if simple(item) && simple(second) && item == second {
				return true
			}
		}
		return false
	}
	s, okS := first.(string)
	part, okPart := second.(string)
	switch {
	case !okS || !okPart:
		return undefined{}
	case f.name == "STARTSWITH":
		return strings.HasPrefix(s, part)
	}
	return strings.HasSuffix(s, part)
}
