package query

// Attributes returns the paths that the query's condition looks at, in the order of the text,
// with their first step in canonical case. The caller must not change them.
func (q *Query) Attributes() [][]string {
	var paths [][]string
	visit(q.where, func(a attribute) { paths = append(paths, a) })
	return paths
}

// visit calls f with every attribute below n.
func visit(n node, f func(attribute)) {
	switch n := n.(type) {
	case attribute:
		f(n)
	case junction:
		for _, operand := range n.operands {
			visit(operand, f)
		}
	case not:
		visit(n.operand, f)
	case compared:
		visit(n.left, f)
		visit(n.right, f)
	case in:
		visit(n.operand, f)
	case arithmetic:
		visit(n.left, f)
		visit(n.right, f)
	case defined:
		f(n.path)
	case textual:
		visit(n.text, f)
		visit(n.other, f)
	case arrayContains:
		visit(n.array, f)
		visit(n.element, f)
	}
}
