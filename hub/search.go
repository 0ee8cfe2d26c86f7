package hub

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Search is what somebody looks for among the devices of a hub: those whose id begins with a term,
// or one of whose tags does. A term such as floor=3 is about that tag, and about ids.
type Search struct {
	Terms []string // all of which must be found
	Paths []string // of the tags to look at for terms that name none: "site", "building.floor"
	// Whole looks for whole texts only, for a hub that does not know STARTSWITH, which the documents
	// do not promise for twins.
	Whole bool
}

// maxSearch is how long the condition of a search may be; a query has 8192 characters (the SDK for
// C#, issue 1680).
const maxSearch = 4096

// Where returns the search as a condition for a [Listing], and false when there is nothing to look for.
// Of more paths than fit it takes the first. Case matters, as it does to the hub.
func (s Search) Where() (string, bool) {
	if len(s.Terms) == 0 {
		return "", false
	}
	for n := len(s.Paths); ; n /= 2 {
		text := s.where(s.Paths[:n])
		if utf8.RuneCountInString(text) <= maxSearch {
			return text, true
		}
		if n == 0 {
			return "", false
		}
	}
}

func (s Search) where(paths []string) string {
	all := make([]string, 0, len(s.Terms))
	for _, term := range s.Terms {
		either := []string{s.begins("deviceId", term)}
		if path, value, ok := strings.Cut(term, "="); ok && path != "" && value != "" {
			either = s.tag(either, strings.TrimPrefix(path, "tags."), value)
		} else {
			for _, path := range paths {
				either = s.tag(either, path, term)
			}
		}
		all = append(all, "("+strings.Join(either, " OR ")+")")
	}
	return strings.Join(all, " AND ")
}

// tag appends the conditions under which the tag at path is value, or begins with it.
func (s Search) tag(either []string, path, value string) []string {
	attribute, ok := Attribute(append([]string{"tags"}, strings.Split(path, ".")...)...)
	if !ok {
		return either
	}
	either = append(either, s.begins(attribute, value))
	if value == "true" || value == "false" || isNumber(value) {
		either = append(either, attribute+" = "+value)
	}
	return either
}

func (s Search) begins(attribute, value string) string {
	if s.Whole {
		return attribute + " = " + Literal(value)
	}
	return "STARTSWITH(" + attribute + ", " + Literal(value) + ")"
}

// isNumber reports whether a value is written as JSON writes numbers, and so does the query language.
func isNumber(value string) bool {
	return value != "" && (value[0] == '-' || value[0] >= '0' && value[0] <= '9') && json.Valid([]byte(value))
}
