package live

import (
	"slices"
	"strings"
	"unicode"

	"twindeck/hub/patch"
)

// term is one condition of a filter or a search: a text that must be in an event, or in one part of
// it, or must not.
type term struct {
	part string // identity, kind, path or text; empty: any of them
	text string // in lower case; not empty
	not  bool
}

// parts are what a term may name in front of a colon, and short for them.
var parts = map[string]string{"id": "id", "identity": "id", "kind": "kind", "path": "path", "text": "text"}

// parseTerms reads what was typed: terms separated by spaces, all of which must hold. id:, kind:,
// path: and text: name what is looked at, ! in front turns a term round, and a term that
// begins with a quote may have spaces, up to the next one.
func parseTerms(typed string) []term {
	var (
		terms         []term
		t             term
		text          strings.Builder
		quoted, began bool
	)
	end := func() {
		if t.text = strings.ToLower(text.String()); t.text != "" {
			terms = append(terms, t)
		}
		t, began = term{}, false
		text.Reset()
	}
	for _, r := range typed {
		switch {
		case r == '"' && (quoted || text.Len() == 0):
			quoted, began = !quoted, true
		case quoted:
			text.WriteRune(r)
		case unicode.IsSpace(r):
			end()
		case r == '!' && !began:
			t.not, began = true, true
		case r == ':' && t.part == "" && parts[strings.ToLower(text.String())] != "":
			t.part = parts[strings.ToLower(text.String())]
			text.Reset()
		default:
			text.WriteRune(r)
			began = true
		}
	}
	end()
	return terms
}

// fits reports whether all terms hold for an event.
func fits(terms []term, e *entry) bool {
	payload := ""
	for _, t := range terms {
		if t.in(e, &payload) == t.not {
			return false
		}
	}
	return true
}

// in reports whether the term's text is in the part of the event that it names. payload keeps what
// is made ready for one event and several terms.
func (t term) in(e *entry, payload *string) bool {
	any := t.part == ""
	switch {
	case (any || t.part == "id") && contains(e.ID.String(), t.text),
		(any || t.part == "kind") && contains(word(e), t.text),
		(any || t.part == "path") && inPaths(e, t.text):
		return true
	case !any && t.part != "text":
		return false
	}
	if *payload == "" {
		*payload = strings.ToLower(textOf(e))
	}
	return strings.Contains(*payload, t.text)
}

func contains(text, folded string) bool { return strings.Contains(strings.ToLower(text), folded) }

func inPaths(e *entry, folded string) bool {
	in := func(c patch.Change) bool { return contains(c.Path.String(), folded) }
	if slices.ContainsFunc(e.Changes, in) || slices.ContainsFunc(e.Reported, in) {
		return true
	}
	if len(e.Changes)+len(e.Reported) > 0 {
		return false
	}
	return slices.ContainsFunc(patch.Changes(patch.Object(), e.Value), in)
}

// textOf is all that an event says besides who and what kind: payload, values, reason.
func textOf(e *entry) string {
	var b strings.Builder
	b.WriteString(e.Method)
	b.WriteByte('\n')
	if e.Err != nil {
		b.WriteString(e.Err.Error())
		b.WriteByte('\n')
	}
	if e.Raw != nil {
		b.Write(e.Raw)
	} else if e.Value.Len() > 0 {
		b.WriteString(e.Value.JSON())
	}
	if e.Answer != nil {
		b.WriteString("\n" + e.Answer.Payload.JSON())
	}
	for _, changes := range [][]patch.Change{e.Changes, e.Reported} {
		for _, c := range changes {
			b.WriteString("\n" + c.Path.String() + " " + c.Old.JSON() + " " + c.New.JSON())
		}
	}
	return b.String()
}
