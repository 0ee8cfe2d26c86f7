package language

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Vocabulary is what has been learned of a hub, beside what all hubs have.
type Vocabulary struct {
	Paths  []string            // attributes as [Spell] writes them: tags.site
	Values map[string][]string // literals, by the attribute they were seen in
}

// Completion is what can stand at the cursor.
type Completion struct {
	Start, End int      // bytes of the query that a candidate replaces
	Candidates []string // the likeliest first; one that ends with a dot or bracket goes on
}

// Complete returns what can stand at the cursor, a byte of the query, given what has been typed of it.
func Complete(query string, cursor int, v Vocabulary) Completion {
	cursor = boundary(query, cursor)
	tokens := Tokens(query)
	start, end, kind := typed(query, tokens, cursor)
	c := Completion{Start: start, End: end}
	if kind == Number || start == cursor && glued(query, cursor) {
		return c
	}
	var before []Token
	for _, t := range tokens {
		if t.End <= start {
			before = append(before, t)
		}
	}
	s := state{source: sourceIn(elements(query, tokens))}
	for _, e := range elements(query, before) {
		s.step(e)
	}
	prefix := query[start:cursor]
	c.Candidates = s.candidates(prefix, v)
	return c
}

// boundary moves a place that is within a character or outside the query to a proper one.
func boundary(query string, at int) int {
	at = min(max(at, 0), len(query))
	for at > 0 && at < len(query) && !utf8.RuneStart(query[at]) {
		at--
	}
	return at
}

// typed returns the part of a query that the cursor is on: a path or a string, of which what is
// before the cursor is the prefix. It is empty where a new word can begin.
func typed(query string, tokens []Token, cursor int) (start, end int, kind Kind) {
	at := slices.IndexFunc(tokens, func(t Token) bool { return t.Start < cursor && cursor <= t.End })
	if at < 0 {
		return cursor, cursor, Other
	}
	t := tokens[at]
	switch t.Kind {
	case Number:
		return t.Start, t.End, Number
	case Text:
		if t.Open || cursor < t.End {
			return t.Start, t.End, Text
		}
	case Word, Odd:
		return pathStart(query, tokens, at), t.End, t.Kind
	case Symbol:
		if start := pathStart(query, tokens, at); query[t.Start:t.End] == "." && start < t.Start {
			end = cursor
			if at+1 < len(tokens) && tokens[at+1].Start == cursor && tokens[at+1].Kind <= Odd {
				end = tokens[at+1].End
			}
			return start, end, Word
		}
	case Other:
	}
	return cursor, cursor, Other
}

// pathStart returns where the path begins that ends with token at, if nothing separates its parts.
func pathStart(query string, tokens []Token, at int) int {
	for at > 0 && tokens[at-1].End == tokens[at].Start {
		name, before := tokens[at].Kind <= Odd, tokens[at-1].Kind <= Odd
		dot := query[tokens[at].Start:tokens[at].End] == "."
		dotBefore := query[tokens[at-1].Start:tokens[at-1].End] == "."
		if name && dotBefore || dot && before {
			at--
			continue
		}
		break
	}
	return tokens[at].Start
}

// glued reports whether a word that began here would stick to the one before.
func glued(query string, cursor int) bool {
	r, size := utf8.DecodeLastRuneInString(query[:cursor])
	return size > 0 && !unicode.IsSpace(r) && !strings.ContainsRune("(,=<>[+-*/%", r)
}

