// Package query is the query language of an IoT Hub (Azure docs:
// iot-hub-devguide-query-language): a grammar, its evaluation over twins, and pages of results.
// It understands SELECT * over devices and modules with conditions; projections, aggregates and
// functions have their places in the grammar but are refused.
package query

import (
	"errors"
	"strconv"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"twindeck/hub/embedded/registry"
)

// Query is a parsed query.
type Query struct {
	Source Source      `parser:"'SELECT' '*' 'FROM' @@"`
	Where  *Expression `parser:"('WHERE' @@)?"`
}

// Source is the collection that a query runs over.
type Source struct {
	Modules bool `parser:"'devices' @('.' 'modules')?"`
}

// Listing returns the registry's listing of the source.
func (s Source) Listing() registry.Source {
	if s.Modules {
		return registry.Modules
	}
	return registry.Devices
}

// Expression is true when one of its terms is.
type Expression struct {
	Terms []*Conjunction `parser:"@@ ('OR' @@)*"`
}

// Conjunction is true when all its factors are.
type Conjunction struct {
	Factors []*Factor `parser:"@@ ('AND' @@)*"`
}

// Factor is a condition or an expression in parentheses, perhaps negated.
type Factor struct {
	Nots       []string    `parser:"@'NOT'*"`
	Group      *Expression `parser:"( '(' @@ ')'"`
	Comparison *Comparison `parser:"| @@ )"`
}

// Comparison compares two operands; without an operator it is its left operand alone.
type Comparison struct {
	Left     *Operand `parser:"@@"`
	Operator string   `parser:"( @('=' | '!=' | '<>' | '<=' | '>=' | '<' | '>')"`
	Right    *Operand `parser:"@@ )?"`
}

// Operand is a literal or the value of an attribute.
type Operand struct {
	Literal   *Literal   `parser:"@@"`
	Attribute *Attribute `parser:"| @@"`
}

// Literal is a constant. With no field set it is undefined.
type Literal struct {
	String    *text   `parser:"@String"`
	Number    *string `parser:"| @('-'? Number)"`
	Bool      *truth  `parser:"| @('true' | 'false')"`
	Null      bool    `parser:"| @'null'"`
	Undefined bool    `parser:"| @'undefined'"`
}

// Attribute is a path into a twin.
type Attribute struct {
	Path []name `parser:"@(Ident | Odd) ('.' @(Ident | Odd))*"`
}

// text is a string literal without its quotes and escapes.
type text string

// Capture implements participle.Capture.
func (t *text) Capture(values []string) error {
	s, err := unquote(values[0])
	*t = text(s)
	return err
}

// truth is a boolean literal.
type truth bool

// Capture implements participle.Capture.
func (t *truth) Capture(values []string) error {
	*t = truth(strings.EqualFold(values[0], "true"))
	return nil
}

// name is one step of a path; names that are not identifiers stand in [[ ]].
type name string

// Capture implements participle.Capture.
func (n *name) Capture(values []string) error {
	*n = name(strings.TrimSuffix(strings.TrimPrefix(values[0], "[["), "]]"))
	return nil
}

var parser = participle.MustBuild[Query](
	participle.Lexer(lexer.MustSimple([]lexer.SimpleRule{
		{Name: "Space", Pattern: `\s+`},
		{Name: "Odd", Pattern: `\[\[(?:[^\]]|\][^\]])*\]\]`},
		{Name: "Number", Pattern: `0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?`},
		{Name: "Ident", Pattern: `[\p{L}_$][\p{L}\p{N}_$]*`},
		{Name: "String", Pattern: `'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`},
		{Name: "Symbol", Pattern: `!=|<>|<=|>=|[-+*/%=<>(),.\[\]]`},
	})),
	participle.Elide("Space"),
	participle.CaseInsensitive("Ident"),
	participle.UseLookahead(2),
)

// MaxLength is the longest query in characters.
const MaxLength = 8192

// Errors of a query. They quote nothing of it.
var (
	ErrSyntax       = errors.New("the query is not valid")
	ErrTooLong      = errors.New("the query is too long")
	ErrContinuation = errors.New("the continuation token is not valid")
)

// Parse reads a query. The error is ErrSyntax, without a position, as the service has it, or
// ErrTooLong.
func Parse(text string) (*Query, error) {
	if len(text) > MaxLength {
		return nil, ErrTooLong
	}
	q, err := parser.ParseString("", text)
	if err != nil {
		return nil, ErrSyntax
	}
	return q, nil
}

// unquote removes the quotes and reads the escapes \' \" \\ and \uXXXX.
func unquote(quoted string) (string, error) {
	inner := quoted[1 : len(quoted)-1]
	if !strings.Contains(inner, `\`) {
		return inner, nil
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] != '\\' {
			b.WriteByte(inner[i])
			continue
		}
		i++
		switch c := inner[i]; c {
		case '\'', '"', '\\':
			b.WriteByte(c)
		case 'u':
			if i+4 >= len(inner) {
				return "", ErrSyntax
			}
			code, err := strconv.ParseUint(inner[i+1:i+5], 16, 16)
			if err != nil {
				return "", ErrSyntax
			}
			b.WriteRune(rune(code))
			i += 4
		default:
			return "", ErrSyntax
		}
	}
	return b.String(), nil
}
