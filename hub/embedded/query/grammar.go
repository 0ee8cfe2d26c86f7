// Package query is the query language of an IoT Hub (Azure docs:
// iot-hub-devguide-query-language): a grammar, what its conditions and projections mean over
// twins and jobs, aggregates, and pages of results.
//
// A text becomes a syntax tree (grammar), which is checked and compiled into operators (compile);
// a plan says which rows can match at all (plan); run walks the rows of a collection and renders
// what it finds (project, aggregate).
package query

import (
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// statement is a whole query as it is written.
type statement struct {
	Top         *string         `parser:"'SELECT' ('TOP' @Number)?"`
	All         bool            `parser:"( @'*'"`
	Projections []*projection   `parser:"| @@ (',' @@)* )"`
	Source      []string        `parser:"'FROM' @Ident ('.' @Ident)?"`
	Where       *expression     `parser:"('WHERE' @@)?"`
	Group       []*attributeRef `parser:"('GROUP' 'BY' @@ (',' @@)*)?"`
}

// condition is what stands behind WHERE, by itself.
type condition struct {
	Where *expression `parser:"@@"`
}

type projection struct {
	Aggregate *aggregateRef `parser:"( @@"`
	Attribute *attributeRef `parser:"| @@ )"`
	Alias     *name         `parser:"('AS' @(Ident | Odd))?"`
}

type aggregateRef struct {
	Function  string        `parser:"@('COUNT' | 'AVG' | 'SUM' | 'MIN' | 'MAX') '('"`
	Attribute *attributeRef `parser:"@@? ')'"`
}

// expression to primary are one level of precedence each, the loosest first.
type expression struct {
	Terms []*conjunction `parser:"@@ ('OR' @@)*"`
}

type conjunction struct {
	Factors []*negation `parser:"@@ ('AND' @@)*"`
}

type negation struct {
	Nots    []string    `parser:"@'NOT'*"`
	Operand *comparison `parser:"@@"`
}

type comparison struct {
	Left     *sum    `parser:"@@"`
	Operator string  `parser:"( ( @('=' | '!=' | '<>' | '<=' | '>=' | '<' | '>')"`
	Right    *sum    `parser:"    @@ )"`
	Member   *member `parser:"| @@ )?"`
}

type member struct {
	Not  bool  `parser:"( @'NIN' | 'IN' )"`
	List *list `parser:"@@"`
}

type sum struct {
	First *product   `parser:"@@"`
	Rest  []*sumStep `parser:"@@*"`
}

type sumStep struct {
	Operator string   `parser:"@('+' | '-')"`
	Operand  *product `parser:"@@"`
}

type product struct {
	First *primary       `parser:"@@"`
	Rest  []*productStep `parser:"@@*"`
}

type productStep struct {
	Operator string   `parser:"@('*' | '/' | '%')"`
	Operand  *primary `parser:"@@"`
}

type primary struct {
	Call      *call         `parser:"@@"`
	Literal   *literal      `parser:"| @@"`
	Attribute *attributeRef `parser:"| @@"`
	Group     *expression   `parser:"| '(' @@ ')'"`
}

type call struct {
	Function  string        `parser:"@Ident '('"`
	Arguments []*expression `parser:"(@@ (',' @@)*)? ')'"`
}

// literal is a constant. With no other field set it is undefined.
type literal struct {
	String    *text   `parser:"@String"`
	Number    *number `parser:"| @('-'? Number)"`
	Bool      *truth  `parser:"| @('true' | 'false')"`
	Null      bool    `parser:"| @'null'"`
	Undefined bool    `parser:"| @'undefined'"`
	List      *list   `parser:"| @@"`
}

type list struct {
	Items []*literal `parser:"'[' @@ (',' @@)* ']'"`
}

// attributeRef is a path into a document.
type attributeRef struct {
	Path []name `parser:"@(Ident | Odd) ('.' @(Ident | Odd))*"`
}

var (
	tokens = lexer.MustSimple([]lexer.SimpleRule{
		{Name: "Space", Pattern: `\s+`},
		{Name: "Odd", Pattern: `\[\[(?:[^\]]|\][^\]])*\]\]`},
		{Name: "Number", Pattern: `0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?`},
		{Name: "Ident", Pattern: `[\p{L}_$][\p{L}\p{N}_$]*`},
		{Name: "String", Pattern: `'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`},
		{Name: "Symbol", Pattern: `!=|<>|<=|>=|[-+*/%=<>(),.\[\]]`},
	})
	options = []participle.Option{
		participle.Lexer(tokens),
		participle.Elide("Space"),
		participle.CaseInsensitive("Ident"),
		participle.UseLookahead(2),
	}
	statements = participle.MustBuild[statement](options...)
	conditions = participle.MustBuild[condition](options...)
)

const (
	// MaxLength is the longest query in characters (azure-iot-sdk-csharp issue 1680).
	MaxLength = 8192
	// maxDepth is how deep parentheses and lists may be nested.
	maxDepth = 100
)

// parse reads a text that is within the limits.
func parse[T any](parser *participle.Parser[T], query string) (*T, error) {
	if utf8.RuneCountInString(query) > MaxLength {
		return nil, ErrTooLong
	}
	if !shallow(query) {
		return nil, ErrSyntax
	}
	tree, err := parser.ParseString("", query)
	if err != nil {
		return nil, ErrSyntax
	}
	return tree, nil
}

// shallow bounds the nesting before the parser follows it.
func shallow(query string) bool {
	depth := 0
	all, err := tokens.Lex("", strings.NewReader(query))
	if err != nil {
		return false
	}
	symbol := tokens.Symbols()["Symbol"]
	for {
		token, err := all.Next()
		if err != nil {
			return false
		}
		if token.EOF() {
			return true
		}
		if token.Type != symbol {
			continue
		}
		switch token.Value {
		case "(", "[":
			depth++
		case ")", "]":
			depth--
		}
		if depth > maxDepth {
			return false
		}
	}
}
