package form

import (
	"fmt"
	"slices"
	"strings"

	"twindeck/hub/patch"
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// SaveAll asks for a patch to be sent to all rows of a form over several, each under its own etag. Only what
// was touched is in it.
type SaveAll struct {
	Section patch.Section
	Patch   patch.Value // a merge patch; a null removes
}

// shared is what a form over several rows knows of them.
type shared struct {
	rows   int               // all of them
	read   int               // whose values are in the form
	failed int               // that could not be read
	differ map[string]spread // by path: properties whose values are not the same everywhere
}

// spread is what the rows have at a path.
type spread struct {
	values []patch.Value // the different ones, as far as they are shown
	more   bool          // there are others
	in     int           // how many rows have any
}

// spreadShown bounds how many different values of a property are told.
const spreadShown = 4

// NewShared returns the form over the properties of one section of several rows. It waits for SetRows with
// what is in them.
func NewShared(s patch.Section, rows int, keys keymap.Map, th theme.Theme) *Properties {
	f := NewProperties(Target{Section: s}, keys, th)
	f.shared, f.busy = &shared{rows: rows}, true
	return f
}

// SetRead says how many rows have been read so far.
func (f *Properties) SetRead(n int) { f.shared.read = n }

// SetRows takes the section of every row that was read; failed is how many could not be. It ends being
// busy. What is the same in all rows is shown; where they differ the form says so, and leaves them as they
// are until something is typed there.
func (f *Properties) SetRows(sections []patch.Value, failed int) {
	f.busy = false
	s := f.shared
	s.read, s.failed, s.differ = len(sections), failed, map[string]spread{}
	f.target.Value = s.common(nil, sections)
	f.draft = f.target.Value
	f.refresh()
}

// common returns an object with all that any of the sections has: with its value where all have the same,
// with null where they differ.
func (s *shared) common(at patch.Path, sections []patch.Value) patch.Value {
	var keys []string
	seen := map[string]bool{}
	for _, v := range sections {
		for _, m := range v.Members() {
			if !seen[m.Key] {
				seen[m.Key] = true
				keys = append(keys, m.Key)
			}
		}
	}
	members := make([]patch.Member, 0, len(keys))
	for _, key := range keys {
		var have []patch.Value
		groups := true
		for _, v := range sections {
			if m, ok := v.Get(key); ok {
				have = append(have, m)
				groups = groups && isGroup(m)
			}
		}
		path := at.Child(key)
		value := have[0]
		switch {
		case groups:
			// Rows without the group lack all that is in it.
			value = s.common(path, append(have, make([]patch.Value, len(sections)-len(have))...))
		case len(have) < len(sections) || slices.ContainsFunc(have, func(v patch.Value) bool { return !patch.Equal(v, value) }):
			s.differ[path.String()] = spreadOf(have)
			value = patch.Null()
		}
		members = append(members, patch.Member{Key: key, Value: value})
	}
	return patch.Object(members...)
}

func spreadOf(have []patch.Value) spread {
	d := spread{in: len(have)}
	for _, v := range have {
		switch {
		case slices.ContainsFunc(d.values, func(w patch.Value) bool { return patch.Equal(v, w) }):
		case len(d.values) == spreadShown:
			d.more = true
		default:
			d.values = append(d.values, v)
		}
	}
	return d
}

// differs reports whether a value stands for what is not the same in all rows.
func (f *Properties) differs(v patch.Value) bool { return f.shared != nil && v.IsNull() }

// differText says how the rows differ at a path.
func (f *Properties) differText(p patch.Path) string {
	d := f.shared.differ[p.String()]
	var parts []string
	for _, v := range d.values {
		parts = append(parts, cell.Truncate(cell.Safe(literal(v)), 24))
	}
	if d.more {
		parts = append(parts, cell.Ellipsis)
	}
	text := strings.Join(parts, ", ")
	if d.in < f.shared.read {
		text += fmt.Sprintf("; in %d of %d", d.in, f.shared.read)
	}
	return "differ: " + text
}

// holdsDifferent reports whether somewhere in a value the rows differ.
func (f *Properties) holdsDifferent(v patch.Value) bool {
	return f.differs(v) || f.shared != nil && slices.ContainsFunc(v.Members(), func(m patch.Member) bool { return f.holdsDifferent(m.Value) })
}

// refuseWhole says, and reports, that something cannot be done to a value as a whole because the rows differ.
func (f *Properties) refuseWhole(v patch.Value) bool {
	if !f.holdsDifferent(v) {
		return false
	}
	f.notice = "the rows differ here: edit the properties one by one, or paste an object to be laid over all rows"
	return true
}

// sharedTitle names the rows of a form over several.
func (f *Properties) sharedTitle() string { return count(f.shared.rows, "marked row") }

// sharedStatus says what is in a form over several rows.
func (s *shared) status() string {
	text := fmt.Sprintf("%d rows, each under its own etag", s.rows)
	if s.read < s.rows {
		text = fmt.Sprintf("%d rows, with the values of the first %d", s.rows, s.read)
	}
	if s.failed > 0 {
		text += fmt.Sprintf(" · %d could not be read", s.failed)
	}
	return text
}

// theyHave begins a sentence on what the form is over.
func (f *Properties) theyHave() string {
	if f.shared != nil {
		return "the rows have"
	}
	return "the twin has"
}

// settleDiffering lets what was typed stand where the rows differed already: it was meant for all of
// them, whatever each of them had.
func (f *Properties) settleDiffering() {
	if f.shared == nil {
		return
	}
	open := f.conflicts[:0:0]
	for _, c := range f.conflicts {
		switch {
		case !c.HasBase || !c.Base.IsNull():
			open = append(open, c)
		case c.HasMine:
			f.draft = f.draft.With(c.Path, c.Mine)
		default:
			f.draft = f.draft.Without(c.Path)
		}
	}
	f.conflicts = open
}

// Propose puts into the draft what a patch makes of the section, for the user to look at and to change.
func (f *Properties) Propose(p patch.Value) {
	f.remember()
	f.draft = patch.Apply(f.draft, p)
	f.refresh()
	f.notice = "this is what was to be changed, laid over what the twin is now"
	if changes := patch.Changes(f.target.Value, f.draft); len(changes) > 0 {
		at := changes[0].Path
		f.reveal(at)
	} else {
		f.notice = "the twin is already as it was to be"
	}
}
