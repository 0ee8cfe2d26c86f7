// Package profile knows the hubs a user works with by name, from a file that they write, and
// keeps what they chose for each: which columns they look at, the queries they saved and those
// they ran.
package profile

import (
	"slices"
	"time"
)

// State is what a user chose for one hub. Its zero value is what everybody begins with. None of it
// is a secret.
type State struct {
	Columns []string `json:"columns,omitempty"` // of the devices pane, in order; none means those it comes with
	Sort    string   `json:"sort,omitempty"`    // the column sorted by; empty: by id
	Reverse bool     `json:"reverse,omitempty"`
	Queries []Query  `json:"queries,omitempty"` // saved, in the order they were saved
	History []string `json:"history,omitempty"` // queries that were run, the newest last
	// Refresh is how often the devices are listed again by themselves; 0: only when asked.
	Refresh time.Duration `json:"refresh,omitempty"`
}

// With returns s with what was chosen since on top: a field of newer that is zero was not chosen, and of
// the queries both are kept, those of newer last. It does not matter when s has some of newer already.
func (s State) With(newer State) State {
	if newer.Columns != nil {
		s.Columns = newer.Columns
	}
	if newer.Sort != "" || newer.Reverse {
		s.Sort, s.Reverse = newer.Sort, newer.Reverse
	}
	if newer.Refresh != 0 {
		s.Refresh = newer.Refresh
	}
	s.Queries = slices.DeleteFunc(slices.Clone(s.Queries), func(q Query) bool {
		return slices.ContainsFunc(newer.Queries, func(n Query) bool { return n.Name == q.Name })
	})
	s.Queries = append(s.Queries, newer.Queries...)
	s.History = slices.DeleteFunc(slices.Clone(s.History), func(text string) bool { return slices.Contains(newer.History, text) })
	s.History = append(s.History, newer.History...)
	return s
}

// Query is a saved query.
type Query struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Store keeps a [State] between runs. Its methods may block, so the dashboard calls them from
// commands only, and one at a time.
type Store interface {
	// Load returns what was saved last, the zero State when there was nothing.
	Load() (State, error)
	// Save keeps s; when it returns nil, s is there after a crash too. It fails where Load would:
	// what cannot be read is not written over.
	Save(s State) error
}
