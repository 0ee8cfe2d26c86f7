package query

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// maxHistory bounds how many queries are remembered.
const maxHistory = 200

// Remember returns history with a query as its newest, once. It leaves what it is given as it is.
func Remember(history []string, query string) []string {
	kept := make([]string, 0, len(history)+1)
	for _, q := range history {
		if q != query {
			kept = append(kept, q)
		}
	}
	kept = append(kept, query)
	return kept[max(len(kept)-maxHistory, 0):]
}

// walk goes through the queries that were run. Behind the newest is the draft: what was typed.
type walk struct {
	entries []string
	at      int // len(entries): the draft
	draft   string
}

// leave makes what is in the bar the draft.
func (w *walk) leave() { w.at = len(w.entries) }

// older returns the query before the one shown, and the one shown when there is none.
func (w *walk) older(shown string) string {
	for i := w.at - 1; i >= 0; i-- {
		if w.entries[i] == strings.TrimSpace(shown) {
			continue // it is what the bar opened with
		}
		if w.at == len(w.entries) {
			w.draft = shown
		}
		w.at = i
		return w.entries[i]
	}
	return shown
}

// newer returns the query after the one shown, behind the newest the draft.
func (w *walk) newer(shown string) string {
	if w.at >= len(w.entries) {
		return shown
	}
	w.at++
	if w.at == len(w.entries) || w.entries[w.at] == strings.TrimSpace(w.draft) && w.at == len(w.entries)-1 {
		w.at = len(w.entries)
		return w.draft
	}
	return w.entries[w.at]
}

// search looks for an earlier query.
type search struct {
	entries []string
	before  string // what was in the bar
	at      int    // the one found; len(entries): none yet
	missing bool   // there is none, or none older
}

// find goes to the newest query before a place that contains all words of a text.
func (s *search) find(text string, before int) {
	words := strings.Fields(strings.ToLower(text))
	s.missing = false
	for i := min(before, len(s.entries)) - 1; i >= 0; i-- {
		entry := strings.ToLower(s.entries[i])
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(entry, w) }) {
			s.at = i
			return
		}
	}
	s.missing = true
}

// updateSearch takes a key press or a paste while the history is searched.
func (b *Bar) updateSearch(msg tea.Msg) {
	press, ok := msg.(tea.KeyPressMsg)
	switch k := b.keys.Query; {
	case ok && k.Close.Matches(press):
		b.query.set(b.search.before)
		b.mode = typing
		b.look()
		return
	case ok && (k.Run.Matches(press) || k.Complete.Matches(press)):
		b.mode = typing
		b.edited()
		return
	case ok && (k.Search.Matches(press) || k.Older.Matches(press)):
		b.search.find(b.extra.text(), b.search.at)
	case ok && k.Newer.Matches(press):
		b.newerMatch()
	default:
		b.extra.update(msg)
		b.search.find(b.extra.text(), len(b.search.entries))
	}
	if b.search.at < len(b.search.entries) {
		b.query.set(b.search.entries[b.search.at])
	}
}

// newerMatch goes to the match after the one shown, if there is one.
func (b *Bar) newerMatch() {
	s := b.search
	for before := s.at + 2; before <= len(s.entries); before++ {
		if s.find(b.extra.text(), before); s.at == before-1 {
			break
		}
	}
	s.missing = s.at == b.search.at
	b.search = s
}
