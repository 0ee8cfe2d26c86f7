package query

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"twindeck/hub/embedded/ordered"
	"twindeck/hub/embedded/registry"
)

// compiler checks a syntax tree and turns it into operators.
type compiler struct{ dialect Dialect }

func (c compiler) statement(tree *statement) (*Query, error) {
	q := &Query{}
	var err error
	if q.collection, err = collectionOf(tree.Source); err != nil {
		return nil, err
	}
	if tree.Top != nil {
		if q.top, err = strconv.Atoi(*tree.Top); err != nil || q.top < 1 {
			return nil, ErrSyntax
		}
	}
	if tree.Where != nil {
		if q.where, err = c.expression(tree.Where); err != nil {
			return nil, err
		}
		q.devices = planOf(q.where)
	}
	for _, g := range tree.Group {
		q.groups = append(q.groups, c.attribute(g))
	}
	if err := c.columns(q, tree.Projections); err != nil {
		return nil, err
	}
	// Jobs can be read whole only, and groups are there for aggregates.
	if q.collection == Jobs && q.columns != nil || len(q.groups) > 0 && !q.aggregates {
		return nil, ErrSyntax
	}
	return q, nil
}

func collectionOf(source []string) (Collection, error) {
	switch strings.ToLower(strings.Join(source, ".")) {
	case "devices":
		return Devices, nil
	case "devices.modules":
		return Modules, nil
	case "devices.jobs":
		return Jobs, nil
	}
	return 0, ErrSyntax
}

// columns compiles the projections. What is not an aggregate must be what the query groups by as
// soon as there is an aggregate.
func (c compiler) columns(q *Query, projections []*projection) error {
	unnamed, functions := 0, map[string]int{}
	for _, p := range projections {
		var col column
		if p.Aggregate != nil {
			q.aggregates = true
			var err error
			if col, err = c.aggregate(p.Aggregate); err != nil {
				return err
			}
			if p.Alias == nil {
				unnamed++
				functions[col.function]++
				col.alias = "$" + strconv.Itoa(unnamed)
				if c.dialect.NamedAggregates {
					col.alias = numbered(col.function, functions[col.function])
				}
			}
		} else {
			col.path = c.attribute(p.Attribute)
		}
		if p.Alias != nil {
			col.alias = string(*p.Alias)
		}
		if err := q.addColumn(col); err != nil {
			return err
		}
	}
	if !q.aggregates {
		return nil
	}
	for i := range q.columns {
		col := &q.columns[i]
		col.group = slices.IndexFunc(q.groups, func(g attribute) bool { return slices.Equal(g, col.path) })
		if col.function == "" && col.group < 0 {
			return ErrSyntax
		}
	}
	return nil
}

// numbered is the name of the nth aggregate of a function.
func numbered(function string, n int) string {
	if n == 1 {
		return function
	}
	return function + strconv.Itoa(n)
}

// addColumn adds a column. Two may not have one name, but a path that is a part of another, or
// the same again, adds nothing to it.
func (q *Query) addColumn(added column) error {
	for _, c := range q.columns {
		switch {
		case !c.clashes(added):
			continue
		case c.alias != "" || added.alias != "":
			return ErrSyntax
		case len(added.path) < len(c.path):
			q.columns = slices.DeleteFunc(q.columns, func(c column) bool { return c.alias == "" && c.clashes(added) })
			return q.addColumn(added)
		default:
			return nil
		}
	}
	q.columns = append(q.columns, added)
	return nil
}

func (c compiler) aggregate(a *aggregateRef) (column, error) {
	col := column{function: strings.ToUpper(a.Function)}
	if a.Attribute != nil {
		col.path = c.attribute(a.Attribute)
	} else if col.function != "COUNT" {
		return column{}, ErrSyntax
	}
	return col, nil
}

// attribute returns the steps without the name of the collection, which may stand before them.
func (c compiler) attribute(a *attributeRef) attribute {
	steps := make(attribute, len(a.Path))
	for i, n := range a.Path {
		steps[i] = string(n)
	}
	if len(steps) > 1 && strings.EqualFold(steps[0], "devices") {
		steps = steps[1:]
		if len(steps) > 1 && (strings.EqualFold(steps[0], "modules") || strings.EqualFold(steps[0], "jobs")) {
			steps = steps[1:]
		}
	}
	steps[0] = registry.AttributeName(steps[0])
	return steps
}

