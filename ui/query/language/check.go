package language

import (
	"strings"
	"unicode/utf8"
)

// Check returns what looks wrong or unfinished in a query, in a few words, and "" when nothing
// does. The hub may see it otherwise. With open, it is what typing on may put right.
func Check(query string) (hint string, open bool) {
	if n := utf8.RuneCountInString(query); n > MaxLength {
		return "longer than the 8192 characters that a hub takes", false
	}
	tokens := Tokens(query)
	var brackets []string // that are open, by what closes them
	for i, t := range tokens {
		text := query[t.Start:t.End]
		switch {
		case t.Open && t.Kind == Odd:
			return "unclosed [[", true
		case t.Open:
			return "unclosed quote " + text[:1], true
		case t.Kind == Word:
			if hint := misused(strings.ToUpper(text), query, tokens[i+1:]); hint != "" {
				return hint, false
			}
		case t.Kind == Other:
			return "the language has no " + text, false
		case text == "(":
			brackets = append(brackets, ")")
		case text == "[":
			brackets = append(brackets, "]")
		case text == ")" || text == "]":
			last := len(brackets) - 1
			if last < 0 || brackets[last] != text {
				return text + " closes nothing", false
			}
			brackets = brackets[:last]
		}
	}
	if last := len(brackets) - 1; last >= 0 {
		return "a closing " + brackets[last] + " is missing", true
	}
	return "", false
}

// misused returns what to say of a word that other languages have and this one has not.
func misused(word, query string, rest []Token) string {
	following := ""
	if len(rest) > 0 {
		following = strings.ToUpper(query[rest[0].Start:rest[0].End])
	}
	switch {
	case word == "ORDER" && following == "BY":
		return "the hub has no ORDER BY; sort the table of the results"
	case word == "LIKE" && len(rest) > 0 && rest[0].Kind == Text:
		return "the hub has no LIKE; STARTSWITH and ENDSWITH come near"
	case following != "(":
	case word == "STARTS_WITH" || word == "ENDS_WITH":
		return "twins have " + strings.ReplaceAll(word, "_", "") + ", without the underscore"
	}
	return ""
}
