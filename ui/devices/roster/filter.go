package roster

import (
	"bytes"
	"strings"
	"unicode"
)

// Filter says which devices are shown. The zero Filter shows all.
type Filter struct {
	// Text is terms separated by spaces. A device is shown when each of them is in its id, in one
	// of its tags written as path=value, or in the id of one of its modules as far as they are
	// known; upper and lower case are alike. A term that begins with ! must be in none of them.
	// Quotes make a term of a text with spaces or with a ! of its own.
	Text string
	// Fuzzy also finds terms whose characters are only in the same order, and shows the best first.
	Fuzzy bool
}

// Term is one term of a [Filter].
type Term struct {
	Text string // folded; not empty
	Not  bool   // begins with !
}

// Terms returns the terms of a filter. What is being typed counts: a quote that is not closed yet
// ends with the text, and a ! alone is no term yet.
func (f Filter) Terms() []Term {
	var terms []Term
	var text strings.Builder
	not, quoted, began := false, false, false
	end := func() {
		if text.Len() > 0 {
			terms = append(terms, Term{Fold(text.String()), not})
		}
		text.Reset()
		not, began = false, false
	}
	for _, r := range f.Text {
		switch {
		case r == '"':
			quoted = !quoted
			began = true
		case quoted && (r == '\n' || r == '\r'):
			text.WriteByte(' ')
		case quoted:
			text.WriteRune(r)
		case unicode.IsSpace(r):
			end()
		case r == '!' && !began:
			not, began = true, true
		default:
			text.WriteRune(r)
			began = true
		}
	}
	end()
	return terms
}

// narrows reports whether whatever f lets through, wider lets through too.
func (f Filter) narrows(wider Filter) bool {
	if f.Fuzzy != wider.Fuzzy && f.Fuzzy {
		return false
	}
	mine := f.Terms()
	for _, w := range wider.Terms() {
		if !implied(w, mine) {
			return false
		}
	}
	return true
}

func implied(w Term, by []Term) bool {
	for _, t := range by {
		switch {
		case t.Not != w.Not:
		case !t.Not && strings.Contains(t.Text, w.Text), t.Not && strings.Contains(w.Text, t.Text):
			return true
		}
	}
	return false
}

// matcher is a filter made ready. It is never changed.
type matcher struct {
	filter Filter
	terms  []term
}

type term struct {
	Term
	bytes []byte
	runes []rune
}

func newMatcher(f Filter) *matcher {
	m := &matcher{filter: f}
	for _, t := range f.Terms() {
		m.terms = append(m.terms, term{t, []byte(t.Text), []rune(t.Text)})
	}
	return m
}

// all reports whether everything is let through.
func (m *matcher) all() bool { return len(m.terms) == 0 }

// ranked reports whether what is found is in an order of its own, the best first.
func (m *matcher) ranked() bool {
	if !m.filter.Fuzzy {
		return false
	}
	for _, t := range m.terms {
		if !t.Not {
			return true
		}
	}
	return false
}

// verdict is what a filter says of a device.
type verdict struct {
	shown bool
	// through says that the device is shown for the sake of its modules alone.
	through bool
	rank    uint32 // of those shown in a ranked filter, the best is the lowest
}

// judge returns what a filter says of one device.
func (v *view) judge(m *matcher, s Slot, sc *scorer) verdict {
	if m.all() {
		return verdict{shown: true}
	}
	b, i := v.blocks[s/blockSize], s%blockSize
	on := subject{id: b.searchedID(i), tags: v.tags.fold(b.tags[i])}
	if m.ranked() {
		on.original = b.id(int(i))
	}
	for _, mod := range v.modulesOf(s) {
		on.modules = append(on.modules, v.nameFolds[mod.name])
	}
	return m.judge(on, sc)
}

// subject is the texts of one device that are searched, folded.
type subject struct {
	id, tags []byte
	original []byte // the id as it is; only for ranked filters
	modules  []string
}

func (m *matcher) judge(on subject, sc *scorer) verdict {
	v := verdict{shown: true}
	total := 0
	for i := range m.terms {
		t := &m.terms[i]
		if m.ranked() && !t.Not {
			self := max(sc.score(t, on.original), sc.scoreLines(t, on.tags))
			mods := 0
			for _, name := range on.modules {
				mods = max(mods, sc.score(t, []byte(name)))
			}
			if self == 0 && mods == 0 {
				return verdict{}
			}
			v.through = v.through || self == 0
			total += max(self, mods)
			continue
		}
		self := bytes.Contains(on.id, t.bytes) || bytes.Contains(on.tags, t.bytes)
		mods := false
		for _, name := range on.modules {
			mods = mods || strings.Contains(name, t.Text)
		}
		if t.Not && (self || mods) || !t.Not && !self && !mods {
			return verdict{}
		}
		v.through = v.through || !t.Not && !self
	}
	if m.ranked() {
		v.rank = rank(total, len(on.id))
	}
	return v
}

// picks reports whether a module is one that a device is shown for the sake of.
func (m *matcher) picks(name string) bool {
	for i := range m.terms {
		t := &m.terms[i]
		if t.Not {
			continue
		}
		if strings.Contains(name, t.Text) || m.ranked() && (&scorer{}).score(t, []byte(name)) > 0 {
			return true
		}
	}
	return false
}
