package devices

import (
	tea "charm.land/bubbletea/v2"

	"twindeck/ui/devices/roster"
)

// Typing reports whether a filter is being typed, when every printable key belongs to it.
func (p *Pane) Typing() bool { return p.typing }

// Filtered reports whether a filter is set that may hide some of the devices.
func (p *Pane) Filtered() bool { return len(p.want.Filter.Terms()) > 0 }

// Filter returns the text of the filter, empty when there is none.
func (p *Pane) Filter() string { return p.filter.Value() }

// updateFilter takes a key press or a paste while the filter is typed.
func (p *Pane) updateFilter(msg tea.Msg) Action {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch k := p.keys.Filter; {
		case k.Accept.Matches(press):
			p.typing = false
			p.filter.Blur()
			return nil
		case k.Clear.Matches(press):
			p.typing = false
			p.filter.Blur()
			return p.setFilter("")
		case k.Fuzzy.Matches(press):
			p.want.Filter.Fuzzy = !p.want.Filter.Fuzzy
			return p.prepare()
		case k.Up.Matches(press):
			p.grid.Move(-1)
			p.moved()
			return nil
		case k.Down.Matches(press):
			p.grid.Move(1)
			p.moved()
			return nil
		}
	}
	// The command would only make a cursor blink.
	p.filter, _ = p.filter.Update(msg)
	return p.setFilter(p.filter.Value())
}

// setFilter shows only what a filter lets through; see [roster.Filter].
func (p *Pane) setFilter(text string) Action {
	if p.filter.Value() != text {
		p.filter.SetValue(text)
	}
	if text == p.want.Filter.Text {
		return nil
	}
	p.want.Filter.Text = text
	return p.prepare()
}

// clear takes the filter away; without one the marks.
func (p *Pane) clear() Action {
	if p.Filtered() {
		return p.setFilter("")
	}
	p.ClearMarks()
	return nil
}

// quick is the cost of what is done without delay: it takes less than a millisecond.
const quick = 2000

// prepare brings about what is wanted: at once when that is quick, by work otherwise, which the
// next wish calls off.
func (p *Pane) prepare() Action {
	if p.job != nil {
		p.job.Cancel()
	}
	p.job = p.roster.Prepare(p.want)
	switch {
	case p.job == nil:
		p.shownAnew()
		return nil
	case p.job.Cost() <= quick:
		p.Done(Done{p.job.Run()})
		return nil
	}
	job := p.job
	return Work{Run: func() Done { return Done{job.Run()} }}
}

// Done takes the outcome of [Work]. One that is not wanted any more is dropped.
func (p *Pane) Done(d Done) Action {
	if p.roster.Apply(d.result) {
		p.job = nil
		p.revision++
		p.shownAnew()
	}
	return nil
}

// shownAnew puts the cursor where it belongs among what is shown now: on its row, or on the first
// when that is not shown. A filter that ranks has the best first.
func (p *Pane) shownAnew() {
	ranked := p.want.Filter.Fuzzy && p.typing && p.Filtered()
	if ranked || p.roster.Where(p.at) < 0 && p.Filtered() {
		p.grid.SetLen(p.roster.Rows())
		p.grid.Home()
		p.moved()
		return
	}
	p.follow()
}

// terms returns what is searched for, to be marked in the rows: what the rows shown were found by.
func (p *Pane) terms() []roster.Term {
	var terms []roster.Term
	for _, t := range p.roster.Showing().Filter.Terms() {
		if !t.Not {
			terms = append(terms, t)
		}
	}
	return terms
}
