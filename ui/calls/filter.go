package calls

import (
	"strconv"
	"strings"

	"twindeck/hub"
)

// filter is which calls are shown: those that every term fits.
type filter struct {
	terms  []term
	failed bool         // only what failed
	kind   hub.Protocol // only these, when some is set
	some   bool
	// routine lets through what the program did by itself and what went well: without it such calls
	// would be most of the list.
	routine bool
}

// term is one word of a filter.
type term struct {
	not  bool
	word string // in lower case
}

// parse reads what was typed into a filter.
func (f *filter) parse(text string) {
	f.terms = nil
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		t := term{word: word}
		if rest, ok := strings.CutPrefix(word, "!"); ok {
			t = term{true, rest}
		}
		if t.word != "" {
			f.terms = append(f.terms, t)
		}
	}
}

// hides reports whether a call is left out as one that the program made by itself.
func (f *filter) hides(c *hub.Call) bool { return !f.routine && c.Routine && !c.Failed() }

// all reports whether nothing is hidden but what is by itself.
func (f *filter) all() bool { return len(f.terms) == 0 && !f.failed && !f.some }

func (f *filter) fits(c *hub.Call) bool {
	if f.hides(c) || f.failed && !c.Failed() || f.some && c.Protocol != f.kind {
		return false
	}
	for _, t := range f.terms {
		if t.fits(c) == t.not {
			return false
		}
	}
	return true
}

func (t term) fits(c *hub.Call) bool {
	switch t.word {
	case "rest", "mqtt", "amqp":
		return strings.EqualFold(c.Protocol.String(), t.word)
	case "failed":
		return c.Failed()
	case "1xx", "2xx", "3xx", "4xx", "5xx":
		return c.Status/100 == int(t.word[0]-'0')
	}
	if n, err := strconv.Atoi(t.word); err == nil && len(t.word) == 3 && c.Status == n {
		return true
	}
	for _, text := range []string{c.Method, c.Target, string(c.Code), c.TrackingID, c.Problem} {
		if strings.Contains(strings.ToLower(text), t.word) {
			return true
		}
	}
	return c.Protocol == hub.MQTT && strings.Contains(strings.ToLower(c.ID.String()), t.word) ||
		c.Number != 0 && strings.Contains(strconv.Itoa(c.Number), t.word)
}