// candidates returns what the state asks for and begins with a prefix.
func (s *state) candidates(prefix string, v Vocabulary) []string {
	attributes := func() []string { return s.attributes(prefix, v) }
	switch s.at {
	case atStart:
		return beginning([]string{"SELECT"}, prefix)
	case atProjection:
		words := []string{"*"}
		if s.first {
			words = append(words, "TOP")
		}
		return slices.Concat(beginning(words, prefix), attributes(), beginning(aggregates, prefix))
	case afterItem:
		return beginning([]string{"FROM", "AS"}, prefix)
	case atSource:
		return beginning(sourceNames, prefix)
	case afterSource:
		return beginning([]string{"WHERE", "GROUP BY"}, prefix)
	case atOperand:
		return slices.Concat(attributes(), beginning(functions, prefix), beginning([]string{"NOT"}, prefix))
	case afterOperand:
		return beginning(operators, prefix)
	case atValue, atListValue:
		found := s.values(prefix, v)
		if s.at == atValue && prefix != "" && len(found) == 0 {
			found = attributes()
		}
		return found
	case afterComparison:
		return beginning([]string{"AND", "OR", "GROUP BY"}, prefix)
	case atList:
		return beginning([]string{"["}, prefix)
	case atArgument:
		if s.argument == 0 || s.inProjection {
			return attributes()
		}
		return s.values(prefix, v)
	case atBy:
		return beginning([]string{"BY"}, prefix)
	case atGroup:
		return attributes()
	case atTop, atAlias, afterListValue, afterGroup:
	}
	return nil
}

// beginning returns the words that begin with a prefix, upper and lower case alike.
func beginning(words []string, prefix string) []string {
	var found []string
	for _, w := range words {
		if hasPrefix(w, prefix) {
			found = append(found, w)
		}
	}
	return found
}

func hasPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// attributes returns the attributes that begin with a prefix, up to the next dot where several
// go on behind it.
func (s *state) attributes(prefix string, v Vocabulary) []string {
	own := twinAttributes
	switch s.source {
	case Jobs:
		own, v = jobAttributes, Vocabulary{}
	case NoSource, Devices, Modules:
	}
	for _, name := range slices.Backward(sourceNames) {
		if hasPrefix(prefix, name+".") && len(prefix) > len(name) {
			rest := (&state{source: s.source}).attributes(prefix[len(name)+1:], v)
			for i := range rest {
				rest[i] = prefix[:len(name)+1] + rest[i]
			}
			return rest
		}
	}
	var found []string
	whole := map[string]string{} // a group that has one member, by the group
	add := func(path string) {
		if !hasPrefix(path, prefix) {
			return
		}
		group := path
		if dot := nextDot(path, len(prefix)); dot >= 0 {
			group = path[:dot+1]
		}
		if only, known := whole[group]; !known {
			found = append(found, group)
			whole[group] = path
		} else if only != path {
			whole[group] = group
		}
	}
	for _, list := range [][]string{own, v.Paths} {
		for _, path := range list {
			add(path)
		}
	}
	for i, group := range found {
		found[i] = whole[group]
	}
	return found
}

// nextDot returns where the next dot of a path is that separates names, -1 when there is none.
func nextDot(path string, from int) int {
	odd := strings.LastIndex(path[:from], "[[") > strings.LastIndex(path[:from], "]]")
	for i := from; i < len(path); i++ {
		switch {
		case strings.HasPrefix(path[i:], "[["):
			odd = true
		case strings.HasPrefix(path[i:], "]]"):
			odd = false
		case path[i] == '.' && !odd:
			return i
		}
	}
	return -1
}

// values returns the literals that the attribute at hand is known to have.
func (s *state) values(prefix string, v Vocabulary) []string {
	path := s.path
	if key := withoutSource(path, s.source); key != nil {
		path = key
	}
	spelled, _ := Spell(path...)
	known := knownValues
	if s.source == Jobs {
		known = jobValues
	}
	list := slices.Concat(known[strings.ToLower(spelled)], v.Values[spelled])
	if len(path) > 0 && strings.EqualFold(path[0], "configurations") && strings.EqualFold(path[len(path)-1], "status") {
		list = append(list, "'Targeted'", "'Applied'")
	}
	var found []string
	for _, literal := range list {
		if strings.HasPrefix(prefix, `"`) && literal[0] == '\'' && !strings.ContainsAny(literal, `"\`) {
			literal = `"` + literal[1:len(literal)-1] + `"`
		}
		if hasPrefix(literal, prefix) && !slices.Contains(found, literal) {
			found = append(found, literal)
		}
	}
	return found
}
