package query

import (
	"slices"
	"strings"

	"twindeck/hub/patch"
	"twindeck/ui/query/language"
)

// Bounds of what is learned: as much as anybody looks through, and no more work than a key press may cost.
const (
	maxLearned  = 1000  // attributes
	maxLookedAt = 20000 // values
	maxValues   = 30    // of an attribute
	maxLiteral  = 60    // bytes of a value that is offered
)

// Learn returns the attributes, and values of tags, that twins have, given as whole documents, and
// the paths of tags that are known otherwise.
func Learn(documents []patch.Value, tags []patch.Path) language.Vocabulary {
	v := language.Vocabulary{Values: map[string][]string{}}
	known := map[string]bool{}
	learn := func(path patch.Path) (name string, ok bool) {
		if name, ok = language.Spell(path...); ok && !known[name] && len(known) < maxLearned {
			known[name] = true
			v.Paths = append(v.Paths, name)
		}
		return name, ok
	}
	for _, path := range tags {
		learn(append(patch.Path{"tags"}, path...))
	}
	left := maxLookedAt
	for _, section := range []patch.Path{{"tags"}, {"properties", "desired"}, {"properties", "reported"}} {
		for _, d := range documents {
			values, _ := d.At(section)
			values = values.Without(patch.Path{"$metadata"}).Without(patch.Path{"$version"})
			leaves(section, values, func(path patch.Path, value patch.Value) {
				if left--; left < 0 {
					return
				}
				if name, ok := learn(path); ok && section[0] == "tags" {
					v.Values[name] = withValue(v.Values[name], value)
				}
			})
		}
	}
	slices.Sort(v.Paths)
	return v
}

// withValue adds a value to those an attribute is known to have.
func withValue(literals []string, v patch.Value) []string {
	literal := ""
	switch v.Kind() {
	case patch.KindString:
		literal = language.Quote(v.Text())
	case patch.KindNumber, patch.KindBool:
		literal = v.JSON()
	case patch.KindNull, patch.KindArray, patch.KindObject:
	}
	if literal == "" || len(literal) > maxLiteral || len(literals) >= maxValues || slices.Contains(literals, literal) || strings.ContainsAny(literal, "\n\r\t") {
		return literals
	}
	return append(literals, literal)
}

// Documents returns rows that are whole twins, at most limit, to learn from.
func (r *Results) Documents(limit int) []patch.Value {
	if !r.shape.whole {
		return nil
	}
	var all []patch.Value
	for i := range min(limit, len(r.rows)) {
		all = append(all, r.rows[i].value())
	}
	return all
}
