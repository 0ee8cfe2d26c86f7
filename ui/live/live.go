// Package live is the pane on the right: what the attached clients receive and what observation
// sees, newest first, with what changed and how long it took to arrive. The list is followed, paused,
// filtered and searched; its events are expanded, copied and compared.
package live

import (
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"twindeck/hub"
	"twindeck/keymap"
	"twindeck/ui/grid"
)

// Pane is the state of the pane. Make one with [New]. It does no I/O and is not safe for
// concurrent use.
type Pane struct {
	keys       keymap.Map
	journal    journal
	correlator correlator
	clients    clients
	grid       grid.Grid
	follow     bool
	missed     int // events that came while not following
	paused     bool
	waiting    journal // what came while paused
	lost       uint64  // events that never reached the pane, before the next one that does

	filter, search sieve
	typing         field
	texts          [2]string // of filter and search, as typed
	input          textinput.Model

	anchor    uint64 // the event of the cursor when typing began, or as it was moved since
	anchored  bool
	recorded  bool            // events go to a file
	recording hub.RecordState // how that goes
	marked    *entry          // to compare another with
	body      int             // line of the last View that the events began on
	width     int             // of the last View
	revision  uint64
}

// field is what is typed into.
type field uint8

const (
	nothing field = iota
	filterField
	searchField
)

// New returns an empty pane that follows the newest event. recorded says that events go to a file as well.
func New(keys keymap.Map, recorded bool) *Pane {
	p := &Pane{keys: keys, recorded: recorded, correlator: newCorrelator(), clients: newClients(), follow: true, input: textinput.New()}
	p.input.Prompt = ""
	p.input.KeyMap.Paste = key.NewBinding(key.WithDisabled()) // it would read the clipboard; terminals paste by themselves
	return p
}

// Revision changes whenever the pane may look different.
func (p *Pane) Revision() uint64 { return p.revision }

// Len returns how many events are kept.
func (p *Pane) Len() int { return p.journal.len() + p.waiting.len() }

// Following reports whether the newest event is kept in view.
func (p *Pane) Following() bool { return p.follow && !p.paused }

// Add takes events in the order in which they happened, and how many were let go before
// they reached the pane.
func (p *Pane) Add(events []hub.Event, dropped uint64) {
	p.revision++
	p.lost += dropped
	p.journal.letGo += dropped
	fresh := 0
	for _, ev := range events {
		e := newEntry(ev)
		e.missing, p.lost = p.lost, 0
		p.clients.note(e)
		p.correlator.see(e)
		switch {
		case p.paused:
			p.waiting.add(e)
		case p.keep(e):
			fresh++
		}
	}
	p.settle(fresh)
}

// keep puts an event on the list, and reports whether it is shown.
func (p *Pane) keep(e *entry) bool {
	n := p.journal.end()
	p.journal.add(e)
	p.search.see(n, e)
	return p.filter.see(n, e)
}

// settle brings the place in the list in order after fresh rows came above it.
func (p *Pane) settle(fresh int) {
	p.filter.trim(p.journal.first)
	p.search.trim(p.journal.first)
	p.grid.SetLen(p.rows())
	switch {
	case p.paused:
	case p.follow:
		p.grid.Home()
	default:
		p.missed += fresh
		p.grid.Shift(fresh)
	}
}

// rows is how many events the filter lets through, and number the one of row i, the newest first.
func (p *Pane) rows() int {
	if p.filter.on() {
		return len(p.filter.found)
	}
	return p.journal.len()
}

func (p *Pane) number(i int) uint64 {
	if p.filter.on() {
		return p.filter.found[len(p.filter.found)-1-i]
	}
	return p.journal.end() - 1 - uint64(i)
}

// rowOf returns the row of event n, or of the next older one when the filter hides it.
func (p *Pane) rowOf(n uint64) int {
	if !p.filter.on() {
		n = min(max(n, p.journal.first), max(p.journal.end(), 1)-1)
		return int(p.journal.end() - 1 - n)
	}
	notNewer := p.filter.place(n + 1)
	return len(p.filter.found) - max(notNewer, 1)
}

