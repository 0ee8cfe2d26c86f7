package language

import "strings"

// place is what is to come next in a query.
type place uint8

const (
	atStart place = iota
	atProjection
	atTop
	afterItem
	atAlias
	atSource
	afterSource
	atOperand // of a condition, left of an operator
	afterOperand
	atValue // right of an operator
	afterComparison
	atList
	atListValue
	afterListValue
	atArgument
	atBy
	atGroup
	afterGroup
)

// state is where in a query one is. It follows every text: what it does not expect it takes as it comes.
type state struct {
	at           place
	source       Source
	path         []string // the attribute that a value is to be compared with
	first        bool     // directly behind SELECT
	inProjection bool     // in the brackets of an aggregate
	argument     int      // which argument of a function is to come
}

// step goes on by one element.
func (s *state) step(e element) {
	first := s.first
	s.first = false
	if s.clause(e.keyword()) {
		return
	}
	symbol := ""
	if e.kind == Symbol {
		symbol = e.text
	}
	switch s.at {
	case atProjection:
		if first && e.keyword() == "TOP" {
			s.at = atTop
			return
		}
		s.at = afterItem
	case atTop:
		s.at = atProjection
	case afterItem, atAlias:
		s.item(e, symbol)
	case atSource:
		s.at = afterSource
	case atOperand, atValue, atArgument:
		s.operand(e, symbol)
	case afterOperand, afterComparison:
		s.operator(e, symbol)
	case atList:
		if symbol == "[" {
			s.at = atListValue
		}
	case atListValue:
		s.at = afterListValue
	case afterListValue:
		s.list(symbol)
	case atGroup:
		s.at = afterGroup
	case afterGroup:
		if symbol == "," {
			s.at = atGroup
		}
	case atStart, afterSource, atBy:
	}
}

// clause takes the words that begin a part of a query, wherever they stand.
func (s *state) clause(keyword string) bool {
	switch keyword {
	case "SELECT":
		*s = state{at: atProjection, source: s.source, first: true}
	case "FROM":
		*s = state{at: atSource, source: s.source}
	case "WHERE":
		*s = state{at: atOperand, source: s.source}
	case "GROUP":
		*s = state{at: atBy, source: s.source}
	case "BY":
		*s = state{at: atGroup, source: s.source}
	default:
		return false
	}
	return true
}

// item goes on behind an element of a projection.
func (s *state) item(e element, symbol string) {
	switch {
	case s.at == atAlias:
		s.at = afterItem
	case e.keyword() == "AS":
		s.at = atAlias
	case symbol == ",":
		s.at = atProjection
	case symbol == "(":
		s.at, s.inProjection = atArgument, true
	}
}

// operand takes what is compared, or an argument.
func (s *state) operand(e element, symbol string) {
	switch {
	case symbol == "(":
		s.at = atOperand
	case symbol == ")":
		s.close()
	case symbol == "[":
		s.at = atListValue
	case symbol != "" || e.keyword() == "NOT":
	case s.at == atValue:
		s.at = afterComparison
	default:
		if e.steps != nil {
			s.path = e.steps
		}
		s.at = afterOperand
	}
}

// operator takes what stands behind an operand.
func (s *state) operator(e element, symbol string) {
	switch symbol {
	case "(":
		s.at, s.argument = atArgument, 0
	case ")":
		s.close()
	case ",":
		s.at = atArgument
		s.argument++
	case "=", "!=", "<>", "<", "<=", ">", ">=":
		s.at = atValue
	case "+", "-", "*", "/", "%":
		s.at = atOperand
	}
	switch e.keyword() {
	case "AND", "OR":
		s.at = atOperand
	case "IN", "NIN":
		s.at = atList
	}
}

// close goes on behind a closing bracket.
func (s *state) close() {
	if s.inProjection {
		s.at, s.inProjection = afterItem, false
		return
	}
	s.at = afterComparison
}

// list goes on within [ and ].
func (s *state) list(symbol string) {
	switch symbol {
	case ",":
		s.at = atListValue
	case "]":
		s.at = afterComparison
	}
}

// Next returns what a candidate is followed by when it ends a word: a space, or nothing where the
// word goes on or the query has a space already.
func Next(candidate, rest string) string {
	if candidate == "" || strings.HasSuffix(candidate, ".") || strings.HasSuffix(candidate, "(") || strings.HasSuffix(candidate, "[") || rest != "" {
		return ""
	}
	return " "
}
