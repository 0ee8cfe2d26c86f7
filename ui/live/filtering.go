package live

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"twindeck/ui/cell"
)

// Typing reports whether a filter or a search is being typed, when every printable key belongs to it.
func (p *Pane) Typing() bool { return p.typing != nothing }

// Filtered reports whether a filter hides some of the events.
func (p *Pane) Filtered() bool { return len(p.filter.wanted()) > 0 }

// Searched reports whether events are searched for a text.
func (p *Pane) Searched() bool { return len(p.search.wanted()) > 0 }

func (p *Pane) sieveOf(f field) *sieve {
	if f == searchField {
		return &p.search
	}
	return &p.filter
}

func (p *Pane) beginTyping(f field) {
	p.typing = f
	p.input.SetValue(p.texts[f-1])
	p.input.CursorEnd()
	p.input.Focus()
	p.anchor, p.anchored = p.cursorNumber()
}

// updateField takes a key press or a paste while something is typed.
func (p *Pane) updateField(msg tea.Msg) Action {
	f := p.typing
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch k := p.keys.Filter; {
		case k.Accept.Matches(press):
			p.typing = nothing
			p.input.Blur()
			if f == searchField {
				return p.firstMatch()
			}
			return nil
		case k.Clear.Matches(press):
			p.typing = nothing
			p.input.Blur()
			return p.setText(f, "")
		case k.Up.Matches(press), k.Down.Matches(press):
			p.grid.Press(p.keys.Move, press)
			p.follow = p.grid.Cursor() == 0
			p.anchor, p.anchored = p.cursorNumber()
			return nil
		}
	}
	p.input, _ = p.input.Update(msg) // its commands only make the cursor blink
	return p.setText(f, p.input.Value())
}

// setText filters by other terms, or searches for them.
func (p *Pane) setText(f field, text string) Action {
	p.texts[f-1] = text
	if p.typing == nothing {
		p.anchor, p.anchored = p.cursorNumber()
	}
	work := p.sieveOf(f).set(parseTerms(text), &p.journal)
	if f == filterField && work == nil {
		p.shownAnew()
	}
	return work
}

// cursorNumber returns which event the cursor is on.
func (p *Pane) cursorNumber() (n uint64, ok bool) {
	if p.rows() == 0 {
		return 0, false
	}
	return p.number(p.grid.Cursor()), true
}

// shownAnew puts the cursor back on its event after other rows are shown, or on the next older one.
func (p *Pane) shownAnew() {
	p.grid.SetLen(p.rows())
	switch {
	case p.follow && !p.paused, p.rows() == 0:
		p.grid.Home()
	case p.anchored:
		p.grid.Select(p.rowOf(p.anchor))
	}
}

// Done takes the outcome of [Work]. One that is not wanted any more is dropped.
func (p *Pane) Done(done Sifted) {
	if p.typing == nothing {
		p.anchor, p.anchored = p.cursorNumber()
	}
	if !done.of.take(done, &p.journal) {
		return
	}
	p.revision++
	if done.of == &p.filter {
		p.shownAnew()
	}
}

// clear takes away the search; without one the filter, then the mark of a comparison.
func (p *Pane) clear() Action {
	switch {
	case p.Searched():
		return p.setText(searchField, "")
	case p.Filtered():
		return p.setText(filterField, "")
	}
	p.marked = nil
	return nil
}

// nextMatch moves the cursor to the next older match, or for by < 0 the next newer one.
func (p *Pane) nextMatch(by int) Action {
	if !p.search.on() {
		return Tell{"search for something first, with " + p.keys.Live.Search.Label}
	}
	n, ok := p.cursorNumber()
	if !ok {
		return nil
	}
	found, i := p.search.found, p.search.place(n)
	switch {
	case by > 0:
		i--
	case p.search.has(n):
		i++
	}
	for ; i >= 0 && i < len(found); i -= by {
		if !p.filter.on() || p.filter.has(found[i]) {
			p.goTo(found[i])
			return nil
		}
	}
	if by > 0 {
		return Tell{"no older match"}
	}
	return Tell{"no newer match"}
}

// firstMatch goes to the newest match from the cursor on, which may be where that is.
func (p *Pane) firstMatch() Action {
	n, ok := p.cursorNumber()
	if !p.search.on() || !ok || p.search.has(n) {
		return nil
	}
	return p.nextMatch(1)
}

// goTo puts the cursor on an event that is shown, and expands it when what is searched for is in a
// part that is not.
func (p *Pane) goTo(n uint64) {
	p.grid.Select(p.rowOf(n))
	p.follow = p.grid.Cursor() == 0
	e := p.journal.at(n)
	if e.detail != full && !p.showsMatch(e) {
		e.detail = full
	}
}

// fieldNotes say what a filter or a search has found.
func (p *Pane) fieldNote(f field) string {
	s := p.sieveOf(f)
	switch {
	case s.busy:
		return "looking" + cell.Ellipsis
	case !s.on():
		return ""
	case f == filterField:
		return cell.Count(len(s.found)) + " of " + cell.Count(p.journal.len())
	}
	n, ok := p.cursorNumber()
	if ok && s.has(n) {
		return fmt.Sprintf("%s of %s", cell.Count(len(s.found)-s.place(n)), cell.Count(len(s.found)))
	}
	return plural(len(s.found), "match", "matches")
}