// current is the event of the cursor; nil when there is none.
func (p *Pane) current() *entry {
	if p.rows() == 0 {
		return nil
	}
	return p.journal.at(p.number(p.grid.Cursor()))
}

// SetRecording takes how the recording goes.
func (p *Pane) SetRecording(state hub.RecordState) {
	p.revision++
	p.recorded, p.recording = true, state
}

// Recording returns how the recording goes, the zero value while it goes well.
func (p *Pane) Recording() hub.RecordState { return p.recording }

// AddReceipt takes the receipt of a write made here, so that its arrival can be recognised
// whichever of the two is first.
func (p *Pane) AddReceipt(r hub.Receipt) {
	p.revision++
	p.correlator.remember(r)
}

// Update takes a key press, and a paste while something is typed.
func (p *Pane) Update(msg tea.Msg) Action {
	p.revision++
	if p.typing != nothing {
		return p.updateField(msg)
	}
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch k := p.keys.Live; {
	case k.Follow.Matches(press):
		p.setFollow(!p.Following())
	case k.Pause.Matches(press):
		p.setPaused(!p.paused)
	case k.Filter.Matches(press):
		p.beginTyping(filterField)
	case k.Search.Matches(press):
		p.beginTyping(searchField)
	case k.Older.Matches(press):
		return p.nextMatch(1)
	case k.Newer.Matches(press):
		return p.nextMatch(-1)
	case k.Clear.Matches(press):
		return p.clear()
	case k.Acknowledge.Matches(press):
		return As{Do: Acknowledge}
	case k.Report.Matches(press):
		return As{Do: Report}
	case k.Answer.Matches(press):
		return As{Do: Answer}
	default:
		return p.updateEvent(press)
	}
	return nil
}

// updateEvent takes the keys that act on the event of the cursor, and those that move it.
func (p *Pane) updateEvent(press tea.KeyPressMsg) Action {
	e := p.current()
	switch k := p.keys.Live; {
	case e != nil && k.Expand.Matches(press):
		e.detail = full
	case e != nil && k.Collapse.Matches(press):
		e.detail = folded
	case e != nil && k.Open.Matches(press):
		return Open{Title: p.titleOf(e), Value: document(e.Event)}
	case e != nil && k.Compare.Matches(press):
		return p.compare(e)
	case e != nil && k.Version.Matches(press):
		return showVersion(e)
	case p.grid.Press(p.keys.Move, press):
		// Leaving the newest event stops following; coming back resumes it.
		p.follow = p.grid.Cursor() == 0
		if p.follow {
			p.missed = 0
		}
	}
	return nil
}

// Copy returns what is copied of the event of the cursor, and false when there is none.
func (p *Pane) Copy() (Copy, bool) {
	e := p.current()
	if e == nil {
		return Copy{}, false
	}
	return Copy{Text: text(e.Event), What: p.titleOf(e)}, true
}

// Click selects the event that was drawn on a line of the last View.
func (p *Pane) Click(line int) {
	row, ok := p.grid.At(line - p.body)
	if !ok {
		return
	}
	p.revision++
	p.grid.Select(row)
	p.follow = row == 0
}

func (p *Pane) setFollow(follow bool) {
	p.follow = follow
	if follow {
		p.setPaused(false)
		p.missed = 0
		p.grid.Home()
	}
}

// setPaused stops the list as it is, or lets in what came meanwhile.
func (p *Pane) setPaused(paused bool) {
	if p.paused == paused {
		return
	}
	p.paused = paused
	if paused {
		return
	}
	fresh := 0
	from := p.journal.end()
	p.journal.take(&p.waiting)
	for n := max(from, p.journal.first); n < p.journal.end(); n++ {
		e := p.journal.at(n)
		p.search.see(n, e)
		fresh += boolInt(p.filter.see(n, e))
	}
	p.settle(fresh)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