func (c compiler) expression(e *expression) (node, error) {
	terms, err := each(e.Terms, c.conjunction)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return junction{terms, true}, nil
}

func (c compiler) conjunction(e *conjunction) (node, error) {
	factors, err := each(e.Factors, c.negation)
	if err != nil || len(factors) == 1 {
		return first(factors), err
	}
	return junction{factors, false}, nil
}

func (c compiler) negation(e *negation) (node, error) {
	operand, err := c.comparison(e.Operand)
	if err != nil || len(e.Nots) == 0 {
		return operand, err
	}
	return not{operand, len(e.Nots)%2 == 0, c.dialect.StrictNot}, nil
}

func (c compiler) comparison(e *comparison) (node, error) {
	left, err := c.sum(e.Left)
	switch {
	case err != nil:
		return nil, err
	case e.Member != nil:
		return in{left, e.Member.List.value().Items(), e.Member.Not}, nil
	case e.Right == nil:
		return left, nil
	}
	right, err := c.sum(e.Right)
	return compared{e.Operator, left, right}, err
}

func (c compiler) sum(e *sum) (node, error) {
	left, err := c.product(e.First)
	for _, step := range e.Rest {
		var right node
		if err == nil {
			right, err = c.product(step.Operand)
		}
		left = arithmetic{step.Operator[0], left, right}
	}
	return left, err
}

func (c compiler) product(e *product) (node, error) {
	left, err := c.primary(e.First)
	for _, step := range e.Rest {
		var right node
		if err == nil {
			right, err = c.primary(step.Operand)
		}
		left = arithmetic{step.Operator[0], left, right}
	}
	return left, err
}

func (c compiler) primary(e *primary) (node, error) {
	switch {
	case e.Call != nil:
		return c.call(e.Call)
	case e.Literal != nil:
		return constant{e.Literal.value(), !e.Literal.Undefined}, nil
	case e.Attribute != nil:
		return c.attribute(e.Attribute), nil
	}
	return c.expression(e.Group)
}

// call compiles the functions that are known for twins; those of message routing are refused.
func (c compiler) call(e *call) (node, error) {
	arguments, err := each(e.Arguments, c.expression)
	if err != nil {
		return nil, err
	}
	function := strings.ToUpper(e.Function)
	switch {
	case function == "IS_DEFINED" && len(arguments) == 1:
		if a, ok := arguments[0].(attribute); ok {
			return defined{a}, nil
		}
	case len(arguments) != 2:
	case function == "STARTSWITH":
		return textual{strings.HasPrefix, arguments[0], arguments[1]}, nil
	case function == "ENDSWITH":
		return textual{strings.HasSuffix, arguments[0], arguments[1]}, nil
	case function == "CONTAINS" && c.dialect.Contains:
		return textual{strings.Contains, arguments[0], arguments[1]}, nil
	case function == "ARRAY_CONTAINS":
		return arrayContains{arguments[0], arguments[1]}, nil
	}
	return nil, ErrSyntax
}

func (l *literal) value() ordered.Value {
	switch {
	case l.String != nil:
		return ordered.NewString(string(*l.String))
	case l.Number != nil:
		return ordered.NewNumber(formatNumber(float64(*l.Number)))
	case l.Bool != nil:
		return ordered.NewBool(bool(*l.Bool))
	case l.List != nil:
		return l.List.value()
	}
	return ordered.Value{}
}

// value leaves out what is undefined: nothing equals it.
func (l *list) value() ordered.Value {
	items := make([]ordered.Value, 0, len(l.Items))
	for _, item := range l.Items {
		if !item.Undefined {
			items = append(items, item.value())
		}
	}
	return ordered.NewArray(items...)
}

// formatNumber writes a number as in JSON, which has no infinity: 1e999 stands for it.
func formatNumber(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "1e999"
	case math.IsInf(f, -1):
		return "-1e999"
	case math.Abs(f) >= 1e21 || f != 0 && math.Abs(f) < 1e-6:
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func each[T any](items []T, compile func(T) (node, error)) ([]node, error) {
	nodes := make([]node, 0, len(items))
	for _, item := range items {
		n, err := compile(item)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

func first(nodes []node) node {
	if len(nodes) == 0 {
		return nil
	}
	return nodes[0]
}
