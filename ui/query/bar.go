package query

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"twindeck/keymap"
	"twindeck/ui/profile"
	"twindeck/ui/query/language"
)

// mode is what is typed into the bar.
type mode uint8

const (
	typing    mode = iota // the query
	searching             // a part of an earlier one
	naming                // the name to save it under
)

// Bar is the line a query is typed into. Make one with [NewBar]. It does no I/O and is not safe for
// concurrent use.
type Bar struct {
	keys       keymap.Map
	query      field
	mode       mode
	extra      field // what is searched for, or the name
	vocabulary language.Vocabulary
	completion language.Completion // what can stand at the cursor
	cycle      *cycle              // nil unless tab goes through the candidates
	history    walk
	search     search
	saved      []profile.Query
	problem    string // of the query that was run last
	notice     string // until the next key
	busy       bool
}

// cycle is the candidates that tab goes through.
type cycle struct {
	completion language.Completion
	before     string // the text without any of them
	cursor     int    // a byte of it
	chosen     int
}

// Known is what a bar offers besides what every hub has.
type Known struct {
	History    []string        // queries that were run, the newest last
	Saved      []profile.Query // in the order they were saved
	Vocabulary language.Vocabulary
}

// NewBar returns a bar with text in it. It keeps what it is given of known, which nobody may change.
func NewBar(text string, known Known, keys keymap.Map) *Bar {
	b := &Bar{keys: keys, query: newField(text), extra: newField(""), vocabulary: known.Vocabulary, saved: known.Saved}
	b.history = walk{entries: known.History, at: len(known.History)}
	b.look()
	return b
}

// Text returns what has been typed.
func (b *Bar) Text() string { return b.query.text() }

// SetText replaces it.
func (b *Bar) SetText(text string) {
	b.query.set(text)
	b.mode, b.problem = typing, ""
	b.edited()
}

// SetSaved tells of the saved queries as they are now.
func (b *Bar) SetSaved(saved []profile.Query) { b.saved = saved }

// SetNotice says something until the next key.
func (b *Bar) SetNotice(text string) { b.notice = text }

// SetBusy says that a query is running, or that it no longer is.
func (b *Bar) SetBusy(busy bool) {
	b.busy = busy
	if busy {
		b.problem = ""
	}
}

// SetProblem says in a sentence why the query could not be run. The text stays.
func (b *Bar) SetProblem(problem string) { b.busy, b.problem = false, problem }

// Update takes a key press or a paste.
func (b *Bar) Update(msg tea.Msg) Action {
	b.notice = ""
	press, isKey := msg.(tea.KeyPressMsg)
	switch {
	case b.mode == searching:
		b.updateSearch(msg)
		return nil
	case b.mode == naming:
		return b.updateName(msg)
	case !isKey:
		b.query.update(msg)
		b.edited()
		return nil
	}
	switch k := b.keys.Query; {
	case k.Complete.Matches(press):
		b.complete(1)
		return nil
	case k.CompleteBack.Matches(press):
		b.complete(-1)
		return nil
	case k.Close.Matches(press) && b.cycle != nil:
		b.query.put(b.cycle.before, b.cycle.cursor)
		b.look()
		return nil
	}
	return b.press(press)
}

// press takes a key that is not about completion.
func (b *Bar) press(press tea.KeyPressMsg) Action {
	switch k := b.keys.Query; {
	case k.Run.Matches(press):
		text := strings.TrimSpace(b.Text())
		if text == "" {
			b.notice = "type a query first; " + k.Complete.Label + " completes"
			return nil
		}
		b.look()
		return Run{text}
	case k.Close.Matches(press) && b.busy:
		return Cancel{}
	case k.Close.Matches(press):
		return Close{}
	case k.Older.Matches(press):
		b.query.set(b.history.older(b.Text()))
		b.look()
	case k.Newer.Matches(press):
		b.query.set(b.history.newer(b.Text()))
		b.look()
	case k.Search.Matches(press):
		b.mode = searching
		b.extra.set("")
		b.search = search{entries: b.history.entries, before: b.Text(), at: len(b.history.entries)}
	case k.Save.Matches(press):
		b.startNaming()
	case k.Saved.Matches(press):
		return OpenSaved{}
	default:
		before := b.Text()
		b.query.update(press)
		if b.Text() == before {
			b.look() // the cursor may have moved
			return nil
		}
		b.edited()
	}
	return nil
}

// edited takes note of a text that was typed.
func (b *Bar) edited() {
	b.history.leave()
	b.look()
}

// look finds out what can stand at the cursor.
func (b *Bar) look() {
	b.cycle = nil
	b.completion = language.Complete(b.Text(), b.query.at(), b.vocabulary)
}

// complete completes the word at the cursor as far as there is no doubt, and then goes through the
// candidates by step.
func (b *Bar) complete(step int) {
	if c := b.cycle; c != nil {
		c.chosen = (c.chosen + step + len(c.completion.Candidates)) % len(c.completion.Candidates)
		b.put(c.before, c.completion, c.completion.Candidates[c.chosen])
		return
	}
	c, text, cursor := b.completion, b.Text(), b.query.at()
	switch len(c.Candidates) {
	case 0:
		b.notice = "nothing is known that could stand here"
		return
	case 1:
		only := c.Candidates[0]
		b.put(text, c, only+language.Next(only, text[c.End:]))
		b.edited()
		return
	}
	if common := commonPrefix(c.Candidates); len(common) > cursor-c.Start {
		b.put(text, c, common)
		b.edited()
		return
	}
	b.history.leave()
	b.cycle = &cycle{completion: c, before: text, cursor: cursor}
	if step < 0 {
		b.cycle.chosen = len(c.Candidates) - 1
	}
	b.put(text, c, c.Candidates[b.cycle.chosen])
}

// put puts a candidate in its place in text.
func (b *Bar) put(text string, c language.Completion, candidate string) {
	b.query.put(text[:c.Start]+candidate+text[c.End:], c.Start+len(candidate))
}

// commonPrefix returns what all words begin with.
func commonPrefix(words []string) string {
	prefix := words[0]
	for _, w := range words[1:] {
		n := 0
		for i, r := range prefix {
			if !strings.HasPrefix(w[min(i, len(w)):], string(r)) {
				break
			}
			n = i + len(string(r))
		}
		prefix = prefix[:n]
	}
	return prefix
}

// startNaming asks for the name to save the query under.
func (b *Bar) startNaming() {
	text := strings.TrimSpace(b.Text())
	if text == "" {
		b.notice = "type a query first"
		return
	}
	name := ""
	for _, q := range b.saved {
		if q.Text == text {
			name = q.Name
		}
	}
	b.mode = naming
	b.extra.set(name)
}

// updateName takes a key press or a paste while the name is typed.
func (b *Bar) updateName(msg tea.Msg) Action {
	press, ok := msg.(tea.KeyPressMsg)
	switch k := b.keys.Query; {
	case ok && k.Close.Matches(press):
		b.mode = typing
	case ok && k.Run.Matches(press):
		name := strings.TrimSpace(b.extra.text())
		if name == "" {
			return nil
		}
		b.mode = typing
		return Save{Name: name, Text: strings.TrimSpace(b.Text())}
	default:
		b.extra.update(msg)
	}
	return nil
}

// replaces reports whether the name that is typed is taken.
func (b *Bar) replaces() bool {
	for _, q := range b.saved {
		if q.Name == strings.TrimSpace(b.extra.text()) {
			return q.Text != strings.TrimSpace(b.Text())
		}
	}
	return false
}
